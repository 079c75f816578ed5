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


def check_smoothed_loss(answer: Callable[..., Any]) -> None:
    """Check batches of two sizes, and scores that are large."""
    real, fake = (
        2 * Generator(seed).normal((count,), np.float64) for seed, count in ((1, 5), (2, 3))
    )
    for a in (0.9, 1.0, 0.7):
        of_real, of_fake = a * _softplus(-real) + (1 - a) * _softplus(real), _softplus(fake)
        right = of_real.mean() + of_fake.mean()
        expect_array(
            answer(real, fake, a),
            right,
            f"the loss for the label {a:g}",
            mistakes={
                "the real samples' labels are not smoothed": _softplus(-real).mean()
                + of_fake.mean(),
                "the term with 1 - a is missing: with the label a, a sample counts for both": (
                    (a * _softplus(-real)).mean() + of_fake.mean()
                ),
                "the labels of generated samples are smoothed, too; asked is the one side": (
                    of_real.mean() + (a * _softplus(fake) + (1 - a) * _softplus(-fake)).mean()
                ),
                "the labels are exchanged: real samples want a high score": (
                    (a * _softplus(real) + (1 - a) * _softplus(-real)).mean()
                    + _softplus(-fake).mean()
                ),
                "this is what the discriminator maximises; its loss is the negative": -right,
                "a sum over the samples: take the mean over each kind": (
                    of_real.sum() + of_fake.sum()
                ),
                "one mean over all samples: each kind has a mean of its own": (
                    np.concatenate([of_real, of_fake]).mean()
                ),
                "half of it: the two means are added, not averaged": right / 2,
            },
        )
    for scores in (([-1000.0], [0.0]), ([0.0], [1000.0]), ([1000.0], [-1000.0])):
        real, fake = (np.array(each) for each in scores)
        found = _quietly(answer, real, fake, 0.9)
        where = f"for real {scores[0]} and generated {scores[1]} the loss is {found:.6g}"
        expect(
            np.isfinite(found).all(),
            f"{where}: an exponential overflows, or a logarithm meets 0; use np.logaddexp(0, x)",
        )
        right = 0.9 * _softplus(-real) + 0.1 * _softplus(real) + _softplus(fake)
        expect(
            bool(np.isclose(found, right, rtol=1e-6)),
            f"{where}, expected {float(right[0]):.6g}: is a probability clipped?",
        )


def check_best_answer(answer: Callable[..., Any]) -> None:
    """Check shares on both sides of a half, and densities that no float can hold."""
    log_p, log_q = (Generator(seed).normal((4,), np.float64) for seed in (3, 4))
    p, q = np.exp(log_p), np.exp(log_q)
    for share in (0.2, 0.6):
        right = share * p / (share * p + (1 - share) * q)
        expect_array(
            answer(log_p, log_q, share),
            right,
            f"the answer for the share {share:g}",
            mistakes={
                "the share is not heeded: this is for half and half": p / (p + q),
                "p and q are exchanged: it is the probability of being real": 1 - right,
                "the share belongs to the real samples, 1 - share to the generated ones": (
                    (1 - share) * p / ((1 - share) * p + share * q)
                ),
                "the score, whose sigmoid is the answer": np.log(right / (1 - right)),
                "the share stands above only; below, both densities are weighted": (
                    share * p / (p + q)
                ),
                "p is weighted, q is not": share * p / (share * p + q),
                "the logarithms are taken for the densities": (
                    share * log_p / (share * log_p + (1 - share) * log_q)
                ),
                "the share is added to the score; what is added is ln(share / (1 - share))": (
                    1 / (1 + np.exp(log_q - log_p - share))
                ),
            },
        )
    far = np.array([-2000.0, -2000.0, -3000.0]), np.array([-2001.0, -3000.0, -2000.0])
    found = _quietly(answer, *far, 0.5)
    expect(
        np.isfinite(found).all(),
        "for densities near e^-2000 the answer is no number: 0 / 0, or an exponential overflowed; "
        "take the difference of the logarithms first",
    )
    expect_array(found, [1 / (1 + math.exp(-1)), 1.0, 0.0], "the answer for densities near e^-2000")


def check_relativistic_rule(answer: Callable[..., Any]) -> None:
    """Check both cotangents, and scores that are large."""
    fake, real = (2 * Generator(seed).normal((5,), np.float64) for seed in (5, 6))

    def rule(factor: Callable[..., Any], of_real: float = -1.0) -> Callable[..., Any]:
        """Return a rule with a factor of g, and that of the real scores relative to it."""

        def wrong(g: Any, _out: Any, fake: Any, real: Any) -> Any:
            of_fake = g * factor(fake - real)
            return of_fake, of_real * of_fake

        return wrong

    def share(x: Any) -> Any:
        return 1 / (1 + np.exp(x))

    expect_rule(
        lambda fake, real: _softplus(real - fake).mean(),
        answer,
        [fake, real],
        mistakes={
            "the mean is missing: each pair has the weight 1/N": rule(lambda d: -share(d)),
            "d loss / d real has the sign of d loss / d fake; the loss falls where a real score "
            "falls": rule(lambda d: -share(d) / 5, 1.0),
            "d loss / d real is 0: the loss depends on the real scores, too": (
                rule(lambda d: -share(d) / 5, 0.0)
            ),
            "the slope is sigma(s - s~); this is that of the saturating loss": (
                rule(lambda d: -share(-d) / 5)
            ),
            "the signs are exchanged: a higher score of a generated sample lowers the loss": (
                rule(lambda d: share(d) / 5)
            ),
            "the generated scores alone, as in the non-saturating loss": (
                lambda g, _out, fake, real: (-g * share(fake) / 5, g * share(real) / 5)
            ),
        },
    )
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = answer(np.array(1.0), np.array(0.0), np.array([1000.0, -1000.0]), np.zeros(2))
    for name, each, right in (("fake", found[0], [0, -0.5]), ("real", found[1], [0, 0.5])):
        where = f"d loss / d {name} for generated scores of 1000 and -1000"
        expect(np.isfinite(each).all(), f"{where} is no number: an exponential overflowed")
        expect_array(each, right, where)


def check_jensen_shannon(answer: Callable[..., Any]) -> None:
    """Check three tables with zeros, also a column of them; equal ones, and disjoint ones."""
    tables = np.abs(Generator(7).normal((3, 5), np.float64))
    tables[0, 1] = tables[2, 3] = 0.0
    tables[:, 4] = 0.0
    tables /= tables.sum(axis=1, keepdims=True)
    weights = np.array([0.5, 0.2, 0.3])

    def divergences(m: Any) -> Any:
        """Return the divergence of each table from m."""
        inside = tables > 0
        ratio = np.where(inside, tables, 1.0) / np.where(inside, m, 1.0)
        return (tables * np.log(ratio)).sum(axis=1)

    mixture, plain = weights @ tables, tables.mean(axis=0)
    right = weights @ divergences(mixture)
    found = _quietly(answer, tables, weights)
    expect(
        np.isfinite(found).all(),
        "where a probability is 0 the result is no number: 0 ln 0 is 0, so leave it out",
    )
    expect_array(
        found,
        right,
        "the divergence",
        mistakes={
            "the tables count alike: weigh the divergences": divergences(mixture).mean(),
            "the divergences are added: weigh them": divergences(mixture).sum(),
            "the mixture is the plain mean of the tables: weigh it, too": (
                weights @ divergences(plain)
            ),
            "neither the mixture nor the divergences are weighted": divergences(plain).mean(),
            "in bits; asked for are nats": right / math.log(2),
            "the sign: a divergence is not negative": -right,
            "each of three: add them up with their weights": divergences(mixture),
        },
    )
    same = np.array([[0.25, 0.75], [0.25, 0.75]])
    expect_array(answer(same, np.array([0.4, 0.6])), 0.0, "the divergence of equal tables")
    expect_array(
        _quietly(answer, np.eye(4), np.full(4, 0.25)),
        math.log(4),
        "the divergence of four tables that have no place in common",
    )
