"""Wrong answers to the exercises of lesson 09, and what the check says of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import (
    bits_per_pixel,
    continuous_bernoulli_mean,
    discretised_logistic,
    effective_draws,
    growing_bounds,
)


@mistake("bits_per_pixel", "as for pixels in [0, 1]")
def from_0_to_1(nats: float, pixels: int, levels: int) -> Any:
    return (nats / pixels + math.log(levels - 1)) / math.log(2)


@mistake("bits_per_pixel", "lie n - 1 distances")
def fence_post(nats: float, pixels: int, levels: int) -> Any:
    return (nats / pixels + math.log(levels / 2)) / math.log(2)


@mistake("bits_per_pixel", "a density is not a probability")
def density_for_probability(nats: float, pixels: int, levels: int) -> Any:
    return nats / pixels / math.log(2)


@mistake("bits_per_pixel", "the wrong way")
def wrong_way(nats: float, pixels: int, levels: int) -> Any:
    return (nats / pixels - math.log((levels - 1) / 2)) / math.log(2)


@mistake("bits_per_pixel", "in nats; a bit is ln 2")
def in_nats(nats: float, pixels: int, levels: int) -> Any:
    return bits_per_pixel(nats, pixels, levels) * math.log(2)


@mistake("bits_per_pixel", "of the whole image")
def of_the_image(nats: float, pixels: int, levels: int) -> Any:
    return bits_per_pixel(nats, pixels, levels) * pixels


@mistake("effective_draws", "each image has its own draws")
def over_images(log_weights: Any) -> Any:
    return effective_draws(log_weights.T)


@mistake("effective_draws", "the sum is not squared")
def not_squared(log_weights: Any) -> Any:
    weights = np.exp(log_weights)
    return weights.sum(axis=0) / (weights**2).sum(axis=0)


@mistake("effective_draws", "turned round")
def turned_round(log_weights: Any) -> Any:
    return 1 / effective_draws(log_weights)


@mistake("effective_draws", "a related number")
def inverse_of_the_largest_share(log_weights: Any) -> Any:
    weights = np.exp(log_weights)
    return weights.sum(axis=0) / weights.max(axis=0)


@mistake("effective_draws", "a common factor cancels")
def underflowing(log_weights: Any) -> Any:
    weights = np.exp(log_weights)
    return weights.sum(axis=0) ** 2 / (weights**2).sum(axis=0)


@mistake("growing_bounds", "1/k is missing")
def sum_for_mean(log_weights: Any) -> Any:
    return growing_bounds(log_weights) + np.log(np.arange(1, len(log_weights) + 1))


@mistake("growing_bounds", "divided by K throughout")
def divided_by_all(log_weights: Any) -> Any:
    return sum_for_mean(log_weights) - math.log(len(log_weights))


@mistake("growing_bounds", "the logarithms are averaged")
def mean_of_logarithms(log_weights: Any) -> Any:
    k = np.arange(1, len(log_weights) + 1)
    return np.cumsum(log_weights.mean(axis=1)) / k


@mistake("growing_bounds", "before the logarithm is taken")
def images_averaged_first(log_weights: Any) -> Any:
    k = np.arange(1, len(log_weights) + 1)
    return np.log(np.cumsum(np.exp(log_weights).mean(axis=1)) / k)


@mistake("growing_bounds", "the bound of all draws alone")
def last_bound(log_weights: Any) -> Any:
    return np.asarray(growing_bounds(log_weights)[-1])


@mistake("growing_bounds", "add them up by their logarithms")
def summed_as_numbers(log_weights: Any) -> Any:
    k = np.arange(1, len(log_weights) + 1)[:, None]
    return np.log(np.cumsum(np.exp(log_weights), axis=0) / k).mean(axis=1)


@mistake("continuous_bernoulli_mean", "sigma(l) is the mean of a Bernoulli variable")
def sigmoid(logits: Any) -> Any:
    return 1 / (1 + np.exp(-logits))


@mistake("continuous_bernoulli_mean", "has to be divided by that of e^(x l)")
def not_normalised(logits: Any) -> Any:
    return continuous_bernoulli_mean(logits) * np.expm1(logits) / logits


@mistake("continuous_bernoulli_mean", "the sign of the logit is flipped")
def sign_flipped(logits: Any) -> Any:
    return continuous_bernoulli_mean(-logits)


@mistake("continuous_bernoulli_mean", "0 / 0, or an exponential overflowed")
def without_a_series(logits: Any) -> Any:
    return 1 / (1 - np.exp(-logits)) - 1 / logits


@mistake("continuous_bernoulli_mean", "is all rounding; use the series")
def at_0_alone(logits: Any) -> Any:
    safe = np.where(logits == 0, 1.0, logits)
    return np.where(logits == 0, 0.5, 1 / (1 - np.exp(-safe)) - 1 / safe)


@mistake("continuous_bernoulli_mean", "near 0, where the difference of two large numbers loses")
def one_term_of_the_series(logits: Any) -> Any:
    return np.where(abs(logits) < 0.1, 0.5 + logits / 12, continuous_bernoulli_mean(logits))


def probabilities(mu: Any, scale: Any, levels: int, ends: Any) -> Any:
    cuts = (ends / (levels - 1) - mu) / scale
    inner = 1 / (1 + np.exp(-cuts))
    zeros = np.zeros((1, *mu.shape))
    return np.diff(np.concatenate([zeros, inner, zeros + 1]), axis=0)


def halves(levels: int) -> Any:
    return np.arange(1, levels)[:, None, None] - 0.5


@mistake("discretised_logistic", "their logarithms are asked for")
def not_in_logarithms(mu: Any, log_s: Any, levels: int) -> Any:
    return probabilities(mu, np.exp(log_s), levels, halves(levels))


@mistake("discretised_logistic", "s is its exponential")
def half_the_logarithm(mu: Any, log_s: Any, levels: int) -> Any:
    return discretised_logistic(mu, log_s / 2, levels)


@mistake("discretised_logistic", "these begin at their level")
def from_level_to_level(mu: Any, log_s: Any, levels: int) -> Any:
    return np.log(probabilities(mu, np.exp(log_s), levels, halves(levels) + 0.5))


@mistake("discretised_logistic", "the last ends at infinity")
def closed_ends(mu: Any, log_s: Any, levels: int) -> Any:
    ends = (np.arange(levels + 1)[:, None, None] - 0.5) / (levels - 1)
    return np.log(np.diff(1 / (1 + np.exp(-(ends - mu) / np.exp(log_s))), axis=0))


@mistake("discretised_logistic", "that is not the probability")
def density_times_distance(mu: Any, log_s: Any, levels: int) -> Any:
    a = (np.arange(levels)[:, None, None] / (levels - 1) - mu) / np.exp(log_s)
    return -a - 2 * np.logaddexp(0, -a) - log_s - math.log(levels - 1)


@mistake("discretised_logistic", "and its logarithm infinite")
def difference_of_sigmoids(mu: Any, log_s: Any, levels: int) -> Any:
    return np.log(probabilities(mu, np.exp(log_s), levels, halves(levels)))
