"""Rectified linear units and their gradients in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.kernels.compiled.compilation import Loop, vectors
from minigen.ops.activation import leaky_relu, relu


@relu.kernel
def relu_kernel(x: Array) -> Any:
    """Compute the larger of x and 0."""
    return _of_each(_relu, x)


@Loop
def _relu(x: Array, out: Array) -> None:
    for i in range(x.size):
        out[i] = np.maximum(x[i], 0)


@relu.kernel_vjp
def relu_kernel_vjp(g: Array, out: Array, _x: Array) -> Any:
    """Pass the cotangent on where the unit is not 0."""
    found = _of_each(_where_not_zero, g, out)
    return found if found is NotImplemented else (found,)


@Loop
def _where_not_zero(g: Array, y: Array, out: Array) -> None:
    for i in range(g.size):
        out[i] = 0 if y[i] == 0 else g[i]


@leaky_relu.kernel
def leaky_relu_kernel(x: Array, *, negative_slope: float) -> Any:
    """Compute the larger of two lines."""
    if not 0 < negative_slope <= 1:
        return NotImplemented
    return _of_each(_leaky_relu, x, numbers=(negative_slope,))


@Loop
def _leaky_relu(x: Array, out: Array, slope: Any) -> None:
    for i in range(x.size):
        out[i] = np.maximum(x[i], x[i] * slope)


@leaky_relu.kernel_vjp
def leaky_relu_kernel_vjp(g: Array, _out: Array, x: Array, *, negative_slope: float) -> Any:
    """Multiply the cotangent by the slope."""
    numbers = 1 - negative_slope, negative_slope
    found = _of_each(_leaky_slope, g, x, numbers=numbers)
    return found if found is NotImplemented else (found,)


@Loop
def _leaky_slope(g: Array, x: Array, out: Array, rest: Any, slope: Any) -> None:
    above = rest + slope  # the rule's own sum, which rounding can move off 1
    for i in range(g.size):
        out[i] = g[i] * (above if x[i] > 0 else slope)


def _of_each(loop: Loop, *arrays: Any, numbers: tuple[float, ...] = ()) -> Any:
    """Return a new array, like the first, of what a loop makes of each element."""
    if vectors(*arrays) is None:
        return NotImplemented
    out = np.empty_like(arrays[0])
    loop(*(vectors(*arrays, out) or ()), *map(out.dtype.type, numbers))
    return out
