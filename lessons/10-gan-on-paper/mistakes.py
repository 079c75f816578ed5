"""Wrong answers to the exercises of lesson 10, and what the check says of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import best_answer, jensen_shannon, relativistic_rule, smoothed_loss


def softplus(x: Any) -> Any:
    return np.logaddexp(0, x)


def sigmoid(s: Any) -> Any:
    return 1 / (1 + np.exp(-s))


@mistake("smoothed_loss", "are not smoothed")
def not_smoothed(real: Any, fake: Any, label: float) -> Any:
    return smoothed_loss(real, fake, 1.0)


@mistake("smoothed_loss", "the term with 1 - a is missing")
def one_term(real: Any, fake: Any, label: float) -> Any:
    return float(label * softplus(-real).mean() + softplus(fake).mean())


@mistake("smoothed_loss", "asked is the one side")
def both_sides(real: Any, fake: Any, label: float) -> Any:
    of_fake = label * softplus(fake) + (1 - label) * softplus(-fake)
    return smoothed_loss(real, fake, label) + float(of_fake.mean() - softplus(fake).mean())


@mistake("smoothed_loss", "the labels are exchanged")
def exchanged(real: Any, fake: Any, label: float) -> Any:
    return smoothed_loss(-real, -fake, label)


@mistake("smoothed_loss", "its loss is the negative")
def maximised(real: Any, fake: Any, label: float) -> Any:
    return -smoothed_loss(real, fake, label)


@mistake("smoothed_loss", "the two means are added, not averaged")
def halved(real: Any, fake: Any, label: float) -> Any:
    return smoothed_loss(real, fake, label) / 2


@mistake("smoothed_loss", "an exponential overflows, or a logarithm meets 0")
def naive(real: Any, fake: Any, label: float) -> Any:
    p, q = sigmoid(real), sigmoid(fake)
    of_real = -label * np.log(p) - (1 - label) * np.log(1 - p)
    return float(of_real.mean() - np.log(1 - q).mean())


@mistake("smoothed_loss", "is a probability clipped?")
def clipped(real: Any, fake: Any, label: float) -> Any:
    return smoothed_loss(np.clip(real, -50, 50), np.clip(fake, -50, 50), label)


@mistake("best_answer", "this is for half and half")
def without_share(log_p: Any, log_q: Any, share: float) -> Any:
    return best_answer(log_p, log_q, 0.5)


@mistake("best_answer", "p and q are exchanged")
def of_being_generated(log_p: Any, log_q: Any, share: float) -> Any:
    return 1 - best_answer(log_p, log_q, share)


@mistake("best_answer", "the share belongs to the real samples")
def share_turned_round(log_p: Any, log_q: Any, share: float) -> Any:
    return best_answer(log_p, log_q, 1 - share)


@mistake("best_answer", "the score, whose sigmoid is the answer")
def score(log_p: Any, log_q: Any, share: float) -> Any:
    return log_p - log_q + math.log(share / (1 - share))


@mistake("best_answer", "below, both densities are weighted")
def weighted_above(log_p: Any, log_q: Any, share: float) -> Any:
    return share * best_answer(log_p, log_q, 0.5)


@mistake("best_answer", "what is added is ln(share / (1 - share))")
def share_added(log_p: Any, log_q: Any, share: float) -> Any:
    return sigmoid(log_p - log_q + share)


@mistake("best_answer", "take the difference of the logarithms first")
def of_densities(log_p: Any, log_q: Any, share: float) -> Any:
    p, q = share * np.exp(log_p), (1 - share) * np.exp(log_q)
    return p / (p + q)


@mistake("relativistic_rule", "each pair has the weight 1/N")
def without_mean(g: Any, out: Any, fake: Any, real: Any) -> Any:
    return tuple(each * len(fake) for each in relativistic_rule(g, out, fake, real))


@mistake("relativistic_rule", "the loss falls where a real score falls")
def one_sign(g: Any, out: Any, fake: Any, real: Any) -> Any:
    of_fake, _ = relativistic_rule(g, out, fake, real)
    return of_fake, of_fake


@mistake("relativistic_rule", "the loss depends on the real scores, too")
def real_constant(g: Any, out: Any, fake: Any, real: Any) -> Any:
    return relativistic_rule(g, out, fake, real)[0], np.zeros_like(real)


@mistake("relativistic_rule", "this is that of the saturating loss")
def saturating(g: Any, out: Any, fake: Any, real: Any) -> Any:
    return relativistic_rule(g, out, real, fake)


@mistake("relativistic_rule", "lowers the loss")
def signs_exchanged(g: Any, out: Any, fake: Any, real: Any) -> Any:
    of_fake, of_real = relativistic_rule(g, out, fake, real)
    return of_real, of_fake


@mistake("relativistic_rule", "the generated scores alone")
def non_saturating(g: Any, out: Any, fake: Any, real: Any) -> Any:
    return -g * sigmoid(-fake) / len(fake), g * sigmoid(-real) / len(fake)


@mistake("relativistic_rule", "no number: an exponential overflowed")
def overflowing(g: Any, out: Any, fake: Any, real: Any) -> Any:
    odds = np.exp(real - fake)
    of_real = g * odds / (1 + odds) / len(fake)
    return -of_real, of_real


@mistake("jensen_shannon", "weigh the divergences")
def counted_alike(tables: Any, weights: Any) -> Any:
    return float(divergences(tables, weights @ tables).mean())


def divergences(tables: Any, mixture: Any) -> Any:
    inside = tables > 0
    ratio = np.where(inside, tables, 1.0) / np.where(inside, mixture, 1.0)
    return (tables * np.log(ratio)).sum(axis=1)


@mistake("jensen_shannon", "weigh it, too")
def plain_mixture(tables: Any, weights: Any) -> Any:
    return float(weights @ divergences(tables, tables.mean(axis=0)))


@mistake("jensen_shannon", "neither the mixture nor the divergences")
def not_weighted(tables: Any, weights: Any) -> Any:
    return float(divergences(tables, tables.mean(axis=0)).mean())


@mistake("jensen_shannon", "in bits; asked for are nats")
def in_bits(tables: Any, weights: Any) -> Any:
    return jensen_shannon(tables, weights) / math.log(2)


@mistake("jensen_shannon", "0 ln 0 is 0, so leave it out")
def logarithm_of_zero(tables: Any, weights: Any) -> Any:
    return float(weights @ (tables * np.log(tables / (weights @ tables))).sum(axis=1))
