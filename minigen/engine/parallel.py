r"""Long pieces of work, side by side on the cores of a CPU.

NumPy multiplies matrices on all cores, and does everything else on one. While it computes it lets
go of the interpreter's lock, so that two threads of Python can share a loop between them. That pays
where each gets long operations; short ones hand the lock to and fro. Each thread then multiplies
its matrices by itself: for that time BLAS, which would start threads of its own, is told to use
one.

What is computed does not depend on the number of threads: callers divide their work by its shape.
``MINIGEN_THREADS=1`` keeps to one.
"""

from __future__ import annotations

import contextvars
import ctypes
import functools
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

Part = TypeVar("Part")

VARIABLE = "MINIGEN_THREADS"


def thread_count() -> int:
    """Return how many threads may compute at once.

    It is the number in the environment variable ``MINIGEN_THREADS``, or else that which BLAS uses:
    one for each core, unless ``OPENBLAS_NUM_THREADS`` or ``OMP_NUM_THREADS`` says otherwise.

    Raises
    ------
    ValueError
        If the variable is set to anything but a positive integer.

    Examples
    --------
    >>> thread_count() >= 1
    True
    """
    given = os.environ.get(VARIABLE)
    if not given:
        blas = _blas()
        return blas.get() if blas else _cores()
    if not given.isdecimal() or int(given) < 1:
        raise ValueError(f"{VARIABLE} must be a positive integer, got {given!r}")
    return int(given)


def side_by_side(work: Callable[[Part], object], parts: Sequence[Part]) -> None:
    """Call a function on each part: at the same time, where there are threads for it.

    The parts must be independent of one another. One after the other they are done where there is
    one thread, where BLAS can't be held to one, and inside a part of other work.

    Parameters
    ----------
    work : callable
        Takes a part; what it returns is dropped.
    parts : sequence
        A few long pieces of work, as even as can be.

    Examples
    --------
    >>> squares = [0, 0, 0]
    >>> def square(i):
    ...     squares[i] = i * i
    >>> side_by_side(square, range(3))
    >>> squares
    [0, 1, 4]
    """
    threads = min(len(parts), thread_count())
    blas = _blas() if threads > 1 else None
    if blas is None or not _busy.acquire(blocking=False):
        for part in parts:
            work(part)
        return
    try:
        with _single(blas):
            _share(work, parts, threads)
    finally:
        _busy.release()


def halves(count: int) -> list[range]:
    """Divide so many rows, or whatever is numbered, into two ranges; one if there is one row.

    Examples
    --------
    >>> halves(7), halves(1)
    ([range(0, 4), range(4, 7)], [range(0, 1)])
    """
    middle = -(-count // 2)
    return [part for part in (range(middle), range(middle, count)) if part]


def _share(work: Callable[[Part], object], parts: Sequence[Part], threads: int) -> None:
    """Do the first of every so many parts here, and the others in threads of the pool."""

    def do(first: int) -> None:
        for part in parts[first::threads]:
            work(part)

    others = [
        _pool(threads - 1).submit(contextvars.copy_context().run, do, first)
        for first in range(1, threads)
    ]
    try:
        do(0)
    finally:
        errors = [other.exception() for other in others]  # all have ended before this returns
    for error in errors:
        if error is not None:
            raise error


_busy = threading.Lock()
"""Held while threads share work; whoever comes meanwhile, works alone."""


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="minigen")


def _forget_threads() -> None:
    """Begin anew in a forked process, which has none of the threads."""
    global _busy  # noqa: PLW0603
    _busy = threading.Lock()
    _pool.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)


class _Blas(NamedTuple):
    """How many threads BLAS uses: what tells, and what sets it."""

    get: Callable[[], int]
    set: Callable[[int], Any]


@contextmanager
def _single(blas: _Blas) -> Iterator[None]:
    """Hold BLAS to one thread."""
    before = blas.get()
    blas.set(1)
    try:
        yield
    finally:
        blas.set(before)


@functools.cache
def _blas() -> _Blas | None:
    """Find OpenBLAS, which NumPy's wheels bring along; None if this NumPy has another library."""
    home = Path(np.__file__).parent
    for folder in (home.parent / "numpy.libs", home / ".dylibs"):
        for file in sorted(folder.glob("*openblas*")):
            library = ctypes.CDLL(str(file))
            for name in ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_"):
                if hasattr(library, name.format("set")):
                    return _Blas(
                        getattr(library, name.format("get")), getattr(library, name.format("set"))
                    )
    return None


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
