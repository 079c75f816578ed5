r"""Long pieces of work, side by side on the cores of a CPU.

NumPy multiplies matrices on all cores, and does everything else on one. While it computes it lets
go of the interpreter's lock, so that two threads of Python can share a loop between them. That pays
where each gets long operations; short ones hand the lock to and fro. Each thread then multiplies
its matrices by itself: for that time BLAS, which would start threads of its own, is told to use
one.

What is computed is the same with one thread and with two: callers divide their work by its shape.
``MINIGEN_THREADS=1`` keeps to one. With more than two, work in two parts is left to BLAS's own.
"""

from __future__ import annotations

import contextvars
import ctypes
import functools
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from minigen.engine.backend import Array

Part = TypeVar("Part")

VARIABLE = "MINIGEN_THREADS"


class ThreadsError(RuntimeError):
    """``MINIGEN_THREADS`` is no number of threads."""


def thread_count() -> int:
    """Return how many threads may compute at once.

    It is the number in the environment variable ``MINIGEN_THREADS``, or else that which BLAS uses:
    one for each core, unless ``OPENBLAS_NUM_THREADS`` or ``OMP_NUM_THREADS`` says otherwise.

    Raises
    ------
    ThreadsError
        If the variable is set to anything but a positive integer.

    Examples
    --------
    >>> thread_count() >= 1
    True
    """
    given = os.environ.get(VARIABLE)
    if not given:
        return _blas_threads() or _cores()
    if not given.isdecimal() or int(given) < 1:
        raise ThreadsError(f"{VARIABLE} must be a positive integer, got {given!r}")
    return int(given)


def side_by_side(work: Callable[[Part], object], parts: Sequence[Part]) -> None:
    """Call a function on each part: at the same time, where there are threads for it.

    The parts must be independent of one another. One after the other they are done where there is
    one thread, where BLAS can't be held to one, and inside a part of other work; and where there
    are more than two threads, and more than parts: BLAS, with its own, then makes better use of
    them.

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
    if thread_count() > max(2, len(parts)):
        for part in parts:
            work(part)
        return
    threads = min(len(parts), thread_count()) if _blas() else 1
    if threads <= 1 or not _busy.acquire(blocking=False):
        with one_thread:
            for part in parts:
                work(part)
        return
    try:
        with one_thread:
            _share(work, parts, threads)
    finally:
        _busy.release()


LEAST_SHARED = 2**23
"""How many multiplications a product of matrices has at least that is shared between threads."""

LEAST_HELD = 2**17
"""How many it has at least for BLAS to start threads, unless it is held to one."""

_products_shared = False


def share_products() -> None:
    """Have dense layers leave no more long products to BLAS's threads: there are convolutions.

    A layer of convolutions calls this when it is made. What comes out of a product depends, in its
    last digits, on how it is divided; so that is settled before anything is computed, and a run
    that goes on in another process computes as it did.
    """
    global _products_shared  # noqa: PLW0603 - of the whole process, as BLAS's threads are
    _products_shared = True


def products_shared() -> bool:
    """Tell whether `share_products` has been called."""
    return _products_shared


def product(a: Array, b: Array, out: Array | None = None) -> Array:
    """Multiply two matrices of NumPy's: a long product half by half, at the same time.

    BLAS would share it between threads of its own. These wait for more work by counting on, for
    some hundredths of a second, and hinder what else the cores are to do meanwhile, this library's
    threads first of all: beside convolutions, a product that is a third faster by them makes the
    step slower by a fifth. Short products are therefore made on one thread. With more than two
    threads, all is left to BLAS.

    Parameters
    ----------
    a, b : array, shapes (m, k) and (k, n)
        The matrices.
    out : array, shape (m, n), optional
        Where the product is written.

    Returns
    -------
    array, shape (m, n)

    Examples
    --------
    >>> import numpy as np
    >>> product(np.ones((2, 3)), np.ones((3, 1)))
    array([[3.],
           [3.]])
    """
    (lines, inner), columns = a.shape, b.shape[1]
    multiplications = lines * inner * columns
    if multiplications < LEAST_HELD or thread_count() > 2 or _blas() is None:
        return np.matmul(a, b, out=out)
    if multiplications < LEAST_SHARED:
        with one_thread:
            return np.matmul(a, b, out=out)
    if out is None:
        out = np.empty((lines, columns), np.result_type(a, b))
    target = out

    def of_lines(part: slice) -> None:
        np.matmul(a[part], b, out=target[part])

    def of_columns(part: slice) -> None:
        np.matmul(a, b[:, part], out=target[:, part])

    middle = max(lines, columns) // 2
    parts = (slice(middle), slice(middle, None))
    side_by_side(of_lines if lines >= columns else of_columns, parts)
    return out


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
    """Do the first of every so many parts here, and the others in threads that wait for work."""

    def do(first: int) -> None:
        for part in parts[first::threads]:
            work(part)

    workers = [_worker(number) for number in range(1, threads)]
    for number, worker in enumerate(workers, 1):
        worker.begin(do, number)
    try:
        do(0)
    finally:
        errors = [worker.end() for worker in workers]  # all have ended before this returns
    for error in errors:
        if error is not None:
            raise error


class _Worker:
    """A thread that does one piece of work at a time.

    Handing one over takes two locks, a fifth of the time that a pool of threads takes.
    """

    def __init__(self) -> None:
        self._begun, self._ended = threading.Lock(), threading.Lock()
        self._begun.acquire()
        self._ended.acquire()
        self._work: Callable[[], object] = bool
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name="minigen", daemon=True).start()

    def begin(self, work: Callable[[int], object], number: int) -> None:
        """Let the thread call a function, in the caller's context."""
        self._work = functools.partial(contextvars.copy_context().run, work, number)
        self._begun.release()

    def end(self) -> BaseException | None:
        """Wait until it has done so; return what it raised."""
        self._ended.acquire()
        error, self._error, self._work = self._error, None, bool
        return error

    def _run(self) -> None:
        while True:
            self._begun.acquire()
            try:
                self._work()
            except BaseException as error:  # noqa: BLE001 - it is raised where the work was begun
                self._error = error
            self._ended.release()


_busy = threading.Lock()
"""Held while threads share work; whoever comes meanwhile, works alone."""


@functools.cache
def _worker(_number: int) -> _Worker:
    return _Worker()


def _forget_threads() -> None:
    """Begin anew in a forked process, which has none of the threads."""
    _busy._at_fork_reinit()  # type: ignore[attr-defined]
    _worker.cache_clear()
    one_thread.__init__()  # type: ignore[misc]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)


class _Blas(NamedTuple):
    """How many threads BLAS uses: what tells, and what sets it."""

    get: Callable[[], int]
    set: Callable[[int], Any]


class _Held:
    """Holds BLAS to one thread while anybody wants it so."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = 0
        self._before = 1

    def __enter__(self) -> None:
        with self._lock:
            blas = _blas()
            if self._holders == 0 and blas is not None:
                self._before = blas.get()
                blas.set(1)
            self._holders += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._holders -= 1
            blas = _blas()
            if self._holders == 0 and blas is not None:
                blas.set(self._before)


one_thread = _Held()
"""A context in which BLAS uses one thread, for sums and products too short to be shared.

The threads that it starts otherwise wait for more by counting on, and take the cores' time.
"""


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


@functools.cache
def _blas_threads() -> int:
    """Return how many threads BLAS uses unless it is held to one; 0 if there is no telling."""
    blas = _blas()
    return blas.get() if blas else 0


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
