"""Solutions of the exercises of lesson 09, convolutional VAEs and likelihood."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def bits_per_pixel(nats: float, pixels: int, levels: int) -> float:
    """Measure lengths in distances of levels, of which [-1, 1] has one less than levels."""
    return (nats + pixels * math.log((levels - 1) / 2)) / (pixels * math.log(2))


def effective_draws(log_weights: Array) -> Array:
    """Divide all weights of an image by the largest, which changes nothing."""
    weights = np.exp(log_weights - log_weights.max(axis=0))
    draws: Array = weights.sum(axis=0) ** 2 / (weights**2).sum(axis=0)
    return draws


def growing_bounds(log_weights: Array) -> Array:
    """Let NumPy add up by logarithms, from the first draw on."""
    sums = np.logaddexp.accumulate(log_weights, axis=0)
    bounds: Array = sums.mean(axis=1) - np.log(np.arange(1, len(log_weights) + 1))
    return bounds


def continuous_bernoulli_mean(logits: Array) -> Array:
    r"""Use :math:`\frac12 + \frac12 \coth \frac l2 - \frac1l`, and its series near 0."""
    near_0 = np.abs(logits) < 0.01
    safe = np.where(near_0, 1.0, logits)
    exact = 0.5 + 0.5 / np.tanh(safe / 2) - 1 / safe
    return np.where(near_0, 0.5 + logits / 12 - logits**3 / 720, exact)


def discretised_logistic(mu: Array, log_s: Array, levels: int) -> Array:
    r"""With s for the sigmoid, use :math:`s(b) - s(a) = s(b)\, s(-a)\, (1 - e^{a - b})`."""
    width = np.exp(-log_s) / (levels - 1)
    inner = np.arange(1, levels)[:, None, None] - 0.5  # in levels: the ends between neighbours
    ends = (inner - mu * (levels - 1)) * width
    log_below, log_above = -np.logaddexp(0, -ends), -np.logaddexp(0, ends)
    nothing = np.zeros((1, *mu.shape))
    inside = np.log(-np.expm1(-width)) * np.ones((levels - 2, 1, 1))
    result: Array = (
        np.concatenate([log_below, nothing])
        + np.concatenate([nothing, log_above])
        + np.concatenate([nothing, inside, nothing])
    )
    return result
