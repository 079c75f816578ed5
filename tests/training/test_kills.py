"""SIGKILL at random moments, to a process of its own: what is lost is time, nothing else."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from pathlib import Path

import pytest

from minigen.cli import main
from minigen.training import CheckpointFolder, Position

from .helpers import outcome

SETTINGS = ("--epochs", "6", "--hidden", "8", "--latent", "2", "--binarize", "dynamic")

DRAWING = ("matplotlib.pyplot", "matplotlib.backends.backend_agg", "minigen.training.pictures")
"""What a run imports for its pictures: it takes longer than to train."""


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # which the server reads when it starts


def train(arguments: list[str], said: Path) -> None:
    """Be the command, with what it writes kept in a file."""
    with said.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    main(["train", *arguments])


class Run:
    """A process that starts the run in a folder, or goes on with it if there is one.

    It is forked from a server that has imported all that it needs: a kill meets the run, and not
    its imports.
    """

    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([__name__, *DRAWING])

    @classmethod
    def start_server(cls) -> None:
        """See to it that the server has its imports behind it."""
        process = cls.server.Process(target=int)
        process.start()
        process.join()

    def __init__(self, folder: Path) -> None:
        begun = (folder / "config.json").exists()
        arguments = ["--resume"] if begun else ["vae", *SETTINGS, "--out"]
        self.said = folder.with_suffix(".log")
        self.process = self.server.Process(
            target=train, args=([*arguments, str(folder)], self.said)
        )
        self.process.start()

    def ends_within(self, seconds: float) -> bool:
        """Tell whether it ends by itself, and well, so many seconds from now."""
        self.process.join(seconds)
        if self.process.exitcode is None:
            return False
        assert self.process.exitcode == 0, self.said.read_text()
        return True

    def kill(self) -> None:
        """Send SIGKILL."""
        self.process.kill()
        self.process.join()


def finish(folder: Path) -> None:
    """Run to the end."""
    assert Run(folder).ends_within(60)


def survives(run: Run, seconds: float) -> bool:
    """Tell whether a run ends by itself before it is killed, as many seconds from now."""
    if run.ends_within(seconds):
        return True
    run.kill()
    return False


def newest(folder: Path) -> Position:
    """Return how far the newest checkpoint is, which must be whole."""
    checkpoint = CheckpointFolder(folder / "checkpoints").newest(pytest.fail)
    return Position() if checkpoint is None else checkpoint.position


def kill_often(root: Path, wanted: int, seed: int) -> None:
    """Train the same run over and over, with `wanted` kills in all, and compare every outcome."""
    whole = root / "whole"
    Run.start_server()  # or the run would seem to take longer, and most kills would come too late
    before = time.monotonic()
    finish(whole)
    duration = time.monotonic() - before
    moments = random.Random(seed)
    kills = 0
    while kills < wanted:
        folder = root / f"killed-{kills}"
        finished = False
        while not finished and kills < wanted:
            reached = newest(folder)
            finished = survives(Run(folder), moments.uniform(0, duration))
            kills += not finished
            assert newest(folder) >= reached
        if not finished:
            finish(folder)
        assert outcome(folder) == outcome(whole)
        assert not list(folder.rglob("*.partial"))


def test_a_few_kills(tmp_path: Path) -> None:
    kill_often(tmp_path, wanted=4, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3, 4, 5])
def test_a_hundred_kills(tmp_path: Path, seed: int) -> None:
    kill_often(tmp_path, wanted=25, seed=seed)  # four tests, which can share the cores
