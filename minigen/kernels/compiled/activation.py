"""Activation functions and their gradients in one pass, or two around an exponential."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.kernels.compiled.compilation import Loop, of_each
from minigen.kernels.compiled.exponentials import COST, decay, log1p_of_decay
from minigen.ops.activation import leaky_relu, relu, sigmoid, softplus, tanh


@relu.kernel
def relu_kernel(x: Array) -> Any:
    """Compute the larger of x and 0."""
    return of_each(_relu.run, x)


@Loop
def _relu(x: Array, out: Array) -> None:
    zero = x.dtype.type(0)
    for i in range(x.size):
        out[i] = np.maximum(x[i], zero)


@relu.kernel_vjp
def relu_kernel_vjp(g: Array, out: Array, _x: Array) -> Any:
    """Pass the cotangent on where the unit is not 0."""
    found = of_each(_where_not_zero.run, g, out)
    return found if found is NotImplemented else (found,)


@Loop
def _where_not_zero(g: Array, y: Array, out: Array) -> None:
    zero = g.dtype.type(0)
    for i in range(g.size):
        out[i] = zero if y[i] == 0 else g[i]


@leaky_relu.kernel
def leaky_relu_kernel(x: Array, *, negative_slope: float) -> Any:
    """Compute the larger of two lines."""
    if not 0 < negative_slope <= 1:
        return NotImplemented
    return of_each(_leaky_relu.run, x, numbers=(negative_slope,))


@Loop
def _leaky_relu(x: Array, out: Array, slope: Any) -> None:
    for i in range(x.size):
        out[i] = np.maximum(x[i], x[i] * slope)


@leaky_relu.kernel_vjp
def leaky_relu_kernel_vjp(g: Array, _out: Array, x: Array, *, negative_slope: float) -> Any:
    """Multiply the cotangent by the slope."""
    numbers = 1 - negative_slope, negative_slope
    found = of_each(_leaky_slope.run, g, x, numbers=numbers)
    return found if found is NotImplemented else (found,)


@Loop
def _leaky_slope(g: Array, x: Array, out: Array, rest: Any, slope: Any) -> None:
    above = rest + slope  # the rule's own sum, which rounding can move off 1
    for i in range(g.size):
        out[i] = g[i] * (above if x[i] > 0 else slope)


@sigmoid.kernel
def sigmoid_kernel(x: Array) -> Any:
    """Compute the op's function: NumPy the exponential, in the array that is returned."""
    return of_each(_sigmoid_of, x, cost=COST)


def _sigmoid_of(x: Array, out: Array) -> None:
    decay(x, out)
    _sigmoid.run(x, out)


@Loop
def _sigmoid(x: Array, out: Array) -> None:
    """Make sigmoids of the decays in `out`."""
    one = x.dtype.type(1)
    for i in range(x.size):
        d = out[i]
        out[i] = (one if x[i] >= 0 else d) / (one + d)


@sigmoid.kernel_vjp
def sigmoid_kernel_vjp(g: Array, out: Array, _x: Array) -> Any:
    """Compute the op's rule."""
    found = of_each(_sigmoid_slope.run, g, out)
    return found if found is NotImplemented else (found,)


@Loop
def _sigmoid_slope(g: Array, y: Array, out: Array) -> None:
    one = g.dtype.type(1)
    for i in range(g.size):
        out[i] = g[i] * (y[i] * (one - y[i]))


@tanh.kernel_vjp
def tanh_kernel_vjp(g: Array, out: Array, _x: Array) -> Any:
    """Compute the op's rule."""
    found = of_each(_tanh_slope.run, g, out)
    return found if found is NotImplemented else (found,)


@Loop
def _tanh_slope(g: Array, y: Array, out: Array) -> None:
    one = g.dtype.type(1)
    for i in range(g.size):
        out[i] = g[i] * (one - y[i] * y[i])


@softplus.kernel
def softplus_kernel(x: Array) -> Any:
    """Compute the op's function in float32: NumPy the exponential, a loop the logarithm."""
    if getattr(x, "dtype", None) != np.float32:
        return NotImplemented
    return of_each(_softplus_of, x, cost=COST)


def _softplus_of(x: Array, out: Array) -> None:
    decay(x, out)
    _softplus.run(x, out)


@Loop
def _softplus(x: Array, out: Array) -> None:
    """Make softplus of the decays in `out`."""
    zero = x.dtype.type(0)
    for i in range(x.size):
        out[i] = np.maximum(x[i], zero) + log1p_of_decay(out[i])


@softplus.kernel_vjp
def softplus_kernel_vjp(g: Array, _out: Array, x: Array) -> Any:
    """Compute the op's rule."""
    found = of_each(_softplus_slope_of, x, g, cost=COST)
    return found if found is NotImplemented else (found,)


def _softplus_slope_of(x: Array, g: Array, out: Array) -> None:
    decay(x, out)
    _softplus_slope.run(x, g, out)


@Loop
def _softplus_slope(x: Array, g: Array, out: Array) -> None:
    """Make sigmoids of the decays in `out`, times the cotangents."""
    one = x.dtype.type(1)
    for i in range(x.size):
        d = out[i]
        out[i] = g[i] * ((one if x[i] >= 0 else d) / (one + d))
