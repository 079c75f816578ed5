"""Large arrays shared between two threads, each of which has one half of the elements.

NumPy computes a function of single elements on one core. It lets go of the interpreter's lock for
as long as a pass over an array takes; so two threads are of use where passes are long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.parallel import halves, side_by_side

SHARED: Final = 2**19
"""How many elements an array has at least that is shared: a pass then outlasts handing it over."""

BLOCK: Final = 2**17
"""How many elements are worked on at a time: in float32, 512 KiB, which stay in a core's cache."""


def serves(*arrays: Any, least: int = 1) -> bool:
    """Tell whether all are NumPy's, of `least` floats or more, and of one shape and one dtype."""
    first = arrays[0]
    if type(first) is not np.ndarray or first.dtype.kind != "f" or first.ndim == 0:
        return False
    return first.size >= least and all(
        type(array) is np.ndarray and array.shape == first.shape and array.dtype == first.dtype
        for array in arrays[1:]
    )


def vectors(*arrays: Array) -> list[Array] | None:
    """Return arrays of one shape as vectors, views in the order of memory.

    None where they are not held alike, all row by row or all with the batch innermost.
    """
    if not all(array.flags.c_contiguous for array in arrays):
        axes = (*range(1, arrays[0].ndim), 0)
        arrays = tuple(array.transpose(axes) for array in arrays)
        if not all(array.flags.c_contiguous for array in arrays):
            return None
    return [array.reshape(-1) for array in arrays]


def of_each(function: Callable[..., object], *arrays: Any, cost: int = 1, least: int = 1) -> Any:
    """Return a new array, like the first, that a function has written.

    Parameters
    ----------
    function : callable
        Takes the arrays, and the one to write into, and does the same to each element. Of arrays
        that are held alike it gets the elements as vectors, a block at a time.
    arrays
        What `serves` tells of; NotImplemented is returned for anything else.
    cost
        What an element takes, in multiples of a sum.
    least
        How many elements it takes to pay.
    """
    if not serves(*arrays, least=least):
        return NotImplemented
    out = np.empty_like(arrays[0])
    whole = vectors(*arrays, out)
    if whole is None:
        function(*arrays, out)
        return out

    def of_part(part: range) -> None:
        for start in range(part.start, part.stop, BLOCK):
            block = slice(start, min(start + BLOCK, part.stop))
            function(*[vector[block] for vector in whole])

    if out.size * cost < SHARED:
        of_part(range(out.size))
    else:
        side_by_side(of_part, halves(out.size))
    return out
