"""A training step does no more work than the committed table says.

After a change that is meant, ``python -m benchmarks work --write`` writes the table anew; say in
the commit what changed.
"""

from __future__ import annotations

import copy
import sys
from pathlib import Path

import pytest

from benchmarks import work
from benchmarks.work import BYTES, COUNTED, Work, changes, count_work, read_table, write_table
from minigen.engine import parallel


@pytest.fixture(scope="module", params=COUNTED)
def counted(request: pytest.FixtureRequest) -> tuple[str, Work]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parallel, "_products_shared", False)  # as in a process of its own
        return request.param, count_work(request.param)


def test_a_step_calls_the_ops_and_rules_of_the_table(counted: tuple[str, Work]) -> None:
    name, counts = counted
    expected = read_table()[name]
    exact = {what: value for what, value in counts.items() if what not in BYTES}
    assert changes(name, {**expected, **exact}, expected) == []


@pytest.mark.skipif(
    sys.platform != "linux" or sys.version_info >= (3, 14),
    reason="NumPy reuses the memory of temporaries on Linux alone, and not from Python 3.14 on",
)
def test_a_step_takes_no_more_memory_than_the_table_says(counted: tuple[str, Work]) -> None:
    name, counts = counted
    expected = read_table()[name]
    taken = {what: counts[what] for what in BYTES}
    assert changes(name, {**expected, **taken}, expected) == []


def test_the_table_is_of_the_workloads_that_are_counted() -> None:
    assert tuple(read_table()) == COUNTED


def test_every_change_is_told() -> None:
    expected = read_table()["W1"]
    counts = copy.deepcopy(expected)
    assert changes("W1", counts, expected) == []
    counts["forward"]["astype"] = 1
    counts["rules"]["linear"] -= 1
    counts["result_bytes"] *= 2
    counts["peak_bytes"] *= 2
    counts["working_bytes"] = int(counts["working_bytes"] * 1.01)
    assert changes("W1", counts, expected) == [
        "W1, forward: astype is called 1 times, expected 0",
        "W1, rules: linear is called 4 times, expected 5",
        f"W1, result_bytes: {counts['result_bytes']:,}, expected {expected['result_bytes']:,}",
        f"W1, peak_bytes: {counts['peak_bytes']:,}, expected at most {expected['peak_bytes']:,}",
    ]


def test_less_memory_is_no_reason_to_complain() -> None:
    expected = read_table()["W2"]
    fewer = {**expected, **{what: expected[what] // 2 for what in BYTES}}
    assert changes("W2", fewer, expected) == []


def test_the_table_is_written_as_it_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = read_table()
    monkeypatch.setattr(work, "TABLE", tmp_path / "work.json")
    write_table(table)
    assert read_table() == table
