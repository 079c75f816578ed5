r"""Batch norm, channel by channel.

Images that are held with the batch innermost (see `minigen.kernels.convolution`) are a matrix with
a contiguous row for each channel. A few rows at a time stay in the CPU's cache while all is
computed of them. Sums over rows are products with a vector of ones, which BLAS computes several
times as fast as ``sum``; where they are results, float64 adds up those of runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.op import Cotangents
from minigen.engine.parallel import one_thread
from minigen.engine.summation import blocked_dot, in_runs
from minigen.ops.normalization import normalize_channels
from minigen.ops.reduction import var

BLOCK = 131_072
"""About how many elements are worked on at a time: in float32, 512 KiB of an array."""


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
    for block, mean in _blocks(rows):
        y = out[block]
        found = _deviations(rows[block], mean, into=y)
        factor = scale[block] / np.sqrt(found.variance + eps)
        y *= factor
        y += shift[block] - found.rest * factor
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
    grad_bias = _sums(cotangents)
    grad_weight = np.empty_like(grad_bias)
    scratch = np.empty((_step(rows), n), x.dtype)
    for block, mean in _blocks(rows):
        gradient, part = grad_x[block], cotangents[block]
        found = _deviations(rows[block], mean, into=gradient)
        tau = np.sqrt(found.variance + eps)
        product = _dots(part, gradient) - found.rest * grad_bias[block]
        grad_weight[block] = product / tau

        # γ/τ (g - β̄/n - (d - r) γ̄/(n τ)), as a multiple of d, one of g, and a number a channel
        of_g = scale[block] / tau
        of_d = -of_g * product / (n * tau * tau)
        gradient *= of_d
        gradient += np.multiply(part, of_g, out=scratch[: len(part)])
        gradient -= of_d * found.rest + of_g * grad_bias[block] / n
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
    scratch = np.empty((_step(rows), rows.shape[1]), x.dtype)
    for block, mean in _blocks(rows):
        part = rows[block]
        found = _deviations(part, mean, into=scratch[: len(part)])
        out[block] = found.variance[:, 0]
    out *= rows.shape[1] / degrees
    return out


class Deviations(NamedTuple):
    """Statistics of some channels, a column each; see `_deviations`."""

    rest: Array
    variance: Array


def _deviations(rows: Array, mean: Array, *, into: Array) -> Deviations:
    """Subtract `mean` from rows; return the mean of what is left, and the variance.

    In float32 a mean is rounded, and more so by a long product than by a sum in blocks. What it is
    off shows as the mean of the deviations, which are small, so that this one is exact enough.
    """
    np.subtract(rows, mean, out=into)
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


def _step(rows: Array) -> int:
    """Return how many rows a block has."""
    lines, length = rows.shape
    return min(int(lines), max(1, BLOCK // int(length)))


def _blocks(rows: Array) -> Iterator[tuple[slice, Array]]:
    """Iterate over blocks of rows, with the means of each."""
    means, step = _means(rows), _step(rows)
    for start in range(0, len(rows), step):
        block = slice(start, start + step)
        yield block, means[block]


def _cotangents(
    grad_x: Array, weight: Any, grad_weight: Array, bias: Any, grad_bias: Array
) -> Cotangents:
    """Return the entries of the rule: none for what was not given."""
    return (
        grad_x,
        None if weight is None else grad_weight[:, 0],
        None if bias is None else grad_bias[:, 0],
    )
