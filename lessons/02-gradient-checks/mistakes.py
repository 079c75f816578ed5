"""Wrong answers to the exercises of lesson 02, and what the check says of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import numerical_jacobian


@mistake("numerical_jacobian", "a forward difference")
def forward_difference(f: Any, x: Any, h: float) -> Any:
    jacobian = np.zeros(np.shape(f(x)) + x.shape)
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = h
        jacobian[..., *index] = (f(x + step) - f(x)) / h
    return jacobian


@mistake("numerical_jacobian", "the distance of the two points is 2h")
def divided_by_h(f: Any, x: Any, h: float) -> Any:
    return 2 * numerical_jacobian(f, x, h)


@mistake("numerical_jacobian", "all elements are nudged at once")
def all_at_once(f: Any, x: Any, h: float) -> Any:
    return (f(x + h) - f(x - h)) / (2 * h)


@mistake("numerical_jacobian", "the argument `x` has another value after the call")
def not_put_back(f: Any, x: Any, h: float) -> Any:
    jacobian = np.zeros(np.shape(f(x)) + x.shape)
    for index in np.ndindex(x.shape):
        x[index] += h
        above = f(x)
        x[index] -= 2 * h
        jacobian[..., *index] = (above - f(x)) / (2 * h)
    return jacobian


@mistake("numerical_jacobian", "the axes of the input come first")
def input_first(f: Any, x: Any, h: float) -> Any:
    jacobian = numerical_jacobian(f, x, h)
    return np.moveaxis(jacobian, 0, -1)


@mistake("numerical_jacobian", "keep each output apart")
def of_the_sum(f: Any, x: Any, h: float) -> Any:
    return numerical_jacobian(lambda x: np.sum(f(x)), x, h)


@mistake("numerical_jacobian", "has shape (4, 6), expected (4, 2, 3)")
def flat(f: Any, x: Any, h: float) -> Any:
    return numerical_jacobian(f, x, h).reshape(np.size(f(x)), -1)


@mistake("numerical_jacobian", "of a function that returns a number")
def first_axis_of_outputs(f: Any, x: Any, h: float) -> Any:
    outputs = np.shape(f(x))
    return numerical_jacobian(f, x, h) if outputs else np.zeros_like(x)


def forward(f: Any, x: float, h: float) -> Any:
    return (f(x + h) - f(x)) / h


@mistake("one_sided", "the weights are exchanged")
def weights_exchanged(f: Any, x: float, h: float) -> Any:
    return 2 * forward(f, x, h) - forward(f, x, h / 2)


@mistake("one_sided", "here it is h")
def weights_of_second_order(f: Any, x: float, h: float) -> Any:
    return (4 * forward(f, x, h / 2) - forward(f, x, h)) / 3


@mistake("one_sided", "the mean of the two")
def mean_of_both(f: Any, x: float, h: float) -> Any:
    return (forward(f, x, h / 2) + forward(f, x, h)) / 2


@mistake("one_sided", "where its step is h/2")
def same_divisor(f: Any, x: float, h: float) -> Any:
    return 2 * (f(x + h / 2) - f(x)) / h - forward(f, x, h)


@mistake("one_sided", "the function was called at 0, to the left of x = 0.5")
def central(f: Any, x: float, h: float) -> Any:
    return (f(x + h) - f(x - h)) / (2 * h)


@mistake("one_sided", "F(h) alone, whose error is a h")
def the_forward_difference_alone(f: Any, x: float, h: float) -> Any:
    return forward(f, x, h)


def compared(forward: Any, rule: Any, x: Any, g: Any) -> tuple[Any, Any]:
    """Return a rule's gradient and the numerical one."""
    found = rule(g, forward(x), x)[0]
    return found, numerical_jacobian(lambda x: np.sum(g * forward(x)), x, 1e-5)


def drawn(forward: Any, x: Any) -> Any:
    return np.random.default_rng(0).normal(size=forward(x).shape)


@mistake("rule_is_right", "a rule of zeros is accepted for softmax")
def cotangent_of_ones(forward: Any, rule: Any, x: Any) -> Any:
    x = x.astype(np.float64)
    return np.allclose(*compared(forward, rule, x, np.ones_like(forward(x))), rtol=1e-4, atol=1e-6)


@mistake("rule_is_right", "confuses the elements of the cotangent")
def cotangent_of_equal_rows(forward: Any, rule: Any, x: Any) -> Any:
    x = x.astype(np.float64)
    out = forward(x)
    g = np.broadcast_to(np.arange(1.0, 1.0 + out.shape[-1]), out.shape)
    return np.allclose(*compared(forward, rule, x, g), rtol=1e-4, atol=1e-6)


@mistake("rule_is_right", "the sign flipped")
def magnitudes(forward: Any, rule: Any, x: Any) -> Any:
    x = x.astype(np.float64)
    found, numeric = compared(forward, rule, x, drawn(forward, x))
    return np.allclose(abs(found), abs(numeric), rtol=1e-4, atol=1e-6)


@mistake("rule_is_right", "wrong in one element by a hundredth")
def loose(forward: Any, rule: Any, x: Any) -> Any:
    x = x.astype(np.float64)
    return np.allclose(*compared(forward, rule, x, drawn(forward, x)), rtol=0.05)


@mistake("rule_is_right", "where x is float32: convert x to float64 first")
def in_single_precision(forward: Any, rule: Any, x: Any) -> Any:
    found, numeric = compared(forward, rule, x, drawn(forward, x).astype(x.dtype))
    return found.shape == x.shape and np.allclose(found, numeric, rtol=1e-4, atol=1e-6)


@mistake("rule_is_right", "where the gradient is large: the tolerance has to grow with it")
def absolute_tolerance(forward: Any, rule: Any, x: Any) -> Any:
    x = x.astype(np.float64)
    found, numeric = compared(forward, rule, x, drawn(forward, x))
    return abs(found - numeric).max() < 1e-8


@mistake("rule_is_right", "returns another shape than that of x")
def broadcast(forward: Any, rule: Any, x: Any) -> Any:
    x = x.astype(np.float64)
    return np.allclose(*compared(forward, rule, x, drawn(forward, x)), rtol=1e-4, atol=1e-6)


@mistake("rule_is_right", "a right rule, of tanh, is rejected")
def never(forward: Any, rule: Any, x: Any) -> Any:
    return False


def needed(length: float, tolerance: float, risk: float, root: float = math.sqrt(2)) -> float:
    missed = math.erf(tolerance / (root * length))
    return math.log(risk) / math.log(missed)


@mistake("directions_needed", "rounded down")
def rounded_down(error: Any, tolerance: float, risk: float) -> Any:
    return math.floor(needed(float(np.linalg.norm(error)), tolerance, risk))


@mistake("directions_needed", "it is not a whole number")
def not_rounded(error: Any, tolerance: float, risk: float) -> Any:
    return needed(float(np.linalg.norm(error)), tolerance, risk)


@mistake("directions_needed", "the square root of 2 is missing")
def without_root(error: Any, tolerance: float, risk: float) -> Any:
    return max(1, math.ceil(needed(float(np.linalg.norm(error)), tolerance, risk, 1.0)))


@mistake("directions_needed", "not its largest element")
def largest_element(error: Any, tolerance: float, risk: float) -> Any:
    return max(1, math.ceil(needed(float(abs(error).max()), tolerance, risk)))


@mistake("directions_needed", "not the sum of its magnitudes")
def sum_of_magnitudes(error: Any, tolerance: float, risk: float) -> Any:
    return max(1, math.ceil(needed(float(abs(error).sum()), tolerance, risk)))


@mistake("directions_needed", "not its square")
def variance(error: Any, tolerance: float, risk: float) -> Any:
    return max(1, math.ceil(needed(float((error**2).sum()), tolerance, risk)))


@mistake("directions_needed", "all of them have to")
def until_one_overlooks(error: Any, tolerance: float, risk: float) -> Any:
    missed = math.erf(tolerance / (math.sqrt(2) * np.linalg.norm(error)))
    return max(1, math.ceil(math.log(risk) / math.log(1 - missed)))
