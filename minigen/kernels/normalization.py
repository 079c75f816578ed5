r"""Batch norm, channel by channel, half of them on each of two threads.

Images that are held with the batch innermost (see `minigen.kernels.convolution`) are a matrix with
a contiguous row for each channel. A few rows at a time stay in the CPU's cache while all is
computed of them. Sums over rows are products with a vector of ones, which BLAS computes several
times as fast as ``sum``; where they are results, float64 adds up those of runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.op import Cotangents
from minigen.engine.parallel import halves, one_thread, side_by_side
from minigen.engine.summation import blocked_dot, in_runs
from minigen.ops.normalization import normalize_channels
from minigen.ops.reduction import var

BLOCK = 2**19
"""About how many elements are worked on at a time: in float32, 2 MiB of an array.

Fewer would stay in a smaller cache, and cost more in Python than they save."""

SHARED = 2**17
"""From how many elements on threads share an array of fewer."""


@normalize_channels.kernel
def normalize_channels_kernel(
    x: Array, weight: Array | None, bias: Array | None, *, eps: float
) -> Any:
    """Compute the op's function, the shift in one pass with the scale."""
    if not serves(x, weight, bias):
        return NotImplemented
    rows = rows_of(x)
    out = np.empty_like(rows)
    scale, shift = _column(weight, 1, x), _column(bias, 0, x)

    def normalize(block: slice) -> None:
        y = out[block]
        found = _deviations(rows[block], into=y)
        factor = scale[block] / np.sqrt(found.variance + eps)
        y *= factor
        y += shift[block] - found.rest * factor

    _of_each_block(normalize, rows)
    return like(x, out)


@normalize_channels.kernel_vjp
def normalize_channels_kernel_vjp(
    g: Array, _out: Array, x: Array, weight: Array | None, bias: Array | None, *, eps: float
) -> Any:
    r"""Compute the op's rule, with :math:`\hat x = (d - r) / \tau` of deviations d put into it."""
    if not serves(x, weight, bias) or not serves(g, None, None) or g.dtype != x.dtype:
        return NotImplemented
    rows, cotangents = rows_of(x), rows_of(g)
    n = rows.shape[1]
    scale, grad_x = _column(weight, 1, x), np.empty_like(rows)
    grad_weight, grad_bias = (np.empty((len(rows), 1), x.dtype) for _ in range(2))

    def differentiate(block: slice) -> None:
        gradient, part = grad_x[block], cotangents[block]
        found = _deviations(rows[block], into=gradient)
        tau = np.sqrt(found.variance + eps)
        total = _sums(part)
        product = _dots(part, gradient) - found.rest * total
        grad_bias[block], grad_weight[block] = total, product / tau

        # γ/τ (g - β̄/n - (d - r) γ̄/(n τ)), as a multiple of d, one of g, and a number a channel
        of_g = scale[block] / tau
        of_d = -of_g * product / (n * tau * tau)
        gradient *= of_d
        gradient += part * of_g
        gradient -= of_d * found.rest + of_g * total / n

    _of_each_block(differentiate, rows)
    return _cotangents(like(x, grad_x), weight, grad_weight, bias, grad_bias)


@var.kernel
def channel_variance(x: Array, *, axis: Any, keepdims: bool, correction: float) -> Any:
    """Compute the variance of each channel over all other axes, as batch norm asks for it."""
    if keepdims or not serves(x, None, None) or axis != (0, *range(2, x.ndim)):
        return NotImplemented
    rows = rows_of(x)
    degrees = rows.shape[1] - correction
    if degrees <= 0:  # which the op refuses
        return NotImplemented
    out = np.empty(len(rows), x.dtype)

    def measure(block: slice) -> None:
        part = rows[block]
        out[block] = _deviations(part, into=np.empty_like(part)).variance[:, 0]

    _of_each_block(measure, rows)
    out *= rows.shape[1] / degrees
    return out


class Deviations(NamedTuple):
    """Statistics of some channels, a column each; see `_deviations`."""

    rest: Array
    variance: Array


def _deviations(rows: Array, *, into: Array) -> Deviations:
    """Subtract the means from rows; return the mean of what is left, and the variance.

    In float32 a mean is rounded, and more so by a long product than by a sum in blocks. What it is
    off shows as the mean of the deviations, which are small, so that this one is exact enough.
    """
    np.subtract(rows, _means(rows), out=into)
    rest = _means(into)
    squares = _dots(into, into) / rows.shape[1]
    return Deviations(rest, np.maximum(squares - rest * rest, 0))


def serves(x: Any, weight: Any, bias: Any) -> bool:
    """Tell whether x is an array of NumPy, held with the batch innermost, and all of one dtype."""
    if type(x) is not np.ndarray or x.ndim < 2 or x.size == 0 or x.dtype.kind != "f":
        return False
    if any(p is not None and getattr(p, "dtype", None) != x.dtype for p in (weight, bias)):
        return False
    return bool(x.transpose(*range(1, x.ndim), 0).flags.c_contiguous)


def rows_of(x: Array) -> Array:
    """Return (N, C, ...) as a matrix (C, ... times N): a view."""
    return x.transpose(*range(1, x.ndim), 0).reshape(x.shape[1], -1)


def like(x: Array, rows: Array) -> Array:
    """Return a matrix of rows in the shape of x: the reverse of `rows_of`."""
    memory = rows.reshape(*x.shape[1:], x.shape[0])
    return memory.transpose(x.ndim - 1, *range(x.ndim - 1))


def _column(vector: Array | None, otherwise: float, x: Array) -> Array:
    """Return a number a channel as a column."""
    if vector is None:
        return np.full((x.shape[1], 1), otherwise, x.dtype)
    return vector[:, None]


def _means(rows: Array) -> Array:
    """Return the mean of each row as a column."""
    n = rows.shape[1]
    with one_thread:
        return (rows @ np.full(n, 1 / n, rows.dtype))[:, None]


def _sums(rows: Array) -> Array:
    """Return the sum of each row as a column: of runs, which float64 adds up."""
    runs, rest = in_runs(rows)
    with one_thread:
        total = (runs @ np.ones(runs.shape[-1], rows.dtype)).sum(1, np.float64)
        if rest.size:
            total += rest @ np.ones(rest.shape[1], rows.dtype)
    return total.astype(rows.dtype)[:, None]


def _dots(rows: Array, others: Array) -> Array:
    """Return the product of each row with that of others as a column."""
    return blocked_dot(rows, others).astype(rows.dtype)[:, None]


def _of_each_block(work: Callable[[slice], None], rows: Array) -> None:
    """Call a function on each block of rows: on the first half of them, and on the second."""
    lines, length = rows.shape
    step = max(1, BLOCK // length)
    if rows.size >= SHARED:
        step = min(step, -(-lines // 2))
    starts = range(0, lines, step)

    def do(part: range) -> None:
        for number in part:
            work(slice(starts[number], starts[number] + step))

    side_by_side(do, halves(len(starts)))


def _cotangents(
    grad_x: Array, weight: Any, grad_weight: Array, bias: Any, grad_bias: Array
) -> Cotangents:
    """Return the entries of the rule: none for what was not given."""
    return (
        grad_x,
        None if weight is None else grad_weight[:, 0],
        None if bias is None else grad_bias[:, 0],
    )
