"""Wrong answers to the exercises of lesson 09, and what the check says of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import (
    bits_per_pixel,
    continuous_bernoulli_nll,
    importance_weighted_bound,
    importance_weighted_rule,
    level_log_probabilities,
)


@mistake("importance_weighted_bound", "the mean of the logarithms, which is the ELBO")
def mean_of_logarithms(log_weights: Any) -> Any:
    return log_weights.mean()


@mistake("importance_weighted_bound", "their exponentials are 0 as floats")
def exponentials_as_they_are(log_weights: Any) -> Any:
    with np.errstate(divide="ignore"):
        return np.log(np.exp(log_weights).mean(axis=0)).mean()


@mistake("importance_weighted_bound", "over draws and images together")
def logarithm_last(log_weights: Any) -> Any:
    return importance_weighted_bound(log_weights.reshape(-1, 1))


@mistake("importance_weighted_bound", "the axes are exchanged")
def axes_exchanged(log_weights: Any) -> Any:
    return importance_weighted_bound(log_weights.T)


@mistake("importance_weighted_bound", "the logarithm of the sum: divide by K")
def not_divided(log_weights: Any) -> Any:
    return importance_weighted_bound(log_weights) + math.log(len(log_weights))


@mistake("importance_weighted_bound", "take out the largest of each image")
def one_largest_for_all(log_weights: Any) -> Any:
    largest = log_weights.max()
    with np.errstate(divide="ignore"):
        return (largest + np.log(np.exp(log_weights - largest).mean(axis=0))).mean()


@mistake("importance_weighted_rule", "this is the gradient of the ELBO")
def equal_weights(g: Any, out: Any, log_weights: Any) -> Any:
    return (np.broadcast_to(g / log_weights.size, log_weights.shape),)


@mistake("importance_weighted_rule", "the shares are of the weights of all images")
def shares_of_all(g: Any, out: Any, log_weights: Any) -> Any:
    weights = np.exp(log_weights)
    return (g * weights / weights.sum(),)


@mistake("importance_weighted_rule", "the mean over the N images is missing")
def no_mean(g: Any, out: Any, log_weights: Any) -> Any:
    return (importance_weighted_rule(g, out, log_weights)[0] * log_weights.shape[1],)


@mistake("importance_weighted_rule", "without the cotangent: multiply by g")
def no_cotangent(g: Any, out: Any, log_weights: Any) -> Any:
    return importance_weighted_rule(np.asarray(1.0), out, log_weights)


@mistake("importance_weighted_rule", "the gradient is not finite for log-weights near -2000")
def underflow(g: Any, out: Any, log_weights: Any) -> Any:
    weights = np.exp(log_weights)
    with np.errstate(invalid="ignore"):
        return (g * weights / weights.sum(axis=0) / log_weights.shape[1],)


@mistake("level_log_probabilities", "a level with a large loss is improbable")
def sign_of_the_losses(losses: Any) -> Any:
    return level_log_probabilities(-losses)


@mistake("level_log_probabilities", "the probabilities themselves: take the logarithm")
def probabilities(losses: Any) -> Any:
    return np.exp(level_log_probabilities(losses))


@mistake("level_log_probabilities", "normalised over the pixels")
def over_the_pixels(losses: Any) -> Any:
    return level_log_probabilities(losses.T).T


@mistake("level_log_probabilities", "not normalised")
def negative_losses(losses: Any) -> Any:
    return -losses


@mistake("level_log_probabilities", "ln P is not finite for losses near 2000")
def exponentials_of_losses(losses: Any) -> Any:
    with np.errstate(divide="ignore"):
        return -losses - np.log(np.exp(-losses).sum(axis=0))


@mistake("bits_per_pixel", "in nats: divide by ln 2")
def nats_per_pixel(nats: float, pixels: int, levels: int) -> Any:
    return bits_per_pixel(nats, pixels, levels) * math.log(2)


@mistake("bits_per_pixel", "of the whole image: divide by the pixels")
def of_the_image(nats: float, pixels: int, levels: int) -> Any:
    return bits_per_pixel(nats, pixels, levels) * pixels


@mistake("bits_per_pixel", "multiply the density by the distance of two levels first")
def no_change_of_unit(nats: float, pixels: int, levels: int) -> Any:
    return nats / (pixels * math.log(2))


@mistake("bits_per_pixel", "the sign of the change of unit")
def unit_the_other_way(nats: float, pixels: int, levels: int) -> Any:
    return (nats - pixels * math.log(levels - 1)) / (pixels * math.log(2))


@mistake("bits_per_pixel", "from 0 to 1 there are 16 distances between 17 levels")
def as_many_distances_as_levels(nats: float, pixels: int, levels: int) -> Any:
    return bits_per_pixel(nats, pixels, levels + 1)


@mistake("bits_per_pixel", "the change of unit for one pixel alone")
def unit_of_one_pixel(nats: float, pixels: int, levels: int) -> Any:
    return (nats + math.log(levels - 1)) / (pixels * math.log(2))


@mistake("continuous_bernoulli_nll", "its exponential does not integrate to 1")
def cross_entropy_alone(logits: Any, x: Any) -> Any:
    return np.logaddexp(0, logits) - x * logits


@mistake("continuous_bernoulli_nll", "the density is divided by its integral")
def constant_subtracted(logits: Any, x: Any) -> Any:
    return 2 * cross_entropy_alone(logits, x) - continuous_bernoulli_nll(logits, x)


@mistake("continuous_bernoulli_nll", "it depends on l")
def constant_of_zero(logits: Any, x: Any) -> Any:
    return cross_entropy_alone(logits, x) - math.log(2)


@mistake("continuous_bernoulli_nll", "0 over 0: its limit is 1/2")
def zero_over_zero(logits: Any, x: Any) -> Any:
    with np.errstate(invalid="ignore"):
        return cross_entropy_alone(logits, x) + np.log(np.tanh(logits / 2) / logits)


@mistake("continuous_bernoulli_nll", "e^l overflows")
def overflow(logits: Any, x: Any) -> Any:
    constant = continuous_bernoulli_nll(logits, x) - cross_entropy_alone(logits, x)
    return np.log(1 + np.exp(logits)) - x * logits + constant
