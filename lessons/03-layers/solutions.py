"""Solutions to the exercises of lesson 03, dense layers, initialisation and batch norm."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def tied_rule(g: Array, out: Array, x: Array, weight: Array) -> tuple[Array, Array]:
    """Find the cotangent of h on the way; add the weight's from both layers."""
    h, grad_h = x @ weight.T, g @ weight.T
    return grad_h @ weight, h.T @ g + grad_h.T @ x


def prelu_rule(g: Array, out: Array, x: Array, slope: Array) -> tuple[Array, Array]:
    """Where x is negative, dy/dx is a and dy/da is x; elsewhere they are 1 and 0."""
    negative = x <= 0
    grad_x = np.where(negative, g * slope, g)
    grad_slope: Array = np.sum(g * x * negative, axis=0)
    return grad_x, grad_slope


def initial_std(fan_in: int, keep: float) -> float:
    r"""Solve :math:`I s^2 \cdot \frac12 \cdot \frac1q = 1`."""
    return math.sqrt(2 * keep / fan_in)


def rms_norm_rule(g: Array, out: Array, x: Array, weight: Array) -> tuple[Array, Array]:
    """Subtract what comes back through the root, which every number of the row has a part in."""
    root = np.sqrt((x**2).mean(axis=1, keepdims=True) + 0.01)
    standard, scaled = x / root, g * weight
    through_root = standard * (scaled * standard).mean(axis=1, keepdims=True)
    return (scaled - through_root) / root, (g * standard).sum(axis=0)
