"""Wrong answers to the exercises of lesson 02, and what the check says of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import central_difference


@mistake("central_difference", "a forward difference")
def forward_difference(f: Any, x: Any, h: float) -> Any:
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = h
        gradient[index] = (f(x + step) - f(x)) / h
    return gradient


@mistake("central_difference", "the distance of the two points is 2h")
def divided_by_h(f: Any, x: Any, h: float) -> Any:
    return 2 * central_difference(f, x, h)


@mistake("central_difference", "all elements are nudged at once")
def all_at_once(f: Any, x: Any, h: float) -> Any:
    return (f(x + h) - f(x - h)) / (2 * h)


@mistake("central_difference", "x has changed: nudge a copy")
def not_put_back(f: Any, x: Any, h: float) -> Any:
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        x[index] += h
        above = f(x)
        x[index] -= 2 * h
        gradient[index] = (above - f(x)) / (2 * h)
    return gradient


@mistake("central_difference", "has shape (6,), expected (2, 3): right, but not given the input's")
def flat(f: Any, x: Any, h: float) -> Any:
    return central_difference(f, x, h).ravel()


def central(f: Any, x: float, h: float) -> Any:
    return (f(x + h) - f(x - h)) / (2 * h)


@mistake("richardson", "the weights are exchanged")
def weights_exchanged(f: Any, x: float, h: float) -> Any:
    return (4 * central(f, x, h) - central(f, x, h / 2)) / 3


@mistake("richardson", "here it is h^2")
def weights_of_first_order(f: Any, x: float, h: float) -> Any:
    return 2 * central(f, x, h / 2) - central(f, x, h)


@mistake("richardson", "the mean of the two")
def mean_of_both(f: Any, x: float, h: float) -> Any:
    return (central(f, x, h / 2) + central(f, x, h)) / 2


@mistake("richardson", "the weights sum to 3")
def not_divided(f: Any, x: float, h: float) -> Any:
    return 4 * central(f, x, h / 2) - central(f, x, h)


@mistake("richardson", "combined from forward differences")
def of_forward_differences(f: Any, x: float, h: float) -> Any:
    fine, coarse = (f(x + h / 2) - f(x)) / (h / 2), (f(x + h) - f(x)) / h
    return (4 * fine - coarse) / 3


@mistake("richardson", "D(h) alone, whose error is c h^2")
def the_central_difference_alone(f: Any, x: float, h: float) -> Any:
    return central(f, x, h)


def compared(forward: Any, rule: Any, x: Any, g: Any) -> tuple[Any, Any]:
    """Return a rule's gradient and the numerical one."""
    found = rule(g, forward(x), x)[0]
    return found, central_difference(lambda x: float(np.sum(g * forward(x))), x, 1e-5)


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


@mistake("overlooked", "asked is that of being overlooked")
def found(error: Any, tolerance: float, directions: int) -> Any:
    return 1 - math.erf(tolerance / (math.sqrt(2) * np.linalg.norm(error))) ** directions


@mistake("overlooked", "the square root of 2 is missing")
def without_root(error: Any, tolerance: float, directions: int) -> Any:
    return math.erf(tolerance / np.linalg.norm(error)) ** directions


@mistake("overlooked", "not its largest element")
def largest_element(error: Any, tolerance: float, directions: int) -> Any:
    return math.erf(tolerance / (math.sqrt(2) * abs(error).max())) ** directions


@mistake("overlooked", "not the sum of its magnitudes")
def sum_of_magnitudes(error: Any, tolerance: float, directions: int) -> Any:
    return math.erf(tolerance / (math.sqrt(2) * abs(error).sum())) ** directions


@mistake("overlooked", "not its square")
def variance(error: Any, tolerance: float, directions: int) -> Any:
    return math.erf(tolerance / (math.sqrt(2) * (error**2).sum())) ** directions


@mistake("overlooked", "that of one direction; all of them have to overlook it")
def one_direction(error: Any, tolerance: float, directions: int) -> Any:
    return math.erf(tolerance / (math.sqrt(2) * np.linalg.norm(error)))


@mistake("overlooked", "a power, not a multiple")
def multiplied(error: Any, tolerance: float, directions: int) -> Any:
    return directions * math.erf(tolerance / (math.sqrt(2) * np.linalg.norm(error)))
