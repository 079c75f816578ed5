"""Rectified linear units with fewer arrays on the way, large ones on two threads.

NumPy compares two arrays twice as fast as an array with a number, and reuses an array faster than
it gets another.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.parallel import one_thread
from minigen.kernels.elementwise import of_each
from minigen.ops.activation import leaky_relu, relu

COST: Final = 3
"""What an element of a slope costs, as `of_each` counts it."""


@relu.kernel
def relu_kernel(x: Array) -> Any:
    """Compute the larger of x and an array of zeros, in that array."""
    return of_each(_relu, x)


def _relu(x: Array, out: Array) -> None:
    out.fill(0)
    np.maximum(x, out, out=out)


@relu.kernel_vjp
def relu_kernel_vjp(g: Array, out: Array, _x: Array) -> Any:
    """Multiply the cotangent by 0 and 1; choose, which is slower, where it is not finite."""
    finite: list[bool] = []

    def pass_on(g: Array, y: Array, passed: Array) -> None:
        np.not_equal(y, 0, out=passed)
        with np.errstate(invalid="ignore"):  # 0 times infinity is NaN
            passed *= g
        with one_thread:
            finite.append(bool(np.isfinite(np.vdot(passed, passed))))

    passed = of_each(pass_on, g, out, cost=COST)
    return (passed,) if passed is not NotImplemented and all(finite) else NotImplemented


@leaky_relu.kernel
def leaky_relu_kernel(x: Array, *, negative_slope: float) -> Any:
    """Compute the larger of two lines, in the array of the second."""
    if not 0 < negative_slope <= 1:
        return NotImplemented

    def leak(x: Array, out: Array) -> None:
        np.multiply(x, negative_slope, out=out)
        np.maximum(x, out, out=out)

    return of_each(leak, x)


@leaky_relu.kernel_vjp
def leaky_relu_kernel_vjp(g: Array, _out: Array, x: Array, *, negative_slope: float) -> Any:
    """Compute the slope, and its product with the cotangent, in one array."""

    def leak(g: Array, x: Array, slope: Array) -> None:
        np.greater(x, 0, out=slope)
        slope *= 1 - negative_slope
        slope += negative_slope
        slope *= g

    found = of_each(leak, g, x, cost=COST)
    return found if found is NotImplemented else (found,)
