"""Wrong answers to the exercises of lesson 08, and what the check says of each."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np

from lessons.mistake import mistake


def cross_entropy(logits: Any, x: Any) -> Any:
    """Return the distortion of each pixel."""
    return np.logaddexp(0, logits) - x * logits


def divergence(mu: Any, logvar: Any) -> Any:
    """Return the KL of each latent variable."""
    return (mu**2 + np.exp(logvar) - 1 - logvar) / 2


def whole(distortion: Any, rate: Any) -> Any:
    return distortion + rate, distortion, rate


@mistake("negative_elbo", "the mean over pixels")
def mean_over_pixels(logits: Any, x: Any, mu: Any, logvar: Any) -> Any:
    return whole(cross_entropy(logits, x).mean(), divergence(mu, logvar).sum(1).mean())


@mistake("negative_elbo", "the mean over latent variables")
def mean_over_latents(logits: Any, x: Any, mu: Any, logvar: Any) -> Any:
    return whole(cross_entropy(logits, x).sum(1).mean(), divergence(mu, logvar).mean())


@mistake("negative_elbo", "summed over the batch")
def summed_over_batch(logits: Any, x: Any, mu: Any, logvar: Any) -> Any:
    return whole(cross_entropy(logits, x).sum(), divergence(mu, logvar).sum())


@mistake("negative_elbo", "distortion minus rate pays for leaving the prior")
def subtracted(logits: Any, x: Any, mu: Any, logvar: Any) -> Any:
    distortion, rate = cross_entropy(logits, x).sum(1).mean(), divergence(mu, logvar).sum(1).mean()
    return distortion - rate, distortion, rate


@mistake("negative_elbo", "this is the ELBO, which is maximised")
def bound(logits: Any, x: Any, mu: Any, logvar: Any) -> Any:
    distortion, rate = cross_entropy(logits, x).sum(1).mean(), divergence(mu, logvar).sum(1).mean()
    return -distortion - rate, distortion, rate


@mistake("negative_elbo", "is not finite for logits of 1000 and -1000")
def probabilities_first(logits: Any, x: Any, mu: Any, logvar: Any) -> Any:
    p = 1 / (1 + np.exp(-logits))
    pixels = -x * np.log(p) - (1 - x) * np.log(1 - p)
    return whole(pixels.sum(1).mean(), divergence(mu, logvar).sum(1).mean())


@mistake("negative_elbo", "is a probability clipped?")
def clipped(logits: Any, x: Any, mu: Any, logvar: Any) -> Any:
    p = np.clip(1 / (1 + np.exp(-logits)), 1e-12, 1 - 1e-12)
    pixels = -x * np.log(p) - (1 - x) * np.log(1 - p)
    return whole(pixels.sum(1).mean(), divergence(mu, logvar).sum(1).mean())


@mistake("negative_elbo", "logvar is taken for the variance")
def variance_and_logarithm_exchanged(logits: Any, x: Any, mu: Any, logvar: Any) -> Any:
    rate = (mu**2 + logvar - 1 - np.exp(logvar)).sum(1).mean() / 2
    return whole(cross_entropy(logits, x).sum(1).mean(), rate)


@mistake("negative_elbo", "the logarithm is missing")
def without_logarithm(logits: Any, x: Any, mu: Any, logvar: Any) -> Any:
    rate = (mu**2 + np.exp(logvar) - 1).sum(1).mean() / 2
    return whole(cross_entropy(logits, x).sum(1).mean(), rate)


@mistake("optimal_code", "above 1 where the data vary little")
def variance_without_limit(s2: Any, sigma2: float, beta: float) -> Any:
    return beta * sigma2 / s2, s2, s2


@mistake("optimal_code", "larger than the data's variance")
def error_without_limit(s2: Any, sigma2: float, beta: float) -> Any:
    price = beta * sigma2
    return np.minimum(1, price / s2), np.full(len(s2), price), np.log(s2 / price) / 2


@mistake("optimal_code", "negative where the data vary little")
def rate_without_limit(s2: Any, sigma2: float, beta: float) -> Any:
    price = beta * sigma2
    return np.minimum(1, price / s2), np.minimum(s2, price), np.log(s2 / price) / 2


@mistake("optimal_code", "beta is missing")
def without_beta(s2: Any, sigma2: float, beta: float) -> Any:
    rate = np.log(np.maximum(1, s2 / sigma2)) / 2
    return np.minimum(1, sigma2 / s2), np.minimum(s2, sigma2), rate


@mistake("optimal_code", "the factor 1/2 is missing")
def without_half(s2: Any, sigma2: float, beta: float) -> Any:
    price = beta * sigma2
    return np.minimum(1, price / s2), np.minimum(s2, price), np.log(np.maximum(1, s2 / price))


@mistake("charged_rate", "the maximum is taken for each image")
def maximum_of_each_image(mu: Any, logvar: Any, free: float) -> Any:
    return np.maximum(free, divergence(mu, logvar)).mean(axis=0).sum()


@mistake("charged_rate", "the maximum is taken of the sum; each")
def maximum_of_the_sum(mu: Any, logvar: Any, free: float) -> Any:
    return max(free, divergence(mu, logvar).sum(axis=1).mean())


@mistake("charged_rate", "the free nats are subtracted")
def difference(mu: Any, logvar: Any, free: float) -> Any:
    return np.maximum(0, divergence(mu, logvar).mean(axis=0) - free).sum()


@mistake("charged_rate", "the smaller of the two")
def minimum(mu: Any, logvar: Any, free: float) -> Any:
    return np.minimum(free, divergence(mu, logvar).mean(axis=0)).sum()


@mistake("charged_rate", "averaged over the latent variables")
def mean_of_variables(mu: Any, logvar: Any, free: float) -> Any:
    return np.maximum(free, divergence(mu, logvar).mean(axis=0)).mean()


def quantiles(count: int) -> list[float]:
    return [NormalDist().inv_cdf((i + 0.5) / count) for i in range(count)]


@mistake("latent_map", "equal steps from -3 to 3")
def equal_steps(count: int) -> Any:
    places = np.linspace(-3, 3, count)
    return np.array([[z1, z2] for z2 in places[::-1] for z1 in places])


@mistake("latent_map", "the rows begin at the bottom")
def from_the_bottom(count: int) -> Any:
    return np.array([[z1, z2] for z2 in quantiles(count) for z1 in quantiles(count)])


@mistake("latent_map", "z1 and z2 are exchanged")
def exchanged(count: int) -> Any:
    return np.array([[z2, z1] for z2 in quantiles(count)[::-1] for z1 in quantiles(count)])


@mistake("latent_map", "the probabilities 0 and 1 have no quantile")
def to_the_ends(count: int) -> Any:
    inner = [NormalDist().inv_cdf(i / (count - 1)) for i in range(1, count - 1)]
    places = [-np.inf, *inner, np.inf]
    return np.array([[z1, z2] for z2 in places[::-1] for z1 in places])


@mistake("latent_map", "a row a point")
def as_a_square(count: int) -> Any:
    return np.stack(np.meshgrid(quantiles(count), quantiles(count)[::-1]), axis=-1)
