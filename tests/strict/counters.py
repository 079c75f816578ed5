"""Counters of what makes a program wait for its device, and of what is sent there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.strict.refusal import library_line


@dataclass
class Counters:
    """What happened since they were made; of each event, the library's line behind it."""

    reads: list[str] = field(default_factory=list)
    """Copies from the device to the host: ``get``, ``item``, ``tolist``, ``asnumpy``."""

    synchronisations: list[str] = field(default_factory=list)
    """Waits without a copy: ``synchronize``, and results whose size only the device knows."""

    uploads: list[str] = field(default_factory=list)
    """Copies from the host to the device."""


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
    for counters in _active:
        counters.reads.append(library_line())


def note_synchronisation() -> None:
    """Count a wait for the device."""
    for counters in _active:
        counters.synchronisations.append(library_line())


def note_upload() -> None:
    """Count a copy from the host to the device."""
    for counters in _active:
        counters.uploads.append(library_line())
