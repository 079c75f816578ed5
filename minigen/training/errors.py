"""What ends a training run, or keeps one from starting: errors, a request to stop, NaN.

Ctrl-C and SIGTERM are noted, and obeyed after the current step.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final, Self

import numpy as np

from minigen import nn
from minigen.engine.backend import to_numpy
from minigen.engine.guards import AnomalyError
from minigen.engine.modes import detect_anomaly

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

NOTHING_FOUND: Final = "every op of a second pass over the same images made finite values only"
"""What `find_cause` says where a second pass does not show the fault."""


class RunError(Exception):
    """A run's folder can't be used: it holds another run, none at all, or a damaged one."""


class ConfigurationError(ValueError):
    """A run's configuration asks for what does not exist, or is out of its range."""


class TooLargeError(ConfigurationError):
    """What a run's configuration asks for does not fit into memory."""


class DivergenceError(ArithmeticError):
    """The loss became NaN or infinite.

    It did in `epoch` and `step`, both counted from 1. `cause` names the op that made the first
    value that is not finite, with its shapes and line; `checkpoint` is the file of the last
    finished epoch's weights, or None if there are none yet.
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

    `minigen.training.resume` continues the run in its `folder`; `checkpoint` is the file of the
    weights that were saved.
    """

    def __init__(self, folder: Path, checkpoint: Path) -> None:
        super().__init__(
            f"stopped; saved {checkpoint}. Resume with: minigen train --resume {folder}"
        )
        self.folder = folder
        self.checkpoint = checkpoint


class Interruption:
    """Notes that somebody `requested` to stop; a second request stops at once, as without this.

    In a thread other than the main one, where Python delivers no signals, it does nothing.

    Examples
    --------
    >>> import signal
    >>> with Interruption() as interruption:
    ...     signal.raise_signal(signal.SIGINT)
    ...     interruption.requested
    True
    """

    def __init__(self) -> None:
        self.requested = False
        self._outer: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._outer = {each: signal.signal(each, self._note) for each in SIGNALS}
        return self

    def __exit__(self, *exception: object) -> None:
        self._restore()

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True
        self._restore()

    def _restore(self) -> None:
        """Give the signals back to who had them before."""
        while self._outer:
            each, handler = self._outer.popitem()
            signal.signal(each, handler)


def find_cause(model: nn.Module, again: Callable[[], object]) -> str:
    """Do a computation again, watching every op, and say where its first fault is.

    What is said are the words of `minigen.detect_anomaly`: the op, its shapes and the line. If a
    parameter of the model is not finite already, that is said too. `again` has to repeat the
    computation with the same images and the same noise.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> print(find_cause(nn.Identity(), lambda: minigen.zeros(3).log()))
    log made -inf at index (0,) (got float32 (3,)), at ...
    """
    broken = [name for name, parameter in model.named_parameters() if not _is_finite(parameter)]
    before = f"the update before left {', '.join(broken)} not finite; then " if broken else ""
    try:
        with detect_anomaly():
            again()
    except AnomalyError as error:
        return f"{before}{error}"
    return f"{before}{NOTHING_FOUND}"


def _is_finite(parameter: nn.Parameter) -> bool:
    return bool(np.isfinite(to_numpy(parameter.array)).all())
