"""Stopping at a good moment: Ctrl-C and SIGTERM are noted, and obeyed after the current step."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any, Final, Self

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Notes the first request to stop; a second one stops at once, as without this.

    In a thread other than the main one, where Python delivers no signals, it does nothing.

    Attributes
    ----------
    requested : bool
        Whether somebody asked to stop.

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
