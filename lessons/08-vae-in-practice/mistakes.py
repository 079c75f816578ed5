"""Wrong answers to the exercises of lesson 08, and what the check says of each."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import charged_rate, latent_map, negative_elbo, price_of_rate


def divergences(mu: Any, logvar: Any) -> Any:
    return (mu**2 + np.exp(logvar) - 1 - logvar) / 2


@mistake("charged_rate", "the maximum is taken for each image")
def free_for_each_image(mu: Any, logvar: Any, groups: Any, free: float) -> Any:
    return float(
        np.mean([charged_rate(mu[[n]], logvar[[n]], groups, free) for n in range(len(mu))])
    )


@mistake("charged_rate", "the maximum is taken for each latent variable")
def without_groups(mu: Any, logvar: Any, groups: Any, free: float) -> Any:
    return charged_rate(mu, logvar, np.arange(len(groups)), free)


@mistake("charged_rate", "it was of the sum of all")
def one_group(mu: Any, logvar: Any, groups: Any, free: float) -> Any:
    return charged_rate(mu, logvar, np.zeros_like(groups), free)


@mistake("charged_rate", "the mean over a group's variables")
def group_means(mu: Any, logvar: Any, groups: Any, free: float) -> Any:
    each = divergences(mu, logvar).mean(axis=0)
    return float(sum(max(free, each[groups == g].mean()) for g in np.unique(groups)))


@mistake("charged_rate", "the free nats are subtracted")
def subtracted(mu: Any, logvar: Any, groups: Any, free: float) -> Any:
    return charged_rate(mu, logvar, groups, free) - free * len(np.unique(groups))


@mistake("charged_rate", "no nats are free")
def nothing_free(mu: Any, logvar: Any, groups: Any, free: float) -> Any:
    return float(divergences(mu, logvar).mean(axis=0).sum())


@mistake("latent_map", "the rows begin at the bottom")
def upside_down(columns: int, rows: int, share: float) -> Any:
    return latent_map(columns, rows, share) * np.array([1, -1])


@mistake("latent_map", "z1 and z2 are exchanged")
def axes_exchanged(columns: int, rows: int, share: float) -> Any:
    return latent_map(columns, rows, share)[:, ::-1]


@mistake("latent_map", "column by column")
def column_by_column(columns: int, rows: int, share: float) -> Any:
    points = latent_map(columns, rows, share).reshape(rows, columns, 2)
    return points.swapaxes(0, 1).reshape(-1, 2)


@mistake("latent_map", "columns and rows are exchanged")
def rows_for_columns(columns: int, rows: int, share: float) -> Any:
    return latent_map(rows, columns, share)


def grid(columns: Any, rows: Any) -> Any:
    return np.array([[z1, z2] for z2 in reversed(rows) for z1 in columns])


@mistake("latent_map", "a point at infinity")
def to_the_ends(columns: int, rows: int, share: float) -> Any:
    points = latent_map(columns, rows, share)
    return points + np.where(points == points.max(), math.inf, 0.0)


@mistake("latent_map", "nothing is left out")
def all_of_the_prior(columns: int, rows: int, share: float) -> Any:
    return latent_map(columns, rows, 1.0)


@mistake("latent_map", "half of it is on each")
def one_side(columns: int, rows: int, share: float) -> Any:
    def places(count: int) -> Any:
        middles = [1 - share + share * (i + 0.5) / count for i in range(count)]
        return [NormalDist().inv_cdf(p) for p in middles]

    return grid(places(columns), places(rows))


def of_parts(distortion: float, rate: float) -> Any:
    return distortion + rate, distortion, rate


@mistake("negative_elbo", "this makes the posterior collapse")
def mean_over_pixels(mean: Any, pixel_logvar: Any, x: Any, mu: Any, logvar: Any) -> Any:
    _, distortion, rate = negative_elbo(mean, pixel_logvar, x, mu, logvar)
    return of_parts(distortion / x.shape[1], rate)


@mistake("negative_elbo", "ln 2 pi is missing")
def without_constant(mean: Any, pixel_logvar: Any, x: Any, mu: Any, logvar: Any) -> Any:
    _, distortion, rate = negative_elbo(mean, pixel_logvar, x, mu, logvar)
    return of_parts(distortion - x.shape[1] * math.log(2 * math.pi) / 2, rate)


@mistake("negative_elbo", "the logarithm of the variance is missing")
def without_width(mean: Any, pixel_logvar: Any, x: Any, mu: Any, logvar: Any) -> Any:
    _, distortion, rate = negative_elbo(mean, pixel_logvar, x, mu, logvar)
    return of_parts(distortion - float(pixel_logvar.sum()) / 2, rate)


@mistake("negative_elbo", "it belongs to each")
def width_counted_once(mean: Any, pixel_logvar: Any, x: Any, mu: Any, logvar: Any) -> Any:
    _, distortion, rate = negative_elbo(mean, pixel_logvar, x, mu, logvar)
    return of_parts(distortion - float(pixel_logvar.sum()) / 2 * (1 - 1 / len(x)), rate)


@mistake("negative_elbo", "where it should be divided")
def multiplied(mean: Any, pixel_logvar: Any, x: Any, mu: Any, logvar: Any) -> Any:
    nats = math.log(2 * math.pi) + pixel_logvar + (x - mean) ** 2 * np.exp(pixel_logvar)
    rate = negative_elbo(mean, pixel_logvar, x, mu, logvar)[2]
    return of_parts(float(nats.sum()) / 2 / len(x), rate)


@mistake("negative_elbo", "the rate: the mean over latent variables")
def mean_over_latents(mean: Any, pixel_logvar: Any, x: Any, mu: Any, logvar: Any) -> Any:
    _, distortion, rate = negative_elbo(mean, pixel_logvar, x, mu, logvar)
    return of_parts(distortion, rate / mu.shape[1])


@mistake("negative_elbo", "the logarithm is missing: -ln sigma^2")
def without_logarithm(mean: Any, pixel_logvar: Any, x: Any, mu: Any, logvar: Any) -> Any:
    distortion = negative_elbo(mean, pixel_logvar, x, mu, logvar)[1]
    return of_parts(distortion, float((mu**2 + np.exp(logvar) - 1).sum()) / 2 / len(x))


@mistake("negative_elbo", "the KL is added")
def rate_subtracted(mean: Any, pixel_logvar: Any, x: Any, mu: Any, logvar: Any) -> Any:
    _, distortion, rate = negative_elbo(mean, pixel_logvar, x, mu, logvar)
    return distortion - rate, distortion, rate


@mistake("negative_elbo", "this is the ELBO")
def sign_flipped(mean: Any, pixel_logvar: Any, x: Any, mu: Any, logvar: Any) -> Any:
    loss, distortion, rate = negative_elbo(mean, pixel_logvar, x, mu, logvar)
    return -loss, distortion, rate


@mistake("price_of_rate", "all directions are in use")
def all_in_use(s2: Any, rate: float) -> Any:
    log_price = float(np.log(s2).mean() - 2 * rate / len(s2))
    return math.exp(log_price), (np.log(s2) - log_price) / 2


@mistake("price_of_rate", "the factor 1/2 of the rates is missing")
def without_half(s2: Any, rate: float) -> Any:
    return price_of_rate(s2, rate / 2)


@mistake("price_of_rate", "this is the logarithm of the price")
def logarithm(s2: Any, rate: float) -> Any:
    price, rates = price_of_rate(s2, rate)
    return math.log(price), rates


@mistake("price_of_rate", "the largest direction alone is used")
def largest_alone(s2: Any, rate: float) -> Any:
    rates = np.where(s2 == s2.max(), rate, 0.0)
    return float(s2.max()) * math.exp(-2 * rate), rates


@mistake("price_of_rate", "they are sorted")
def sorted_rates(s2: Any, rate: float) -> Any:
    price, rates = price_of_rate(s2, rate)
    return price, np.sort(rates)[::-1]


@mistake("price_of_rate", "negative where the variance is below the price")
def negative_rates(s2: Any, rate: float) -> Any:
    price, _ = price_of_rate(s2, rate)
    return price, np.log(s2 / price) / 2
