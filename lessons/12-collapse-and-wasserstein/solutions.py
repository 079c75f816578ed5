"""Solutions of the exercises of lesson 12, mode collapse and the Wasserstein distance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def slope_bound(weights: Sequence[Any], residual: Sequence[bool]) -> float:
    """Multiply the largest singular values, with 1 added for a residual connection."""
    pairs = zip(weights, residual, strict=True)
    return math.prod(float(np.linalg.norm(weight, 2)) + added for weight, added in pairs)


def one_sided_rule(g: Array, out: Array, slopes: Array) -> tuple[Array]:
    """Give each slope 2 (r - 1) / r of itself, where r > 1."""
    axes = tuple(range(1, slopes.ndim))
    length = np.sqrt((slopes**2).sum(axis=axes, keepdims=True))
    excess = np.maximum(length - 1, 0)
    return (g * 2 * excess / np.maximum(length, 1) * slopes / len(slopes),)


def weighted_wasserstein(x: Array, y: Array, p: Array, q: Array) -> float:
    """Sort all places, with p and -q beside them: cumulative sums are P - Q."""
    places = np.concatenate([x, y])
    order = np.argsort(places)
    difference = np.cumsum(np.concatenate([p, -q])[order])[:-1]
    return float((np.abs(difference) * np.diff(places[order])).sum())


def critic_of_samples(x: Array, y: Array) -> tuple[Array, Array]:
    """Between neighbours, go against the sign of the cumulative sum."""
    places = np.concatenate([x, y])
    counts = np.concatenate([np.full(len(x), len(y)), np.full(len(y), -len(x))])  # exact: integers
    order = np.argsort(places)
    slope = -np.sign(np.cumsum(counts[order]))[:-1]
    scores = np.empty(len(places))
    scores[order] = np.concatenate([[0.0], np.cumsum(slope * np.diff(places[order]))])
    return scores[: len(x)], scores[len(x) :]


def sinkhorn_cost(cost: Array, p: Array, q: Array, epsilon: float, rounds: int) -> float:
    """Take the logarithms of sums with the largest exponent outside."""
    f, h = np.zeros(len(p)), np.zeros(len(q))
    for _ in range(rounds):
        f = epsilon * (np.log(p) - np.logaddexp.reduce((h - cost) / epsilon, axis=1))
        h = epsilon * (np.log(q) - np.logaddexp.reduce((f[:, None] - cost) / epsilon, axis=0))
    plan = np.exp((f[:, None] + h - cost) / epsilon)
    return float((plan * cost).sum())
