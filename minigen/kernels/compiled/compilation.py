"""Loops that Numba compiles when they are first called.

NumPy computes an expression one operation at a time, each a pass over memory. A loop does all of it
in one pass. It is written for arrays whose first axes are equally long, and treats each element, or
each row, by itself: so threads can share the rows among them, and what comes out doesn't depend on
their number.

Its arithmetic is NumPy's, rounding by rounding: no product is fused with a sum, nothing is
reordered. A number is a scalar of the arrays' dtype: one of Python's, even an integer in the text
of a loop, would make float64 of float32.

Threads are Python's (`minigen.engine.parallel`), which a compiled loop lets run: Numba's own must
not be entered by two threads at once, or keep those of BLAS waiting. `numba` is imported with the
first loop that is called, and what it compiles is kept on disk, beside the source or in the user's
cache.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import logging
import os
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.choice import COMPILED, VARIABLE, KernelsError, kernels
from minigen.engine.parallel import side_by_side, thread_count
from minigen.kernels import elementwise

LEAST: Final = 2048
"""Arrays with fewer elements are left to NumPy: to call a loop takes as long as they do."""

SHARED: Final = 2**19
"""From how many elements on threads share a loop whose cost is 1: a pass that is all reading and
writing. To wake a thread takes some 50 microseconds."""

FLOATS: Final = (np.dtype("float32"), np.dtype("float64"))
"""What loops are compiled for, in the byte order of the processor."""

OPTIONS: Final = {"nogil": True, "error_model": "numpy"}
"""Other threads may run meanwhile; and a division by 0 gives infinity or NaN."""


class Loop:
    """A function on arrays and numbers that is compiled when it is first called.

    It writes into arrays among its arguments. Called, it is run on the rows of its arrays, which
    `share` divides; a call inside another loop is compiled into that.

    Parameters
    ----------
    python : callable
        The loop. Numbers are scalars of NumPy's; an array that is not needed can be None.
    """

    def __init__(self, python: Callable[..., Any]) -> None:
        functools.update_wrapper(self, python)
        self.python = python

    def __call__(self, *arguments: Any) -> None:
        """Run the loop, on several threads where the arrays are large."""
        share(self.run, *arguments)

    def run(self, *arguments: Any) -> None:
        """Run the loop on this thread."""
        try:
            self.compiled(*arguments)
        except OSError:  # the code could not be kept on disk, but is there
            self.compiled(*arguments)

    @functools.cached_property
    def compiled(self) -> Callable[..., Any]:
        """The compiled function: machine code for each combination of types it was called with."""
        return jit(self.python)


class Deferred:
    """What loops name, and what can be had only once Numba is there: made when one is compiled.

    Parameters
    ----------
    make : callable
        Returns it: a number that depends on the processor, or a function of instructions.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make

    @functools.cached_property
    def compiled(self) -> Any:
        """What stands in compiled loops."""
        return self.make()


def share_pieces(function: Callable[[Array, int], object], work: int) -> None:
    """Call a function in each thread, for work that they divide among themselves.

    It is given a counter and an end, by which it asks `next_piece` for small pieces: a thread that
    is woken late, or whose core is slow, does fewer of them. The work is counted in elements of a
    pass over memory, as `SHARED` is.
    """
    counter = np.zeros(1, np.int64)
    threads = thread_count() if work >= SHARED else 1
    ends = (1, 2) if threads == 2 else (0,) * threads
    side_by_side(lambda end: function(counter, end), ends)


def share_blocks(function: Callable[[range], object], count: int, work: int) -> None:
    """Call a function on the numbers of so many blocks, or in each thread on a part of them.

    The work is counted as that of `share_pieces`, which divides it more evenly, where blocks of it
    have nothing in common that each would have to make for itself.
    """
    side_by_side(function, _even_parts(count, work))


def share(function: Callable[..., Any], *arguments: Any, cost: int = 1) -> None:
    """Call a function on arrays and numbers: on all rows, or on a part of them in each thread.

    The arrays among the arguments have first axes of one length. The size of the first, times the
    cost of an element, says whether there is enough to do.
    """
    first = arguments[0]
    parts = _even_parts(len(first), first.size * cost)
    if len(parts) == 1:
        function(*arguments)
        return
    some = [_rows(slice(part.start, part.stop), arguments) for part in parts]
    side_by_side(lambda part: function(*part), some)


def _even_parts(count: int, work: int) -> list[range]:
    """Divide numbers into as many parts as threads share so much work."""
    threads = max(1, min(thread_count(), count)) if work >= SHARED else 1
    bounds = [count * part // threads for part in range(threads + 1)]
    return [range(*ends) for ends in itertools.pairwise(bounds)]


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function, and keep the code on disk if there is a place for it.

    Loops that it calls are compiled into it.
    """
    library = numba()
    called = {name: function.__globals__.get(name) for name in function.__code__.co_names}
    compiled = {
        name: loop.compiled for name, loop in called.items() if isinstance(loop, Loop | Deferred)
    }
    if compiled:
        names = function.__globals__ | compiled
        function = functools.wraps(function)(FunctionType(function.__code__, names))
    try:
        return library.njit(cache=True, **OPTIONS)(function)  # type: ignore[no-any-return]
    except RuntimeError:  # no folder can be written to
        return library.njit(**OPTIONS)(function)  # type: ignore[no-any-return]


def _define_take() -> Any:
    """Return the function by which threads take numbers, each of which only one of them gets."""
    extending = importlib.import_module("numba.extending")
    types = importlib.import_module("numba.core.types")

    @extending.intrinsic  # type: ignore[untyped-decorator]
    def take(_: Any, counter: Any) -> Any:
        """Return the number in a counter, and add one to it, before another thread looks."""

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            memory = context.make_array(signature.args[0])(context, builder, values[0]).data
            one = context.get_constant(types.int64, 1)
            return builder.atomic_rmw("add", memory, one, "monotonic")

        return types.int64(counter), generate

    return take


_take: Any = Deferred(_define_take)


def _next_piece(counter: Array, end: int, taken: int, pieces: int) -> int:
    ticket = _take(counter)
    if ticket >= pieces:
        return pieces
    if end == 0:
        return int(ticket)
    return taken if end == 1 else pieces - 1 - taken


next_piece: Any = Deferred(lambda: jit(_next_piece))
"""Takes a piece for a thread of `share_pieces`: a loop calls it with its counter and end, how many
pieces it has taken, and how many there are in all, which it returns when none is left.

Two threads begin at either end, 1 and 2, so that neighbours are computed by one core, and are in
its cache when they are read; otherwise (0) they come in their order.
"""


def in_use() -> bool:
    """Tell whether compiled loops compute."""
    return kernels() == COMPILED and numba() is not None


def at_hand() -> bool:
    """Tell whether Numba has been imported already."""
    return numba.cache_info().currsize > 0


@functools.cache
def numba() -> Any:
    """Import Numba; return None if that fails and nobody has asked for it.

    Raises
    ------
    KernelsError
        If it fails, and ``MINIGEN_KERNELS`` is ``compiled``.
    """
    try:
        library = importlib.import_module("numba")
        events = importlib.import_module("numba.core.event")
    except Exception as error:  # such as a NumPy that is too new for it
        message = f"Numba is installed, but can't be imported: {error}"
        if os.environ.get(VARIABLE):
            raise KernelsError(f"{VARIABLE}={COMPILED}: {message}") from error
        _log("%s; minigen computes with NumPy alone (%s=numpy says so)", message, VARIABLE)
        return None
    events.register("numba:compile", _announcer(events))
    return library


def _announcer(events: Any) -> Any:
    """Return what listens for compilations, and tells of the first of minigen's."""

    class Announcer(events.Listener):  # type: ignore[misc]
        """Says once that loops are compiled, which takes time that one did not expect."""

        told = False

        def on_start(self, event: Any) -> None:
            of_minigen = event.data["dispatcher"].py_func.__module__.startswith(__package__)
            if of_minigen and not self.told:
                self.told = True
                _log("compiling minigen's loops for this processor, once: the code is kept on disk")

        def on_end(self, event: Any) -> None:
            """Say nothing."""

    return Announcer()


_log = logging.getLogger(__name__).warning


# ------------------------------------------------------------------------------- what is served


def vectors(*arrays: Any, least: int = LEAST) -> list[Array] | None:
    """Return arrays as vectors, views in the order of memory; None where no loop serves them.

    They are served if `elementwise` serves them, in float32 or float64, they are of `least`
    elements or more, and held alike.
    """
    if not elementwise.serves(*arrays, least=least) or arrays[0].dtype not in FLOATS:
        return None
    return elementwise.vectors(*arrays) if in_use() else None


def of_each(
    function: Callable[..., Any], *arrays: Any, numbers: tuple[float, ...] = (), cost: int = 1
) -> Any:
    """Return a new array, like the first, of what a loop makes of each element of the arrays.

    Parameters
    ----------
    function : callable
        Takes the arrays as vectors, the one to write into, and the numbers; `share` divides them.
    arrays
        What `vectors` serves; NotImplemented is returned for anything else.
    numbers
        They become scalars of the arrays' dtype.
    cost
        Of an element, in multiples of a sum's.
    """
    if vectors(*arrays) is None:
        return NotImplemented
    out = np.empty_like(arrays[0])
    share(function, *(vectors(*arrays, out) or ()), *map(out.dtype.type, numbers), cost=cost)
    return out


def _rows(part: slice, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a part of each array, and the numbers as they are."""
    return tuple(a[part] if isinstance(a, np.ndarray) else a for a in arguments)
