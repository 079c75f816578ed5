r"""The gradient of an index on a card, added in a fixed order; see `minigen.ops.shaping.put`.

`cupy.add.at` adds atomically, in whatever order its threads arrive, and rounds differently from run
to run. Here the places are sorted, equal ones in the order in which they came, and for each place
one thread adds up what belongs there, in double.
"""

from __future__ import annotations

import math
from typing import Any, Final

from minigen.engine.backend import Array, as_index, is_array, namespace
from minigen.kernels.cuda.source import Kernel, serves
from minigen.ops.shaping import Shape, as_shape, put

# out[r] = the sum of x[order[j]] over the run of j with places[j] = r
PUT: Final = Kernel(
    "put_rows",
    "const Number* x, const Index* order, const Index* places, Number* out, Index n, Index width",
    """for (EACH(k, n * width)) {
        Index i = k / width, place = places[i];
        if (i > 0 && places[i - 1] == place) continue;
        double sum = 0;
        for (Index j = i; j < n && places[j] == place; j++)
            sum += x[order[j] * width + k % width];
        out[place * width + k % width] = (Number)sum;
    }""",
)


@put.kernel_on_card
def put_on_card(x: Array, *, index: Any, shape: Shape) -> Any:
    """Compute the op's function, of an index with arrays of integers."""
    index, shape = as_index(index), as_shape(shape)
    parts = index if isinstance(index, tuple) else (index,)
    chosen = [part for part in parts if is_array(part)]
    if not serves(x) or not chosen or any(part.dtype.kind not in "iu" for part in chosen):
        return NotImplemented
    xp = namespace(x)
    out = xp.zeros(shape, x.dtype)
    if not x.size:
        return out
    rows = len(parts) == 1
    places = _rows(chosen[0], shape[0]) if rows else _elements(xp, index, shape)
    width = math.prod(shape[1:]) if rows else 1
    order = xp.argsort(places, kind="stable")
    n, summands = places.size, xp.ascontiguousarray(x)
    PUT.launch(xp, x.dtype, x.size, summands, order, places[order], out, n, width)
    return out


def _rows(index: Array, length: int) -> Array:
    """Return the rows that an array picks, in a row; negative numbers count from the end."""
    places = namespace(index).remainder(index.ravel(), length)
    return places.astype("int64", copy=False)


def _elements(xp: Any, index: Any, shape: tuple[int, ...]) -> Array:
    """Return the numbers of the elements that an index picks."""
    return xp.arange(math.prod(shape), dtype="int64").reshape(shape)[index].ravel()
