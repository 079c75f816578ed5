"""Training under ``mpiexec``: the same bits on any number of ranks; ranks that fail end all."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from minigen.training import train

from .launch import Ended, mpiexec, needs_mpi
from .small import small_run

PROGRAM = "tests/distributed/program.py"
STEPS = "3"
TELLING = ("conv-vae", "dcgan", "cgan", "vae-gan", "pix2pix", "char-gru", "text-vae")
"""Models in which shards exchange more than gradients, or draw along another axis."""

pytestmark = [needs_mpi, pytest.mark.slow]


def run(ranks: int, *arguments: str, expect: int | None = 0) -> Ended:
    ended = mpiexec(ranks, PROGRAM, *arguments)
    if expect is not None:
        assert ended.status == expect, ended.output + ended.errors
    return ended


@pytest.fixture(scope="module")
def by_one() -> list[str]:
    """What one process with four chunks makes of every model."""
    return run(1, "models", STEPS).output.splitlines()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of a run of two epochs by one process."""
    return run(1, "go", str(tmp_path_factory.mktemp("runs") / "whole")).output


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A run of three ranks, one of which was killed in its second epoch."""
    folder = tmp_path / "run"
    began = time.monotonic()
    ended = run(3, "faulty", str(folder), "kill", expect=None)
    assert ended.status != 0
    assert "KILLED" in (ended.output + ended.errors).upper()
    assert time.monotonic() - began < 120
    return folder


def test_every_model_has_the_same_bits_on_three_ranks(by_one: list[str]) -> None:
    assert run(3, "models", STEPS).output.splitlines() == by_one


@pytest.mark.parametrize("ranks", [2, 4])
def test_other_numbers_of_ranks_give_them_too(by_one: list[str], ranks: int) -> None:
    of_these = [line for line in by_one if line.partition(":")[0] in TELLING]
    assert run(ranks, "models", STEPS, *TELLING).output.splitlines() == of_these


def test_without_chunks_ranks_agree_with_one_process_up_to_rounding(tmp_path: Path) -> None:
    found = []
    for ranks in (1, 3):
        run(ranks, "fast", str(tmp_path / str(ranks)))
        found.append(load_file(tmp_path / str(ranks) / "checkpoints" / "epoch-0001.safetensors"))
    alone, together = found
    for name, array in alone.items():
        np.testing.assert_allclose(together[name], array, rtol=1e-4, atol=1e-6, err_msg=name)


def test_a_run_that_lost_a_rank_goes_on_with_other_numbers_of_ranks_to_the_same_bits(
    killed: Path, finished: str, tmp_path: Path
) -> None:
    for ranks in (1, 2):
        copy = tmp_path / str(ranks)
        shutil.copytree(killed, copy)
        assert run(ranks, "go", str(copy)).output == finished


def test_a_rank_that_raises_ends_the_others_with_its_name_and_words(tmp_path: Path) -> None:
    ended = run(3, "faulty", str(tmp_path / "run"), "raise", expect=1)
    assert "rank 2 failed, which ends the others: OSError: the disk is gone" in ended.errors


def test_a_rank_that_is_asked_to_stop_has_all_save_and_stop(tmp_path: Path, finished: str) -> None:
    folder = tmp_path / "run"
    ended = run(2, "faulty", str(folder), "stop", expect=None)
    assert "TrainingInterrupted: stopped; saved" in ended.errors
    assert run(4, "go", str(folder)).output == finished


def test_ranks_with_other_options_are_refused(tmp_path: Path) -> None:
    ended = run(2, "different", str(tmp_path / "run"), expect=1)
    assert "rank 1 differs from rank 0 in its options" in ended.errors
    assert not (tmp_path / "run" / "config.json").exists()


def test_ranks_that_evaluate_together_find_what_one_finds(tmp_path: Path) -> None:
    config = small_run("vae", steps=3)
    train(config, tmp_path, progress=False, pictures=False, report=lambda _: None)
    asked = ("--samples", "50", "--generated", "40", "--json")
    by_one, by_three = (
        mpiexec(ranks, "-m", "minigen", "evaluate", str(tmp_path), *asked) for ranks in (1, 3)
    )
    assert {"nll", "negative_elbo", "active_units", "samples"} <= json.loads(by_one.output).keys()
    assert by_three == by_one
    assert by_one.status == 0


def test_ranks_that_cannot_evaluate_say_so_once(tmp_path: Path) -> None:
    ended = mpiexec(2, "-m", "minigen", "evaluate", str(tmp_path))
    assert ended.status != 0
    assert ended.errors.count("holds no run") == 1
