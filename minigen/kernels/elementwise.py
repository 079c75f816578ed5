"""Large arrays shared between two threads, each of which has one half of the elements.

NumPy computes a function of single elements on one core. It lets go of the interpreter's lock for
as long as a pass over an array takes; so two threads are of use where passes are long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.parallel import side_by_side

SHARED: Final = 2**20
"""How many elements an array has at least that is shared: a pass then outlasts handing it over."""


def vectors(*arrays: Any, least: int = 1) -> list[Array] | None:
    """Return arrays as vectors, views in the order of memory; None where they are not alike.

    They are if they are NumPy's, of floats, of `least` elements or more, of one shape and one
    dtype, and all held row by row, or all with the batch innermost.
    """
    first = arrays[0]
    if type(first) is not np.ndarray or first.size < least or first.dtype.kind != "f":
        return None
    if first.ndim == 0 or any(
        type(array) is not np.ndarray or array.shape != first.shape or array.dtype != first.dtype
        for array in arrays[1:]
    ):
        return None
    if not all(array.flags.c_contiguous for array in arrays):
        axes = (*range(1, first.ndim), 0)
        arrays = tuple(array.transpose(axes) for array in arrays)
        if not all(array.flags.c_contiguous for array in arrays):
            return None
    return [array.reshape(-1) for array in arrays]


def of_each(function: Callable[..., object], *arrays: Any, cost: int = 1, least: int = 1) -> Any:
    """Return a new array, like the first, that a function has written.

    Parameters
    ----------
    function : callable
        Takes the arrays as vectors, and the one to write into, as long as they: all elements, or a
        half of them at a time.
    arrays
        What `vectors` serves; NotImplemented is returned for anything else.
    cost
        What an element takes, in multiples of a sum.
    least
        How many elements it takes to pay.
    """
    if vectors(*arrays, least=least) is None:
        return NotImplemented
    out = np.empty_like(arrays[0])
    rows = vectors(*arrays, out) or []
    if out.size * cost < SHARED:
        function(*rows)
        return out
    middle = out.size // 2
    side_by_side(
        lambda part: function(*(row[part] for row in rows)),
        (slice(middle), slice(middle, None)),
    )
    return out
