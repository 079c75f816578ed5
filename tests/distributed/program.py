"""What the tests run under ``mpiexec``: ``program.py WAY FOLDER ...``; the root prints outcomes."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from minigen.training import Examples, resume, train
from tests.distributed.small import RUNS, digest, small_run

RANK = int(os.environ.get("PMI_RANK", "0"))
CHUNKS = 4


def every_model(steps: str, *names: str) -> None:
    """Train every model for a few steps; print digests of the weights, and all averages."""
    for name in names or RUNS:
        with tempfile.TemporaryDirectory() as folder:
            config = small_run(name, steps=int(steps), chunks=CHUNKS)
            run = train(config, folder, progress=False, pictures=False, report=lambda _: None)
        if RANK == 0:
            record = {part: run.history[-1][part] for part in ("train", "test")}
            print(f"{name}: {digest(run.model)} {record}", flush=True)


def faulty(folder: str, fault: str) -> None:
    """Train, and have the last rank meet a fault in the sixth batch."""
    size, made, original = int(os.environ.get("PMI_SIZE", "1")), 0, Examples.batch

    def batch(self: Examples, indices: np.ndarray, generator: object) -> object:
        nonlocal made
        made += 1
        if made == 6 and size - 1 == RANK:
            if fault == "kill":
                os.kill(os.getpid(), 9)
            if fault == "stop":
                os.kill(os.getpid(), 15)
            if fault == "raise":
                raise OSError("the disk is gone")
            if fault == "nan":
                return np.full((len(indices), *self.images.shape[1:]), np.nan, np.float32), None
        return original(self, indices, generator)  # type: ignore[arg-type]

    Examples.batch = batch  # type: ignore[assignment,method-assign]
    go(folder)


def go(folder: str) -> None:
    """Train, or go on, and print the digest."""
    if Path(folder, "config.json").exists():
        run = resume(folder, progress=False, pictures=False)
    else:
        config = small_run("conv-vae", steps=None, epochs=2, batch_size=354, chunks=CHUNKS)
        run = train(config, folder, progress=False, pictures=False)
    if RANK == 0:
        print(digest(run.model), flush=True)


def fast(folder: str) -> None:
    """Train without chunks: sums are MPI's, and begin during the backward pass."""
    config = small_run("conv-vae", steps=3, optimizer="sgd", learning_rate=0.002)
    train(config, folder, progress=False, pictures=False)


def different(folder: str) -> None:
    """Begin with another configuration on each rank."""
    train(small_run("vae", seed=RANK), folder, progress=False, pictures=False)


if __name__ == "__main__":
    ways = {"models": every_model, "faulty": faulty, "go": go, "fast": fast, "different": different}
    ways[sys.argv[1]](*sys.argv[2:])  # type: ignore[operator]
