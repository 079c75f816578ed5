"""Wrong answers to the exercises of lesson 05, and what the check says of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import cross_entropy_rule, kl_by_sampling, stable_bce


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


@mistake("stable_bce", "an exponential overflowed")
def naive(logits: Any, target: Any) -> Any:
    return np.log(1 + np.exp(logits)) - target * logits


@mistake("stable_bce", "the probability has rounded to 0 or 1, or was clipped")
def clipped(logits: Any, target: Any) -> Any:
    p = np.clip(1 / (1 + np.exp(-logits)), 1e-12, 1 - 1e-12)
    return -target * np.log(p) - (1 - target) * np.log(1 - p)


@mistake("stable_bce", "np.log1p(x) is log(1 + x) without the sum")
def rounded_sum(logits: Any, target: Any) -> Any:
    return np.maximum(logits, 0) - target * logits + np.log(1 + np.exp(-abs(logits)))


@mistake("stable_bce", "max(l, 0) is missing")
def without_maximum(logits: Any, target: Any) -> Any:
    return np.log1p(np.exp(-abs(logits))) - target * logits


@mistake("stable_bce", "targets 0 and 1 are exchanged")
def exchanged(logits: Any, target: Any) -> Any:
    return stable_bce(logits, 1 - target)


@mistake("stable_bce", "the losses of the elements are asked for")
def mean(logits: Any, target: Any) -> Any:
    return stable_bce(logits, target).sum()


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


@mistake("cross_entropy_rule", "the rule returns one ndarray; expected a tuple")
def of_the_logits_alone(g: Any, out: Any, logits: Any, target: Any) -> Any:
    return cross_entropy_rule(g, out, logits, target)[0]


@mistake("cross_entropy_rule", "subtract the largest logit of each row")
def overflowing(g: Any, out: Any, logits: Any, target: Any) -> Any:
    e = np.exp(logits)
    total = e.sum(axis=1, keepdims=True)
    of_logits = g[:, None] * (target.sum(axis=1, keepdims=True) * e / total - target)
    return of_logits, g[:, None] * (np.log(total) - logits)


@mistake("kl_by_sampling", "exp(logvar) is the variance")
def variance_for_deviation(mu: Any, logvar: Any, noise: Any) -> Any:
    z = mu + np.exp(logvar) * noise
    r = 0.5 * (z**2 - (z - mu) ** 2 / np.exp(logvar) - logvar).sum(axis=2)
    return r.mean(axis=0), r.std(axis=0) / math.sqrt(len(noise))


@mistake("kl_by_sampling", "the draws are from p, where they have to be from q")
def draws_of_the_prior(mu: Any, logvar: Any, noise: Any) -> Any:
    r = 0.5 * (noise**2 - (noise - mu) ** 2 / np.exp(logvar) - logvar).sum(axis=2)
    return r.mean(axis=0), r.std(axis=0) / math.sqrt(len(noise))


@mistake("kl_by_sampling", "where independent ones add up")
def averaged_over_latents(mu: Any, logvar: Any, noise: Any) -> Any:
    means, errors = kl_by_sampling(mu, logvar, noise)
    return means / 2, errors / 2


@mistake("kl_by_sampling", "the sign: it is ln q - ln p")
def turned_round(mu: Any, logvar: Any, noise: Any) -> Any:
    means, errors = kl_by_sampling(mu, logvar, noise)
    return -means, errors


@mistake("kl_by_sampling", "it has to be sampled")
def closed_form(mu: Any, logvar: Any, noise: Any) -> Any:
    exact = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)
    return exact, np.zeros(len(mu))


@mistake("kl_by_sampling", "a wider density is lower")
def without_half_the_logarithm(mu: Any, logvar: Any, noise: Any) -> Any:
    z = mu + np.exp(logvar / 2) * noise
    r = 0.5 * (z**2 - noise**2).sum(axis=2)
    return r.mean(axis=0), r.std(axis=0) / math.sqrt(len(noise))


@mistake("kl_by_sampling", "smaller by the root of S")
def error_of_one_draw(mu: Any, logvar: Any, noise: Any) -> Any:
    means, errors = kl_by_sampling(mu, logvar, noise)
    return means, errors * math.sqrt(len(noise))


@mistake("kl_by_sampling", "where it is its root")
def divided_by_the_count(mu: Any, logvar: Any, noise: Any) -> Any:
    means, errors = kl_by_sampling(mu, logvar, noise)
    return means, errors / math.sqrt(len(noise))
