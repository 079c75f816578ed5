"""The C library's allocator, which by default costs a training step much of its time.

glibc takes a large array from the operating system and gives it back when it is freed, and each
page of the next one costs a fault when it is first written to: up to a third of a training step,
whose arrays have the sizes of those of the step before. So the first backward pass of a process has
glibc keep what is freed, for the next step; and when there has been no backward pass for
`IDLE_SECONDS`, what is kept is given back. The most memory that a process needs stays the same.

The environment variable ``MINIGEN_MEMORY`` chooses:

- ``kept``, or nothing: as above, where the C library is glibc,
- ``system``: glibc is left alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import platform
import threading
import time
from typing import Final

VARIABLE: Final = "MINIGEN_MEMORY"

KEPT: Final = "kept"
SYSTEM: Final = "system"

CHOICES: Final = (KEPT, SYSTEM)

IDLE_SECONDS = 10.0
"""After so long without a backward pass, freed memory is given back."""

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3

MOST_KEPT: Final = 2**30
"""How many bytes may be kept: of more, the rest is given back at once."""

SETTINGS: Final = {
    _M_MMAP_THRESHOLD: 2**25,
    _M_TRIM_THRESHOLD: MOST_KEPT,
    _M_TOP_PAD: 2**26,
}
"""What glibc's ``mallopt`` is told, in bytes. Of the first, every version accepts 32 MiB."""


class AllocatorError(RuntimeError):
    """``MINIGEN_MEMORY`` is none of `CHOICES`."""


def keeps_freed_memory() -> bool:
    """Tell whether freed memory is kept in this process, or will be from the first step on.

    Raises
    ------
    AllocatorError
        If the variable is set to anything but one of `CHOICES`.

    Examples
    --------
    >>> keeps_freed_memory() in (True, False)
    True
    """
    wanted = os.environ.get(VARIABLE) or KEPT
    if wanted not in CHOICES:
        raise AllocatorError(f"{VARIABLE} must be one of {', '.join(CHOICES)}, got {wanted!r}")
    return wanted == KEPT and platform.libc_ver()[0] == "glibc"


def keep_freed_memory() -> bool:
    """Let this process keep the memory of freed arrays from now on.

    The first backward pass does it by itself. A script that computes much before it, or has none,
    as one that draws many samples, calls this at its beginning. It changes the whole process, which
    is why ``import minigen`` does not do it.

    Returns
    -------
    bool
        Whether memory is kept: not where the allocator is not glibc's, or ``MINIGEN_MEMORY`` is
        ``system``.

    Raises
    ------
    AllocatorError
        If that variable is set to anything but ``kept`` or ``system``.

    Examples
    --------
    >>> import minigen
    >>> kept = minigen.keep_freed_memory()
    """
    return keeps_freed_memory() and _told()


@functools.cache
def _told() -> bool:
    """Tell glibc, once a process; return whether it took all settings."""
    mallopt = ctypes.CDLL(None).mallopt
    return all(mallopt(option, size) == 1 for option, size in SETTINGS.items())


class Watch:
    """Notices backward passes, and gives memory back when there are none any more.

    A thread that sleeps looks every `IDLE_SECONDS` whether there were any. When there were none, it
    gives memory back and ends; the next pass starts another.
    """

    def __init__(self) -> None:
        self._passes = 0
        self._running = False
        self._lock = threading.Lock()

    def notice(self) -> None:
        """Say that a backward pass begins."""
        self._passes += 1
        if not self._running:
            self._start()

    def _start(self) -> None:
        kept = keep_freed_memory()
        with self._lock:
            if self._running:
                return
            self._running = True
        if kept:
            thread = threading.Thread(target=self._look, name="minigen-memory", daemon=True)
            with contextlib.suppress(RuntimeError):  # no thread is to be had: memory stays kept
                thread.start()

    def _look(self) -> None:
        seen = -1
        while seen != self._passes:
            seen = self._passes
            time.sleep(IDLE_SECONDS)
        self._running = False
        ctypes.CDLL(None).malloc_trim(0)

    def forget(self) -> None:
        """Begin anew in a forked process, which has none of its parent's threads."""
        self._running = False
        self._lock = threading.Lock()


watch: Final = Watch()
"""Of this process; the engine tells it of every backward pass."""

if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=watch.forget)
