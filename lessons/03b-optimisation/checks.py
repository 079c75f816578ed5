"""Checks of the exercises of lesson 03b, optimisation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.course.expectations import expect, expect_array
from minigen.engine.random import Generator


def _rates(
    *, later: int = 1, from_warmup: bool = True, above_floor: bool = True, stays: bool = True
) -> list[float]:
    """Return the rates of 14 steps of 12, with a warm-up of 4, from 0.5 to 0.1; or wrong ones."""
    found = []
    for step in range(14):
        way = (step - 4) / 8 if from_warmup else step / 12
        wave = (1 + math.cos(math.pi * (min(way, 1.0) if stays else way))) / 2
        height = 0.4 if above_floor else 0.5
        found.append(0.5 * (step + later) / 4 if step < 4 else 0.1 + height * wave)
    return found


def check_warmup_cosine_rate(answer: Callable[..., Any]) -> None:
    """Check steps of the warm-up, of the wave, and beyond it."""
    expect_array(
        [answer(step, 12, 4, 0.5, 0.1) for step in range(14)],
        _rates(),
        "the list of rates",
        mistakes={
            "the first rate is 0, and the first step is lost: the line is (t + 1) / w": _rates(
                later=0
            ),
            "the wave is counted from the first step; it begins where the warm-up ends": _rates(
                from_warmup=False
            ),
            "the wave goes from the floor to the floor plus the peak: its height is the peak less "
            "the floor": _rates(above_floor=False),
            "after the last step the rate rises again; it stays at the floor": _rates(stays=False),
        },
    )
    expect_array(answer(9, 10, 1, 2.0, 0.0), 1 + math.cos(math.pi * 8 / 9), "the rate of step 9")


def check_adagrad_step(answer: Callable[..., Any]) -> None:
    """Check one step in the middle of a training, with an epsilon that can be seen."""
    draw = Generator(1)
    weights, gradient = draw.normal((2, 3), np.float64), draw.normal((2, 3), np.float64)
    total, lr, eps = draw.normal((2, 3), np.float64) ** 2 + 0.1, 0.3, 0.05
    kept = [array.copy() for array in (weights, gradient, total)]
    found = answer(weights, gradient, total, lr, eps)
    expect(
        isinstance(found, tuple | list) and len(found) == 2,
        "a tuple of the new weights and the new sum is expected",
    )
    expect(
        all(map(np.array_equal, (weights, gradient, total), kept)),
        "the arrays that were given were changed in place; return new ones",
    )
    new, forgetting = total + gradient**2, 0.9 * total + 0.1 * gradient**2
    expect_array(
        found[1],
        new,
        "the new sum",
        mistakes={
            "this is RMSprop's mean, with a decay of 0.9: AdaGrad's sum forgets nothing": (
                forgetting
            ),
            "the gradients were added up, not their squares": total + gradient,
            "the present gradient's square is missing": total,
        },
    )
    expect_array(
        found[0],
        weights - lr * gradient / (np.sqrt(new) + eps),
        "the new weights",
        mistakes={
            "they are divided by the sum as it was before: the present gradient belongs to it": (
                weights - lr * gradient / (np.sqrt(total) + eps)
            ),
            "epsilon stands inside the root; here it stands outside": (
                weights - lr * gradient / np.sqrt(new + eps)
            ),
            "the root is missing: the step is divided by the sum of squares": (
                weights - lr * gradient / (new + eps)
            ),
            "the step goes up: subtract it": weights + lr * gradient / (np.sqrt(new) + eps),
        },
    )


def check_mean_without_its_start(answer: Callable[..., Any]) -> None:
    """Check that a start far away leaves no trace, after few values and after many."""
    draw, beta = Generator(1), 0.8
    start = np.array([50.0, -20.0, 5.0])
    for count in (1, 4, 30):
        values = [draw.normal((3,), np.float64) for _ in range(count)]
        mean = start
        for value in values:
            mean = beta * mean + (1 - beta) * value
        share = beta**count
        shares = beta ** np.arange(count - 1, -1, -1.0)
        mistakes = {
            "this is Adam's correction, which is for a start at 0: the start still has its share": (
                mean / (1 - share)
            ),
            "the mean is not corrected: the start still has its share": mean,
            "the whole start was taken away; after T values its share is beta to the power T": (
                (mean - start) / (1 - share)
            ),
            "the share of the start was taken away; the shares that are left don't sum to 1 yet": (
                mean - share * start
            ),
        }
        if count > 1:
            plain = "all values count alike; the last should count 1, the one before beta"
            mistakes[plain] = np.mean(values, axis=0)
        expect_array(
            answer(values, beta, start.copy()),
            shares @ np.array(values) / shares.sum(),
            f"the mean of {count} value{'s' if count > 1 else ''}",
            mistakes=mistakes,
        )


def _slope(point: Any) -> Any:
    """Return the gradient of a function that is no parabola, with a minimum at 0."""
    return np.array([1.0, 6.0]) * np.sin(point)


def _walk(
    *, ahead: float = 0.7, ahead_returned: bool = False, momentum: float = 0.7, count: int = 6
) -> Any:
    """Return the points of the descent from (1, -0.5) with the rate 0.1; or wrong ones."""
    point, velocity = np.array([1.0, -0.5]), np.zeros(2)
    points = [point]
    for _ in range(count):
        velocity = momentum * velocity - 0.1 * _slope(point + ahead * velocity)
        point = point + velocity
        points.append(point + momentum * velocity if ahead_returned else point)
    return np.array(points)


def check_nesterov_descent(answer: Callable[..., Any]) -> None:
    """Check six steps on a function whose gradient is not linear."""
    start = np.array([1.0, -0.5])
    found = answer(_slope, start, 0.1, 0.7, 6)
    expect(np.array_equal(start, [1.0, -0.5]), "the start was changed in place; it has to stay")
    climbing = np.array([[1.0, -0.5]])
    velocity = np.zeros(2)
    for _ in range(6):
        velocity = 0.7 * velocity + 0.1 * _slope(climbing[-1] + 0.7 * velocity)
        climbing = np.vstack([climbing, climbing[-1] + velocity])
    expect_array(
        found,
        _walk(),
        "the path",
        mistakes={
            "the gradient is taken at the point itself, which is Polyak's momentum: look ahead "
            "first": _walk(ahead=0.0),
            "it looks ahead by the whole velocity; it is mu times the velocity that would lead "
            "there": _walk(ahead=1.0),
            "these are the points ahead; the points themselves are asked for": _walk(
                ahead_returned=True
            ),
            "it climbs: the velocity goes against the gradient": climbing,
            "the start is missing, or the last point: there are T + 1 points": _walk()[1:],
        },
    )
