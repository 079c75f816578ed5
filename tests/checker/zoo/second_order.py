"""Rules that are right at first order and wrong at second: they forget that they are functions.

Under ``create_graph=True`` a rule gets tensors. Whatever it computes on raw arrays is a constant to
the next differentiation.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.checker.report import FailureKind
from minigen.engine.backend import Array
from minigen.engine.op import Cotangents
from minigen.engine.tensor import Tensor
from minigen.ops import activation, arithmetic, linear, normalization
from minigen.ops.arithmetic import sqrt
from minigen.ops.reduction import mean, sum, var
from tests.checker.zoo.specimen import normal, positive, wrong_rule


def _raw(x: Array) -> Array:
    """Return the array of a tensor, and an array as it is: what cuts the graph."""
    return x.array if isinstance(x, Tensor) else x


@wrong_rule(arithmetic.exp, normal(4), order=2, diagnosis="zero everywhere")
def exp_of_raw_output(g: Array, out: Array, _x: Array) -> Cotangents:
    """Multiply by the raw output: the second derivative is lost."""
    return (g * _raw(out),)


@wrong_rule(arithmetic.exp, normal(4), order=2, diagnosis="zero everywhere")
def exp_of_raw_cotangent(g: Array, out: Array, _x: Array) -> Cotangents:
    """Multiply the raw cotangent: the gradient no longer depends on g."""
    return (_raw(g) * out,)


def cube(x: Array) -> Array:
    """Return the third power."""
    return x**3


@wrong_rule(cube, positive(4), order=2, diagnosis="half of what it should be")
def cube_with_raw_factor(g: Array, _out: Array, x: Array) -> Cotangents:
    """Take one of the two factors of 3 x x for a constant."""
    return (g * 3 * x * _raw(x),)


@wrong_rule(activation.tanh, normal(4), order=2, expected=FailureKind.ERROR, diagnosis="NumPy's")
def tanh_by_numpy(g: Array, out: Array, _x: Array) -> Cotangents:
    """Call a NumPy function, which does not take tensors."""
    return (g * (1 - np.square(out)),)


@wrong_rule(activation.sigmoid, normal(4), order=2, diagnosis="under create_graph=True")
def sigmoid_of_two_minds(g: Array, out: Array, _x: Array) -> Cotangents:
    """Compute something else from tensors than from arrays."""
    slope = out * (1 - out)
    return (g * slope * 2 if isinstance(g, Tensor) else g * slope,)


@wrong_rule(activation.softmax, normal(2, 3), order=2, axis=1)
def softmax_with_raw_factor(g: Array, out: Array, _x: Array, *, axis: int) -> Cotangents:
    """Take the outer of two outputs in the formula for a constant."""
    return (_raw(out) * (g - sum(g * out, axis, keepdims=True)),)


@wrong_rule(normalization.standardize, normal(4, 2), order=2, axis=0)
def standardize_with_raw_scale(
    g: Array, out: Array, x: Array, *, axis: int, eps: float
) -> Cotangents:
    """Take the standard deviation for a constant in the rule, though not in the function."""
    scale = _raw(sqrt(var(x, axis, keepdims=True, correction=0) + eps))
    centred = g - mean(g, axis, keepdims=True) - out * mean(g * out, axis, keepdims=True)
    return (centred / scale,)


@wrong_rule(linear.matmul, normal(2, 3), normal(3, 2), order=2, diagnosis="zero everywhere")
def matmul_with_raw_factor(g: Array, _out: Array, a: Array, b: Array) -> Cotangents:
    """Multiply by the raw second factor: the gradient of a penalty never reaches the weight."""
    return g @ _raw(b).T, a.T @ g


@wrong_rule(activation.softplus, normal(4), order=2)
def softplus_slope_rounded(g: Array, _out: Array, x: Array, **_options: Any) -> Cotangents:
    """Compute the slope on raw arrays by a formula of its own."""
    return (g / (1 + np.exp(-_raw(x))),)
