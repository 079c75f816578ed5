"""Solutions to the exercises of lesson 03, dense layers, initialisation and batch norm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def linear_rule(
    g: Array, out: Array, x: Array, weight: Array, bias: Array
) -> tuple[Array, Array, Array]:
    """Sum over the outputs of a row for x; over the batch for weight and bias."""
    return g @ weight, g.T @ x, g.sum(axis=0)


def prelu_rule(g: Array, out: Array, x: Array, slope: Array) -> tuple[Array, Array]:
    """Where x is negative, dy/dx is a and dy/da is x; elsewhere they are 1 and 0."""
    negative = x <= 0
    grad_x = np.where(negative, g * slope, g)
    grad_slope: Array = np.sum(g * x * negative, axis=0)
    return grad_x, grad_slope


def initial_std(fan_in: int, negative_slope: float) -> float:
    r"""Solve :math:`I s^2 \cdot \frac{1 + a^2}{2} = 1`."""
    return math.sqrt(2 / (fan_in * (1 + negative_slope**2)))


def batch_norm_rule(
    g: Array, out: Array, x: Array, weight: Array, bias: Array
) -> tuple[Array, Array, Array]:
    r"""Subtract the means that carry the gradient through :math:`\mu` and v."""
    scale = np.sqrt(x.var(axis=0) + 0.01)
    standard = (x - x.mean(axis=0)) / scale
    grad_weight, grad_bias = np.sum(g * standard, axis=0), np.sum(g, axis=0)
    grad_x = weight / scale * (g - (grad_bias + standard * grad_weight) / len(x))
    return grad_x, grad_weight, grad_bias


def running_statistics(batches: Sequence[Array], momentum: float) -> tuple[Array, Array]:
    """Move towards the mean, and towards the variance with the divisor N - 1."""
    channels = batches[0].shape[1]
    mean, variance = np.zeros(channels), np.ones(channels)
    for batch in batches:
        mean = (1 - momentum) * mean + momentum * batch.mean(axis=0)
        variance = (1 - momentum) * variance + momentum * batch.var(axis=0, ddof=1)
    return mean, variance
