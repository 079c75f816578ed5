"""Checks of the exercises of lesson 07, the VAE on paper."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import minigen
from minigen import functional as F
from minigen.course.expectations import expect, expect_array, expect_gradient
from minigen.engine.backend import array_of, to_numpy
from minigen.engine.random import Generator

_GRID = np.arange(-8.0, 8.0, 0.05)
_STEP = 0.05


def check_log_evidence(answer: Callable[..., Any]) -> None:
    """Check on likelihoods that floats can hold, and on such as they can't."""
    log_prior, log_likelihood = _log_normal(_GRID, 0.0, 1.0), _log_likelihood()
    joint = log_prior + log_likelihood
    right = _log_sum_exp(joint) + math.log(_STEP)
    found = answer(log_prior, log_likelihood, _STEP)
    expect_array(
        found,
        right,
        "ln p(x)",
        mistakes={
            "the mean of the logarithms, where the logarithm of the mean is asked for (Jensen: it "
            "is less)": (np.exp(log_prior) * log_likelihood).sum(axis=1) * _STEP,
            "the step is missing: a sum over the grid is an integral only times the step": (
                _log_sum_exp(joint)
            ),
            "the mean over the grid, where the sum times the step is asked for": (
                _log_sum_exp(joint) - math.log(len(_GRID))
            ),
            "the prior is missing: each z counts by p(z)": (
                _log_sum_exp(log_likelihood) + math.log(_STEP)
            ),
            "the best z alone; all of them count": joint.max(axis=1),
            "summed over the images, too: the grid is the last axis": np.asarray(right.sum()),
        },
    )
    far = answer(log_prior, log_likelihood - 5000.0, _STEP)
    expect(
        np.isfinite(np.asarray(far, np.float64)).all(),
        "ln p(x) of an image of probability e^-5000 is not finite: the exponentials underflow; "
        "take the largest logarithm out of each sum first",
    )
    shifts = np.array([-5000.0, 0.0, 5000.0])
    expect_array(
        answer(log_prior, log_likelihood + shifts[:, None], _STEP),
        right + shifts,
        "ln p(x) of images of very different probability",
        mistakes={
            "one largest logarithm for all images; take that of each": np.array(
                [-np.inf, -np.inf, (right + shifts)[2]]
            )
        },
    )


def check_elbo(answer: Callable[..., Any]) -> None:
    """Check on guesses that are off, on the true posterior, and on one that is 0 in places."""
    joint = _log_normal(_GRID, 0.0, 1.0) + _log_likelihood()
    log_evidence = _log_sum_exp(joint) + math.log(_STEP)
    q = np.exp([_log_normal(_GRID, mu, s) for mu, s in ((0.5, 0.7), (-1.0, 0.4), (0.0, 1.2))])
    right = (q * (joint - np.log(q))).sum(axis=1) * _STEP
    prior = _log_normal(_GRID, 0.0, 1.0)
    expect_array(
        answer(joint, q, _STEP),
        right,
        "the ELBO",
        mistakes={
            "-ln q is missing: the guess is charged for nothing": (q * joint).sum(axis=1) * _STEP,
            "ln q with the wrong sign": (q * (joint + np.log(q))).sum(axis=1) * _STEP,
            "its sign: this is the loss, which is minimised; the bound is its negative": -right,
            "this is ln p(x) itself, not its bound: average the logarithm over q": log_evidence,
            "averaged over the prior, where the guess q is to be averaged over": (
                (np.exp(prior) * (joint - np.log(q))).sum(axis=1) * _STEP
            ),
            "the step is missing: a sum over the grid is an integral only times the step": (
                right / _STEP
            ),
        },
    )
    posterior = np.exp(joint - log_evidence[:, None])
    expect_array(
        answer(joint, posterior, _STEP), log_evidence, "the ELBO at the true posterior, ln p(x),"
    )
    block = np.where(abs(_GRID - 0.5) < 1, 1.0, 0.0) * np.ones((3, 1))
    block /= block.sum(axis=1, keepdims=True) * _STEP
    inside = block[0] > 0
    with np.errstate(all="ignore"):  # of the learner's 0 ln 0, which is told below
        found = np.asarray(answer(joint, block, _STEP), np.float64)
    expect(
        not np.isnan(found).any(),
        "the ELBO is nan where the guess is 0 in places: 0 ln 0 counts as 0, but NumPy makes "
        "0 * -inf of it",
    )
    expect_array(
        found,
        (block[:, inside] * (joint[:, inside] - np.log(block[:, inside]))).sum(axis=1) * _STEP,
        "the ELBO of a guess that is 0 in places",
        rtol=1e-5,
    )


def check_draw(answer: Callable[..., Any]) -> None:
    """Check the draws, and the gradients that come back through them."""
    generator = Generator(2)
    mu, logvar = (generator.normal((3, 2), np.float64) for _ in range(2))
    noise, g = (generator.normal((4, 3, 2), np.float64) for _ in range(2))
    leaves = [minigen.tensor(array, requires_grad=True) for array in (mu, logvar)]
    with np.errstate(invalid="ignore"):  # of a root of logvar, which is told below
        found = answer(*leaves, noise)
    expect(
        found is None or np.isfinite(to_numpy(array_of(found))).all(),
        "z is not finite: is it sqrt(logvar)? The standard deviation is sqrt(exp(logvar))",
    )
    sigma = np.exp(logvar / 2)
    expect_array(
        found,
        mu + sigma * noise,
        "z",
        mistakes={
            "exp(logvar) is the variance; the standard deviation is exp(logvar / 2)": (
                mu + np.exp(logvar) * noise
            ),
            "logvar is the logarithm of the variance: take its exponential": mu + logvar * noise,
            "half of logvar is the logarithm of sigma: take its exponential": (
                mu + logvar / 2 * noise
            ),
            "the noise is missing: this is the mean of q": np.broadcast_to(mu, noise.shape),
            "one noise for all draws: the K draws of an image are independent": (
                np.broadcast_to(mu + sigma * noise[0], noise.shape)
            ),
        },
    )
    expect(
        isinstance(found, minigen.Tensor) and found.requires_grad,
        "z is no tensor made of mu and logvar: no gradient comes back to them; build it from ops "
        "on tensors",
    )
    for leaf, expected, name in zip(
        leaves, (g.sum(axis=0), (g * noise).sum(axis=0) * sigma / 2), ("mu", "logvar"), strict=True
    ):
        (slope,) = minigen.grad(found, [leaf], g, allow_unused=True, retain_graph=True)
        expect(
            slope is not None,
            f"no gradient comes back to {name}: is it turned into an array, or drawn from?",
        )
        expect_gradient(slope, expected, name)


def check_score_estimates(answer: Callable[..., Any]) -> None:
    """Check each draw's estimate, at a variance other than 1."""
    noise, mu, logvar = Generator(3).normal((7,), np.float64), 0.7, -0.9
    sigma = math.exp(logvar / 2)

    def f(z: Any) -> Any:
        return np.where(np.asarray(z) > 0.5, 2.0 + np.sin(z), 0.3)

    values = f(mu + sigma * noise)
    by_mu, by_logvar = values * noise / sigma, values * (noise**2 - 1) / 2
    found = answer(f, mu, logvar, noise)
    expect(
        isinstance(found, tuple | list) and len(found) == 2,
        "two arrays are expected: the estimates by mu, and those by ln sigma^2",
    )
    expect_array(
        found[0],
        by_mu,
        "the estimates by mu",
        mistakes={
            "f is missing: this is the score alone": noise / sigma,
            "the score of mu is (z - mu) / sigma^2, which is noise / sigma": values * noise,
            "divided by sigma where the score has sigma^2: (z - mu) / sigma^2": (
                values * noise / sigma**2
            ),
            "multiplied by sigma^2, where the score divides by it": values * noise * sigma**3,
            "z - mu is sigma times the noise: the score is (z - mu) / sigma^2": (
                values * noise * sigma
            ),
            "averaged over the draws; return each draw's": np.asarray(by_mu.mean()),
            "f is taken at the noise, not at z = mu + sigma * noise": f(noise) * noise / sigma,
            "the sign: (z - mu), not (mu - z)": -by_mu,
        },
    )
    expect_array(
        found[1],
        by_logvar,
        "the estimates by ln sigma^2",
        mistakes={
            "-1 is missing, from the derivative of -ln(sigma^2) / 2": values * noise**2 / 2,
            "this is the derivative by sigma: d sigma / d ln sigma^2 = sigma / 2 is missing": (
                values * (noise**2 - 1) / sigma
            ),
            "this is the derivative by sigma^2; by its logarithm it is sigma^2 times as large": (
                values * (noise**2 - 1) / (2 * sigma**2)
            ),
            "the factor 1/2 of the log-density is missing": 2 * by_logvar,
            "averaged over the draws; return each draw's": np.asarray(by_logvar.mean()),
        },
    )


def check_best_baseline(answer: Callable[..., Any]) -> None:
    """Check on draws whose scores sum to 0, and whose values lean to one side."""
    half = Generator(4).normal((500,), np.float64)
    scores = np.concatenate([half, -half]) / 0.8
    values = (scores + 2.0) ** 2 + np.exp(0.3 * scores)
    squares = scores**2
    expect_array(
        answer(values, scores),
        np.asarray((values * squares).sum() / squares.sum()),
        "the baseline",
        mistakes={
            "the mean of f lowers the variance, but is not the best: each draw counts by its s^2": (
                np.asarray(values.mean())
            ),
            "divide by the mean of s^2, which is 1 only where sigma is": np.asarray(
                (values * squares).mean()
            ),
            "this is the slope of f by s, with f s above the line; there belongs f s^2": np.asarray(
                (values * scores).sum() / squares.sum()
            ),
            "weighed by |s|; the variance has s^2": np.asarray(
                (values * abs(scores)).sum() / abs(scores).sum()
            ),
            "the sign: b is subtracted from f": np.asarray(
                -(values * squares).sum() / squares.sum()
            ),
            "the median of f; what counts is the variance of (f - b) s": np.asarray(
                np.median(values)
            ),
        },
    )


def _log_normal(z: Any, mu: float, sigma: float) -> Any:
    return -0.5 * (math.log(2 * math.pi) + 2 * math.log(sigma) + ((z - mu) / sigma) ** 2)


def _log_likelihood() -> Any:
    """Return ln p(x | z) of three images with four binary pixels each, on the grid: (3, G)."""
    generator = Generator(1)
    slopes, offsets = (generator.normal((4,), np.float64) for _ in range(2))
    images = np.array([[1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 0.0]])
    logits = _GRID[:, None] * slopes + offsets
    return (images[:, None] * logits - F.softplus(logits)).sum(axis=-1)


def _log_sum_exp(a: Any) -> Any:
    largest = a.max(axis=-1, keepdims=True)
    return largest[..., 0] + np.log(np.exp(a - largest).sum(axis=-1))
