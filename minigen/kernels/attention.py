"""Attention some examples at a time, whose weights stay in the cache and are made in place.

The heads of an example are done together, and half of the examples by each of two threads. Weights
lie with the keys first, (..., S, L): the largest score of a query and the sum of its weights are
then taken row by row, four times faster than within rows. What is divided by that sum is the mean
of the values, which is shorter than the weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.parallel import halves, side_by_side
from minigen.engine.summation import blocked_sum
from minigen.ops.attention import attention

BLOCK: Final = 2**15
"""How many weights are made at a time, unless an example has more: 128 KiB in float32."""

LEAST_SHARED: Final = 2**16
"""How many weights there are at least where two threads share the examples."""


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
    if not _serves(bias, mask, kept, query, key, value):
        return NotImplemented
    out = np.empty((*query.shape[:-1], value.shape[-1]), query.dtype)
    hidden = _hidden(mask, query.dtype)
    queries, keys, values, means = map(_by_example, (query, key, value, out))

    def work(some: slice, weights: Array) -> None:
        total = _weigh(queries[some] * scale, keys[some], hidden, weights)
        np.matmul(weights.swapaxes(-1, -2), values[some], out=means[some])
        means[some] /= total[..., np.newaxis]

    _of_each_block(work, queries, keys, rooms=1)
    return out


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
    if not _serves(bias, mask, kept, query, key, value, g, out):
        return NotImplemented
    grads = [np.empty(x.shape, x.dtype) for x in (query, key, value)]
    hidden = _hidden(mask, query.dtype)
    queries, keys, values, cotangents, means = map(_by_example, (query, key, value, g, out))
    of_queries, of_keys, of_values = map(_by_example, grads)

    def work(some: slice, weights: Array, of_scores: Array) -> None:
        scaled, cotangent = queries[some] * scale, cotangents[some]
        total = _weigh(scaled, keys[some], hidden, weights)
        weights /= total[..., np.newaxis, :]
        np.matmul(weights, cotangent, out=of_values[some])
        np.matmul(values[some], cotangent.swapaxes(-1, -2), out=of_scores)
        of_scores -= np.vecdot(cotangent, means[some])[..., np.newaxis, :]
        of_scores *= weights
        np.matmul(of_scores, scaled, out=of_keys[some])
        np.matmul(of_scores.swapaxes(-1, -2), keys[some], out=of_queries[some])
        of_queries[some] *= scale

    _of_each_block(work, queries, keys, rooms=2)
    return *grads, None


def _weigh(query: Array, key: Array, hidden: Array | None, weights: Array) -> Array:
    """Write powers of scores (..., S, L), the largest of a query 1; return their sums (..., L)."""
    np.matmul(key, query.swapaxes(-1, -2), out=weights)
    if hidden is not None:
        weights += hidden
    weights -= weights.max(-2, keepdims=True)
    np.exp(weights, out=weights)
    return blocked_sum(weights, axis=-2)


def _by_example(x: Array) -> Array:
    """Return (..., H, L, E) as (N, H, L, E), without a copy where there are up to four axes."""
    return x.reshape(-1, *x.shape[-3:])


def _of_each_block(work: Callable[..., None], queries: Array, keys: Array, *, rooms: int) -> None:
    """Call a function on some examples after the others, by two threads where they pay.

    It is given a slice of the examples, and arrays (n, H, S, L) to work in, which stay in the
    cache.
    """
    count, heads, length = queries.shape[:3]
    shape = heads, keys.shape[2], length
    weights = math.prod(shape)
    step = max(1, BLOCK // max(1, weights))

    def do(part: range) -> None:
        room = np.empty((rooms, min(step, len(part)), *shape), queries.dtype)
        for start in part[::step]:
            stop = min(start + step, part.stop)
            work(slice(start, stop), *room[:, : stop - start])

    side_by_side(do, halves(count) if count * weights >= LEAST_SHARED else [range(count)])


def _hidden(mask: Array | None, dtype: Any) -> Array | None:
    """Return what is added to scores (..., S, L) to hide the keys that are not seen."""
    return None if mask is None else np.where(mask.T, 0, -np.inf).astype(dtype)


def _serves(bias: Any, mask: Any, kept: Any, *arrays: Any) -> bool:
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
        and x.dtype.kind == "f"
        and x.shape[:-2] == first.shape[:-2]
        for x in arrays
    ):
        return False
    _, key, value = arrays[:3]
    fits = first.shape[-1] == key.shape[-1] and key.shape[-2] == value.shape[-2]
    return bool(fits and key.shape[-2] > 0)
