"""Checks of the exercises of lesson 12, mode collapse and the Wasserstein distance."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import minigen.functional as F
from minigen.course.expectations import expect, expect_array, expect_rule
from minigen.engine.random import Generator


def check_slope_bound(answer: Callable[..., Any]) -> None:
    """Check a network with layers of both kinds."""
    source = Generator(1)
    weights = [source.normal(shape, np.float64) for shape in ((4, 3), (4, 4), (2, 4))]
    residual = [False, True, False]
    first, second, third = (np.linalg.svd(weight)[1] for weight in weights)
    lengths = [np.linalg.norm(weight) for weight in weights]
    expect_array(
        answer(weights, residual),
        first[0] * (1 + second[0]) * third[0],
        "the bound",
        mistakes={
            "the residual connection is left out: it adds 1": first[0] * second[0] * third[0],
            "1 is added to every layer; only some have a residual connection": (
                (1 + first[0]) * (1 + second[0]) * (1 + third[0])
            ),
            "a residual layer stretches by at most 1 + sigma_1, and not by the larger of both": (
                first[0] * max(1, second[0]) * third[0]
            ),
            "the bounds of layers multiply; these are added up": first[0]
            + 1
            + second[0]
            + third[0],
            "Frobenius' norm is a bound, too, but a larger one than the largest singular value": (
                lengths[0] * (1 + lengths[1]) * lengths[2]
            ),
            "the smallest singular value: a network stretches most where the largest is": (
                first[-1] * (1 + second[-1]) * third[-1]
            ),
        },
    )


def check_one_sided_rule(answer: Callable[..., Any]) -> None:
    """Check slopes with more axes, longer and shorter than 1; and a slope of 0."""
    slopes = Generator(2).normal((5, 2, 3), np.float64)
    slopes *= np.array([3.0, 0.2, 1.5, 0.1, 2.0]).reshape(-1, 1, 1) / np.sqrt(
        (slopes**2).sum(axis=(1, 2), keepdims=True)
    )

    def forward(slopes: Any) -> Any:
        length = F.sqrt(F.sum(slopes**2, axis=(1, 2)))
        return F.mean(F.relu(length - 1) ** 2)

    def rule(factor: Callable[..., Any], axes: Any = (1, 2)) -> Callable[..., Any]:
        def wrong(g: Any, _out: Any, slopes: Any) -> Any:
            length = np.sqrt((slopes**2).sum(axis=axes, keepdims=True))
            return (g * factor(length) * slopes / len(slopes),)

        return wrong

    def right(r: Any) -> Any:
        return 2 * np.maximum(r - 1, 0) / r

    expect_rule(
        forward,
        answer,
        [slopes],
        mistakes={
            "two-sided: slopes below 1 are left alone": rule(lambda r: 2 * (r - 1) / r),
            "the mean is missing: each example has the weight 1/N": rule(lambda r: 5 * right(r)),
            "the derivative of a length is the slope over its length: divide by r": (
                rule(lambda r: 2 * np.maximum(r - 1, 0))
            ),
            "the 2 of the square is missing": rule(lambda r: right(r) / 2),
            "the norm is over all axes of an example, not the last alone": rule(right, axes=-1),
        },
    )
    slopes[1] = 0.0
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (found,) = answer(np.array(1.0), np.array(0.0), slopes)
    expect(np.isfinite(found).all(), "for a slope of 0 the result is no number: 0 / 0")
    expect_array(found[1], np.zeros((2, 3)), "the cotangent of a slope of 0")


def check_weighted_wasserstein(answer: Callable[..., Any]) -> None:
    """Check other numbers of samples, weights of 0, and places that coincide."""
    source = Generator(3)
    x, y = source.normal((5,), np.float64), 1 + 2 * source.normal((3,), np.float64)
    p, q = (source.uniform((count,), np.float64) for count in (5, 3))
    p[2] = 0.0
    p, q = p / p.sum(), q / q.sum()
    ends = np.sort(np.concatenate([x, y]))
    middles = (ends[1:] + ends[:-1]) / 2

    def gaps(p: Any, q: Any) -> Any:
        return np.array([p[x <= t].sum() - q[y <= t].sum() for t in middles])

    difference, widths = gaps(p, q), np.diff(ends)
    expect_array(
        answer(x, y, p, q),
        (np.abs(difference) * widths).sum(),
        "the distance",
        mistakes={
            "without absolute values it is the difference of the means": (
                (difference * widths).sum()
            ),
            "the negative of the difference of the means: where are the absolute values?": (
                -(difference * widths).sum()
            ),
            "the weights are not heeded": (
                np.abs(gaps(np.full(5, 1 / 5), np.full(3, 1 / 3))) * widths
            ).sum(),
            "the gaps are not multiplied by how wide they are": np.abs(difference).sum(),
            "a square: this is another distance": (difference**2 * widths).sum(),
        },
    )
    expect_array(answer(x, x[::-1], p, p[::-1]), 0.0, "the distance of the same, in another order")
    y[1] = x[0]
    expect_array(
        answer(x, y, p, q), answer(x, y[::-1], p, q[::-1]), "the distance, where places coincide"
    )
    one = np.ones(1)
    expect_array(answer(4 * one, -one, one, one), 5.0, "the distance of the points 4 and -1")


def check_critic_of_samples(answer: Callable[..., Any]) -> None:
    """Check the scores, and that their means differ by the distance."""
    source = Generator(4)
    x, y = source.normal((4,), np.float64), 0.5 + 2 * source.normal((6,), np.float64)
    ends = np.sort(np.concatenate([x, y]))
    middles = (ends[1:] + ends[:-1]) / 2
    gaps = np.array([(x <= t).mean() - (y <= t).mean() for t in middles])
    slope = -np.sign(np.where(np.abs(gaps) < 1e-9, 0, gaps))

    def scores(slope: Any) -> Any:
        heights = np.concatenate([[0], np.cumsum(slope * np.diff(ends))])
        return tuple(np.interp(each, ends, heights) for each in (x, y))

    on_x, on_y = scores(slope)
    found = answer(x, y)
    turned = scores(-slope)
    for name, each, right, other, along in (
        ("real", found[0], on_x, turned[0], np.sort(on_x)),
        ("generated", found[1], on_y, turned[1], np.sort(on_y)),
    ):
        expect_array(
            each,
            right,
            f"the scores of {name} samples",
            mistakes={
                "the sign: real samples have the higher scores": other,
                "the scores are in another order than the samples": along,
            },
        )
    distance = (np.abs(gaps) * np.diff(ends)).sum()
    expect_array(found[0].mean() - found[1].mean(), distance, "the difference of the mean scores")
    pair = answer(np.array([3.0, 0.0]), np.array([3.0, 1.0]))
    expect_array(pair[0], [-1.0, 0.0], "the scores where samples coincide")


def check_sinkhorn_cost(answer: Callable[..., Any]) -> None:
    """Check a few rounds, a plan that has settled, and costs that are large."""
    source = Generator(5)
    x, y = source.normal((4, 2), np.float64), source.normal((3, 2), np.float64)
    cost = np.linalg.norm(x[:, None] - y, axis=2)
    p, q = (source.uniform((count,), np.float64) + 0.2 for count in (4, 3))
    p, q = p / p.sum(), q / q.sum()
    for rounds in (1, 50):
        plan = _plan(cost, p, q, 0.5, rounds)
        late = _plan(cost, p, q, 0.5, rounds, late=True)
        expect_array(
            answer(cost, p, q, 0.5, rounds),
            (plan * cost).sum(),
            f"the cost after {rounds} rounds",
            mistakes={
                "h is updated with the old f: first f, then h with the new one": (
                    (late * cost).sum()
                ),
                "one round too many": (_plan(cost, p, q, 0.5, rounds + 1) * cost).sum(),
                "one round too few": (_plan(cost, p, q, 0.5, rounds - 1) * cost).sum(),
                "all places count alike: p and q are not heeded": (
                    _plan(cost, np.full(4, 0.25), np.full(3, 1 / 3), 0.5, rounds) * cost
                ).sum(),
                "the plan is not multiplied by the costs": plan.sum(),
                "the mean of the costs under the plan is a sum, weighted by the plan": (
                    (plan * cost).mean()
                ),
            },
        )
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = float(answer(1000 * cost, p, q, 0.5, 3))
    expect(
        math.isfinite(found),
        "for large costs the result is no number: the exponentials underflow, and ln 0 is taken; "
        "use np.logaddexp.reduce",
    )
    expect_array(
        found, (1000 * _plan(1000 * cost, p, q, 0.5, 3) * cost).sum(), "the cost of a long way"
    )


def _plan(cost: Any, p: Any, q: Any, epsilon: float, rounds: int, *, late: bool = False) -> Any:
    """Return Sinkhorn's plan; `late` updates both potentials from the old ones."""
    f, h = np.zeros(len(p)), np.zeros(len(q))

    def soft(a: Any, axis: int) -> Any:
        top = a.max(axis=axis, keepdims=True)
        return np.log(np.exp(a - top).sum(axis=axis)) + top.squeeze(axis)

    for _ in range(rounds):
        new = epsilon * (np.log(p) - soft((h[None] - cost) / epsilon, 1))
        used = f if late else new
        h = epsilon * (np.log(q) - soft((used[:, None] - cost) / epsilon, 0))
        f = new
    return np.exp((f[:, None] + h[None] - cost) / epsilon)
