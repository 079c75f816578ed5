"""Train every model for 1,000 steps on 1, 2, 3 and 4 ranks, and compare what became of it.

``python -m tests.distributed.long_runs`` takes an hour or more. Every run that is done is a line of
the file; called again, the program goes on with those that are missing, and shows the table. With
``--show`` it only shows the table of those that are done. All ranks train through the same four
chunks, of batches that no number of ranks divides.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from minigen.files import write_atomically
from minigen.training import train
from minigen.training.folder import Checkpoint, CheckpointFolder, RunFolder
from tests.distributed.launch import mpiexec
from tests.distributed.small import RUNS, small_run

CHUNKS: Final = 4
RANKS: Final = (1, 2, 3, 4)
STEPS: Final = 1000
PARTS: Final = ("weights", "buffers", "optimizers", "generators", "history")
"""What has to be equal on every number of ranks."""

LIMIT: Final = 3600.0
"""Seconds after which a run is taken to hang."""


@dataclass(frozen=True)
class Found:
    """What a run ended with: digests of all that its last checkpoint holds."""

    name: str
    ranks: int
    steps: int
    weights: str
    buffers: str
    optimizers: str
    generators: str
    history: str


def found_in(folder: Path, parameters: Sequence[str], name: str, ranks: int, steps: int) -> Found:
    """Return the digests of a run's last checkpoint."""
    checkpoint = CheckpointFolder(RunFolder(folder).checkpoints).newest(print)
    assert isinstance(checkpoint, Checkpoint)
    state = checkpoint.weights
    return Found(
        name,
        ranks,
        steps,
        weights=digest({key: state[key] for key in parameters}),
        buffers=digest({key: state[key] for key in sorted(state.keys() - {*parameters})}),
        optimizers=digest(checkpoint.optimizers),
        generators=digest(checkpoint.generators),
        history=digest(checkpoint.history),
    )


def digest(value: Any) -> str:
    """Return a digest of arrays, numbers and texts in lists and dictionaries, bit by bit."""
    hashed = hashlib.sha256()

    def add(part: Any) -> None:
        if isinstance(part, dict):
            for key in sorted(part, key=str):
                hashed.update(f"{key}:".encode())
                add(part[key])
        elif isinstance(part, (list, tuple)):
            for each in part:
                add(each)
        elif isinstance(part, np.ndarray):
            hashed.update(f"{part.dtype}{part.shape}".encode() + part.tobytes())
        else:
            hashed.update(repr(part).encode())

    add(value)
    return hashed.hexdigest()[:12]


def train_one(name: str, steps: int) -> None:
    """Train under ``mpiexec``; the root prints what was found."""
    rank, ranks = int(os.environ.get("PMI_RANK", "0")), int(os.environ.get("PMI_SIZE", "1"))
    with tempfile.TemporaryDirectory() as folder:
        config = small_run(name, steps=steps, chunks=CHUNKS)
        run = train(config, folder, progress=False, pictures=False, report=lambda _: None)
        if rank == 0:
            parameters = [key for key, _ in run.model.named_parameters()]
            found = found_in(Path(folder), parameters, name, ranks, steps)
            print(json.dumps(asdict(found)), flush=True)


def read(file: Path) -> list[Found]:
    """Return the runs that are done."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [Found(**json.loads(line)) for line in lines]


def write(file: Path, done: Sequence[Found]) -> None:
    """Write the runs that are done, a line each."""
    write_atomically(file, "".join(json.dumps(asdict(each)) + "\n" for each in done).encode())


def table(done: Sequence[Found], steps: int) -> str:
    """Return a Markdown table of the models: the digest of weights, and which ranks equal one."""
    lines = [
        "| model | weights of one process | 2 ranks | 3 ranks | 4 ranks |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in RUNS:
        by_ranks = {each.ranks: each for each in done if (each.name, each.steps) == (name, steps)}
        if 1 in by_ranks:
            told = (_compared(by_ranks[1], by_ranks.get(ranks)) for ranks in RANKS[1:])
            lines.append(f"| {name} | `{by_ranks[1].weights}` | {' | '.join(told)} |")
    return "\n".join(lines)


def _compared(alone: Found, together: Found | None) -> str:
    """Say whether a run on several ranks equals that of one process, or in what it differs."""
    if together is None:
        return "not run"
    differing = [part for part in PARTS if getattr(alone, part) != getattr(together, part)]
    return f"differs: {', '.join(differing)}" if differing else "equal"


def main(arguments: Sequence[str]) -> int:
    """Do the runs that are missing, and tell by the exit status whether all are equal."""
    parser = argparse.ArgumentParser(prog="python -m tests.distributed.long_runs")
    parser.add_argument("--file", type=Path, default=Path("runs/long_runs.jsonl"))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--ranks", type=int, nargs="+", default=RANKS)
    parser.add_argument("--models", nargs="+", choices=RUNS, default=list(RUNS), metavar="NAME")
    parser.add_argument("--show", action="store_true", help="show what is done, and train nothing")
    parser.add_argument("--one", choices=RUNS, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        train_one(options.one, options.steps)
        return 0
    options.file.parent.mkdir(parents=True, exist_ok=True)
    done = read(options.file)
    for name in () if options.show else options.models:
        for ranks in options.ranks:
            if (name, ranks, options.steps) not in {(d.name, d.ranks, d.steps) for d in done}:
                found = _launch(name, ranks, options.steps)
                if found is not None:
                    done.append(found)
                    write(options.file, done)
    shown = table(done, options.steps)
    print(shown)
    return int("differs" in shown)


def _launch(name: str, ranks: int, steps: int) -> Found | None:
    """Train in processes of their own; say why if that fails, and go on with the next."""
    program = ["-m", "tests.distributed.long_runs", "--one", name, "--steps", str(steps)]
    ended = mpiexec(ranks, *program, limit=LIMIT)
    if ended.status:
        print(f"{name} on {ranks} ranks failed: {ended.output}{ended.errors}", file=sys.stderr)
        return None
    return Found(**json.loads(ended.output.splitlines()[-1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
