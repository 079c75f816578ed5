"""What a captured step is told about, while it runs for the first times: see `capture`.

The ground floor asks here whether a step is being recorded; what records it stands above.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Varying:
    """Numbers that are others in each step: a kernel reads them from the card's memory.

    Attributes
    ----------
    array : array of float64
        Where they lie.
    """

    array: Any


class Recorder(Protocol):
    """A step that is being recorded, or rehearsed for that."""

    def varying(self, tell: Callable[[], Sequence[float]], count: int) -> Varying:
        """Return numbers of which each step is told by `tell`, as many as `count`."""

    def drawn(self, draw: Callable[[], Any], shape: Any, dtype: Any, device: str) -> Any:
        """Return an array of random numbers, which each step is given anew."""

    def expect(self, holds: Callable[[], bool], message: str) -> None:
        """Refuse to repeat the step, with a message, once something no longer holds."""

    def note(self, role: str, values: Any, options: Any) -> None:
        """Take note of the numbers that an op is given."""

    def forbid(self, what: str) -> None:
        """Refuse what can't be repeated, if the step is not only rehearsed."""


_recorder: ContextVar[Recorder | None] = ContextVar("recorder", default=None)
_own_products: ContextVar[bool] = ContextVar("own products", default=False)


def recorder() -> Recorder | None:
    """Return what records the step that is running, if anything does."""
    return _recorder.get()


@contextlib.contextmanager
def recorded_by(found: Recorder | None) -> Iterator[None]:
    """Let a step be recorded inside a ``with`` block; None lets what it does go unrecorded."""
    token = _recorder.set(found)
    try:
        yield
    finally:
        _recorder.reset(token)


def own_products() -> bool:
    """Tell whether a card multiplies matrices with the library's own kernel."""
    return _own_products.get()


@contextlib.contextmanager
def with_own_products() -> Iterator[None]:
    """Multiply matrices on a card as a captured step does, inside a ``with`` block.

    cuBLAS adds in an order of its own. A run inside the block ends at the same weights as one whose
    steps are captured, to the last bit; it concerns float32 and float64.
    """
    token = _own_products.set(True)
    try:
        yield
    finally:
        _own_products.reset(token)
