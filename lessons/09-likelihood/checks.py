"""Checks of the exercises of lesson 09, convolutional VAEs and likelihood."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.course.expectations import expect, expect_array
from minigen.engine.random import Generator


def _quietly(answer: Callable[..., Any], *inputs: Any) -> Any:
    """Call an answer; what overflows shows in the numbers."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return answer(*inputs)


def check_bits_per_pixel(answer: Callable[..., Any]) -> None:
    """Check few and many levels."""
    for nats, pixels, levels in ((-120.0, 64, 17), (30.0, 10, 256)):
        unit = pixels * math.log(2)
        expect_array(
            answer(nats, pixels, levels),
            (nats + pixels * math.log((levels - 1) / 2)) / unit,
            f"the bits for {nats:g} nats, {pixels} pixels and {levels} levels",
            mistakes={
                "as for pixels in [0, 1]; from -1 to 1 two levels are twice as far apart": (
                    (nats + pixels * math.log(levels - 1)) / unit
                ),
                "between the first and the last of n levels lie n - 1 distances": (
                    (nats + pixels * math.log(levels / 2)) / unit
                ),
                "the unit of length is not changed: a density is not a probability": nats / unit,
                "the unit of length is changed the wrong way: a probability is delta times the "
                "density": (nats - pixels * math.log((levels - 1) / 2)) / unit,
                "the change of unit is counted for one pixel; every pixel has it": (
                    (nats + math.log((levels - 1) / 2)) / unit
                ),
                "in nats; a bit is ln 2 of them": (
                    (nats + pixels * math.log((levels - 1) / 2)) / pixels
                ),
                "multiplied by ln 2, where it is divided": (
                    (nats + pixels * math.log((levels - 1) / 2)) / pixels * math.log(2)
                ),
                "of the whole image, not a pixel": (
                    (nats + pixels * math.log((levels - 1) / 2)) / math.log(2)
                ),
            },
        )


def check_effective_draws(answer: Callable[..., Any]) -> None:
    """Check weights near 1, and such as no float can hold."""
    log_weights = 2 * Generator(1).normal((6, 3), np.float64)
    w = np.exp(log_weights)
    right = w.sum(axis=0) ** 2 / (w**2).sum(axis=0)
    expect_array(
        answer(log_weights),
        right,
        "the numbers of draws",
        mistakes={
            "summed over images; each image has its own draws, along axis 0": (
                w.sum(axis=1) ** 2 / (w**2).sum(axis=1)
            ),
            "the sum is not squared": w.sum(axis=0) / (w**2).sum(axis=0),
            "turned round: the square of the sum is above": 1 / right,
            "the logarithms are taken for the weights": (
                log_weights.sum(axis=0) ** 2 / (log_weights**2).sum(axis=0)
            ),
            "the inverse of the largest share; a related number, but asked is another": (
                w.sum(axis=0) / w.max(axis=0)
            ),
            "divided by K: the share of draws, not their number": right / 6,
        },
    )
    found = np.asarray(_quietly(answer, log_weights - 2000), np.float64)
    expect(
        np.isfinite(found).all(),
        "for weights near e^-2000 the result is no number: a common factor cancels, so divide all "
        "weights of an image by the largest",
    )
    expect_array(found, right, "the numbers of draws for weights near e^-2000", rtol=1e-6)


def check_growing_bounds(answer: Callable[..., Any]) -> None:
    """Check all numbers of draws, and weights that no float can hold."""
    log_weights = 2 * Generator(2).normal((5, 3), np.float64)
    k = np.arange(1, 6)
    sums = np.cumsum(np.exp(log_weights), axis=0)
    right = (np.log(sums) - np.log(k)[:, None]).mean(axis=1)
    expect_array(
        answer(log_weights),
        right,
        "the bounds",
        mistakes={
            "1/k is missing: the mean of the weights, not their sum": np.log(sums).mean(axis=1),
            "divided by K throughout; the first k draws have k weights": (
                (np.log(sums) - math.log(5)).mean(axis=1)
            ),
            "the logarithms are averaged; the weights have to be, and then the logarithm taken": (
                (np.cumsum(log_weights, axis=0) / k[:, None]).mean(axis=1)
            ),
            "the images are averaged before the logarithm is taken": (
                np.log(sums.mean(axis=1)) - np.log(k)
            ),
            "those of each image: average over the images": np.log(sums) - np.log(k)[:, None],
            "the bound of all draws alone; those of the first 1, 2, ... are asked for": (
                np.asarray(right[-1])
            ),
            "the sign: these are bounds of ln p(x), not losses": -right,
        },
    )
    found = np.asarray(_quietly(answer, log_weights - 2000), np.float64)
    expect(
        np.isfinite(found).all(),
        "for weights near e^-2000 the result is no number: add them up by their logarithms, with "
        "np.logaddexp, or take the largest of each image out",
    )
    expect_array(found, right - 2000, "the bounds for weights near e^-2000", rtol=1e-9)


def check_continuous_bernoulli_mean(answer: Callable[..., Any]) -> None:
    """Check logits of both signs, near 0, and far away."""
    logits = np.array([[0.7, -1.3, 3.0], [-6.0, 0.2, 12.0]])

    def mean(l: Any) -> Any:  # noqa: E741 - the logit, as in the formulas
        return 1 / (1 - np.exp(-l)) - 1 / l

    expect_array(
        _quietly(answer, logits),
        mean(logits),
        "the mean",
        mistakes={
            "sigma(l) is the mean of a Bernoulli variable, which is 0 or 1": (
                1 / (1 + np.exp(-logits))
            ),
            "the integral of x e^(x l), which has to be divided by that of e^(x l)": (
                mean(logits) * (np.exp(logits) - 1) / logits
            ),
            "the sign of 1 / l: it is subtracted": 1 / (1 - np.exp(-logits)) + 1 / logits,
            "that of 1 - x: the sign of the logit is flipped": mean(-logits),
            "the term -1 / l is missing": 1 / (1 - np.exp(-logits)),
        },
        rtol=1e-9,
    )
    for logit, right in ((0.0, 0.5), (1e-9, 0.5), (1000.0, 0.999), (-1000.0, 0.001)):
        found = np.asarray(_quietly(answer, np.array([[logit]])), np.float64)
        where = f"at the logit {logit:g} the mean is {found.ravel()[0]:.9g}, expected {right:g}"
        expect(np.isfinite(found).all(), f"{where}: 0 / 0, or an exponential overflowed")
        expect(
            abs(found.ravel()[0] - right) < 1e-9,
            f"{where}: near 0 the difference of two large numbers is all rounding; use the series "
            "there, 1/2 + l/12 - l^3/720",
        )
    small = np.array([[1e-4, -3e-3, 0.05]])
    series = 0.5 + small / 12 - small**3 / 720 + small**5 / 30240
    expect_array(
        _quietly(answer, small),
        series,
        "near 0, where the difference of two large numbers loses digits, the mean",
        rtol=1e-9,
    )


def check_discretised_logistic(answer: Callable[..., Any]) -> None:
    """Check few and several levels, means in and out of range, and tiny probabilities."""
    mu = np.array([[0.1, 0.5, 0.9], [0.4, 1.2, -0.2]])
    log_s = np.array([[-1.0, -2.0, -1.5], [0.3, -1.0, -0.5]])
    for levels in (5, 2):
        step = 1 / (levels - 1)

        def table(
            log_scale: Any = log_s,
            shift: float = 0.5,
            first: bool = True,
            step: float = step,
            levels: int = levels,
        ) -> Any:
            """Return the probabilities; with the outer intervals open, or not."""
            k = np.arange(levels)[:, None, None]
            upper, lower = (
                1 / (1 + np.exp(-((k + end) * step - mu) / np.exp(log_scale)))
                for end in (shift, shift - 1)
            )
            if first:
                upper[-1], lower[0] = 1.0, 0.0
            return upper - lower

        expect_array(
            _quietly(answer, mu, log_s, levels),
            np.log(table()),
            f"the logarithms of the probabilities of {levels} levels",
            mistakes={
                "the probabilities, where their logarithms are asked for": table(),
                "the first interval begins at minus infinity, and the last ends at infinity": (
                    np.log(table(first=False))
                ),
                "an interval reaches half way to both neighbours; these begin at their level": (
                    np.log(table(shift=1.0))
                ),
                "log_s is ln s, not s^2: s is its exponential": np.log(table(log_s / 2)),
                "the density at the level times the distance; near the ends and for small s that "
                "is not the probability": (
                    np.log(step) - np.log(np.exp(log_s)) + _log_density(mu, log_s, levels)
                ),
            },
            rtol=1e-7,
        )
    sharp = np.full((1, 1), math.log(1e-3))
    found = np.asarray(_quietly(answer, np.zeros((1, 1)), sharp, 5), np.float64).ravel()
    expect(
        np.isfinite(found).all(),
        "a probability of about e^-875 is 0 in a computer, and its logarithm infinite: "
        "sigma(b) - sigma(a) = sigma(b) sigma(-a) (1 - e^(a - b)), whose logarithm is a sum",
    )
    expect_array(found[1:], [-125.0, -375.0, -625.0, -875.0], "sharp, at mu = 0, the last four,",
                 rtol=1e-6)  # fmt: skip


def _log_density(mu: Any, log_s: Any, levels: int) -> Any:
    """Return the logarithm of s times the density at each level."""
    a = (np.arange(levels)[:, None, None] / (levels - 1) - mu) / np.exp(log_s)
    return -a - 2 * np.logaddexp(0, -a)
