"""Checks of the exercises of lesson 08, the VAE in practice."""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np

from minigen.course.expectations import expect, expect_array
from minigen.engine.random import Generator


def check_negative_elbo(answer: Callable[..., Any]) -> None:
    """Check the parts, the sum, and logits whose exponentials floats can't hold."""
    generator = Generator(1)
    logits = 2 * generator.normal((3, 5), np.float64)
    x = generator.uniform((3, 5), np.float64)
    mu, logvar = (generator.normal((3, 2), np.float64) for _ in range(2))
    found = answer(logits, x, mu, logvar)
    expect(
        isinstance(found, tuple | list) and len(found) == 3,
        "three numbers are expected: the loss, the distortion and the rate",
    )
    each = np.logaddexp(0, logits) - x * logits
    distortion = each.sum() / 3
    expect_array(
        found[1],
        distortion,
        "the distortion",
        mistakes={
            "the mean over pixels: sum over an image's pixels (with a sum over latent variables "
            "this makes the posterior collapse)": each.mean(),
            "summed over the batch: average over its images": each.sum(),
            "its sign: the distortion is -ln p(x | z), and is not negative": -distortion,
            "ln p(x | z) of white pixels alone; black ones count with 1 - x": (
                (x * np.logaddexp(0, -logits)).sum() / 3
            ),
            "the logits are taken for probabilities' complement: is the sign of x l right?": (
                (np.logaddexp(0, logits) + x * logits).sum() / 3
            ),
            "the squared error; asked for is the negative logarithm of a Bernoulli probability": (
                ((x - 1 / (1 + np.exp(-logits))) ** 2).sum() / 3
            ),
        },
    )
    variance = np.exp(logvar)
    divergence = (mu**2 + variance - 1 - logvar) / 2
    rate = divergence.sum() / 3
    expect_array(
        found[2],
        rate,
        "the rate",
        mistakes={
            "the mean over latent variables: sum over those of an image": divergence.mean(),
            "summed over the batch: average over its images": divergence.sum(),
            "the factor 1/2 is missing": 2 * rate,
            "its sign: a KL divergence is not negative": -rate,
            "logvar is taken for the variance; sigma^2 is exp(logvar)": (
                (mu**2 + logvar - 1 - variance).sum() / 6
            ),
            "the exponential is taken twice, or once too seldom: ln sigma^2 is logvar": (
                (mu**2 + np.exp(variance) - 1 - variance).sum() / 6
            ),
            "the logarithm is missing: -ln sigma^2": (mu**2 + variance - 1).sum() / 6,
            "exp(logvar) is sigma^2 already: it is squared": (
                (mu**2 + variance**2 - 1 - logvar).sum() / 6
            ),
        },
    )
    expect_array(
        found[0],
        distortion + rate,
        "the loss",
        mistakes={
            "distortion minus rate pays for leaving the prior; the KL is added": distortion - rate,
            "its sign: this is the ELBO, which is maximised; the loss is its negative": (
                -distortion - rate
            ),
        },
    )
    with np.errstate(all="ignore"):  # of the learner's exponentials, which are told below
        far = answer(np.array([[1000.0, -1000.0]]), np.array([[1.0, 0.25]]), mu[:1], logvar[:1])
    expect(
        bool(np.isfinite(np.asarray(far, np.float64)).all()),
        "the loss is not finite for logits of 1000 and -1000: use np.logaddexp(0, logits), which "
        "no logit drives out of range",
    )
    expect_array(
        far[1],
        250.0,
        "the distortion for logits of 1000 and -1000",
        mistakes={
            "too small: is a probability clipped? Compute from the logits": min(far[1], 249.0)
        },
    )


def check_optimal_code(answer: Callable[..., Any]) -> None:
    """Check directions that are worth their price, and such as are switched off."""
    s2, sigma2, beta = np.array([3.0, 1.1, 0.5, 0.02]), 0.4, 1.5
    price = beta * sigma2
    found = answer(s2, sigma2, beta)
    expect(
        isinstance(found, tuple | list) and len(found) == 3,
        "three arrays are expected: the encoder's variances, the errors, the rates",
    )
    expect_array(
        found[0],
        np.minimum(1, price / s2),
        "the encoder's variance",
        mistakes={
            "above 1 where the data vary little: there the latent variable is the prior, of "
            "variance 1": price / s2,
            "beta is missing": np.minimum(1, sigma2 / s2),
            "the data's variance over the price; it is the other way round": (
                np.minimum(1, s2 / price)
            ),
            "this is the standard deviation": np.sqrt(np.minimum(1, price / s2)),
        },
    )
    expect_array(
        found[1],
        np.minimum(s2, price),
        "the error",
        mistakes={
            "larger than the data's variance where a direction is switched off: w = 0 leaves s^2": (
                np.full(4, price)
            ),
            "0 where a direction is switched off; there the whole variance is left": (
                np.where(s2 > price, price, 0.0)
            ),
            "beta is missing": np.minimum(s2, sigma2),
            "the larger of the two, where the smaller one is left": np.maximum(s2, price),
        },
    )
    rate = np.log(np.maximum(1, s2 / price)) / 2
    expect_array(
        found[2],
        rate,
        "the rate",
        mistakes={
            "negative where the data vary little: a rate is 0 at least": np.log(s2 / price) / 2,
            "the factor 1/2 is missing": 2 * rate,
            "in bits; asked for are nats": rate / np.log(2),
            "beta is missing": np.log(np.maximum(1, s2 / sigma2)) / 2,
        },
    )


def check_charged_rate(answer: Callable[..., Any]) -> None:
    """Check variables above and below the free nats, and images on both sides of them."""
    generator = Generator(3)
    mu = generator.normal((6, 3), np.float64) * np.array([0.2, 0.8, 1.5])
    logvar = -np.abs(generator.normal((6, 3), np.float64)) * np.array([0.1, 0.5, 1.5])
    each = (mu**2 + np.exp(logvar) - 1 - logvar) / 2
    free = float(np.sort(each.mean(axis=0))[1] * 0.8)
    right = np.maximum(free, each.mean(axis=0)).sum()
    expect_array(
        answer(mu, logvar, free),
        right,
        "the KL that is charged",
        mistakes={
            "the maximum is taken for each image; the nats are free on average over the batch": (
                np.maximum(free, each).mean(axis=0).sum()
            ),
            "the maximum is taken of the sum; each latent variable has free nats of its own": (
                max(free, each.mean(axis=0).sum())
            ),
            "the maximum is taken of the sum, with J times the free nats; each latent variable has "
            "its own": max(3 * free, each.mean(axis=0).sum()),
            "the free nats are subtracted; asked for is max(free, KL)": (
                np.maximum(0, each.mean(axis=0) - free).sum()
            ),
            "the smaller of the two, where the larger one is charged": (
                np.minimum(free, each.mean(axis=0)).sum()
            ),
            "the KL itself: no nats are free": each.mean(axis=0).sum(),
            "averaged over the latent variables: sum over them": right / 3,
            "summed over the batch: average over its images": (
                np.maximum(free, each.sum(axis=0)).sum()
            ),
        },
    )


def check_latent_map(answer: Callable[..., Any]) -> None:
    """Check an even number of columns, in which nothing is 0."""
    count = 4
    places = np.array([NormalDist().inv_cdf((i + 0.5) / count) for i in range(count)])

    def points(columns: Any, rows: Any) -> Any:
        return np.array([[z1, z2] for z2 in rows for z1 in columns])

    right = points(places, places[::-1])
    found = answer(count)
    expect(
        np.shape(found) == right.shape,
        f"the points have shape {np.shape(found)}, expected {right.shape}: a row a point, (z1, z2)",
    )
    expect(
        bool(np.isfinite(np.asarray(found, np.float64)).all()),
        "a point at infinity: the probabilities 0 and 1 have no quantile; take the middles of the "
        "parts, (i + 1/2) / count",
    )
    edges = np.array([NormalDist().inv_cdf((i + 1) / (count + 1)) for i in range(count)])
    expect_array(
        found,
        right,
        "the points",
        mistakes={
            "the rows begin at the bottom; a picture is read from the top, where z2 is largest": (
                points(places, places)
            ),
            "z1 and z2 are exchanged: a point is (z1, z2), and z1 changes along a row": (
                right[:, ::-1]
            ),
            "column by column, where row by row is asked for": np.array(
                [[z1, z2] for z1 in places for z2 in places[::-1]]
            ),
            "these are probabilities: take their quantiles, inv_cdf": points(
                (np.arange(count) + 0.5) / count, (np.arange(count)[::-1] + 0.5) / count
            ),
            "the quantiles (i + 1) / (count + 1); the middles of the parts are (i + 1/2) / count": (
                points(edges, edges[::-1])
            ),
        }
        | {
            f"equal steps from -{reach} to {reach}; equal parts of probability are asked for": (
                points(np.linspace(-reach, reach, count), np.linspace(reach, -reach, count))
            )
            for reach in (1, 2, 3, 4)
        },
        rtol=1e-5,
        atol=1e-6,
    )
