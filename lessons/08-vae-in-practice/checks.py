"""Checks of the exercises of lesson 08, the VAE in practice."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np

from minigen.course.expectations import expect, expect_array
from minigen.engine.random import Generator


def check_charged_rate(answer: Callable[..., Any]) -> None:
    """Check groups above and below the free nats, and images on both sides of them."""
    generator = Generator(3)
    mu = generator.normal((6, 5), np.float64) * np.array([0.1, 0.8, 1.5, 0.2, 0.6])
    logvar = -np.abs(generator.normal((6, 5), np.float64)) * np.array([0.1, 0.5, 1.5, 0.1, 0.3])
    groups = np.array([2, 0, 0, 2, 1])
    each = (mu**2 + np.exp(logvar) - 1 - logvar) / 2
    members = np.equal(groups, np.arange(3)[:, None])
    of_image, free = each @ members.T, 0.3  # shape (N, groups)
    right = np.maximum(free, of_image.mean(axis=0)).sum()
    expect_array(
        answer(mu, logvar, groups, free),
        right,
        "the KL that is charged",
        mistakes={
            "the maximum is taken for each image; the nats are free on average over the batch": (
                np.maximum(free, of_image).mean(axis=0).sum()
            ),
            "the maximum is taken for each latent variable; a group shares its free nats": (
                np.maximum(free, each.mean(axis=0)).sum()
            ),
            "no nats are free: if the maximum was taken, it was of the sum of all; each group has "
            "free nats of its own": max(free, each.mean(axis=0).sum()),
            "the mean over a group's variables: add them up": (
                np.maximum(free, of_image.mean(axis=0) / members.sum(axis=1)).sum()
            ),
            "the free nats are subtracted; asked for is max(free, KL)": (
                np.maximum(0, of_image.mean(axis=0) - free).sum()
            ),
            "the smaller of the two, where the larger one is charged": (
                np.minimum(free, of_image.mean(axis=0)).sum()
            ),
            "averaged over the groups: sum over them": right / 3,
            "summed over the batch: average over its images": (
                np.maximum(free, of_image.sum(axis=0)).sum()
            ),
        },
    )


def check_latent_map(answer: Callable[..., Any]) -> None:
    """Check numbers of columns and rows that differ, and shares of a part and of all."""
    quantile = NormalDist().inv_cdf

    def points(columns: Any, rows: Any) -> Any:
        return np.array([[z1, z2] for z2 in rows[::-1] for z1 in columns])

    for columns, rows, share in ((4, 3, 0.8), (3, 2, 1.0)):
        below = (1 - share) / 2

        def middles(count: int, below: float = below, share: float = share) -> Any:
            return np.array([below + share * (i + 0.5) / count for i in range(count)])

        def places(count: int, *range_: float) -> Any:
            return np.array([quantile(p) for p in middles(count, *range_)])

        def edges(count: int, below: float = below, share: float = share) -> Any:
            return np.array([quantile(below + share * (i + 1) / (count + 1)) for i in range(count)])

        right = points(places(columns), places(rows))
        found = np.asarray(answer(columns, rows, share), np.float64)
        expect(
            bool(np.isfinite(found).all()),
            "a point at infinity: the probabilities 0 and 1 have no quantile; take the middles of "
            "the parts",
        )
        expect_array(
            found,
            right,
            f"the points for {columns} columns, {rows} rows and the share {share:g}",
            mistakes={
                "the rows begin at the bottom; a picture is read from the top, where z2 is "
                "largest": points(places(columns), places(rows)[::-1]),
                "z1 and z2 are exchanged: a point is (z1, z2), and z1 changes along a row": (
                    right[:, ::-1]
                ),
                "column by column, where row by row is asked for": np.array(
                    [[z1, z2] for z1 in places(columns) for z2 in places(rows)[::-1]]
                ),
                "columns and rows are exchanged": points(places(rows), places(columns)),
                "these are probabilities: take their quantiles, inv_cdf": (
                    points(middles(columns), middles(rows))
                ),
                "the middles of the parts are asked for, (i + 1/2) / count": (
                    points(edges(columns), edges(rows))
                ),
                "nothing is left out: the parts have to lie within the share": (
                    points(places(columns, 0.0, 1.0), places(rows, 0.0, 1.0))
                ),
                "the whole remainder is left out on one side; half of it is on each": (
                    points(places(columns, 1 - share, share), places(rows, 1 - share, share))
                ),
            },
            rtol=1e-5,
            atol=1e-6,
        )


def check_negative_elbo(answer: Callable[..., Any]) -> None:
    """Check both parts and the sum, with numbers of pixels, images and variables that differ."""
    generator = Generator(1)
    mean, x = (generator.normal((3, 5), np.float64) for _ in range(2))
    pixel_logvar = generator.normal((5,), np.float64)
    mu, logvar = (generator.normal((3, 2), np.float64) for _ in range(2))
    loss, distortion, rate = answer(mean, pixel_logvar, x, mu, logvar)
    error, s2, constant = (x - mean) ** 2, np.exp(pixel_logvar), math.log(2 * math.pi)

    def summed(nats: Any) -> Any:
        return np.sum(nats) / 2 / 3

    right = constant + pixel_logvar + error / s2
    expect_array(
        distortion,
        summed(right),
        "the distortion",
        mistakes={
            "the mean over pixels: sum over an image's pixels (with a sum over latent variables "
            "this makes the posterior collapse)": summed(right) / 5,
            "summed over the batch: average over its images": summed(right) * 3,
            "its sign: the distortion is -ln p(x | z)": -summed(right),
            "ln 2 pi is missing, once for each pixel": summed(pixel_logvar + error / s2),
            "ln 2 pi has to be counted for each pixel of each image": (
                summed(pixel_logvar + error / s2) + constant / 2
            ),
            "the logarithm of the variance is missing: a wide Gaussian is low": (
                summed(constant + error / s2)
            ),
            "the variance of a pixel is counted for one image only: it belongs to each": (
                summed(constant + error / s2) + pixel_logvar.sum() / 6
            ),
            "the error is multiplied by the variance, where it should be divided": (
                summed(constant + pixel_logvar + error * s2)
            ),
            "divided by the logarithm of the variance; s^2 is its exponential": (
                summed(constant + pixel_logvar + error / pixel_logvar)
            ),
            "divided by s, where it is s^2": (
                summed(constant + pixel_logvar + error / np.sqrt(s2))
            ),
            "the factor 1/2 is missing": 2 * summed(right),
        },
    )
    variance = np.exp(logvar)
    divergence = (mu**2 + variance - 1 - logvar) / 2
    expect_array(
        rate,
        divergence.sum() / 3,
        "the rate",
        mistakes={
            "the mean over latent variables: sum over those of an image": divergence.mean(),
            "summed over the batch: average over its images": divergence.sum(),
            "the factor 1/2 is missing": 2 * divergence.sum() / 3,
            "its sign: a KL divergence is not negative": -divergence.sum() / 3,
            "logvar is taken for the variance; sigma^2 is exp(logvar)": (
                (mu**2 + logvar - 1 - np.log(np.abs(logvar))).sum() / 6
            ),
            "the logarithm is missing: -ln sigma^2": (mu**2 + variance - 1).sum() / 6,
            "exp(logvar) is sigma^2 already: it is squared": (
                (mu**2 + variance**2 - 1 - logvar).sum() / 6
            ),
        },
    )
    expect_array(
        loss,
        summed(right) + divergence.sum() / 3,
        "the loss",
        mistakes={
            "distortion minus rate pays for leaving the prior; the KL is added": (
                summed(right) - divergence.sum() / 3
            ),
            "its sign: this is the ELBO, which is maximised; the loss is its negative": (
                -summed(right) - divergence.sum() / 3
            ),
        },
    )


def check_price_of_rate(answer: Callable[..., Any]) -> None:
    """Check rates for which one, some and all directions are in use, in mixed order."""
    s2 = np.array([0.5, 3.0, 0.02, 1.1])
    for rate, price in ((0.2, 3 * math.exp(-0.4)), (1.0, 0.6681), (4.0, 0.0573)):
        count = int((s2 > price).sum())
        largest = np.sort(s2)[::-1]
        log_price = np.log(largest[:count]).mean() - 2 * rate / count
        everywhere = np.log(s2).mean() - 2 * rate / 4
        right = np.maximum(0, np.log(s2) - log_price) / 2
        found, rates = answer(s2, rate)
        where = f"for {rate:g} nats"
        expect_array(
            found,
            math.exp(log_price),
            f"the price {where}",
            mistakes={
                "all directions are in use, some with a negative rate; those below the price get "
                "none": math.exp(everywhere),
                "the factor 1/2 of the rates is missing": math.exp(
                    np.log(largest[:count]).mean() - rate / count
                ),
                "this is the logarithm of the price": log_price,
                "the largest direction alone is used, though others are above this price": (
                    largest[0] * math.exp(-2 * rate)
                ),
            },
            rtol=1e-8,
        )
        expect_array(
            rates,
            right,
            f"the rates {where}",
            mistakes={
                "they are sorted; the order of s2 is asked for": np.sort(right)[::-1],
                "negative where the variance is below the price": (np.log(s2) - log_price) / 2,
                "the factor 1/2 is missing": 2 * right,
                "in bits; asked for are nats": right / math.log(2),
                "they are shared out evenly": np.full(4, rate / 4),
            },
            rtol=1e-7,
            atol=1e-8,
        )
