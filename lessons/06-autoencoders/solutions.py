"""Solutions to the exercises of lesson 06, autoencoders."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def best_linear(x: Array, shares: Array, length: int) -> tuple[Array, Array]:
    """Multiply rows by the roots of their shares: then the sum of squares is the weighted one."""
    mean = shares @ x
    _, _, directions = np.linalg.svd(np.sqrt(shares)[:, None] * (x - mean), full_matrices=False)
    return mean, directions[:length]


def linear_gradients(
    noisy: Array, x: Array, encoder: Array, decoder: Array, decay: float
) -> tuple[Array, Array]:
    """Start with the cotangent of the copy, 2 / N times its error."""
    code = noisy @ encoder
    of_copy = 2 * (code @ decoder - x) / len(x)
    of_code = of_copy @ decoder.T
    return noisy.T @ of_code + 2 * decay * encoder, code.T @ of_copy + 2 * decay * decoder


def best_denoised(noisy: Array, points: Array, s: Array) -> Array:
    """Subtract the largest exponent of each row, as in a softmax: what cancels cannot underflow."""
    squares = (((noisy[:, None] - points) / s) ** 2).sum(axis=2)
    weights = np.exp(-(squares - squares.min(axis=1, keepdims=True)) / 2)
    denoised: Array = weights / weights.sum(axis=1, keepdims=True) @ points
    return denoised


def coverage(images: Array, data: Array, k: int) -> float:
    """Sort the distances within the data: the first is 0, that of a row from itself."""

    def distances(rows: Array) -> Array:
        """Return those from each row of the data."""
        found: Array = np.sqrt(((data[:, None] - rows) ** 2).sum(axis=2))
        return found

    radius = np.sort(distances(data), axis=1)[:, k]
    return float((distances(images).min(axis=1) <= radius).mean())
