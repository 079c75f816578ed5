"""Solutions to the exercises of the primer, lesson 00."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def per_column(x: Array) -> Array:
    """Let the axis of the rows disappear: what is left has a number for each column."""
    standard: Array = (x - x.mean(axis=0)) / x.std(axis=0)
    return standard


def scores_of(x: Array, weights: Array, bias: Array) -> Array:
    """Sum over i, which is the last axis of both: so the weights are transposed."""
    return x @ weights.T + bias


def slope_of_chain(x: Array) -> Array:
    """Divide 3 e^(3x) by 1 + e^(3x); written so, nothing overflows."""
    slope: Array = 3 / (1 + np.exp(-3 * x))
    return slope


def gradient_of_error(w: Array, x: Array, t: float) -> Array:
    """Multiply twice the error by the derivative of the sum, which is x."""
    gradient: Array = 2 * (w @ x - t) * x
    return gradient


def jacobian_vector(x: Array, v: Array) -> Array:
    """Fill the matrix."""
    jacobian = np.array([[x[1], x[0], 0.0], [1.0, 0.0, 2 * x[2]]])
    return jacobian @ v


def mean_and_variance(values: Array, probabilities: Array) -> tuple[float, float]:
    """Weigh the values, and then their squared deviations."""
    mean = float(np.sum(probabilities * values))
    return mean, float(np.sum(probabilities * (values - mean) ** 2))


def log_density(x: Array, mean: float, std: float) -> Array:
    """Add the logarithm of the factor and the exponent."""
    density: Array = -math.log(math.sqrt(2 * math.pi) * std) - (x - mean) ** 2 / (2 * std**2)
    return density


def turned_round(prior: Array, likelihood: Array) -> Array:
    """Divide the probabilities of both by their sum."""
    both = prior * likelihood
    turned: Array = both / both.sum()
    return turned
