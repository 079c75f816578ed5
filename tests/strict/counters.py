"""Counters of what makes a program wait for its device, and of what is sent there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tests.strict.captured import expect_uncaptured, state
from tests.strict.refusal import library_line

COMPUTING: Final = ("kernel", "product", "graph")
"""The kinds of launches that run code on the device; the others move or set memory."""


class Launch(NamedTuple):
    """One thing that the device was told to do.

    Attributes
    ----------
    kind : {"kernel", "product", "copy", "set", "graph"}
        A kernel of CuPy's or of the library's, a product by cuBLAS, a copy of memory within the
        device, memory that is set to one byte, or a graph of such launches.
    name : str
        The function.
    line : str
        The library's line behind it.
    """

    kind: str
    name: str
    line: str


@dataclass
class Counters:
    """What happened since they were made; of each event, the library's line behind it."""

    reads: list[str] = field(default_factory=list)
    """Copies from the device to the host: ``get``, ``item``, ``tolist``, ``asnumpy``."""

    synchronisations: list[str] = field(default_factory=list)
    """Waits without a copy: ``synchronize``, and results whose size only the device knows."""

    uploads: list[str] = field(default_factory=list)
    """Copies from the host to the device."""

    launches: list[Launch] = field(default_factory=list, compare=False)
    """What the device was told to do: see `Launch`."""

    def total(self, *kinds: str) -> int:
        """Return how many launches there were, of some kinds or of all that compute."""
        return sum(launch.kind in (kinds or COMPUTING) for launch in self.launches)


_active: list[Counters] = []


@contextlib.contextmanager
def counting() -> Iterator[Counters]:
    """Count inside a ``with`` block."""
    counters = Counters()
    _active.append(counters)
    try:
        yield counters
    finally:
        _active.remove(counters)


def note_read() -> None:
    """Count a copy from the device to the host."""
    expect_uncaptured("a copy to the host")
    for counters in _active:
        counters.reads.append(library_line())


def note_synchronisation() -> None:
    """Count a wait for the device."""
    expect_uncaptured("a wait for the device")
    for counters in _active:
        counters.synchronisations.append(library_line())


def note_upload() -> None:
    """Count a copy from the host to the device."""
    expect_uncaptured("a copy from the host")
    for counters in _active:
        counters.uploads.append(library_line())


def note_launch(kind: str, name: str, times: int = 1) -> None:
    """Count what the device is told to do; what is captured is counted by its graph."""
    found = [Launch(kind, name, library_line())] * times if _active or state.graph else []
    if state.graph is not None:
        state.graph.launches += found
        return
    for counters in _active:
        counters.launches += found
