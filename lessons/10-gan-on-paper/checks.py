"""Checks of the exercises of lesson 10, the GAN on paper."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.course.expectations import expect, expect_array, expect_rule
from minigen.engine.random import Generator


def _softplus(x: Any) -> Any:
    return np.logaddexp(0, x)


def _quietly(answer: Callable[..., Any], *arguments: Any) -> Any:
    """Call an answer whose overflows the check's own message is about."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(answer(*arguments), np.float64)


def check_discriminator_loss(answer: Callable[..., Any]) -> None:
    """Check batches of two sizes, and scores that are large."""
    real, fake = (
        2 * Generator(seed).normal((count,), np.float64) for seed, count in ((1, 5), (2, 3))
    )
    right = _softplus(-real).mean() + _softplus(fake).mean()
    expect_array(
        answer(real.copy(), fake.copy()),
        right,
        "the loss",
        mistakes={
            "the labels are exchanged: real samples want a high score": (
                _softplus(real).mean() + _softplus(-fake).mean()
            ),
            "both kinds have the label real: of generated samples it is 1 - sigma(s) that counts": (
                _softplus(-real).mean() + _softplus(-fake).mean()
            ),
            "this is V, which the discriminator maximises; its loss is -V": -right,
            "a sum over the samples: take the mean over each kind": (
                _softplus(-real).sum() + _softplus(fake).sum()
            ),
            "one mean over all samples: each kind has a mean of its own": (
                np.concatenate([_softplus(-real), _softplus(fake)]).mean()
            ),
            "half of it: the two means are added, not averaged": right / 2,
            "the mean of ln sigma has been taken for ln of the mean": (
                -np.log(np.mean(1 / (1 + np.exp(-real)))) - np.log(np.mean(1 / (1 + np.exp(fake))))
            ),
        },
    )
    for real, fake in (([-1000.0], [0.0]), ([0.0], [1000.0]), ([1000.0], [-1000.0])):
        found = _quietly(answer, np.array(real), np.array(fake))
        expect(
            np.isfinite(found).all(),
            f"the loss is {float(found):g} for the scores {real[0]:g} of a real and {fake[0]:g} of "
            "a generated sample: sigma(s) is rounded to 0 or 1 before the logarithm, or an "
            "exponential overflows. -ln sigma(s) is ln(e^0 + e^-s)",
        )
        right = float(_softplus(-np.array(real)).mean() + _softplus(np.array(fake)).mean())
        expect_array(found, right, f"the loss for the scores {real[0]:g} and {fake[0]:g}")


def check_non_saturating_rule(answer: Callable[..., Any]) -> None:
    """Check scores of both signs against finite differences."""

    def sigma(s: Any) -> Any:
        return 1 / (1 + np.exp(-s))

    expect_rule(
        lambda scores: _softplus(-scores).mean(),
        answer,
        [2 * Generator(3).normal((5,), np.float64)],
        mistakes={
            "these are the weights of the saturating loss, -sigma(s): here those that are seen "
            "through get the large ones, -sigma(-s)": (
                lambda g, _out, scores: (-g * sigma(scores) / len(scores),)
            ),
            "the sign is flipped: a higher score means a smaller loss": (
                lambda g, _out, scores: (g * sigma(-scores) / len(scores),)
            ),
            "the mean over the N samples is missing: divide by N": (
                lambda g, _out, scores: (-g * sigma(-scores),)
            ),
            "without the cotangent: multiply by g": (
                lambda _g, _out, scores: (-sigma(-scores) / len(scores),)
            ),
            "the slope of -sigma(s), without the logarithm: the factor sigma(s) lets it saturate": (
                lambda g, _out, scores: (-g * sigma(scores) * sigma(-scores) / len(scores),)
            ),
        },
    )


def check_best_answer(answer: Callable[..., Any]) -> None:
    """Check near densities, densities far below what a float can hold, and ratios as large."""
    log_p, log_q = (2 * Generator(seed).normal((2, 3), np.float64) for seed in (4, 5))
    p, q = np.exp(log_p), np.exp(log_q)
    expect_array(
        answer(log_p.copy(), log_q.copy()),
        p / (p + q),
        "the answer",
        mistakes={
            "this is the probability of being generated: exchange p and q": q / (p + q),
            "this is the best score, a number of any size: take its sigmoid": log_p - log_q,
            "this is the ratio p / q, the odds: the probability is p / (p + q)": p / q,
            "the logarithms stand where the densities belong": log_p / (log_p + log_q),
            "this is the logarithm of the answer": -np.logaddexp(0, log_q - log_p),
        },
    )
    low = np.array([-2000.0, -2001.0])
    found = _quietly(answer, low, low[::-1].copy())
    expect(
        np.isfinite(found).all(),
        "the answer is not a number where both densities are below what a float can hold: use the "
        "difference of the logarithms",
    )
    expect_array(found, 1 / (1 + np.exp([-1.0, 1.0])), "the answer for densities near e^-2000")
    with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise", divide="raise"):
        warnings.simplefilter("error")
        try:
            found = answer(np.array([0.0, -2000.0]), np.array([-2000.0, 0.0]))
        except (FloatingPointError, RuntimeWarning):
            found = np.full(2, np.nan)
    expect(
        np.isfinite(np.asarray(found, np.float64)).all(),
        "an exponential overflows where one density is e^2000 times the other: take only those of "
        "numbers that are not positive",
    )
    expect_array(found, [1.0, 0.0], "the answer where one density is e^2000 times the other")


def check_jensen_shannon(answer: Callable[..., Any]) -> None:
    """Check tables without zeros, with zeros, and tables that do not overlap."""
    p, q = np.array([0.5, 0.2, 0.2, 0.1]), np.array([0.1, 0.1, 0.2, 0.6])
    m = (p + q) / 2

    def kl(a: Any, b: Any) -> Any:
        return np.sum(a * np.log(a / b))

    right = (kl(p, m) + kl(q, m)) / 2
    expect_array(
        answer(p.copy(), q.copy()),
        right,
        "JS",
        mistakes={
            "the sum of both divergences: take half of it": 2 * right,
            "the first of the two terms is missing": kl(q, m) / 2,
            "the second of the two terms is missing": kl(p, m) / 2,
            "one divergence alone: the other is that of q from the mixture": kl(p, m),
            "the divergences of p and q from each other: each is to be taken from the mixture m": (
                (kl(p, q) + kl(q, p)) / 2
            ),
            "the mixture is half the sum of p and q, so that it sums to 1": (
                (kl(p, p + q) + kl(q, p + q)) / 2
            ),
            "the divergences of the mixture from p and q: the mixture stands second": (
                (kl(m, p) + kl(m, q)) / 2
            ),
            "in bits: take the natural logarithm": right / math.log(2),
            "the sign is flipped": -right,
        },
    )
    for p, q, right in (
        (np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.0, 1.0]), math.log(2)),
        (np.array([1.0, 0.0]), np.array([1.0, 0.0]), 0.0),
    ):
        found = _quietly(answer, p, q)
        expect(
            np.isfinite(found).all(),
            f"JS of {p.tolist()} and {q.tolist()} is {float(found):g}: where a probability is 0 "
            "its term is 0, and the logarithm must not be taken",
        )
        expect_array(found, right, f"JS of {p.tolist()} and {q.tolist()}")
