"""Attention an example at a time, whose weights stay in the cache and are made in place.

The heads of an example are done together. What is divided by the sum of a row is the mean of the
values, which is shorter than the row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.ops.attention import attention


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
    weights, hidden = _room(query, key), _hidden(mask, query.dtype)
    for example in _examples(query):
        total = _weigh(query[example] * scale, key[example], hidden, weights)
        np.matmul(weights, value[example], out=out[example])
        out[example] /= total
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
    weights, of_scores = _room(query, key), _room(query, key)
    hidden = _hidden(mask, query.dtype)
    for example in _examples(query):
        scaled, cotangent = query[example] * scale, g[example]
        weights /= _weigh(scaled, key[example], hidden, weights)
        np.matmul(cotangent, value[example].swapaxes(-1, -2), out=of_scores)
        of_scores -= (cotangent * out[example]).sum(-1, keepdims=True)
        of_scores *= weights
        np.matmul(of_scores, key[example], out=grads[0][example])
        grads[0][example] *= scale
        np.matmul(of_scores.swapaxes(-1, -2), scaled, out=grads[1][example])
        np.matmul(weights.swapaxes(-1, -2), cotangent, out=grads[2][example])
    return *grads, None


def _weigh(query: Array, key: Array, hidden: Array | None, weights: Array) -> Array:
    """Write powers of scores, the largest of a row 1; return the sums of rows."""
    np.matmul(query, key.swapaxes(-1, -2), out=weights)
    if hidden is not None:
        weights += hidden
    weights -= weights.max(-1, keepdims=True)
    np.exp(weights, out=weights)
    total: Array = weights.sum(-1, keepdims=True)
    return total


def _examples(query: Array) -> Iterator[tuple[int, ...]]:
    """Iterate over the indices of examples: all axes but those of heads, places and features."""
    return np.ndindex(query.shape[:-3])


def _room(query: Array, key: Array) -> Array:
    """Return an array for the weights of one example."""
    return np.empty((*query.shape[-3:-1], key.shape[-2]), query.dtype)


def _hidden(mask: Array | None, dtype: Any) -> Array | None:
    """Return what hides the keys that are not seen when it is added to scores."""
    return None if mask is None else np.where(mask, 0, -np.inf).astype(dtype)


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
