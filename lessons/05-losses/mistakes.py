"""Wrong answers to the exercises of lesson 05, and what the check says of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import cross_entropy_rule, kl_to_mixture, weighted_bce


@mistake("laplace_nll", "Z is missing: the density has to integrate to 1")
def without_constant(mu: Any, log_b: Any, target: Any) -> Any:
    return abs(target - mu) / np.exp(log_b)


@mistake("laplace_nll", "the area of one tail; there are two")
def one_tail(mu: Any, log_b: Any, target: Any) -> Any:
    return log_b + abs(target - mu) / np.exp(log_b)


@mistake("laplace_nll", "the scale is missing in Z")
def without_scale(mu: Any, log_b: Any, target: Any) -> Any:
    return math.log(2) + abs(target - mu) / np.exp(log_b)


@mistake("laplace_nll", "divide by its exponential")
def logarithm_for_scale(mu: Any, log_b: Any, target: Any) -> Any:
    return math.log(2) + log_b + abs(target - mu) / log_b


@mistake("laplace_nll", "that is the Gaussian's loss")
def squared(mu: Any, log_b: Any, target: Any) -> Any:
    return math.log(2) + log_b + (target - mu) ** 2 / np.exp(log_b)


@mistake("laplace_nll", "this is the log-likelihood")
def log_likelihood(mu: Any, log_b: Any, target: Any) -> Any:
    return -(math.log(2) + log_b + abs(target - mu) / np.exp(log_b))


@mistake("laplace_nll", "the losses of the elements are asked for")
def added_up(mu: Any, log_b: Any, target: Any) -> Any:
    return (math.log(2) + log_b + abs(target - mu) / np.exp(log_b)).sum()


def softmax(logits: Any) -> Any:
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@mistake("cross_entropy_rule", "the softmax is multiplied by their sum")
def for_targets_that_sum_to_one(g: Any, out: Any, logits: Any, target: Any) -> Any:
    of_logits = g[:, None] * (softmax(logits) - target)
    return of_logits, cross_entropy_rule(g, out, logits, target)[1]


@mistake("cross_entropy_rule", "it is expectation minus outcome")
def sign_flipped(g: Any, out: Any, logits: Any, target: Any) -> Any:
    of_logits, of_target = cross_entropy_rule(g, out, logits, target)
    return -of_logits, of_target


@mistake("cross_entropy_rule", "the cotangent is missing")
def no_cotangent(g: Any, out: Any, logits: Any, target: Any) -> Any:
    return cross_entropy_rule(np.ones_like(g), out, logits, target)


@mistake("cross_entropy_rule", "the logarithm of the sum is missing")
def minus_the_logits(g: Any, out: Any, logits: Any, target: Any) -> Any:
    return cross_entropy_rule(g, out, logits, target)[0], -g[:, None] * logits


@mistake("cross_entropy_rule", "the op has no mean over the batch")
def averaged(g: Any, out: Any, logits: Any, target: Any) -> Any:
    return tuple(each / len(g) for each in cross_entropy_rule(g, out, logits, target))


@mistake("cross_entropy_rule", "one array of shape (3, 4); expected a tuple of two arrays")
def of_the_logits_alone(g: Any, out: Any, logits: Any, target: Any) -> Any:
    return cross_entropy_rule(g, out, logits, target)[0]


@mistake("cross_entropy_rule", "subtract the largest logit of each row")
def overflowing(g: Any, out: Any, logits: Any, target: Any) -> Any:
    e = np.exp(logits)
    total = e.sum(axis=1, keepdims=True)
    of_logits = g[:, None] * (target.sum(axis=1, keepdims=True) * e / total - target)
    return of_logits, g[:, None] * (np.log(total) - logits)


@mistake("weighted_bce", "an exponential overflowed")
def naive(logits: Any, target: Any, weight: float) -> Any:
    softplus = np.log(1 + np.exp(-logits))
    return weight * target * softplus + (1 - target) * (logits + softplus)


@mistake("weighted_bce", "the probability has rounded to 0 or 1, or was clipped")
def clipped(logits: Any, target: Any, weight: float) -> Any:
    p = np.clip(1 / (1 + np.exp(-logits)), 1e-12, 1 - 1e-12)
    return -weight * target * np.log(p) - (1 - target) * np.log(1 - p)


@mistake("weighted_bce", "np.log1p(x) is log(1 + x) without the sum")
def rounded_sum(logits: Any, target: Any, weight: float) -> Any:
    softplus = np.maximum(-logits, 0) + np.log(1 + np.exp(-abs(logits)))
    return weight * target * softplus + (1 - target) * (logits + softplus)


@mistake("weighted_bce", "this is the plain cross-entropy")
def not_weighted(logits: Any, target: Any, weight: float) -> Any:
    return weighted_bce(logits, target, 1.0)


@mistake("weighted_bce", "the weight is that of the negatives")
def negatives_weighted(logits: Any, target: Any, weight: float) -> Any:
    return weighted_bce(-logits, 1 - target, weight)


@mistake("weighted_bce", "both terms are weighted")
def both_weighted(logits: Any, target: Any, weight: float) -> Any:
    return weight * weighted_bce(logits, target, 1.0)


@mistake("weighted_bce", "targets 0 and 1 are exchanged")
def exchanged(logits: Any, target: Any, weight: float) -> Any:
    return weighted_bce(logits, 1 - target, weight)


@mistake("weighted_bce", "the losses of the elements are asked for")
def total(logits: Any, target: Any, weight: float) -> Any:
    return weighted_bce(logits, target, weight).sum()


def sampled(mu: Any, logvar: Any, z: Any, log_p: Any) -> Any:
    log_q = -((z - mu) ** 2 / np.exp(logvar) + logvar) / 2
    r = (log_q - log_p).sum(axis=2)
    return r.mean(axis=0), r.std(axis=0) / math.sqrt(len(z))


def log_prior(z: Any, m: float) -> Any:
    return np.logaddexp(-((z - m) ** 2) / 2, -((z + m) ** 2) / 2) - math.log(2)


@mistake("kl_to_mixture", "exp(logvar) is the variance")
def variance_for_deviation(mu: Any, logvar: Any, noise: Any, m: float) -> Any:
    z = mu + np.exp(logvar) * noise
    return sampled(mu, logvar, z, log_prior(z, m))


@mistake("kl_to_mixture", "where they have to be from q")
def draws_of_a_standard_normal(mu: Any, logvar: Any, noise: Any, m: float) -> Any:
    return sampled(mu, logvar, noise, log_prior(noise, m))


@mistake("kl_to_mixture", "where independent ones add up")
def averaged_over_latents(mu: Any, logvar: Any, noise: Any, m: float) -> Any:
    means, errors = kl_to_mixture(mu, logvar, noise, m)
    return means / 2, errors / 2


@mistake("kl_to_mixture", "the sign: it is ln q - ln p")
def turned_round(mu: Any, logvar: Any, noise: Any, m: float) -> Any:
    means, errors = kl_to_mixture(mu, logvar, noise, m)
    return -means, errors


@mistake("kl_to_mixture", "ln p lacks -ln 2")
def without_weights(mu: Any, logvar: Any, noise: Any, m: float) -> Any:
    z = mu + np.exp(logvar / 2) * noise
    return sampled(mu, logvar, z, log_prior(z, m) + math.log(2))


@mistake("kl_to_mixture", "their densities have to be")
def logarithms_averaged(mu: Any, logvar: Any, noise: Any, m: float) -> Any:
    z = mu + np.exp(logvar / 2) * noise
    return sampled(mu, logvar, z, -((z - m) ** 2 + (z + m) ** 2) / 4)


@mistake("kl_to_mixture", "which has one hill")
def from_the_standard_normal(mu: Any, logvar: Any, noise: Any, m: float) -> Any:
    z = mu + np.exp(logvar / 2) * noise
    return sampled(mu, logvar, z, -(z**2) / 2)


@mistake("kl_to_mixture", "add them by their logarithms")
def underflowing(mu: Any, logvar: Any, noise: Any, m: float) -> Any:
    z = mu + np.exp(logvar / 2) * noise
    hills = np.exp(-((z - m) ** 2) / 2) + np.exp(-((z + m) ** 2) / 2)
    return sampled(mu, logvar, z, np.log(hills / 2))


@mistake("kl_to_mixture", "smaller by the root of S")
def error_of_one_draw(mu: Any, logvar: Any, noise: Any, m: float) -> Any:
    means, errors = kl_to_mixture(mu, logvar, noise, m)
    return means, errors * math.sqrt(len(noise))


@mistake("kl_to_mixture", "where it is its root")
def divided_by_the_count(mu: Any, logvar: Any, noise: Any, m: float) -> Any:
    means, errors = kl_to_mixture(mu, logvar, noise, m)
    return means, errors / math.sqrt(len(noise))
