"""Checks of the exercises of lesson 14, translation and enhancement."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import minigen.functional as F
from minigen.course.expectations import expect, expect_array, expect_rule
from minigen.engine.random import Generator


def check_quantile_rule(answer: Callable[..., Any]) -> None:
    """Check two levels, with answers on both sides of their targets."""
    source = Generator(0)
    target = source.normal((6,), np.float64)
    r = target + np.array([0.7, -0.4, 0.9, -1.1, -0.6, 0.5])

    def rule(below: float, above: float, of_target: float = -1.0, count: int = 6) -> Any:
        """Return a rule of two slopes, and the target's relative to the answer's."""

        def wrong(g: Any, _out: Any, answer: Any, target: Any) -> Any:
            slope = g * np.where(answer < target, below, above) / count
            return slope, of_target * slope

        return wrong

    for level in (0.9, 0.3):

        def forward(r: Any, y: Any, level: float = level) -> Any:
            return (F.relu(y - r) * level + F.relu(r - y) * (1 - level)).mean()

        expect_rule(
            forward,
            functools.partial(answer, level=level),
            [r, target],
            mistakes={
                "the mean is missing: each pixel has the weight 1/N": (
                    rule(-level, 1 - level, count=1)
                ),
                "the signs are exchanged: a larger answer costs less while it is too small": (
                    rule(level, level - 1)
                ),
                "the levels are exchanged: one that is too small costs t": (rule(level - 1, level)),
                "both slopes are t: one that is too large costs 1 - t": rule(-level, level),
                "the target's cotangent is the negative of the answer's": (
                    rule(-level, 1 - level, 1.0)
                ),
                "the target has a cotangent, too": rule(-level, 1 - level, 0.0),
                "this is the median's loss: the level is not heeded": rule(-0.5, 0.5),
            },
        )


def check_least_cycle_loss(answer: Callable[..., Any]) -> None:
    """Check codes of several letters, also of one alone."""
    greys = np.array([0.2, 0.9, 0.4, 0.5, 1.0, 0.3, 0.7, 0.35])
    codes = np.array([4, 4, 4, -1, -1, -1, 7, 4])
    groups = [greys[codes == code] for code in (4, -1, 7)]

    def total(middle: Callable[[Any], Any], power: int = 1) -> float:
        return float(sum((np.abs(each - middle(each)) ** power).sum() for each in groups))

    expect_array(
        answer(greys, codes),
        total(np.median) / 8,
        "the least loss",
        mistakes={
            "the mean is the answer to squared errors": total(np.mean) / 8,
            "squared errors are summed": total(np.median, 2) / 8,
            "one median for all: a code may have an answer of its own": (
                np.abs(greys - np.median(greys)).mean()
            ),
            "a sum over the letters: take the mean": total(np.median),
            "a mean over the codes: every letter counts alike": np.mean(
                [np.abs(each - np.median(each)).mean() for each in groups]
            ),
        },
    )
    expect_array(answer(greys, np.arange(8)), 0.0, "the least loss if every letter has its code")


def check_best_denoiser(answer: Callable[..., Any]) -> None:
    """Check pictures that are near to each other, and some with many pixels."""
    source = Generator(1)
    pictures, sigma = source.normal((3, 4), np.float64), 1.3
    prior = np.array([0.6, 0.3, 0.1])
    seen = pictures[[0, 2]] + sigma * source.normal((2, 4), np.float64)
    gaps = ((seen[:, None] - pictures) ** 2).sum(axis=-1)

    def mean(weights: Any) -> Any:
        return weights @ pictures / weights.sum(axis=1, keepdims=True)

    weights = prior * np.exp(-gaps / (2 * sigma**2))
    expect_array(
        answer(seen, pictures, prior, sigma),
        mean(weights),
        "the mean",
        mistakes={
            "the prior is not heeded": mean(np.exp(-gaps / (2 * sigma**2))),
            "the weights do not sum to 1: divide by their sum": weights @ pictures,
            "the exponent is that of sigma^2 = 1/2: divide by 2 sigma^2": mean(
                prior * np.exp(-gaps)
            ),
            "the 2 of 2 sigma^2 is missing": mean(prior * np.exp(-gaps / sigma**2)),
            "sigma is not squared": mean(prior * np.exp(-gaps / (2 * sigma))),
            "the most likely picture; asked for is the mean": pictures[weights.argmax(axis=1)],
            "what is seen is not heeded: this is the prior's mean": (
                np.broadcast_to(prior @ pictures, seen.shape)
            ),
        },
    )
    large = source.normal((2, 900), np.float64)
    far = 0.5 * (large[:1] + large[1:]) + 3 * source.normal((1, 900), np.float64)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = np.asarray(answer(far, large, np.array([0.5, 0.5]), 0.2))
    expect(
        np.isfinite(found).all(),
        "for 900 pixels the mean is no number: all densities are 0; subtract the largest exponent "
        "before the exponential",
    )
    nearest = ((far - large) ** 2).sum(axis=1).argmin()
    expect_array(found, large[nearest][None], "the mean for 900 pixels")


def check_smooth_filling(answer: Callable[..., Any]) -> None:
    """Check a ramp, which is its own solution, and a hole at the border."""
    ramp = np.add.outer(2.0 * np.arange(5), np.arange(6.0))
    hole = np.zeros((5, 6), bool)
    hole[1:4, 2:5] = True
    expect_array(
        answer(np.where(hole, np.nan, ramp), hole),
        ramp,
        "the filling of a ramp",
        mistakes={
            "one round of means is not the solution: neighbours are missing, too": _one_round(
                ramp, hole
            ),
        },
    )
    hole = np.zeros((4, 5), bool)
    hole[0, :3] = hole[1, 0] = hole[3, 4] = True
    image = Generator(2).normal((4, 5), np.float64)
    filled = np.asarray(answer(np.where(hole, 0.0, image), hole), np.float64)
    expect_array(filled[~hole], image[~hole], "the known pixels")
    padded = np.pad(filled, 1, constant_values=np.nan)
    around = np.stack([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]])
    own = np.nansum(around, axis=0) / (~np.isnan(around)).sum(axis=0)
    expect(
        not np.allclose(filled[hole], (np.nansum(around, axis=0) / 4)[hole], atol=1e-9),
        "at the border of the image the sum of fewer than four neighbours is divided by 4",
    )
    expect_array(filled[hole], own[hole], "the means of the neighbours at the border")


def _one_round(image: Any, hole: Any) -> Any:
    """Replace missing pixels by the mean of those neighbours that are known, once."""
    known = np.where(hole, np.nan, image)
    padded = np.pad(known, 1, constant_values=np.nan)
    around = np.stack([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]])
    count = (~np.isnan(around)).sum(axis=0)
    means = np.nansum(around, axis=0) / np.maximum(count, 1)
    return np.where(hole, means, image)
