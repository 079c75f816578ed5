"""A run's folder: where everything of it lies."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from minigen.files import PARTIAL_SUFFIX, write_atomically
from minigen.training.config import RunConfig
from minigen.training.errors import RunError

Record: TypeAlias = dict[str, Any]
"""What is known of a finished epoch: ``"epoch"``, and the terms of ``"train"`` and ``"test"``."""


@dataclass(frozen=True)
class RunFolder:
    """The files of a run.

    ======================================  ====================================================
    ``config.json``                         what it is made from: `RunConfig`
    ``metrics.jsonl``                       a line an epoch: the terms of the loss, in nats an image
    ``checkpoints/epoch-0003.safetensors``  the weights after the third epoch, and nothing else
    ``checkpoints/epoch-0003.training...``  what training needs besides to go on from there
    ``samples/*.png``                       samples, reconstructions, the curves of the loss
    ``samples/samples.gif``                 the samples after every epoch, one after the other
    ======================================  ====================================================

    Parameters
    ----------
    path : path
        The folder.
    """

    path: Path

    def __init__(self, path: str | os.PathLike[str]) -> None:
        object.__setattr__(self, "path", Path(path))

    @property
    def config(self) -> Path:
        """The run's configuration."""
        return self.path / "config.json"

    @property
    def metrics(self) -> Path:
        """The terms of the loss, epoch by epoch."""
        return self.path / "metrics.jsonl"

    @property
    def checkpoints(self) -> Path:
        """The folder of weights and training states."""
        return self.path / "checkpoints"

    @property
    def samples(self) -> Path:
        """The folder of pictures."""
        return self.path / "samples"

    def expect_free(self) -> None:
        """Raise unless a run may be put here.

        Raises
        ------
        RunError
            If the folder holds a run, or is no folder.
        """
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
        write_atomically(self.config, config.to_json().encode())

    def read_config(self) -> RunConfig:
        """Read the configuration of the run that is here.

        Raises
        ------
        RunError
            If there is no run, or its configuration is damaged.
        """
        try:
            return RunConfig.from_json(self.config.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RunError(f"{self.path} holds no run: there is no {self.config}") from error
        except RunError as error:
            raise RunError(f"{self.path}: {error}") from error

    def write_history(self, history: Sequence[Record]) -> None:
        """Write ``metrics.jsonl``."""
        lines = "".join(json.dumps(record) + "\n" for record in history)
        write_atomically(self.metrics, lines.encode())

    def remove_partial_files(self) -> None:
        """Remove what a killed process left half written."""
        for folder in (self.path, self.checkpoints, self.samples):
            for file in folder.glob(f"*{PARTIAL_SUFFIX}"):
                file.unlink(missing_ok=True)

    def _files(self) -> Iterator[Path]:
        """Iterate over the files of the run that is here."""
        yield from (file for file in (self.config, self.metrics) if file.exists())
        yield from self.checkpoints.glob("epoch-*.safetensors")
        for kind in ("*.png", "*.gif"):
            yield from self.samples.glob(kind)
