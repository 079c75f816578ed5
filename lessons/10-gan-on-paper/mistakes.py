"""Wrong answers to the exercises of lesson 10, and what the check says of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import (
    best_answer,
    discriminator_loss,
    jensen_shannon,
    non_saturating_rule,
)


def sigma(s: Any) -> Any:
    return 1 / (1 + np.exp(-s))


@mistake("discriminator_loss", "the labels are exchanged")
def labels_exchanged(real: Any, fake: Any) -> Any:
    return np.logaddexp(0, real).mean() + np.logaddexp(0, -fake).mean()


@mistake("discriminator_loss", "both kinds have the label real")
def one_label(real: Any, fake: Any) -> Any:
    return np.logaddexp(0, -real).mean() + np.logaddexp(0, -fake).mean()


@mistake("discriminator_loss", "this is V, which the discriminator maximises")
def ascending(real: Any, fake: Any) -> Any:
    return -discriminator_loss(real, fake)


@mistake("discriminator_loss", "one mean over all samples")
def one_mean(real: Any, fake: Any) -> Any:
    return np.logaddexp(0, np.concatenate([-real, fake])).mean()


@mistake("discriminator_loss", "sigma(s) is rounded to 0 or 1 before the logarithm")
def logarithm_of_a_sigmoid(real: Any, fake: Any) -> Any:
    return -np.log(sigma(real)).mean() - np.log(1 - sigma(fake)).mean()


@mistake("discriminator_loss", "an exponential overflows")
def softplus_by_its_definition(real: Any, fake: Any) -> Any:
    return np.log(1 + np.exp(-real)).mean() + np.log(1 + np.exp(fake)).mean()


@mistake("non_saturating_rule", "these are the weights of the saturating loss")
def saturating(g: Any, out: Any, scores: Any) -> Any:
    return (-g * sigma(scores) / len(scores),)


@mistake("non_saturating_rule", "the sign is flipped")
def uphill(g: Any, out: Any, scores: Any) -> Any:
    return (-non_saturating_rule(g, out, scores)[0],)


@mistake("non_saturating_rule", "the mean over the N samples is missing")
def no_mean(g: Any, out: Any, scores: Any) -> Any:
    return (-g * sigma(-scores),)


@mistake("non_saturating_rule", "without the cotangent: multiply by g")
def no_cotangent(g: Any, out: Any, scores: Any) -> Any:
    return non_saturating_rule(np.asarray(1.0), out, scores)


@mistake("non_saturating_rule", "without the logarithm: the factor sigma(s) lets it saturate")
def slope_of_the_sigmoid(g: Any, out: Any, scores: Any) -> Any:
    return (-g * sigma(scores) * sigma(-scores) / len(scores),)


@mistake("best_answer", "this is the probability of being generated")
def of_being_generated(log_p: Any, log_q: Any) -> Any:
    return best_answer(log_q, log_p)


@mistake("best_answer", "this is the best score")
def score(log_p: Any, log_q: Any) -> Any:
    return log_p - log_q


@mistake("best_answer", "this is the ratio p / q")
def ratio(log_p: Any, log_q: Any) -> Any:
    return np.exp(log_p - log_q)


@mistake("best_answer", "both densities are below what a float can hold")
def of_densities(log_p: Any, log_q: Any) -> Any:
    p, q = np.exp(log_p), np.exp(log_q)
    return p / (p + q)


@mistake("best_answer", "an exponential overflows where one density is e^2000 times the other")
def sigmoid_by_its_definition(log_p: Any, log_q: Any) -> Any:
    return 1 / (1 + np.exp(log_q - log_p))


@mistake("jensen_shannon", "the sum of both divergences: take half of it")
def not_halved(p: Any, q: Any) -> Any:
    return 2 * jensen_shannon(p, q)


@mistake("jensen_shannon", "each is to be taken from the mixture m")
def from_each_other(p: Any, q: Any) -> Any:
    return np.sum((p - q) * np.log(p / q)) / 2


@mistake("jensen_shannon", "the mixture is half the sum of p and q")
def mixture_of_two(p: Any, q: Any) -> Any:
    return np.sum(p * np.log(p / (p + q)) + q * np.log(q / (p + q))) / 2


@mistake("jensen_shannon", "in bits: take the natural logarithm")
def bits(p: Any, q: Any) -> Any:
    return jensen_shannon(p, q) / math.log(2)


@mistake("jensen_shannon", "where a probability is 0 its term is 0")
def logarithm_of_zero(p: Any, q: Any) -> Any:
    m = (p + q) / 2
    return np.sum(p * np.log(p / m) + q * np.log(q / m)) / 2
