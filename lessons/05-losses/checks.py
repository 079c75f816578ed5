"""Checks of the exercises of lesson 05, losses."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.course.expectations import expect, expect_array, expect_rule
from minigen.engine.random import Generator


def check_laplace_nll(answer: Callable[..., Any]) -> None:
    """Check scales on both sides of 1, and deviations of both signs."""
    mu, log_b, target = (Generator(seed).normal((3, 4), np.float64) for seed in (1, 2, 3))
    distance, b = np.abs(target - mu), np.exp(log_b)
    constant = math.log(2) + log_b
    expect_array(
        answer(mu, log_b, target),
        constant + distance / b,
        "the negative log-likelihood",
        mistakes={
            "Z is missing: the density has to integrate to 1": distance / b,
            "Z is b, the area of one tail; there are two": log_b + distance / b,
            "the scale is missing in Z: a wider density is lower": math.log(2) + distance / b,
            "log_b is the logarithm of the scale: divide by its exponential": (
                constant + distance / log_b
            ),
            "the deviation is multiplied by the scale, where it should be divided": (
                constant + distance * b
            ),
            "the deviation is squared: that is the Gaussian's loss": constant + distance**2 / b,
            "the sign: this is the log-likelihood": -constant - distance / b,
            "the deviation keeps its sign: take its magnitude": constant + (target - mu) / b,
            "right, but added up: the losses of the elements are asked for": (
                np.asarray((constant + distance / b).sum())
            ),
        },
    )


def check_weighted_bce(answer: Callable[..., Any]) -> None:
    """Check moderate logits, and then such at which a naive formula overflows or loses digits."""
    logits, target = Generator(4).normal((3, 4), np.float64), Generator(5).uniform((3, 4))
    target, weight = target.astype(np.float64), 3.0
    p = 1 / (1 + np.exp(-logits))
    white, black = -target * np.log(p), -(1 - target) * np.log(1 - p)
    expect_array(
        _quietly(answer, logits, target, weight),
        weight * white + black,
        "the loss",
        mistakes={
            "the weight is missing: this is the plain cross-entropy": white + black,
            "the weight is that of the negatives; it belongs to the term with t": (
                white + weight * black
            ),
            "both terms are weighted; only that of the positives should be": (
                weight * (white + black)
            ),
            "targets 0 and 1 are exchanged": (
                -weight * (1 - target) * np.log(p) - target * np.log(1 - p)
            ),
            "the term of black, with 1 - t, is missing": weight * white,
            "the sign: this is the log-likelihood": -weight * white - black,
            "right, but added up: the losses of the elements are asked for": (
                np.asarray((weight * white + black).sum())
            ),
        },
    )
    for logit, t, right in (
        (1000.0, 0.0, 1000.0),
        (1000.0, 1.0, 0.0),
        (-1000.0, 1.0, 3000.0),
        (-1000.0, 0.0, 0.0),
        (40.0, 0.0, 40.0),
    ):
        found = np.asarray(_quietly(answer, np.array([logit]), np.array([t]), weight), np.float64)
        where = f"at the logit {logit:g}, the target {t:g} and the weight 3 the loss is"
        expect(np.isfinite(found).all(), f"{where} {found[0]:g}: an exponential overflowed")
        expect(
            abs(found[0] - right) < 1e-9,
            f"{where} {found[0]:.6g}, expected {right:g}: the probability has rounded to 0 or 1, "
            "or was clipped; what the logit knew is lost",
        )
    tiny = np.asarray(_quietly(answer, np.array([40.0]), np.array([1.0]), weight), np.float64)[0]
    expect(
        abs(tiny / (3 * math.exp(-40)) - 1) < 1e-6,
        f"at the logit 40, the target 1 and the weight 3 the loss is {tiny:.3g}, expected "
        f"{3 * math.exp(-40):.3g}: 1 + exp(-|l|) rounds; np.log1p(x) is log(1 + x) without the sum",
    )


def _quietly(answer: Callable[..., Any], *inputs: Any) -> Any:
    """Call an answer; what overflows shows in the numbers."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return answer(*inputs)


def _surprise(x: Any) -> Any:
    """Return the negative logarithm of the softmax."""
    shift = x.max(axis=1, keepdims=True)
    return shift + np.log(np.exp(x - shift).sum(axis=1, keepdims=True)) - x


def check_cross_entropy_rule(answer: Callable[..., Any]) -> None:
    """Check the rule against finite differences, with targets that do not sum to 1."""
    logits = Generator(6).normal((3, 4), np.float64)
    target = np.abs(Generator(7).normal((3, 4), np.float64))

    def rule(of_logits: Callable[..., Any], of_target: Callable[..., Any]) -> Callable[..., Any]:
        """Make a rule of functions of g, the softmax, the logits, and the targets and their sum."""

        def rule(g: Any, _out: Any, x: Any, t: Any) -> Any:
            given = (g[:, None], np.exp(-_surprise(x)), x, t, t.sum(axis=1, keepdims=True))
            return of_logits(*given), of_target(*given)

        return rule

    def of_logits(g: Any, p: Any, _x: Any, t: Any, total: Any) -> Any:
        return g * (total * p - t)

    def of_target(g: Any, p: Any, *_: Any) -> Any:
        return -g * np.log(p)

    expect_rule(
        lambda x, t: (t * _surprise(x)).sum(axis=1),
        answer,
        [logits, target],
        mistakes={
            "d loss / d logits is p - t: right where the targets sum to 1, but here the softmax is "
            "multiplied by their sum": rule(lambda g, p, _x, t, _total: g * (p - t), of_target),
            "d loss / d logits has the sign flipped: it is expectation minus outcome": (
                rule(lambda *given: -of_logits(*given), of_target)
            ),
            "the cotangent is missing: each row is multiplied by its g": rule(
                lambda _g, *given: of_logits(1, *given), lambda _g, *given: of_target(1, *given)
            ),
            "d loss / d target is minus the logit: the logarithm of the sum is missing": (
                rule(of_logits, lambda g, _p, x, *_: -g * x)
            ),
            "d loss / d target is the log-probability; the loss has its negative": (
                rule(of_logits, lambda *given: -of_target(*given))
            ),
            "divided by the number of rows: the op has no mean over the batch; what averages later "
            "sends it back in g": rule(
                lambda *given: of_logits(*given) / len(logits),
                lambda *given: of_target(*given) / len(logits),
            ),
        },
    )
    large = np.array([[1000.0, 0.0, -1000.0]])
    one_hot = np.array([[0.0, 1.0, 0.0]])
    with np.errstate(all="ignore"):
        found, _ = answer(np.ones(1), np.array([1000.0]), large, one_hot)
    expect(
        np.isfinite(found).all(),
        "at logits of 1000 the rule gives no numbers: subtract the largest logit of each row",
    )
    expect_array(found, np.array([[1.0, -1.0, 0.0]]), "the gradient at logits of 1000, 0 and -1000")


def check_kl_to_mixture(answer: Callable[..., Any]) -> None:
    """Check the estimate from given noise, so that it has to agree to all digits."""
    mu, logvar = (Generator(seed).normal((3, 2), np.float64) for seed in (8, 9))
    noise, m = Generator(10).normal((50, 3, 2), np.float64), 1.5
    sigma = np.exp(logvar / 2)

    def log_q(z: Any) -> Any:
        return -0.5 * (logvar + (z - mu) ** 2 / sigma**2)

    def log_hills(z: Any, m: float = m) -> Any:
        """Return the logarithm of the sum of both hills, without any factor."""
        return np.logaddexp(-((z - m) ** 2) / 2, -((z + m) ** 2) / 2)

    def ratios(z: Any) -> Any:
        return log_q(z) - log_hills(z) + math.log(2)

    z = mu + sigma * noise
    r = ratios(z).sum(axis=2)
    means, errors = answer(mu, logvar, noise, m)
    expect_array(
        means,
        r.mean(axis=0),
        "the estimates",
        mistakes={
            "the standard deviation of q is exp(logvar / 2); exp(logvar) is the variance": (
                ratios(mu + sigma**2 * noise).sum(axis=2).mean(axis=0)
            ),
            "the draws are from a standard normal, where they have to be from q: z = mu + sigma * "
            "noise": ratios(noise).sum(axis=2).mean(axis=0),
            "the sign: it is ln q - ln p": -r.mean(axis=0),
            "the mean over latent variables, where independent ones add up": r.mean(axis=0) / 2,
            "those of each latent variable: add them up for an example": ratios(z).mean(axis=0),
            "ln q lacks -0.5 * logvar: a wider density is lower": (
                (r + 0.5 * logvar.sum(axis=1)).mean(axis=0)
            ),
            "each hill of p has the weight 1/2: ln p lacks -ln 2": (
                (r - 2 * math.log(2)).mean(axis=0)
            ),
            "the logarithms of the hills are averaged; their densities have to be": (
                (log_q(z) + ((z - m) ** 2 + (z + m) ** 2) / 4).sum(axis=2).mean(axis=0)
            ),
            "the divergence from the standard normal, which has one hill": (
                (log_q(z) + z**2 / 2).sum(axis=2).mean(axis=0)
            ),
        },
    )
    right = r.std(axis=0) / math.sqrt(len(noise))
    if not np.allclose(errors, r.std(axis=0, ddof=1) / math.sqrt(len(noise))):  # is right, too
        expect_array(
            errors,
            right,
            "the standard errors",
            mistakes={
                "the standard deviation of one draw; the mean of S draws has one that is smaller "
                "by the root of S": r.std(axis=0),
                "divided by S, where it is its root": r.std(axis=0) / len(noise),
                "the variance, not its root": r.var(axis=0) / len(noise),
                "the standard deviations of the latent variables are added; variances would add, "
                "the sum's own is what counts": (
                    ratios(z).std(axis=0).sum(axis=1) / math.sqrt(len(noise))
                ),
            },
        )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        far, _ = answer(mu, logvar, noise, 100.0)
    expect(
        np.isfinite(far).all(),
        "for m = 100 the estimate is no number: the densities of p are 0 in a computer; add them "
        "by their logarithms, with np.logaddexp",
    )
    there = (log_q(z) - log_hills(z, 100.0) + math.log(2)).sum(axis=2).mean(axis=0)
    expect_array(far, there, "the estimates for m = 100")
