"""Checks of the exercises of lesson 02, gradient checks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.course.expectations import expect, expect_array
from minigen.engine.random import Generator


def check_numerical_jacobian(answer: Callable[..., Any]) -> None:
    """Check on polynomials, whose differences are far from their derivatives at this step."""
    x = Generator(1).normal((2, 3), np.float64)
    weights, h = Generator(2).normal((4, 2, 3), np.float64), 0.125

    def f(x: Any) -> Any:
        return (weights * x**3).sum(axis=(1, 2)) + x[0, 0] * x[1, 2] ** 2

    def differences(left: float, right: float) -> Any:
        """Return (f(x + right) - f(x - left)) / (left + right), an element at a time."""
        found = np.zeros((2, 3, 4))
        for index in np.ndindex(x.shape):
            nudge = np.zeros_like(x)
            nudge[index] = 1.0
            found[index] = (f(x + right * nudge) - f(x - left * nudge)) / (left + right)
        return np.moveaxis(found, -1, 0)

    right = differences(h, h)
    handed = x.copy()
    found = answer(f, handed, h)
    expect(
        np.array_equal(handed, x),
        "x has changed: nudge a copy, or put each element back before the next is nudged",
    )
    expect_array(
        found,
        right,
        "the Jacobian",
        mistakes={
            "a forward difference, f(x + h) - f(x); nudge to both sides": differences(0.0, h),
            "the distance of the two points is 2h, not h: twice too large": 2 * right,
            "the axes of the input come first; those of the output should": (
                np.moveaxis(right, 0, -1)
            ),
            "the gradient of the sum of the outputs; keep each output apart": right.sum(axis=0),
            "all elements are nudged at once; nudge one at a time": (
                np.asarray((f(x + h) - f(x - h)) / (2 * h))
            ),
        },
    )
    number = answer(lambda x: np.sum(x**2), x.copy(), h)
    expect_array(number, 2 * x, "the Jacobian of a function that returns a number")


def check_one_sided(answer: Callable[..., Any]) -> None:
    """Check on a function whose differences at these steps are far from one another."""
    x, h = 0.5, 0.5

    def f(at: float) -> float:
        expect(at >= x, f"the function was called at {at:g}, to the left of x = {x:g}")
        return math.exp(at)

    def forward(h: float) -> float:
        return (f(x + h) - f(x)) / h

    expect_array(
        answer(f, x, h),
        2 * forward(h / 2) - forward(h),
        "the derivative",
        mistakes={
            "the weights are exchanged: at half the step the error is half, so F(h/2) gets the "
            "larger one": 2 * forward(h) - forward(h / 2),
            "the weights 4/3 and -1/3 cancel an error in proportion to h^2; here it is h": (
                (4 * forward(h / 2) - forward(h)) / 3
            ),
            "the mean of the two has an error of order h still: weigh them so that it cancels": (
                (forward(h / 2) + forward(h)) / 2
            ),
            "F(h) alone, whose error is a h: combine it with F(h/2)": forward(h),
            "F(h/2) alone, whose error is a h / 2: combine it with F(h)": forward(h / 2),
            "the second difference was divided by h, where its step is h/2": (
                2 * (f(x + h / 2) - f(x)) / h - forward(h)
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


def check_directions_needed(answer: Callable[..., Any]) -> None:
    """Check errors in one weight and in several, small risks, and one that needs no direction."""
    for error, tolerance, risk in (
        (np.array([0.5]), 0.2, 1e-3),
        (np.array([[0.3, -0.4], [1.2, 0.0]]), 0.5, 1e-6),
        (np.array([0.03, -0.04, 0.0]), 0.2, 0.05),
        (np.array([3.0, 4.0]), 1e-3, 0.5),
    ):
        norm = float(np.linalg.norm(error))

        def count(length: float, root: float = math.sqrt(2), t: float = tolerance) -> float:
            """Return the number, not yet rounded, if the sum scatters by a length."""
            return _quotient(math.erf(t / (root * length)))

        def _quotient(missed: float, allowed: float = risk) -> float:
            return math.log(allowed) / math.log(missed) if 0 < missed < 1 else 0.0

        exact = count(norm)
        expect_array(
            answer(error, tolerance, risk),
            max(1, math.ceil(exact)),
            f"the number for an error {error.tolist()}, tolerance {tolerance}, risk {risk:g}",
            mistakes={
                "rounded down: then the risk is larger than allowed": math.floor(exact),
                "it is not a whole number: round it up": exact,
                "the square root of 2 is missing in erf": math.ceil(count(norm, 1.0)),
                "the standard deviation of the sum is the Euclidean norm of e, not its largest "
                "element": math.ceil(count(float(np.abs(error).max()))),
                "the standard deviation of the sum is the Euclidean norm of e, not the sum of its "
                "magnitudes": math.ceil(count(float(np.abs(error).sum()))),
                "the standard deviation of the sum is the Euclidean norm of e, not its square": (
                    math.ceil(count(norm**2))
                ),
                "that of the directions until one overlooks it; all of them have to": math.ceil(
                    _quotient(1 - math.erf(tolerance / (math.sqrt(2) * norm)))
                ),
            },
        )
