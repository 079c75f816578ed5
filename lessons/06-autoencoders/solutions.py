"""Solutions to the exercises of lesson 06, autoencoders."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def best_linear(x: Array, length: int) -> tuple[Array, Array]:
    """Use that the right singular vectors of the centred data are the covariance's eigenvectors."""
    mean = x.mean(axis=0)
    _, _, directions = np.linalg.svd(x - mean, full_matrices=False)
    return mean, directions[:length]


def linear_gradients(x: Array, encoder: Array, decoder: Array) -> tuple[Array, Array]:
    """Start with the cotangent of the copy, 2 / N times its error."""
    code = x @ encoder
    of_copy = 2 * (code @ decoder - x) / len(x)
    of_code = of_copy @ decoder.T
    return x.T @ of_code, code.T @ of_copy


def best_denoised(noisy: Array, points: Array, s: float) -> Array:
    """Subtract the largest exponent of each row, as in a softmax: what cancels cannot underflow."""
    squares = ((noisy[:, None] - points) ** 2).sum(axis=2)
    exponents = -(squares - squares.min(axis=1, keepdims=True)) / (2 * s**2)
    weights = np.exp(exponents)
    denoised: Array = weights / weights.sum(axis=1, keepdims=True) @ points
    return denoised


def share_in_holes(images: Array, data: Array, usual: Array, quantile: float) -> float:
    """Compare distances of both kinds, each to the nearest row of the data."""

    def distance(rows: Array) -> Array:
        nearest: Array = np.sqrt(((rows[:, None] - data) ** 2).sum(axis=2)).min(axis=1)
        return nearest

    return float((distance(images) > np.quantile(distance(usual), quantile)).mean())
