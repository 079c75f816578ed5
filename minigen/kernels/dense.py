r"""Dense layers, and rectified linear units with fewer arrays on the way.

Flattened images that were held with the batch innermost are a matrix (N, F) held as (F, N). The
dense layer then multiplies from the left, :math:`y^\top = W x^\top`, which leaves what it makes in
the same order. NumPy compares two arrays twice as fast as an array with a number, and reuses an
array faster than it gets another.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import Array, array_of, is_array
from minigen.ops.activation import leaky_relu, relu
from minigen.ops.linear import linear, linear_vjp


@linear.kernel
def linear_kernel(x: Array, weight: Array, bias: Array | None) -> Any:
    """Compute the op's function from the left."""
    if not _is_batch_last(x) or weight.ndim != 2 or x.dtype != weight.dtype:
        return NotImplemented
    if x.shape[1] != weight.shape[1]:
        return NotImplemented
    if bias is not None and (bias.shape != weight.shape[:1] or bias.dtype != x.dtype):
        return NotImplemented
    y = (weight @ x.T).T
    if bias is not None:
        y += bias
    return y


@linear.kernel_vjp
def linear_kernel_vjp(g: Array, out: Array, x: Array, weight: Array, bias: Array | None) -> Any:
    """Compute the gradient of x from the left, and the others as the rule does.

    It is written with operators, and serves a pass that is recorded, too.
    """
    if not _is_batch_last(array_of(x)):
        return NotImplemented

    def grad_x() -> Array:
        return (weight.T * g.T).T if weight.shape[0] == 1 else (weight.T @ g.T).T

    return grad_x, *linear_vjp(g, out, x, weight, bias)[1:]


def _is_batch_last(features: Any) -> bool:
    """Tell whether features (N, F) are an array that is held as (F, N)."""
    return (
        is_array(features)
        and features.ndim == 2
        and features.flags.f_contiguous
        and not features.flags.c_contiguous
    )


@relu.kernel
def relu_kernel(x: Array) -> Any:
    """Compute the larger of x and an array of zeros, in that array."""
    if not _serves(x):
        return NotImplemented
    out = np.zeros_like(x)
    return np.maximum(x, out, out=out)


@leaky_relu.kernel
def leaky_relu_kernel(x: Array, *, negative_slope: float) -> Any:
    """Compute the larger of two lines, in the array of the second."""
    if not _serves(x) or not 0 <= negative_slope <= 1:
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
