"""A run on the disk: its folder, and the checkpoints in it.

A checkpoint is a pair of files::

    epoch-0003.safetensors           the model's `state_dict`, and nothing else
    epoch-0003.training.safetensors  the optimiser's arrays; position, history, random states (JSON)

Each is written whole or not at all, the training state first. The weights' file is the mark that
the checkpoint is finished; a training state without weights is what a kill left, and is ignored.
The training state holds the SHA-256 of the weights, so that the two belong together.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy.typing as npt

from minigen import kinds
from minigen.files import PARTIAL_SUFFIX, write_atomically
from minigen.optim import flatten_state, unflatten_state
from minigen.serialization import safetensors
from minigen.training.config import RunConfig
from minigen.training.errors import RunError
from minigen.training.history import Record, from_json_lines, to_json_lines
from minigen.training.logs import EVENTS

Arrays = dict[str, npt.NDArray[Any]]

_NAME: Final = re.compile(r"epoch-(\d+)(?:-step-(\d+))?\.safetensors")


class RunFolder:
    """The files of a run; each part of the folder is an attribute.

    ======================================  ====================================================
    ``config.json``                         what it is made from: `RunConfig`
    ``metrics.jsonl``                       a line an epoch: `Record`
    ``checkpoints/epoch-0003.safetensors``  the weights after the third epoch, and nothing else
    ``checkpoints/epoch-0003.training...``  what training needs besides to go on from there
    ``samples/*.png``                       samples, reconstructions, the curves of the loss; of
                                            data that are no pictures, files of another kind
    ``samples/steps/*.png``                 of a run of few epochs, samples on the way
    ``samples/samples.gif``                 the samples after every epoch, or these, one by one
    ``tensorboard/events...``               the same metrics for TensorBoard, if asked for
    ======================================  ====================================================
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.config = self.path / "config.json"
        self.metrics = self.path / "metrics.jsonl"
        self.checkpoints = self.path / "checkpoints"
        self.samples = self.path / "samples"
        self.frames = self.samples / "steps"
        self.tensorboard = self.path / "tensorboard"

    def expect_free(self) -> None:
        """Raise a `RunError` if the folder holds a run, or is no folder."""
        if self.path.exists() and not self.path.is_dir():
            raise RunError(f"{self.path} is a file: a run needs a folder")
        if any(self._files()):
            raise RunError(
                f"{self.path} holds another run: go on with it (--resume), replace it "
                "(--overwrite), or choose another folder (--out)"
            )

    def create(self, config: RunConfig) -> None:
        """Make the folder for a new run; remove the files of the run that it may hold."""
        for file in self._files():  # config.json first: without it, the rest is no run
            file.unlink()
        for folder in (self.checkpoints, self.samples):
            folder.mkdir(parents=True, exist_ok=True)
        self.write_config(config)

    def write_config(self, config: RunConfig) -> None:
        """Write ``config.json``."""
        write_atomically(self.config, config.to_json().encode())

    def read_config(self) -> RunConfig:
        """Read the run's configuration; a `RunError` tells that there is none, or a damaged one."""
        try:
            return RunConfig.from_json(self.config.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RunError(f"{self.path} holds no run: there is no {self.config}") from error
        except RunError as error:
            raise RunError(f"{self.path}: {error}") from error

    def write_history(self, history: Sequence[Record]) -> None:
        """Write ``metrics.jsonl``."""
        write_atomically(self.metrics, to_json_lines(history).encode())

    def read_history(self) -> list[Record]:
        """Read ``metrics.jsonl``; a `RunError` tells that it is damaged, or that there is none."""
        try:
            return from_json_lines(self.metrics.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            self.read_config()  # which tells if there is no run at all
            raise RunError(f"{self.path}: no epoch of the run is finished yet") from error
        except ValueError as error:
            raise RunError(f"{self.metrics} can't be read: {error}") from error

    def remove_partial_files(self) -> None:
        """Remove what a killed process left half written."""
        for folder in (self.path, self.checkpoints, self.samples, self.frames):
            for file in folder.glob(f"*{PARTIAL_SUFFIX}"):
                file.unlink(missing_ok=True)

    def _files(self) -> Iterator[Path]:
        """Iterate over the files of the run that is here."""
        yield from (file for file in (self.config, self.metrics) if file.exists())
        yield from self.checkpoints.glob("epoch-*.safetensors")
        yield from self.tensorboard.glob(EVENTS)
        for suffix in {".png", ".gif", *(kind.suffix for kind in kinds.registered())}:
            yield from self.samples.glob(f"*{suffix}")
            yield from self.frames.glob(f"*{suffix}")


@dataclass(frozen=True, order=True)
class Position:
    """How far training is: epochs finished, and steps of the next one.

    Examples
    --------
    >>> print(Position(3), Position(3, 57))
    epoch-0003 epoch-0003-step-00057
    """

    epoch: int = 0
    step: int = 0

    def __str__(self) -> str:
        name = f"epoch-{self.epoch:04}"
        return f"{name}-step-{self.step:05}" if self.step else name


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training run: how far it is, and what it needs to go on from there.

    `weights` are the model's `state_dict`, `optimizers` that of each side's optimiser, by the
    side's name. `generators` are the states of those that training draws from, `averages` the sums
    over the epoch so far, of which its record is made, `history` the records of finished epochs.
    """

    position: Position
    weights: Mapping[str, Any]
    optimizers: Mapping[str, dict[str, Any]]
    generators: dict[str, Any] = field(default_factory=dict)
    averages: dict[str, Any] = field(default_factory=dict)
    history: list[Record] = field(default_factory=list)


class CheckpointFolder:
    """The checkpoints of a run, in the folder they lie in.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> no_steps = {"model": {"state": {}, "param_groups": []}}
    >>> with tempfile.TemporaryDirectory() as path:
    ...     folder = CheckpointFolder(path)
    ...     for epoch in (1, 2, 3):
    ...         weights = {"weight": np.full(2, epoch, np.float32)}
    ...         saved = folder.save(Checkpoint(Position(epoch), weights, no_steps), keep=2)
    ...     print(saved.name, *folder.finished())
    ...     folder.newest().weights
    epoch-0003.safetensors epoch-0003 epoch-0002
    {'weight': array([3., 3.], dtype=float32)}
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def weights_file(self, position: Position) -> Path:
        """Return the name of the weights' file."""
        return self.path / f"{position}.safetensors"

    def training_file(self, position: Position) -> Path:
        """Return the name of the training state's file."""
        return self.path / f"{position}.training.safetensors"

    def finished(self) -> list[Position]:
        """Return the positions of all finished checkpoints, the newest first."""
        matches = (_NAME.fullmatch(file.name) for file in self.path.glob("epoch-*.safetensors"))
        found = [Position(int(match[1]), int(match[2] or 0)) for match in matches if match]
        return sorted(found, reverse=True)

    def save(self, checkpoint: Checkpoint, keep: int, best: int | None = None) -> Path:
        """Write a checkpoint; once it is on the disk, remove all but the newest `keep`.

        That of the epoch `best`, if there is one, stays, too. Return the weights' file.
        """
        weights, training = _encode(checkpoint)
        position = checkpoint.position
        write_atomically(self.training_file(position), training)
        write_atomically(self.weights_file(position), weights)
        self._tidy(position, keep, best)
        return self.weights_file(position)

    def read(self, position: Position) -> Checkpoint:
        """Read a checkpoint; a `RunError` names a file that is missing, damaged, or another's."""
        weights = self.weights_file(position)
        training = self.training_file(position)
        return _decode(position, weights, training)

    def newest(self, report: Callable[[str], None] = lambda _: None) -> Checkpoint | None:
        """Read the newest checkpoint that is whole; None if there is none.

        `report` is told of each newer one that is not, by its file's name.
        """
        for position in self.finished():
            try:
                return self.read(position)
            except RunError as error:
                report(f"{error}; going back to the checkpoint before it")
        return None

    def _tidy(self, newest: Position, keep: int, best: int | None) -> None:
        """Remove old checkpoints, damaged ones that are newer than the newest, and leftovers."""
        whole = [position for position in self.finished() if position <= newest]
        kept = [*whole[:keep], *(each for each in whole[keep:] if each == Position(best or 0))]
        for position in set(self.finished()) - set(kept):
            self.weights_file(position).unlink(missing_ok=True)
        names = {self.training_file(position).name for position in kept}
        for file in self.path.glob("epoch-*.training.safetensors"):
            if file.name not in names:
                file.unlink(missing_ok=True)


def _encode(checkpoint: Checkpoint) -> tuple[bytes, bytes]:
    """Return the contents of the two files, weights and training state."""
    weights = safetensors.encode(checkpoint.weights)
    flat = {side: flatten_state(state) for side, state in checkpoint.optimizers.items()}
    notes = {
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "optimizers": {side: rest for side, (_, rest) in flat.items()},
        "generators": checkpoint.generators,
        "averages": checkpoint.averages,
        "history": checkpoint.history,
    }
    state = {
        f"{side}.{name}": value
        for side, (arrays, _) in flat.items()
        for name, value in arrays.items()
    }
    return weights, safetensors.encode(state, {"training": json.dumps(notes)})


def _decode(position: Position, weights_file: Path, training_file: Path) -> Checkpoint:
    reading = training_file
    try:
        arrays, metadata = safetensors.decode(training_file.read_bytes())
        notes = json.loads(metadata["training"])
        reading = weights_file
        contents = weights_file.read_bytes()
        if hashlib.sha256(contents).hexdigest() != notes["weights_sha256"]:
            raise RunError(
                f"checkpoint {weights_file} is damaged: it is not what {training_file.name} "
                "was saved with"
            )
        weights, _ = safetensors.decode(contents)
        return Checkpoint(
            position=position,
            weights=weights,
            optimizers={
                side: unflatten_state(_of_side(arrays, side), rest)
                for side, rest in notes["optimizers"].items()
            },
            generators=notes["generators"],
            averages=notes["averages"],
            history=notes["history"],
        )
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise RunError(f"checkpoint {reading} can't be read: {error}") from error


def _of_side(arrays: Arrays, side: str) -> Arrays:
    """Return one optimiser's arrays, under the names that it gave them."""
    prefix = f"{side}."
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
