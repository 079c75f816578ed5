"""Solutions of the exercises of lesson 09, convolutional VAEs and likelihood."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def importance_weighted_bound(log_weights: Array) -> float:
    """Take the largest logarithm out, and the mean over images last."""
    largest = log_weights.max(axis=0)
    sums = np.exp(log_weights - largest).sum(axis=0)
    return float((largest + np.log(sums) - math.log(len(log_weights))).mean())


def importance_weighted_rule(g: Array, out: Array, log_weights: Array) -> tuple[Array]:
    """Weigh each draw by its share of its image's weights."""
    weights = np.exp(log_weights - log_weights.max(axis=0))
    return (g * weights / weights.sum(axis=0) / log_weights.shape[1],)


def level_log_probabilities(losses: Array) -> Array:
    """Take the logarithm of the softmax of the negative losses, over the levels."""
    smallest = losses.min(axis=0)
    logarithms: Array = smallest - losses - np.log(np.exp(smallest - losses).sum(axis=0))
    return logarithms


def bits_per_pixel(nats: float, pixels: int, levels: int) -> float:
    """Measure lengths in distances of levels, of which [0, 1] has one less than levels."""
    return (nats + pixels * math.log(levels - 1)) / (pixels * math.log(2))


def continuous_bernoulli_nll(logits: Array, x: Array) -> Array:
    """Add the constant, by its series where the formula is 0 over 0."""
    near_0 = np.abs(logits) < 1e-3
    safe = np.where(near_0, 1.0, logits)
    exact = np.log(np.tanh(safe / 2) / safe)
    constant = np.where(near_0, -math.log(2) - logits**2 / 12, exact)
    loss: Array = np.logaddexp(0, logits) - x * logits + constant
    return loss
