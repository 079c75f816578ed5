"""Rectified linear units with fewer arrays on the way.

NumPy compares two arrays twice as fast as an array with a number, and reuses an array faster than
it gets another.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.parallel import one_thread
from minigen.ops.activation import leaky_relu, relu


@relu.kernel
def relu_kernel(x: Array) -> Any:
    """Compute the larger of x and an array of zeros, in that array."""
    if not _serves(x):
        return NotImplemented
    out = np.zeros_like(x)
    return np.maximum(x, out, out=out)


@relu.kernel_vjp
def relu_kernel_vjp(g: Array, out: Array, _x: Array) -> Any:
    """Multiply the cotangent by 0 and 1; choose, which is slower, where it is not finite."""
    if not _serves(out) or not _serves(g) or g.dtype != out.dtype:
        return NotImplemented
    passed = (out != 0).astype(out.dtype)
    with np.errstate(invalid="ignore"):  # 0 times infinity is NaN
        passed *= g
    elements = passed.ravel(order="K")
    with one_thread:
        squares = np.vdot(elements, elements)
    if not np.isfinite(squares):
        return NotImplemented
    return (passed,)


@leaky_relu.kernel
def leaky_relu_kernel(x: Array, *, negative_slope: float) -> Any:
    """Compute the larger of two lines, in the array of the second."""
    if not _serves(x) or not 0 < negative_slope <= 1:
        return NotImplemented
    out = x * negative_slope
    return np.maximum(x, out, out=out)


@leaky_relu.kernel_vjp
def leaky_relu_kernel_vjp(g: Array, _out: Array, x: Array, *, negative_slope: float) -> Any:
    """Compute the slope, and its product with the cotangent, in one array."""
    if not _serves(x) or not _serves(g) or g.dtype != x.dtype:
        return NotImplemented
    slope = (x > 0).astype(x.dtype)
    slope *= 1 - negative_slope
    slope += negative_slope
    slope *= g
    return (slope,)


def _serves(x: Any) -> bool:
    """Tell whether x is an array of floats of NumPy's; one without axes would become a number."""
    return type(x) is np.ndarray and x.ndim > 0 and x.dtype.kind == "f"
