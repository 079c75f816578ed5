"""Wrong answers to the exercises of lesson 12, and what the check says of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import (
    critic_of_samples,
    one_sided_rule,
    sinkhorn_cost,
    slope_bound,
    weighted_wasserstein,
)


@mistake("slope_bound", "it adds 1")
def without_connection(weights: Any, residual: Any) -> Any:
    return slope_bound(weights, [False] * len(weights))


@mistake("slope_bound", "only some have a residual connection")
def all_residual(weights: Any, residual: Any) -> Any:
    return slope_bound(weights, [True] * len(weights))


@mistake("slope_bound", "Frobenius' norm is a bound, too")
def by_frobenius(weights: Any, residual: Any) -> Any:
    pairs = zip(weights, residual, strict=True)
    return math.prod(float(np.linalg.norm(weight)) + added for weight, added in pairs)


@mistake("slope_bound", "these are added up")
def added_up(weights: Any, residual: Any) -> Any:
    pairs = zip(weights, residual, strict=True)
    return sum(float(np.linalg.norm(weight, 2)) + added for weight, added in pairs)


@mistake("one_sided_rule", "slopes below 1 are left alone")
def two_sided(g: Any, out: Any, slopes: Any) -> Any:
    length = np.sqrt((slopes**2).sum(axis=tuple(range(1, slopes.ndim)), keepdims=True))
    return (g * 2 * (length - 1) / length * slopes / len(slopes),)


@mistake("one_sided_rule", "each example has the weight 1/N")
def without_mean(g: Any, out: Any, slopes: Any) -> Any:
    return (one_sided_rule(g, out, slopes)[0] * len(slopes),)


@mistake("one_sided_rule", "not the last alone")
def over_one_axis(g: Any, out: Any, slopes: Any) -> Any:
    length = np.sqrt((slopes**2).sum(axis=-1, keepdims=True))
    return (g * 2 * np.maximum(length - 1, 0) / length * slopes / len(slopes),)


@mistake("one_sided_rule", "for a slope of 0 the result is no number")
def divided_by_zero(g: Any, out: Any, slopes: Any) -> Any:
    length = np.sqrt((slopes**2).sum(axis=tuple(range(1, slopes.ndim)), keepdims=True))
    return (g * 2 * np.maximum(length - 1, 0) / length * slopes / len(slopes),)


@mistake("weighted_wasserstein", "it is the difference of the means")
def without_absolute_values(x: Any, y: Any, p: Any, q: Any) -> Any:
    return float((y * q).sum() - (x * p).sum())


@mistake("weighted_wasserstein", "the weights are not heeded")
def unweighted(x: Any, y: Any, p: Any, q: Any) -> Any:
    return weighted_wasserstein(x, y, np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y)))


@mistake("weighted_wasserstein", "how wide they are")
def without_widths(x: Any, y: Any, p: Any, q: Any) -> Any:
    order = np.argsort(np.concatenate([x, y]))
    return float(np.abs(np.cumsum(np.concatenate([p, -q])[order])[:-1]).sum())


@mistake("critic_of_samples", "real samples have the higher scores")
def turned_round(x: Any, y: Any) -> Any:
    on_y, on_x = critic_of_samples(y, x)
    return on_x, on_y


@mistake("critic_of_samples", "in another order than the samples")
def in_their_order(x: Any, y: Any) -> Any:
    on_x, on_y = critic_of_samples(x, y)
    return np.sort(on_x), np.sort(on_y)


@mistake("sinkhorn_cost", "first f, then h with the new one")
def both_from_the_old(cost: Any, p: Any, q: Any, epsilon: float, rounds: int) -> Any:
    f, h = np.zeros(len(p)), np.zeros(len(q))
    for _ in range(rounds):
        f, h = (
            epsilon * (np.log(p) - np.logaddexp.reduce((h - cost) / epsilon, axis=1)),
            epsilon * (np.log(q) - np.logaddexp.reduce((f[:, None] - cost) / epsilon, axis=0)),
        )
    return float((np.exp((f[:, None] + h - cost) / epsilon) * cost).sum())


@mistake("sinkhorn_cost", "p and q are not heeded")
def evenly(cost: Any, p: Any, q: Any, epsilon: float, rounds: int) -> Any:
    p, q = (np.full(count, 1 / count) for count in cost.shape)
    return sinkhorn_cost(cost, p, q, epsilon, rounds)


@mistake("sinkhorn_cost", "the exponentials underflow")
def without_logarithms(cost: Any, p: Any, q: Any, epsilon: float, rounds: int) -> Any:
    kernel = np.exp(-cost / epsilon)
    b = np.ones(len(q))
    a = np.ones(len(p))
    for _ in range(rounds):
        a = p / (kernel @ b)
        b = q / (kernel.T @ a)
    return float((a[:, None] * kernel * b * cost).sum())
