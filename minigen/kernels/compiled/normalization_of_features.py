r"""Batch norm of features, a matrix (N, C) row by row in memory: two passes over its rows.

As for images (`minigen.kernels.compiled.normalization`), the first pass adds up what the statistics
need, in float64 and from the deviations from the first row, and the second writes. Here the sums of
all channels stand beside each other, as the features do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.kernels.compiled.compilation import FLOATS, LEAST, Loop, in_use
from minigen.ops.normalization import normalize_channels
from minigen.ops.reduction import mean, var


@normalize_channels.kernel
def normalize_features(x: Array, weight: Array | None, bias: Array | None, *, eps: float) -> Any:
    """Compute the op's function."""
    if not _serves(x, weight, bias):
        return NotImplemented
    center, variance = _statistics(x)
    factor = 1 / np.sqrt(variance + eps)
    if weight is not None:
        factor *= weight
    shift = np.zeros_like(factor) if bias is None else bias.astype(factor.dtype)
    out = np.empty_like(x)
    _affine.run(x, out, center, factor, shift)
    return out


@normalize_channels.kernel_vjp
def normalize_features_vjp(
    g: Array, _out: Array, x: Array, weight: Array | None, bias: Array | None, *, eps: float
) -> Any:
    """Compute the op's rule."""
    if not _serves(x, weight, bias) or not _serves(g, None, None):
        return NotImplemented
    if g.shape != x.shape or g.dtype != x.dtype:
        return NotImplemented
    center, variance = _statistics(x)
    tau = np.sqrt(variance + eps)
    sums = np.zeros((2, x.shape[1]))
    _add_products.run(x, g, center, sums)
    total, product = sums

    # γ/τ (g - β̄/n - (x - μ) γ̄/(n τ))
    of_g = 1 / tau if weight is None else weight / tau
    grad_x = np.empty_like(x)
    _gradient.run(x, g, grad_x, center, of_g, total / len(x), product / (len(x) * tau * tau))
    return (
        grad_x,
        None if weight is None else (product / tau).astype(x.dtype),
        None if bias is None else total.astype(x.dtype),
    )


@var.kernel
def feature_variance(x: Array, *, axis: Any, keepdims: bool, correction: float) -> Any:
    """Compute the variance of each feature over the rows, as batch norm asks for it."""
    if keepdims or axis != (0,) or not _serves(x, None, None) or len(x) <= correction:
        return NotImplemented
    _, variance = _statistics(x)
    return (variance * (len(x) / (len(x) - correction))).astype(x.dtype)


@mean.kernel
def feature_mean(x: Array, axis: Any = None, keepdims: bool = False) -> Any:
    """Compute the mean of each feature over the rows, as running statistics ask for it."""
    if keepdims or axis != (0,) or not _serves(x, None, None):
        return NotImplemented
    return _statistics(x)[0].astype(x.dtype)


def _statistics(x: Array) -> tuple[Array, Array]:
    """Return the mean and the variance of each feature, in float64."""
    sums = np.zeros((2, x.shape[1]))
    _add_deviations.run(x, sums)
    rest, squares = sums / len(x)
    return x[0] + rest, np.maximum(squares - rest * rest, 0.0)


@Loop
def _add_deviations(x: Array, sums: Array) -> None:
    """Add the deviations from the first row, and their squares."""
    total, squares, first = sums[0], sums[1], x[0]
    for i in range(len(x)):
        row = x[i]
        for c in range(len(row)):
            d = np.float64(row[c]) - np.float64(first[c])
            total[c] += d
            squares[c] += d * d


@Loop
def _add_products(x: Array, g: Array, center: Array, sums: Array) -> None:
    """Add the cotangents, and their products with deviations from the mean."""
    total, products = sums[0], sums[1]
    for i in range(len(x)):
        row, cotangents = x[i], g[i]
        for c in range(len(row)):
            total[c] += cotangents[c]
            products[c] += (row[c] - center[c]) * cotangents[c]


@Loop
def _affine(x: Array, out: Array, center: Array, factor: Array, shift: Array) -> None:
    for i in range(len(x)):
        row, y = x[i], out[i]
        for c in range(len(row)):
            y[c] = (row[c] - center[c]) * factor[c] + shift[c]


@Loop
def _gradient(
    x: Array, g: Array, grad_x: Array, center: Array, of_g: Array, average: Array, slope: Array
) -> None:
    for i in range(len(x)):
        row, cotangents, gradient = x[i], g[i], grad_x[i]
        for c in range(len(row)):
            d = row[c] - center[c]
            gradient[c] = of_g[c] * (cotangents[c] - average[c] - d * slope[c])


def _serves(x: Any, weight: Any, bias: Any) -> bool:
    """Tell whether x is a large matrix held row by row, and the vectors are of its features."""
    if type(x) is not np.ndarray or x.ndim != 2 or x.size < LEAST or x.dtype not in FLOATS:
        return False
    vectors = [p for p in (weight, bias) if p is not None]
    fitting = all(
        type(p) is np.ndarray and p.shape == x.shape[1:] and p.dtype == x.dtype for p in vectors
    )
    return fitting and x.flags.c_contiguous and len(x) > 1 and in_use()
