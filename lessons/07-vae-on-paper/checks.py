"""Checks of the exercises of lesson 07, the VAE on paper."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import minigen
from minigen.course.expectations import expect, expect_array, expect_gradient
from minigen.engine.random import Generator


def check_draw(answer: Callable[..., Any]) -> None:
    """Check the draws, and the gradients of a random combination of them."""
    mu, log_scale = (Generator(seed).normal((2, 3), np.float64) for seed in (1, 2))
    uniform = Generator(3).uniform((4, 2, 3), np.float64)
    odds = np.log(uniform / (1 - uniform))
    means, scales = (minigen.tensor(x, requires_grad=True) for x in (mu, log_scale))
    z = answer(means, scales, uniform)
    s = np.exp(log_scale)
    expect_array(
        z,
        mu + s * odds,
        "z",
        mistakes={
            "log_scale is the logarithm of the scale itself, not of its square": (
                mu + np.exp(log_scale / 2) * odds
            ),
            "the scale is the exponential of log_scale": mu + log_scale * odds,
            "u is the probability, not the draw: solve sigma((z - mu) / s) = u for z": (
                mu + s * uniform
            ),
            "this is F, not its inverse": 1 / (1 + np.exp(-(uniform - mu) / s)),
            "the odds are u / (1 - u); their logarithm is missing": (
                mu + s * uniform / (1 - uniform)
            ),
            "the sign: u near 1 has to give a large z": mu - s * odds,
            "1 - u is missing: this is ln u alone": mu + s * np.log(uniform),
            "mu has to be added outside: the scale multiplies the noise alone": s * (mu + odds),
        },
    )
    expect(z.requires_grad, "z is not made of mu and log_scale: no gradient comes back to them")
    g = Generator(4).normal(uniform.shape, np.float64)
    (z * minigen.tensor(g)).sum().backward()
    for name, leaf, right in (
        ("mu", means, g.sum(axis=0)),
        ("log_scale", scales, (g * s * odds).sum(axis=0)),
    ):
        expect(
            leaf.grad is not None,
            f"no gradient comes back to {name}: is it detached on the way (.data, .numpy(), "
            "detach())?",
        )
        expect_gradient(leaf.grad, right, name)


def check_leave_one_out(answer: Callable[..., Any]) -> None:
    """Check a few draws, and just two."""
    for count in (6, 2):
        values = 3 + Generator(1).normal((count,), np.float64)
        scores = Generator(2).normal((count,), np.float64)
        others = (values.sum() - values) / (count - 1)
        right = (values - others) * scores
        expect_array(
            answer(values, scores),
            right,
            f"the estimates of {count} draws",
            mistakes={
                "the baseline is the mean of all draws, its own among them: then it depends on it, "
                "and the estimates shrink by (K - 1) / K": (values - values.mean()) * scores,
                "the sum of the others is divided by K; there are K - 1 of them": (
                    (values - (values.sum() - values) / count) * scores
                ),
                "the baseline is missing": values * scores,
                "the sign: the baseline is subtracted": (others - values) * scores,
                "the score multiplies the value alone; the baseline, too, is multiplied": (
                    values * scores - others
                ),
                "right, but averaged: the estimates of single draws are asked for": (
                    np.asarray(right.mean())
                ),
            },
        )


def check_log_evidence(answer: Callable[..., Any]) -> None:
    """Check a grid of uneven gaps, and likelihoods that no float can hold."""
    z = np.cumsum(0.1 + np.abs(Generator(1).normal((7,), np.float64)))
    log_prior = -0.5 * (z - 3) ** 2
    log_likelihood = Generator(2).normal((3, 7), np.float64)
    gaps = np.diff(z)
    weights = (np.append(gaps, 0) + np.append(0, gaps)) / 2

    def summed(weights: Any, log_joint: Any = log_prior + log_likelihood) -> Any:
        terms = log_joint + np.log(np.maximum(weights, 1e-300))
        largest = terms.max(axis=1)
        return largest + np.log(np.exp(terms - largest[:, None]).sum(axis=1))

    left, even = np.append(gaps, 0), np.full(7, gaps.mean())
    expect_array(
        answer(z, log_prior, log_likelihood),
        summed(weights),
        "ln p(x)",
        mistakes={
            "the gaps are missing: a sum is no integral": summed(np.ones(7)),
            "the grid is taken for even: each gap has its own length": summed(even),
            "each gap goes to its left end as a whole; half of it belongs to the right one": (
                summed(left)
            ),
            "each gap goes to its right end as a whole; half of it belongs to the left one": (
                summed(np.append(0, gaps))
            ),
            "twice the integral: of a gap, each end gets one half": summed(2 * weights),
            "the first and the last value of z have a whole gap on one side only, of which they "
            "get half": summed(np.concatenate([gaps[:1], weights[1:-1], gaps[-1:]])),
            "the prior is missing": summed(weights, log_likelihood),
            "p(x), where its logarithm is asked for": np.exp(summed(weights)),
            "the integral of the logarithm; asked is the logarithm of the integral": (
                ((log_prior + log_likelihood) * weights).sum(axis=1)
            ),
        },
    )
    with np.errstate(all="ignore"):
        found = np.asarray(answer(z, log_prior, log_likelihood - 5000), np.float64)
    expect(
        np.isfinite(found).all(),
        "at likelihoods near e^-5000 the result is no number: take the largest term out of the sum",
    )
    expect_array(found, summed(weights) - 5000, "ln p(x) where it is near -5000", rtol=1e-9)


def check_score_estimates(answer: Callable[..., Any]) -> None:
    """Check logits of both signs."""
    uniform = Generator(1).uniform((12,), np.float64)

    def f(z: Any) -> Any:
        return 2.0 + 3.0 * z - z**2

    for logit in (0.7, -1.2):
        p = 1 / (1 + math.exp(-logit))
        z = np.where(uniform < p, 1.0, 0.0)
        right = f(z) * (z - p)
        turned = np.where(uniform > p, 1.0, 0.0)
        expect_array(
            answer(f, logit, uniform),
            right,
            f"the estimates at the logit {logit:g}",
            mistakes={
                "this is the derivative by p; that by the logit is p (1 - p) times it": (
                    f(z) * (z / p - (1 - z) / (1 - p))
                ),
                "the score is missing": f(z),
                "the sign of the score is flipped": -right,
                "z is 1 where u is below p, which happens with the probability p": (
                    f(turned) * (turned - p)
                ),
                "the logit is taken for the probability: p = sigma(l)": (
                    f(np.where(uniform < logit, 1.0, 0.0))
                    * (np.where(uniform < logit, 1.0, 0.0) - logit)
                ),
                "the score alone; f is missing": z - p,
                "the exact gradient: right on average, but the single estimates are asked for": (
                    np.full(12, (f(1.0) - f(0.0)) * p * (1 - p))
                ),
                "right, but averaged: the estimates of single draws are asked for": (
                    np.asarray(right.mean())
                ),
            },
        )


def check_renyi_bound(answer: Callable[..., Any]) -> None:
    """Check guesses that are 0 in places, between both ends, and joint densities near e^-5000."""
    z, step = np.linspace(-3, 3, 13), 0.5
    log_joint = -0.5 * z**2 + Generator(1).normal((3, 13), np.float64)
    q = np.maximum(Generator(2).normal((3, 13), np.float64), 0.0)
    q = q / (q.sum(axis=1, keepdims=True) * step)
    inside = q > 0
    log_q = np.log(np.where(inside, q, 1.0))

    def bound(exponents: Any, factor: float, step: float = step) -> Any:
        total = np.where(inside, np.exp(exponents), 0).sum(axis=1) * step
        return np.log(total) / factor

    for alpha in (0.3, 0.8):
        rest = 1 - alpha
        right = bound(alpha * log_q + rest * log_joint, rest)
        with np.errstate(all="ignore"):
            found = np.asarray(answer(log_joint, q, step, alpha), np.float64)
        expect(
            np.isfinite(found).all(),
            "where q is 0 the result is no number: these places contribute nothing",
        )
        expect_array(
            found,
            right,
            f"the bound for alpha = {alpha}",
            mistakes={
                "the average is over q, which is missing as a factor": (
                    bound(rest * (log_joint - log_q), rest)
                ),
                "the factor 1 / (1 - alpha) is missing": right * rest,
                "divided by alpha, where it is 1 - alpha": right * rest / alpha,
                "alpha and 1 - alpha are exchanged": bound(rest * log_q + alpha * log_joint, alpha),
                "the step is missing: a sum is no integral": (
                    bound(alpha * log_q + rest * log_joint, rest, 1.0)
                ),
                "the mean of the logarithm: this is the evidence lower bound": (
                    (q * (log_joint - log_q)).sum(axis=1) * step
                ),
                "q enters with the power 1, not alpha: one factor q of the average, and "
                "q^(alpha - 1) of the quotient, are q^alpha": (
                    bound(log_q + rest * log_joint, rest)
                ),
            },
        )
    with np.errstate(all="ignore"):
        small = np.asarray(answer(log_joint - 5000, q, step, 0.3), np.float64)
    expect(
        np.isfinite(small).all(),
        "at joint densities near e^-5000 the result is no number: take the largest exponent out",
    )
    exact = bound(0.3 * log_q + 0.7 * log_joint, 0.7) - 5000
    expect_array(small, exact, "the bound where it is near -5000", rtol=1e-9)
