"""SIGKILL at random moments, to a process of its own: what is lost is time, nothing else."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from minigen.training import CheckpointFolder, Position

from .helpers import outcome

SETTINGS = ("--epochs", "12", "--hidden", "8", "--latent", "2", "--binarize", "dynamic")


def start(folder: Path) -> subprocess.Popen[bytes]:
    """Start the run, or go on with it if there is one."""
    begun = (folder / "config.json").exists()
    arguments = ["--resume"] if begun else ["vae", *SETTINGS, "--out"]
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from minigen.cli import main; main()",
            "train",
            *arguments,
            str(folder),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )


def finish(folder: Path) -> None:
    """Run to the end."""
    process = start(folder)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors.decode()


def survives(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Tell whether a process ends by itself before it is killed, as many seconds from now."""
    try:
        _, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return False
    assert process.returncode == 0, errors.decode()
    return True


def newest(folder: Path) -> Position:
    """Return how far the newest checkpoint is, which must be whole."""
    checkpoint = CheckpointFolder(folder / "checkpoints").newest(pytest.fail)
    return Position() if checkpoint is None else checkpoint.position


def kill_often(root: Path, wanted: int, seed: int) -> None:
    """Train the same run over and over, with `wanted` kills in all, and compare every outcome."""
    whole = root / "whole"
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
            finished = survives(start(folder), moments.uniform(0, duration))
            kills += not finished
            assert newest(folder) >= reached
        finish(folder)
        assert outcome(folder) == outcome(whole)
        assert not list(folder.rglob("*.partial"))


def test_a_few_kills(tmp_path: Path) -> None:
    kill_often(tmp_path, wanted=4, seed=1)


@pytest.mark.slow
def test_a_hundred_kills(tmp_path: Path) -> None:
    kill_often(tmp_path, wanted=100, seed=2)
