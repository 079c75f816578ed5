"""Checks of the exercises of lesson 03, dense layers, initialisation and batch norm."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.course.expectations import expect_array, expect_rule
from minigen.engine.random import Generator


def check_linear_rule(answer: Callable[..., Any]) -> None:
    """Check the three cotangents of a dense layer whose sizes all differ."""
    draw = Generator(1)
    x, weight, bias = (draw.normal(shape, np.float64) for shape in ((5, 4), (3, 4), (3,)))
    expect_rule(
        lambda x, weight, bias: x @ weight.T + bias,
        answer,
        [x, weight, bias],
        mistakes={
            "d loss / d weight has the shape (in, out); the weight is (out, in): a transpose is "
            "missing": lambda g, _out, x, weight, _bias: (g @ weight, x.T @ g, g.sum(axis=0)),
            "d loss / d bias was not summed over the batch: the bias was broadcast to every row": (
                lambda g, _out, x, weight, _bias: (g @ weight, g.T @ x, g)
            ),
            "weight and bias have means over the batch, where the chain rule has sums: if the loss "
            "is a mean, the 1/N is in g already": (
                lambda g, _out, x, weight, _bias: (g @ weight, g.T @ x / len(x), g.mean(axis=0))
            ),
            "d loss / d bias is summed over the outputs, too: each output has a bias of its own": (
                lambda g, _out, x, weight, _bias: (g @ weight, g.T @ x, g.sum())
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
    """Check a ReLU, leaky ReLUs, and none at all."""
    for fan_in, slope in ((64, 0.0), (100, 0.2), (7, 0.5), (50, 1.0)):
        kept = (1 + slope**2) / 2
        mistakes = {
            "this is the variance s^2; its root is asked for": 1 / (fan_in * kept),
            "the leaky ReLU keeps a part of the mean square only: the weights have to make good "
            "for it": 1 / math.sqrt(fan_in),
            "a leaky ReLU keeps a^2 of the negative half, a part of (1 + a^2) / 2": (
                math.sqrt(2 / fan_in)
            ),
            "the slope enters a mean square as a^2, not as a": math.sqrt(
                2 / (fan_in * (1 + slope))
            ),
            "the weights are too small: the layer multiplies by I s^2, so that s has to make good "
            "for what the leaky ReLU loses, not repeat it": math.sqrt(kept / fan_in),
            "this is the bound 1 / sqrt(I) that nn.Dense draws up to; it keeps a third, without "
            "any activation": 1 / math.sqrt(3 * fan_in),
        }
        expect_array(
            answer(fan_in, slope),
            1 / math.sqrt(fan_in * kept),
            f"the standard deviation for fan_in {fan_in} and slope {slope:g}",
            mistakes=mistakes,
        )


_EPS = 0.01


def _batch_norm(x: Any, weight: Any, bias: Any) -> Any:
    deviation = x - x.mean(axis=0)
    return weight * deviation / np.sqrt((deviation**2).mean(axis=0) + _EPS) + bias


def _batch_norm_rule(
    *,
    through_mean: bool = True,
    through_variance: bool = True,
    scaled: bool = True,
    standard_weight: bool = True,
    eps: float = _EPS,
) -> Callable[..., Any]:
    """Return the rule of batch norm, or what is left of it without some of its terms."""

    def rule(g: Any, out: Any, x: Any, weight: Any, _bias: Any) -> Any:
        scale = np.sqrt(x.var(axis=0) + eps)
        standard = (x - x.mean(axis=0)) / scale
        grad_weight = np.sum(g * standard, axis=0)
        grad_x = g / scale * (weight if scaled else 1)
        factor = weight / scale / len(x) if scaled else 1 / scale / len(x)
        if through_mean:
            grad_x = grad_x - factor * g.sum(axis=0)
        if through_variance:
            grad_x = grad_x - factor * standard * grad_weight
        if not standard_weight:
            grad_weight = np.sum(g * out, axis=0)
        return grad_x, grad_weight, g.sum(axis=0)

    return rule


def check_batch_norm_rule(answer: Callable[..., Any]) -> None:
    """Check columns of different means, sizes and scales."""
    draw = Generator(1)
    x = draw.normal((6, 3), np.float64) * np.array([0.2, 1.0, 3.0]) + np.array([2.0, 0.0, -1.0])
    weight, bias = draw.normal((3,), np.float64), draw.normal((3,), np.float64)
    expect_rule(
        _batch_norm,
        answer,
        [x, weight, bias],
        mistakes={
            "d loss / d x takes mean and variance for constants: they depend on every x of the "
            "column": _batch_norm_rule(through_mean=False, through_variance=False),
            "d loss / d x takes the variance for a constant: the term with the mean of g times "
            "the standardised x is missing": _batch_norm_rule(through_variance=False),
            "d loss / d x takes the mean for a constant: the term with the mean of g is missing": (
                _batch_norm_rule(through_mean=False)
            ),
            "d loss / d x lacks the factor gamma": _batch_norm_rule(scaled=False),
            "d loss / d weight uses the output y, where the derivative by gamma is the "
            "standardised x": _batch_norm_rule(standard_weight=False),
            "epsilon is missing in the rule: the forward pass has sqrt(v + 0.01)": (
                _batch_norm_rule(eps=0.0)
            ),
        },
    )


def check_running_statistics(answer: Callable[..., Any]) -> None:
    """Check three batches of different lengths."""
    draw, momentum = Generator(1), 0.3
    batches = [1 + 2 * draw.normal((rows, 2), np.float64) for rows in (4, 6, 3)]

    def tracked(*, momentum: float = momentum, ddof: int = 1, start: float = 1.0) -> Any:
        """Return the running mean and the running variance, one above the other."""
        mean, variance = np.zeros(2), np.full(2, start)
        for batch in batches:
            mean = (1 - momentum) * mean + momentum * batch.mean(axis=0)
            variance = (1 - momentum) * variance + momentum * batch.var(axis=0, ddof=ddof)
        return np.array([mean, variance])

    joined = np.concatenate(batches)
    last = batches[-1]
    expect_array(
        answer([batch.copy() for batch in batches], momentum),
        tracked(),
        "the running mean and variance",
        mistakes={
            "the shares are exchanged: m is that of the new batch, 1 - m that of what was "
            "stored": tracked(momentum=1 - momentum),
            "the variance has the divisor N, which is too small on average: it is N - 1": (
                tracked(ddof=0)
            ),
            "the running variance begins with 1, not with 0": tracked(start=0.0),
            "those of the last batch: move towards them by the share m": (
                np.array([last.mean(axis=0), last.var(axis=0, ddof=1)])
            ),
            "those of all rows together: move towards those of each batch, by the share m": (
                np.array([joined.mean(axis=0), joined.var(axis=0, ddof=1)])
            ),
        },
    )
