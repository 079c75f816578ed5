r"""Attention whose softmax, and its slope, are loops between NumPy's products.

Scores are made in units of :math:`\ln 2`, so that a softmax takes powers of two.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.summation import ROWS
from minigen.kernels.attention import Passes, averaged, averaged_back, serves
from minigen.kernels.compiled.compilation import LEAST, Loop, in_use
from minigen.kernels.compiled.exponentials import LEAST_POWER, MOST_POWER, power_of_two
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


def _powers(scores: Array, hidden: Array | None) -> Array:
    total = np.zeros(scores.shape[1:], np.float64)
    keys, examples = scores.shape[:2]
    rows = scores.reshape(keys, examples, -1), total.reshape(examples, -1)
    _powers_of_two.run(*rows, None if hidden is None else hidden.reshape(keys, -1))
    return total.astype(scores.dtype)


@Loop
def _powers_of_two(scores: Array, total: Array, hidden: Array | None) -> None:
    """Make powers of scores (S, n, H L); add them, `ROWS` at a time, to float64's (n, H L)."""
    zero = scores.dtype.type(0)
    keys, examples, queries = scores.shape
    part = np.empty(queries, scores.dtype)
    for example in range(examples):
        for first in range(0, keys, ROWS):
            for i in range(queries):
                part[i] = zero
            for s in range(first, min(first + ROWS, keys)):
                row = scores[s, example]
                if hidden is not None:
                    for i in range(queries):
                        row[i] += hidden[s, i]
                for i in range(queries):
                    x = row[i]
                    power = power_of_two(min(max(x, LEAST_POWER), MOST_POWER))
                    row[i] = zero if x < LEAST_POWER else power
                    part[i] += row[i]
            for i in range(queries):
                total[example, i] += part[i]


def _divide(powers: Array, total: Array) -> None:
    _multiply.run(powers.reshape(len(powers), -1), np.reciprocal(total).reshape(-1))


@Loop
def _multiply(rows: Array, factors: Array) -> None:
    for s in range(len(rows)):
        for i in range(len(factors)):
            rows[s, i] *= factors[i]


def _slope(of_weights: Array, weights: Array, dots: Array) -> None:
    keys = len(weights)
    _slope_of_softmax.run(of_weights.reshape(keys, -1), weights.reshape(keys, -1), dots.reshape(-1))


@Loop
def _slope_of_softmax(of_weights: Array, weights: Array, dots: Array) -> None:
    for s in range(len(weights)):
        row, weight = of_weights[s], weights[s]
        for i in range(len(row)):
            row[i] = (row[i] - dots[i]) * weight[i]


PASSES = Passes(math.log(2), _powers, _divide, _slope)


def _pays(query: Array, key: Array) -> bool:
    """Tell whether loops are in use, and there are weights enough; they are of float32."""
    weights = query.size // max(1, query.shape[-1]) * key.shape[-2]
    return query.dtype == np.float32 and weights >= LEAST and in_use()
