"""Checks of the exercises of lesson 02, gradient checks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.course.expectations import expect, expect_array
from minigen.engine.random import Generator


def check_central_difference(answer: Callable[..., Any]) -> None:
    """Check on a polynomial, whose differences are far from its derivatives at this step."""
    x = Generator(1).normal((2, 3), np.float64)
    weights, h = Generator(2).normal((2, 3), np.float64), 0.125

    def f(x: Any) -> float:
        return float(np.sum(weights * x**3) + x[0, 0] * x[1, 2] ** 2)

    def differences(left: float, right: float) -> Any:
        """Return (f(x + right) - f(x - left)) / (left + right), an element at a time."""
        found = np.zeros_like(x)
        for index in np.ndindex(x.shape):
            nudge = np.zeros_like(x)
            nudge[index] = 1.0
            found[index] = (f(x + right * nudge) - f(x - left * nudge)) / (left + right)
        return found

    right, handed = differences(h, h), x.copy()
    found = answer(f, handed, h)
    expect(
        np.array_equal(handed, x),
        "x has changed: nudge a copy, or put each element back before the next is nudged",
    )
    expect_array(
        found,
        right,
        "the numerical gradient",
        mistakes={
            "a forward difference, f(x + h) - f(x); nudge to both sides": differences(0.0, h),
            "the distance of the two points is 2h, not h: twice too large": 2 * right,
            "all elements are nudged at once; nudge one at a time": (
                np.asarray((f(x + h) - f(x - h)) / (2 * h))
            ),
        },
    )


def check_richardson(answer: Callable[..., Any]) -> None:
    """Check on a function whose differences at these steps are far from one another."""
    f, x, h = math.exp, 0.5, 0.5

    def central(h: float) -> float:
        return (f(x + h) - f(x - h)) / (2 * h)

    def forward(h: float) -> float:
        return (f(x + h) - f(x)) / h

    expect_array(
        answer(f, x, h),
        (4 * central(h / 2) - central(h)) / 3,
        "Richardson's derivative",
        mistakes={
            "the weights are exchanged: at half the step the error is a quarter, so D(h/2) gets "
            "the larger one": (4 * central(h) - central(h / 2)) / 3,
            "the weights 2 and -1 cancel an error in proportion to h; here it is h^2": (
                2 * central(h / 2) - central(h)
            ),
            "the mean of the two has an error of order h^2 still: weigh them so that it cancels": (
                (central(h / 2) + central(h)) / 2
            ),
            "D(h) alone, whose error is c h^2: combine it with D(h/2)": central(h),
            "D(h/2) alone, whose error is c h^2 / 4: combine it with D(h)": central(h / 2),
            "the weights sum to 3: divide by it": 4 * central(h / 2) - central(h),
            "combined from forward differences, whose error has a term with h": (
                (4 * forward(h / 2) - forward(h)) / 3
            ),
        },
    )


def check_rule_is_right(answer: Callable[..., Any]) -> None:
    """Try a checker on rules that are right and on rules that are wrong."""
    x = Generator(3).normal((3, 4), np.float64)
    for forward, rule, at, is_right, complaint in (
        (
            _tanh, _tanh_rule, x, True,
            "a right rule, of tanh, is rejected: near a step of 1e-5, central differences have "
            "nine digits",
        ),
        (_softmax, _softmax_rule, x, True, "a right rule, of softmax, is rejected"),
        (
            _cube, _cube_rule, 30 * x, True,
            "a right rule is rejected where the gradient is large: the tolerance has to grow with "
            "it, as in np.allclose",
        ),
        (
            _tanh, _tanh_rule, x.astype(np.float32), True,
            "a right rule is rejected where x is float32: convert x to float64 first",
        ),
        (
            _softmax, lambda g, _out, _x: (0 * g,), x, False,
            "a rule of zeros is accepted for softmax. Its outputs sum to 1, so the gradient of "
            "their sum is 0: draw the cotangent at random",
        ),
        (
            _tanh, lambda g, out, _x: (g[::-1] * (1 - out**2),), x, False,
            "a rule is accepted that confuses the elements of the cotangent: with equal elements "
            "that is not seen; draw it at random",
        ),
        (
            _tanh, lambda g, out, _x: (-g * (1 - out**2),), x, False,
            "a rule with the sign flipped is accepted: compare the numbers, not their magnitudes",
        ),
        (
            _tanh, _wrong_in_one_element, x, False,
            "a rule is accepted that is wrong in one element by a hundredth: compare every element",
        ),
        (
            lambda x: 3 * x.sum(axis=0), lambda g, _out, _x: (3 * g,), x, False,
            "a rule is accepted that returns another shape than that of x: NumPy broadcasts when "
            "it compares",
        ),
    ):  # fmt: skip
        expect(bool(answer(forward, rule, at)) == is_right, complaint)


def _tanh(x: Any) -> Any:
    return np.tanh(x)


def _tanh_rule(g: Any, out: Any, _x: Any) -> Any:
    return (g * (1 - out**2),)


def _wrong_in_one_element(g: Any, out: Any, _x: Any) -> Any:
    factors = np.ones_like(out)
    factors[1, 2] = 1.01
    return (factors * g * (1 - out**2),)


def _softmax(x: Any) -> Any:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _softmax_rule(g: Any, out: Any, _x: Any) -> Any:
    return (out * (g - np.sum(g * out, axis=-1, keepdims=True)),)


def _cube(x: Any) -> Any:
    return x**3


def _cube_rule(g: Any, _out: Any, x: Any) -> Any:
    return (3 * g * x**2,)


def check_overlooked(answer: Callable[..., Any]) -> None:
    """Check errors in one weight and in several, and one direction and several."""
    for error, tolerance, directions in (
        (np.array([0.5]), 0.2, 1),
        (np.array([[0.3, -0.4], [1.2, 0.0]]), 0.5, 1),
        (np.array([0.3, -0.4]), 0.2, 3),
    ):
        norm = float(np.linalg.norm(error))

        def erf(length: float, t: float = tolerance, root: float = math.sqrt(2)) -> float:
            return math.erf(t / (root * length))

        right = erf(norm)
        expect_array(
            answer(error, tolerance, directions),
            right**directions,
            f"the probability for an error {error.tolist()}, tolerance {tolerance}, "
            f"directions {directions}",
            mistakes={
                "that of being found; asked is that of being overlooked": 1 - right**directions,
                "the square root of 2 is missing in erf": erf(norm, root=1.0) ** directions,
                "the standard deviation of the sum is the Euclidean norm of e, not its largest "
                "element": erf(float(np.abs(error).max())) ** directions,
                "the standard deviation of the sum is the Euclidean norm of e, not the sum of its "
                "magnitudes": erf(float(np.abs(error).sum())) ** directions,
                "the standard deviation of the sum is the Euclidean norm of e, not its square": (
                    erf(norm**2) ** directions
                ),
                "that of one direction; all of them have to overlook it": right,
                "each direction has to overlook it: a power, not a multiple": right * directions,
            },
        )
