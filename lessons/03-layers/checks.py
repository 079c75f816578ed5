"""Checks of the exercises of lesson 03, dense layers, initialisation and batch norm."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.course.expectations import expect_array, expect_rule
from minigen.engine.random import Generator


def check_tied_rule(answer: Callable[..., Any]) -> None:
    """Check both cotangents, with sizes that all differ."""
    draw = Generator(1)
    x, weight = (draw.normal(shape, np.float64) for shape in ((5, 4), (3, 4)))

    def rule(of_weight: Callable[..., Any]) -> Callable[..., Any]:
        """Make a rule that is right by x, and a function of h, its cotangent, g and x by W."""

        def wrong(g: Any, _out: Any, x: Any, weight: Any) -> Any:
            h, grad_h = x @ weight.T, g @ weight.T
            return grad_h @ weight, of_weight(h, grad_h, g, x)

        return wrong

    expect_rule(
        lambda x, weight: x @ weight.T @ weight,
        answer,
        [x, weight],
        mistakes={
            "d loss / d weight has what comes from the second layer alone; the first uses the "
            "weight, too": rule(lambda h, _grad_h, g, _x: h.T @ g),
            "d loss / d weight has what comes from the first layer alone; the second uses the "
            "weight, too": rule(lambda _h, grad_h, _g, x: grad_h.T @ x),
            "d loss / d weight is transposed: the weight is (out, in)": (
                rule(lambda h, grad_h, g, x: (h.T @ g + grad_h.T @ x).T)
            ),
            "d loss / d weight has a mean over the batch, where the chain rule has a sum": (
                rule(lambda h, grad_h, g, x: (h.T @ g + grad_h.T @ x) / len(x))
            ),
            "d loss / d weight has the mean of what comes from its two uses; add both": (
                rule(lambda h, grad_h, g, x: (h.T @ g + grad_h.T @ x) / 2)
            ),
        },
    )


def check_prelu_rule(answer: Callable[..., Any]) -> None:
    """Check inputs of both signs, and slopes of both signs and 0."""
    x = Generator(1).normal((6, 3), np.float64)
    slope = np.array([0.25, -0.5, 0.0])

    def rule(mask: Callable[..., Any], of_slope: Callable[..., Any]) -> Callable[..., Any]:
        """Return a rule that takes those elements for negative, and sums the slope's so."""

        def wrong(g: Any, out: Any, x: Any, slope: Any) -> Any:
            negative = mask(out, x)
            return np.where(negative, g * slope, g), of_slope(g * x * negative)

        return wrong

    expect_rule(
        lambda x, slope: np.where(x > 0, x, slope * x),
        answer,
        [x, slope],
        mistakes={
            "it looks at the sign of the output, which is that of x only where the slope is "
            "positive": rule(lambda out, _x: out <= 0, lambda parts: parts.sum(axis=0)),
            "d loss / d slope was not summed over the rows: each slope was broadcast to all of "
            "them": rule(lambda _out, x: x <= 0, lambda parts: parts),
            "d loss / d slope is summed over the channels, too: each has a slope of its own": (
                rule(lambda _out, x: x <= 0, lambda parts: parts.sum())
            ),
            "d loss / d slope has a mean over the rows, where the chain rule has a sum": (
                rule(lambda _out, x: x <= 0, lambda parts: parts.mean(axis=0))
            ),
            "d loss / d slope counts the positive x, too: there the output does not depend on the "
            "slope": lambda g, _out, x, slope: (
                np.where(x <= 0, g * slope, g),
                np.sum(g * x, axis=0),
            ),
        },
    )


def check_initial_std(answer: Callable[..., Any]) -> None:
    """Check without dropout, and with much and little of it."""
    for fan_in, keep in ((64, 1.0), (100, 0.8), (7, 0.5), (50, 0.1)):
        mistakes = {
            "this is the variance s^2; its root is asked for": 2 * keep / fan_in,
            "dropout changes the mean square, too: of the q that are kept, each square is divided "
            "by q^2": math.sqrt(2 / fan_in),
            "dropout makes the mean square larger, by 1 / q: the weights have to be smaller": (
                math.sqrt(2 / (fan_in * keep))
            ),
            "a square is divided by q^2, but only the share q of them is left: 1 / q in all": (
                math.sqrt(2 * keep**2 / fan_in)
            ),
            "the ReLU keeps half of the mean square only": math.sqrt(keep / fan_in),
        }
        expect_array(
            answer(fan_in, keep),
            math.sqrt(2 * keep / fan_in),
            f"the standard deviation for fan_in {fan_in} and keep {keep:g}",
            mistakes=mistakes,
        )


_EPS = 0.01


def _rms_norm(x: Any, weight: Any) -> Any:
    return weight * x / np.sqrt((x**2).mean(axis=1, keepdims=True) + _EPS)


def _rms_norm_rule(
    *, through_root: bool = True, scaled: bool = True, eps: float = _EPS, axis: int = 1
) -> Callable[..., Any]:
    """Return the rule of RMS norm, or what is left of it without some of its parts."""

    def rule(g: Any, _out: Any, x: Any, weight: Any) -> Any:
        root = np.sqrt((x**2).mean(axis=axis, keepdims=True) + eps)
        standard, inner = x / root, g * weight if scaled else g
        shared = standard * (inner * standard).mean(axis=axis, keepdims=True)
        return (inner - through_root * shared) / root, (g * standard).sum(axis=0)

    return rule


def check_rms_norm_rule(answer: Callable[..., Any]) -> None:
    """Check rows of different sizes, and scales of both signs."""
    draw = Generator(1)
    x = draw.normal((4, 6), np.float64) * np.array([[0.2], [1.0], [3.0], [0.5]]) + 0.5
    weight = draw.normal((6,), np.float64)
    right = _rms_norm_rule()
    expect_rule(
        _rms_norm,
        answer,
        [x, weight],
        mistakes={
            "d loss / d x takes the root for a constant: it depends on every x of the row": (
                _rms_norm_rule(through_root=False)
            ),
            "d loss / d x lacks the factor gamma": _rms_norm_rule(scaled=False),
            "epsilon is missing in the rule: the forward pass has it below the root": (
                _rms_norm_rule(eps=0.0)
            ),
            "the mean is over the batch, as in batch norm; here each row is by itself": (
                _rms_norm_rule(axis=0)
            ),
            "d loss / d weight uses the output y, where the derivative by gamma is x / r": (
                lambda g, out, x, weight: (right(g, out, x, weight)[0], (g * out).sum(axis=0))
            ),
            "d loss / d weight was not summed over the rows: the scale was broadcast to all": (
                lambda g, out, x, weight: (right(g, out, x, weight)[0], g * out / weight)
            ),
            "d loss / d x has the sum over the row, where the root has the mean": (
                lambda g, out, x, weight: (
                    (g * weight * (1 - x.shape[1])) / np.sqrt((x**2).mean(1, keepdims=True) + _EPS)
                    + x.shape[1] * right(g, out, x, weight)[0],
                    right(g, out, x, weight)[1],
                )
            ),
        },
    )
