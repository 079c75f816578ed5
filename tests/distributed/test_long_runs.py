"""The program that compares long runs goes on where it was cut off, and tells what differs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.distributed import long_runs
from tests.distributed.launch import needs_mpi
from tests.distributed.long_runs import PARTS, Found, digest, main, read, table, write

ALONE = Found("vae", 1, 5, *PARTS)


def test_digests_tell_values_dtypes_and_shapes_apart() -> None:
    x = np.arange(4.0)
    found = {digest({"x": [each]}) for each in (x, x.astype(np.float32), x.reshape(2, 2), x + 1)}
    assert len(found) == 4
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_the_table_names_what_differs() -> None:
    equal = dataclasses.replace(ALONE, ranks=2)
    other = dataclasses.replace(ALONE, ranks=3, buffers="?", history="?")
    last = table([ALONE, equal, other], 5).splitlines()[-1]
    assert last == "| vae | `weights` | equal | differs: buffers, history | not run |"


def test_runs_that_are_done_are_not_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launched: list[int] = []

    def launch(name: str, ranks: int, steps: int) -> Found | None:
        launched.append(ranks)
        return None if ranks == 3 else Found(name, ranks, steps, *PARTS)

    monkeypatch.setattr(long_runs, "_launch", launch)
    file = tmp_path / "runs.jsonl"
    write(file, [ALONE])
    assert main(["--file", str(file), "--steps", "5", "--models", "vae"]) == 0
    assert launched == [2, 3, 4]
    assert [each.ranks for each in read(file)] == [1, 2, 4]
    assert main(["--file", str(file), "--steps", "5", "--show"]) == 0
    assert launched == [2, 3, 4]


@needs_mpi
@pytest.mark.slow
def test_a_run_of_a_few_steps_is_equal_on_two_ranks(tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    options = ["--file", str(file), "--steps", "3", "--models", "vae", "--ranks", "1", "2"]
    assert main(options) == 0
    alone, together = read(file)
    assert dataclasses.replace(together, ranks=1) == alone
