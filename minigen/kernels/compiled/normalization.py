r"""Batch norm of images that are held with the batch innermost: two passes over a channel.

The first adds up what its statistics need, the second writes. Sums are of float64, in `LANES` parts
that the processor adds to side by side. The variance is that of the deviations d from the channel's
first element, :math:`\overline{d^2} - \bar d^2`, in which little cancels: that element is no
further from the mean than :math:`\sqrt n\,\sigma`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array
from minigen.kernels.compiled.compilation import FLOATS, LEAST, Loop, in_use, share
from minigen.kernels.normalization import like, rows_of, serves
from minigen.ops.normalization import normalize_channels
from minigen.ops.reduction import mean, var

COST: Final = 4
"""What the sums of an element cost, as `share` counts it."""

LANES: Final = 32
"""How many sums are made side by side."""


@normalize_channels.kernel
def normalize_channels_kernel(
    x: Array, weight: Array | None, bias: Array | None, *, eps: float
) -> Any:
    """Compute the op's function."""
    if not _serves(x, weight, bias):
        return NotImplemented
    rows = rows_of(x)
    out = np.empty_like(rows)
    share(_normalize.run, rows, out, weight, bias, np.float64(eps), cost=COST)
    return like(x, out)


@Loop
def _normalize(rows: Array, out: Array, weight: Array | None, bias: Array | None, eps: Any) -> None:
    sums, parts = np.zeros(2), np.zeros((2, LANES))
    for c in range(len(rows)):
        row, y, n = rows[c], out[c], rows.shape[1]
        _add_deviations(row, sums, parts)
        rest = sums[0] / n
        center, variance = row[0] + rest, np.maximum(sums[1] / n - rest * rest, 0.0)
        factor, shift = 1 / np.sqrt(variance + eps), 0.0
        if weight is not None:
            factor *= weight[c]
        if bias is not None:
            shift += bias[c]
        for j in range(n):
            y[j] = (row[j] - center) * factor + shift


@normalize_channels.kernel_vjp
def normalize_channels_kernel_vjp(
    g: Array, _out: Array, x: Array, weight: Array | None, bias: Array | None, *, eps: float
) -> Any:
    """Compute the op's rule."""
    if not _serves(x, weight, bias) or not serves(g, x, None) or g.shape != x.shape:
        return NotImplemented
    rows, cotangents = rows_of(x), rows_of(g)
    grad_x = np.empty_like(rows)
    grad_weight, grad_bias = np.empty(len(rows), x.dtype), np.empty(len(rows), x.dtype)
    share(
        _normalize_vjp.run,
        rows,
        cotangents,
        weight,
        grad_x,
        grad_weight,
        grad_bias,
        np.float64(eps),
        cost=COST,
    )
    return (
        like(x, grad_x),
        None if weight is None else grad_weight,
        None if bias is None else grad_bias,
    )


@Loop
def _normalize_vjp(
    rows: Array,
    cotangents: Array,
    weight: Array | None,
    grad_x: Array,
    grad_weight: Array,
    grad_bias: Array,
    eps: Any,
) -> None:
    sums, products, parts = np.zeros(2), np.zeros(2), np.zeros((2, LANES))
    for c in range(len(rows)):
        row, g, gradient, n = rows[c], cotangents[c], grad_x[c], rows.shape[1]
        _add_deviations(row, sums, parts)
        _add_products(row, g, products, parts)
        rest = sums[0] / n
        center, variance = row[0] + rest, np.maximum(sums[1] / n - rest * rest, 0.0)
        tau = np.sqrt(variance + eps)
        total, product = products[0], products[1] - rest * products[0]
        grad_weight[c] = product / tau
        grad_bias[c] = total

        # γ/τ (g - β̄/n - (x - μ) γ̄/(n τ))
        of_g = 1 / tau
        if weight is not None:
            of_g *= weight[c]
        average, slope = total / n, product / (n * tau * tau)
        for j in range(n):
            gradient[j] = of_g * (g[j] - average - (row[j] - center) * slope)


@var.kernel
def channel_variance(x: Array, *, axis: Any, keepdims: bool, correction: float) -> Any:
    """Compute the variance of each channel over all other axes, as batch norm asks for it."""
    if keepdims or not _serves(x, None, None) or axis != (0, *range(2, x.ndim)):
        return NotImplemented
    rows = rows_of(x)
    degrees = rows.shape[1] - correction
    if degrees <= 0:
        return NotImplemented
    out = np.empty(len(rows), x.dtype)
    share(_variance.run, rows, out, np.float64(degrees), cost=COST)
    return out


@Loop
def _variance(rows: Array, out: Array, degrees: Any) -> None:
    sums, parts = np.zeros(2), np.zeros((2, LANES))
    for c in range(len(rows)):
        _add_deviations(rows[c], sums, parts)
        out[c] = np.maximum(sums[1] - sums[0] * sums[0] / rows.shape[1], 0.0) / degrees


@mean.kernel
def channel_mean(x: Array, axis: Any = None, keepdims: bool = False) -> Any:
    """Compute the mean of each channel over all other axes, as running statistics ask for it."""
    if keepdims or not _serves(x, None, None) or axis != (0, *range(2, x.ndim)):
        return NotImplemented
    rows = rows_of(x)
    out = np.empty(len(rows), x.dtype)
    share(_mean.run, rows, out, cost=COST)
    return out


@Loop
def _mean(rows: Array, out: Array) -> None:
    sums, parts = np.zeros(2), np.zeros((2, LANES))
    for c in range(len(rows)):
        _add_deviations(rows[c], sums, parts)
        out[c] = rows[c, 0] + sums[0] / rows.shape[1]


@Loop
def _add_deviations(row: Array, sums: Array, parts: Array) -> None:
    """Put the sums of the deviations from the first element, and of their squares, into `sums`."""
    first, whole = np.float64(row[0]), len(row) // LANES * LANES
    total, squares = parts[0], parts[1]
    for k in range(LANES):
        total[k] = squares[k] = 0
    for i in range(0, whole, LANES):
        for k in range(LANES):
            d = row[i + k] - first
            total[k] += d
            squares[k] += d * d
    for j in range(whole, len(row)):
        d = row[j] - first
        total[0] += d
        squares[0] += d * d
    _fold(parts, sums)


@Loop
def _fold(parts: Array, sums: Array) -> None:
    """Put the sums of both rows of parts into `sums`."""
    for r in range(2):
        row = parts[r]
        for k in range(8):
            row[k] = (row[k] + row[k + 8]) + (row[k + 16] + row[k + 24])
        first, second = (row[0] + row[1]) + (row[2] + row[3]), (row[4] + row[5]) + (row[6] + row[7])
        sums[r] = first + second


@Loop
def _add_products(row: Array, others: Array, sums: Array, parts: Array) -> None:
    """Put the sums of the others, and of their products with deviations, into `sums`."""
    first, whole = np.float64(row[0]), len(row) // LANES * LANES
    total, products = parts[0], parts[1]
    for k in range(LANES):
        total[k] = products[k] = 0
    for i in range(0, whole, LANES):
        for k in range(LANES):
            total[k] += others[i + k]
            products[k] += (row[i + k] - first) * others[i + k]
    for j in range(whole, len(row)):
        total[0] += others[j]
        products[0] += (row[j] - first) * others[j]
    _fold(parts, sums)


def _serves(x: Any, weight: Any, bias: Any) -> bool:
    """Tell whether x is what the NumPy kernel serves, and large, and the vectors are of its size.

    A loop does not check its indices: what is too short must not come to it.
    """
    if not serves(x, weight, bias) or x.size < LEAST or x.dtype not in FLOATS:
        return False
    vectors = [p for p in (weight, bias) if p is not None]
    fitting = all(type(p) is np.ndarray and p.shape == x.shape[1:2] for p in vectors)
    return fitting and in_use()
