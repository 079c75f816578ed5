"""Attention whose softmax, and its slope, are a loop each, between NumPy's products.

Scores are made in units of :math:`\\ln 2`, so that a softmax takes powers of two.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.kernels.attention import Passes, averaged, averaged_back, by_head, serves, transposed
from minigen.kernels.compiled.compilation import LEAST, Loop, in_use
from minigen.kernels.compiled.exponentials import LEAST_POWER, ONE, ZERO, power_of_two
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
    """Compute the op's function."""
    if not serves(bias, mask, kept, query, key, value) or not _pays(query, key):
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
    """Compute the op's rule."""
    if not serves(bias, mask, kept, query, key, value, g, out) or not _pays(query, key):
        return NotImplemented
    return *averaged_back(g, out, query, key, value, mask, scale, PASSES), None


LOWEST = np.float32(-np.inf)


def _weigh(query: Array, key: Array, scale: float, hidden: Array | None, weights: Array) -> None:
    """Write the softmax of scores (S, n, H, L) over the keys."""
    np.matmul(key, transposed(query, scale / math.log(2)), out=by_head(weights))
    keys, examples = weights.shape[:2]
    unseen = None if hidden is None else hidden.reshape(keys, -1)
    _softmax.run(weights.reshape(keys, examples, -1), unseen)


@Loop
def _softmax(scores: Array, hidden: Array | None) -> None:
    """Make weights of scores (S, n, H L), example by example."""
    keys, examples, queries = scores.shape
    largest, total = np.empty(queries, scores.dtype), np.empty(queries, scores.dtype)
    for example in range(examples):
        for i in range(queries):
            largest[i] = LOWEST
        for s in range(keys):
            row = scores[s, example]
            if hidden is not None:
                for i in range(queries):
                    row[i] += hidden[s, i]
            for i in range(queries):
                largest[i] = max(largest[i], row[i])
        for i in range(queries):
            total[i] = ZERO
        for s in range(keys):
            row = scores[s, example]
            for i in range(queries):
                x = row[i] - largest[i]
                power = power_of_two(max(x, LEAST_POWER))
                row[i] = ZERO if x < LEAST_POWER else power
                total[i] += row[i]
        for i in range(queries):
            total[i] = ONE / total[i]
        for s in range(keys):
            row = scores[s, example]
            for i in range(queries):
                row[i] *= total[i]


def _slope(of_weights: Array, weights: Array, dots: Array) -> None:
    keys = len(weights)
    _slope_of_softmax.run(of_weights.reshape(keys, -1), weights.reshape(keys, -1), dots.reshape(-1))


@Loop
def _slope_of_softmax(of_weights: Array, weights: Array, dots: Array) -> None:
    for s in range(len(weights)):
        row, weight = of_weights[s], weights[s]
        for i in range(len(row)):
            row[i] = (row[i] - dots[i]) * weight[i]


PASSES = Passes(_weigh, _slope)


def _pays(query: Array, key: Array) -> bool:
    """Tell whether loops are in use, and there are weights enough; they are of float32."""
    weights = query.size // max(1, query.shape[-1]) * key.shape[-2]
    return query.dtype == np.float32 and weights >= LEAST and in_use()
