"""Losses an element, and their gradients, in one pass, or two around an exponential.

A loss is summed, so its cotangent is most often one number, broadcast: then that is multiplied with
in the same pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.kernels.compiled.compilation import Loop, of_each, vectors
from minigen.kernels.compiled.exponentials import COST, decay, log1p_of_decay
from minigen.ops.losses import logits_cross_entropy, squared_error


@logits_cross_entropy.kernel
def logits_cross_entropy_kernel(logits: Array, target: Array) -> Any:
    """Compute the op's function in float32: NumPy the exponential, a loop the logarithm."""
    if getattr(logits, "dtype", None) != np.float32:
        return NotImplemented
    return of_each(_cross_entropy_of, logits, target, cost=COST)


def _cross_entropy_of(logits: Array, target: Array, out: Array) -> None:
    decay(logits, out)
    _cross_entropy.run(logits, target, out)


@Loop
def _cross_entropy(logits: Array, target: Array, out: Array) -> None:
    """Make losses of the decays in `out`."""
    zero = logits.dtype.type(0)
    for i in range(logits.size):
        linear = np.maximum(logits[i], zero) - logits[i] * target[i]  # apart, they would cancel
        out[i] = log1p_of_decay(out[i]) + linear


@logits_cross_entropy.kernel_vjp
def logits_cross_entropy_kernel_vjp(g: Array, _out: Array, logits: Array, target: Array) -> Any:
    """Compute the op's rule: NumPy the exponential."""
    if vectors(logits, target) is None or type(g) is not np.ndarray:
        return NotImplemented
    slope = _cross_entropy_slope_of
    return lambda: _weighted(g, slope, logits, target, COST), lambda: -g * logits


def _cross_entropy_slope_of(logits: Array, target: Array, out: Array, weight: Any) -> None:
    decay(logits, out)
    _cross_entropy_slope.run(logits, target, out, weight)


@Loop
def _cross_entropy_slope(logits: Array, target: Array, out: Array, weight: Any) -> None:
    """Make slopes of the decays in `out`."""
    one = logits.dtype.type(1)
    for i in range(logits.size):
        d = out[i]
        out[i] = weight * ((one if logits[i] >= 0 else d) / (one + d) - target[i])


@squared_error.kernel
def squared_error_kernel(x: Array, target: Array) -> Any:
    """Compute the op's function."""
    return of_each(_squared_error.run, x, target)


@Loop
def _squared_error(x: Array, target: Array, out: Array) -> None:
    for i in range(x.size):
        error = x[i] - target[i]
        out[i] = error * error


@squared_error.kernel_vjp
def squared_error_kernel_vjp(g: Array, _out: Array, x: Array, target: Array) -> Any:
    """Compute the op's rule."""
    if vectors(x, target) is None or type(g) is not np.ndarray:
        return NotImplemented
    slope = _squared_error_slope.run
    return lambda: _weighted(g, slope, x, target), lambda: _weighted(g, slope, target, x)


@Loop
def _squared_error_slope(x: Array, target: Array, out: Array, weight: Any) -> None:
    for i in range(x.size):
        error = x[i] - target[i]
        out[i] = weight * (error + error)


def _weighted(g: Array, slope: Callable[..., Any], x: Array, target: Array, cost: int = 1) -> Array:
    """Return the slope of each element, times the cotangent."""
    one_number = not any(g.strides)
    weight = g.item(0) if one_number else 1
    out = of_each(slope, x, target, numbers=(weight,), cost=cost)
    return out if one_number else g * out
