"""What can end a training run, or keep one from starting."""

from __future__ import annotations

from pathlib import Path


class RunError(Exception):
    """A run's folder can't be used: it holds another run, none at all, or a damaged one."""


class ConfigurationError(ValueError):
    """A run's configuration asks for what does not exist, or is out of its range."""


class DivergenceError(ArithmeticError):
    """The loss became NaN or infinite.

    Attributes
    ----------
    epoch, step : int
        Where, both counted from 1.
    cause : str
        The op that made the first value that is not finite, with its shapes and line.
    checkpoint : Path or None
        The weights of the last finished epoch, or None if there are none yet.
    """

    def __init__(
        self, found: str, *, epoch: int, step: int, cause: str, checkpoint: Path | None
    ) -> None:
        kept = f"last good checkpoint: {checkpoint}" if checkpoint else "no checkpoint yet"
        super().__init__(f"{found}. Cause: {cause}. A lower learning rate may help; {kept}")
        self.epoch = epoch
        self.step = step
        self.cause = cause
        self.checkpoint = checkpoint


class TrainingInterrupted(KeyboardInterrupt):
    """Somebody asked the run to stop (Ctrl-C or SIGTERM), and it was saved.

    Attributes
    ----------
    folder : Path
        The run's folder: `minigen.training.resume` continues it.
    checkpoint : Path
        The weights that were saved.
    """

    def __init__(self, folder: Path, checkpoint: Path) -> None:
        super().__init__(
            f"stopped; saved {checkpoint}. Resume with: minigen train --resume {folder}"
        )
        self.folder = folder
        self.checkpoint = checkpoint
