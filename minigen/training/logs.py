"""A run's metrics for other programs to watch: TensorBoard's event files."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from minigen._version import DISTRIBUTION
from minigen.training.errors import ConfigurationError
from minigen.training.history import Record, values

LOGS: Final = ("tensorboard",)
"""The programs whose files a run can write beside its own."""

EVENTS: Final = "events.out.tfevents.*"
"""How TensorBoard's files are called."""


def expect_log(log: str | None) -> None:
    """Raise a `ConfigurationError` if there is no such log, or its package is missing."""
    if log is None:
        return
    if log not in LOGS:
        raise ConfigurationError(f"log: one of {', '.join(LOGS)} is expected, got {log!r}")
    if importlib.util.find_spec("tensorboardX") is None:
        raise ConfigurationError(
            "log: tensorboardX writes TensorBoard's files, and is not installed: "
            f"python -m pip install '{DISTRIBUTION}[tensorboard]'"
        )


@contextmanager
def logged(
    log: str | None, folder: Path, history: Sequence[Record]
) -> Iterator[Callable[[Record], None]]:
    """Write the records of a run as event files into a folder: those so far, and more to come.

    What the folder holds of the run is written anew, so that every epoch is there once, however
    often the run was stopped. A value is a scalar such as ``train/loss``, its step the epoch.
    Without a `log` nothing is written.

    Examples
    --------
    >>> with logged(None, Path("tensorboard"), []) as write:
    ...     write({"epoch": 1, "train": {"loss": 3.5}})
    """
    if log is None:
        yield lambda _: None
        return
    from tensorboardX import SummaryWriter

    for file in folder.glob(EVENTS):
        file.unlink()
    with SummaryWriter(str(folder)) as writer:

        def write(record: Record) -> None:
            for name, value in values(record, "/").items():
                if name != "epoch":
                    writer.add_scalar(name, value, record["epoch"])
            writer.flush()

        for record in history:
            write(record)
        yield write
