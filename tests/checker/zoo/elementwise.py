"""Wrong derivatives of functions of one element."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.checker.report import FailureKind
from minigen.engine.backend import Array
from minigen.engine.op import Cotangents
from minigen.ops import activation, arithmetic
from tests.checker.zoo.specimen import distinct, normal, positive, wrong_rule


@wrong_rule(arithmetic.exp, normal(3, 4))
def exp_times_input(g: Array, _out: Array, x: Array) -> Cotangents:
    """Multiply by the input, where the derivative is the output."""
    return (g * x,)


@wrong_rule(arithmetic.exp, normal(3, 4), expected=FailureKind.NOT_LINEAR)
def exp_without_cotangent(_g: Array, out: Array, _x: Array) -> Cotangents:
    """Leave out g: right for the gradient of a sum, and for nothing else."""
    return (out * 1.0,)


@wrong_rule(arithmetic.exp, normal(3, 4), expected=FailureKind.NOT_LINEAR)
def exp_squares_cotangent(g: Array, out: Array, _x: Array) -> Cotangents:
    """Multiply by g twice: right wherever g is one."""
    return (g * g * out,)


@wrong_rule(arithmetic.exp, normal(3, 4), diagnosis="one element, [1, 2], 1.01 times")
def exp_one_percent_off(g: Array, out: Array, _x: Array) -> Cotangents:
    """Return one element one percent too large."""
    factor = np.ones((3, 4))
    factor[1, 2] = 1.01
    return (g * out * factor,)


@wrong_rule(arithmetic.exp, normal(4, 3), diagnosis="last index along axis 0")
def exp_forgets_last_row(g: Array, out: Array, _x: Array) -> Cotangents:
    """Return zero in the last row: a loop that ends one early."""
    inside = np.arange(4) < 3
    return (g * out * inside[:, None],)


@wrong_rule(arithmetic.log, positive(3, 4))
def log_times_input(g: Array, _out: Array, x: Array) -> Cotangents:
    """Multiply where the derivative divides."""
    return (g * x,)


def log_magnitude(x: Array) -> Array:
    """Return the logarithm of the absolute value."""
    return np.log(np.abs(x))


@wrong_rule(log_magnitude, distinct(3, 4), diagnosis="sign is flipped in")
def log_magnitude_loses_sign(g: Array, _out: Array, x: Array) -> Cotangents:
    """Divide by abs(x): the derivative of log(abs(x)) is 1 / x on both sides."""
    return (g / abs(x),)


@wrong_rule(arithmetic.sqrt, positive(3, 4), diagnosis="twice too large")
def sqrt_without_half(g: Array, out: Array, _x: Array) -> Cotangents:
    """Forget the half of 1 / (2 sqrt(x))."""
    return (g / out,)


@wrong_rule(arithmetic.sqrt, positive(3, 4))
def sqrt_divides_by_input(g: Array, _out: Array, x: Array) -> Cotangents:
    """Divide by 2x, where 2 sqrt(x) is meant."""
    return (g / (x * 2),)


def square(x: Array) -> Array:
    """Return the square."""
    return x * x


@wrong_rule(square, normal(3, 4), diagnosis="half of what it should be")
def square_without_two(g: Array, _out: Array, x: Array) -> Cotangents:
    """Forget that both factors are the input."""
    return (g * x,)


@wrong_rule(arithmetic.abs, distinct(3, 4), diagnosis="sign is flipped in")
def abs_passes_everything(g: Array, _out: Array, _x: Array) -> Cotangents:
    """Take the slope of abs(x) for 1 everywhere."""
    return (g * 1.0,)


@wrong_rule(arithmetic.cos, normal(3, 4), diagnosis="the sign is flipped everywhere")
def cos_without_minus(g: Array, _out: Array, x: Array) -> Cotangents:
    """Forget the minus of -sin(x)."""
    return (g * arithmetic.sin(x),)


@wrong_rule(activation.sigmoid, normal(3, 4))
def sigmoid_of_input(g: Array, _out: Array, x: Array) -> Cotangents:
    """Write y (1 - y) with the input in place of the output."""
    return (g * x * (1 - x),)


@wrong_rule(activation.sigmoid, normal(3, 4))
def sigmoid_forgets_a_factor(g: Array, out: Array, _x: Array) -> Cotangents:
    """Write 1 - y, where the derivative is y (1 - y)."""
    return (g * (1 - out),)


@wrong_rule(activation.tanh, normal(3, 4))
def tanh_without_square(g: Array, out: Array, _x: Array) -> Cotangents:
    """Write 1 - y, where the derivative is 1 - y squared."""
    return (g * (1 - out),)


@wrong_rule(activation.relu, distinct(3, 4), diagnosis="not zero where it should be")
def relu_passes_everything(g: Array, _out: Array, _x: Array) -> Cotangents:
    """Let the cotangent through where the output is zero too."""
    return (g * 1.0,)


@wrong_rule(activation.relu, distinct(3, 4), expected=FailureKind.NOT_LINEAR)
def relu_guided(g: Array, _out: Array, x: Array) -> Cotangents:
    """Let positive cotangents alone through: guided backpropagation, which is no gradient."""
    return (g * (x > 0) * (g > 0),)


@wrong_rule(
    activation.leaky_relu,
    distinct(3, 4),
    diagnosis="zero where it should not be",
    negative_slope=0.2,
)
def leaky_relu_without_leak(g: Array, _out: Array, x: Array, **_options: Any) -> Cotangents:
    """Use the rule of the plain ReLU: nothing comes through where the input is negative."""
    return (g * (x > 0),)


@wrong_rule(activation.elu, distinct(3, 4), alpha=0.7)
def elu_without_alpha(g: Array, out: Array, x: Array, **_options: Any) -> Cotangents:
    """Write y + 1, where the derivative left of zero is y + alpha."""
    return (g * arithmetic.where(x > 0, 1.0, out + 1.0),)


@wrong_rule(activation.softplus, distinct(3, 4))
def softplus_as_relu(g: Array, _out: Array, x: Array) -> Cotangents:
    """Take the smooth ReLU for the sharp one."""
    return (g * (x > 0),)


@wrong_rule(
    arithmetic.clip, distinct(3, 4), diagnosis="not zero where it should be", min=-1.0, max=1.0
)
def clip_leaks(g: Array, _out: Array, _x: Array, **_options: Any) -> Cotangents:
    """Pass the cotangent outside the limits too: a straight-through estimator, not a gradient."""
    return (g * 1.0,)


@wrong_rule(arithmetic.pow, positive(3, 4), positive(3, 4, seed=1))
def pow_exponent_not_lowered(g: Array, out: Array, x: Array, exponent: Array) -> Cotangents:
    """Write p x^p, where the derivative is p x^(p - 1)."""
    return g * exponent * out, g * out * arithmetic.log(x)


@wrong_rule(arithmetic.pow, positive(3, 4), positive(3, 4, seed=1))
def pow_without_logarithm(g: Array, out: Array, x: Array, exponent: Array) -> Cotangents:
    """Forget the logarithm in the derivative by the exponent, y log(x)."""
    return g * exponent * out / x, g * out
