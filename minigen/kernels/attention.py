"""Attention some examples at a time, whose weights stay in the cache and are made in place.

The heads of an example are done together, and half of the examples by each of two threads. Weights
lie with the keys first and all queries side by side, (S, n, H, L): what is done with a key is done
in one long run. Products read queries and cotangents from transposed copies, since BLAS multiplies
small matrices twice as fast if neither is transposed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.parallel import halves, side_by_side
from minigen.engine.summation import blocked_sum
from minigen.ops.attention import attention

BLOCK: Final = 2**17
"""How many weights are made at a time, unless an example has more: 512 KiB in float32."""

LEAST_SHARED: Final = 2**16
"""How many weights there are at least where two threads share the examples."""

BOUNDS: Final = {
    kind: (float(np.finfo(kind).smallest_normal) ** 0.75, float(np.finfo(kind).max) / 4)
    for kind in "efd"
}
"""Between what, by dtype, a sum of powers keeps the digits of its summands."""


@attention.kernel
def attention_kernel(
    query: Array,
    key: Array,
    value: Array,
    bias: Array | None,
    *,
    mask: Array | None,
    kept: Array | None,
    scale: float,
) -> Any:
    """Compute the op's function for arrays of the same batches and heads."""
    if not serves(bias, mask, kept, query, key, value):
        return NotImplemented
    return averaged(query, key, value, mask, scale, PASSES)


@attention.kernel_vjp
def attention_kernel_vjp(
    g: Array,
    out: Array,
    query: Array,
    key: Array,
    value: Array,
    bias: Array | None,
    *,
    mask: Array | None,
    kept: Array | None,
    scale: float,
) -> Any:
    """Compute the op's rule, the cotangents of the scores in the place of those of the weights."""
    if not serves(bias, mask, kept, query, key, value, g, out):
        return NotImplemented
    return *averaged_back(g, out, query, key, value, mask, scale, PASSES), None


class Passes(NamedTuple):
    """What is done with the weights besides products, in their place.

    Attributes
    ----------
    unit : float
        The unit in which scores are made: 1 for powers of e, ln 2 for powers of two.
    powers : callable
        ``powers(scores, hidden)`` makes powers of scores (S, n, H, L), to which `hidden` is added,
        and returns their sums over the keys. `hidden` broadcasts over examples.
    divide : callable
        ``divide(powers, total)`` divides powers by these sums.
    slope : callable
        ``slope(of_weights, weights, dots)`` makes the cotangents of scores of those of the weights,
        and of the products (n, H, L) of each mean with its cotangent.
    """

    unit: float
    powers: Callable[[Array, Array | None], Array]
    divide: Callable[[Array, Array], None]
    slope: Callable[[Array, Array, Array], None]


def averaged(
    query: Array, key: Array, value: Array, mask: Array | None, scale: float, passes: Passes
) -> Array:
    """Return the means of values."""
    out = np.empty((*query.shape[:-1], value.shape[-1]), query.dtype)
    queries, keys, values, means = map(_by_example, (query, key, value, out))

    def work(some: slice, hidden: Array | None, weights: Array) -> None:
        _weigh(queries[some], keys[some], scale, hidden, weights, passes)
        np.matmul(_by_head(weights).swapaxes(-1, -2), values[some], out=means[some])

    _of_each_block(work, queries, keys, mask, rooms=1)
    return out


def averaged_back(
    g: Array,
    out: Array,
    query: Array,
    key: Array,
    value: Array,
    mask: Array | None,
    scale: float,
    passes: Passes,
) -> list[Array]:
    """Return the cotangents of queries, keys and values."""
    grads = [np.empty(x.shape, x.dtype) for x in (query, key, value)]
    queries, keys, values, cotangents, means = map(_by_example, (query, key, value, g, out))
    of_queries, of_keys, of_values = map(_by_example, grads)

    def work(some: slice, hidden: Array | None, weights: Array, of_scores: Array) -> None:
        cotangent = cotangents[some]
        _weigh(queries[some], keys[some], scale, hidden, weights, passes)
        np.matmul(_by_head(weights), cotangent, out=of_values[some])
        np.matmul(values[some], _transposed(cotangent, scale), out=_by_head(of_scores))
        passes.slope(of_scores, weights, np.vecdot(cotangent, means[some]) * scale)
        np.matmul(_by_head(of_scores), queries[some], out=of_keys[some])
        np.matmul(_by_head(of_scores).swapaxes(-1, -2), keys[some], out=of_queries[some])

    _of_each_block(work, queries, keys, mask, rooms=2)
    return grads


def _weigh(
    query: Array, key: Array, scale: float, hidden: Array | None, weights: Array, passes: Passes
) -> None:
    """Write the softmax of scores (S, n, H, L) over the keys.

    Powers are of the scores themselves, unless one is too large for that, or all of a query's are
    too small: then the largest of its scores is taken away from them.
    """
    transposed, scores = _transposed(query, scale / passes.unit), _by_head(weights)
    np.matmul(key, transposed, out=scores)
    total = passes.powers(weights, hidden)
    least, most = BOUNDS[total.dtype.char]
    if not (total.min() > least and total.max() < most):
        np.matmul(key, transposed, out=scores)
        if hidden is not None:
            weights += hidden
        weights -= weights.max(0)
        total = passes.powers(weights, None)
    passes.divide(weights, total)


def _powers(scores: Array, hidden: Array | None) -> Array:
    if hidden is not None:
        scores += hidden
    with np.errstate(over="ignore"):
        np.exp(scores, out=scores)
        return blocked_sum(scores, axis=0)


def _divide(powers: Array, total: Array) -> None:
    powers *= np.reciprocal(total)


def _slope(of_weights: Array, weights: Array, dots: Array) -> None:
    of_weights -= dots
    of_weights *= weights


PASSES: Final = Passes(1.0, _powers, _divide, _slope)


def _transposed(x: Array, scale: float) -> Array:
    """Return (n, H, E, L) of (n, H, L, E), times a number."""
    out = np.empty((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype)
    return np.multiply(x.swapaxes(-1, -2), scale, out=out)


def _by_head(weights: Array) -> Array:
    """Return a view (n, H, S, L) of weights (S, n, H, L)."""
    return weights.transpose(1, 2, 0, 3)


def _by_example(x: Array) -> Array:
    """Return (..., H, L, E) as (N, H, L, E), without a copy where there are up to four axes.

    Where there are three, each has one head.
    """
    return x[:, np.newaxis] if x.ndim == 3 else x.reshape(-1, *x.shape[-3:])


def _of_each_block(
    work: Callable[..., None], queries: Array, keys: Array, mask: Array | None, *, rooms: int
) -> None:
    """Call a function on some examples after the others, by two threads where they pay.

    It is given a slice of the examples, what is added to their scores to hide keys, and arrays
    (S, n, H, L) to work in, which stay in the cache.
    """
    count, heads, length = queries.shape[:3]
    places = keys.shape[2]
    weights = places * heads * length
    step = max(1, BLOCK // max(1, weights))
    hidden = None
    if mask is not None:
        hidden = _hidden(np.broadcast_to(mask, (length, places)), queries.dtype, heads)

    def do(part: range) -> None:
        room = np.empty((rooms, min(step, len(part)) * weights), queries.dtype)
        for start in part[::step]:
            stop = min(start + step, part.stop)
            here = room[:, : (stop - start) * weights]
            shape = places, stop - start, heads, length
            work(slice(start, stop), hidden, *(each.reshape(shape) for each in here))

    side_by_side(do, halves(count) if count * weights >= LEAST_SHARED else [range(count)])


def _hidden(mask: Array, dtype: Any, heads: int) -> Array:
    """Return what is added to scores (S, n, H, L) to hide the keys that are not seen.

    It is written out for each head, which makes longer runs to add, and broadcast over examples.
    """
    hidden = np.where(mask.T, 0, -np.inf).astype(dtype)
    return np.repeat(hidden[:, np.newaxis, np.newaxis], heads, axis=2)


def serves(bias: Any, mask: Any, kept: Any, *arrays: Any) -> bool:
    """Tell whether all are NumPy's, of one dtype and the same batches, with the plainest masks.

    Every query sees a key, and all examples see the same.
    """
    first = arrays[0]
    if bias is not None or kept is not None or type(first) is not np.ndarray or first.ndim < 3:
        return False
    if mask is not None and not (
        type(mask) is np.ndarray and mask.ndim == 2 and mask.any(-1).all()
    ):
        return False
    if not all(
        type(x) is np.ndarray
        and x.dtype == first.dtype
        and x.dtype.char in BOUNDS
        and x.shape[:-2] == first.shape[:-2]
        for x in arrays
    ):
        return False
    _, key, value = arrays[:3]
    fits = first.shape[-1] == key.shape[-1] and key.shape[-2] == value.shape[-2]
    return bool(fits and first.size > 0 and key.shape[-2] > 0)
