"""Solutions of the exercises of lesson 11, DCGAN."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def summed_slopes(scores: Array, label: float) -> Array:
    """Add s - a of the discriminator's loss and s - 1 of the generator's."""
    return (2 * scores - label - 1) / len(scores)


def partly_labelled_scores(h: Array, labels: Array, w: Array, b: float, vectors: Array) -> Array:
    """Append the mean of all vectors: -1 is then the index of the last row."""
    chosen = np.concatenate([vectors, vectors.mean(axis=0, keepdims=True)])[labels]
    scores: Array = ((w + chosen) * h).sum(axis=1) + b
    return scores


def corrected_average(weights: Array, decay: float) -> Array:
    """Weigh theta_t by d^(T - t), and divide by the sum of these."""
    coefficients = decay ** np.arange(len(weights) - 1, -1, -1)
    average: Array = np.tensordot(coefficients, weights, axes=1) / coefficients.sum()
    return average


def r1_of_a_quadratic(matrix: Array, vector: Array, x: Array) -> tuple[float, Array, Array]:
    """Differentiate g = (A + A^T) x / 2 + b: A reaches it twice."""
    g = x @ (matrix + matrix.T) / 2 + vector
    outer = g.T @ x / len(x)
    return float((g**2).sum() / (2 * len(x))), (outer + outer.T) / 2, g.mean(axis=0)


def factor_per_round(rate: float, gamma: float, interval: int) -> float:
    """Multiply the matrices of k rounds, and take the k-th root of the largest modulus."""
    half = rate / 2
    rounds = np.eye(2)
    for step in range(interval):
        weight = interval * gamma if step == 0 else 0.0
        discriminator = np.array([[1.0, 0.0], [-half, 1 - rate * weight]])
        generator = np.array([[1.0, half], [0.0, 1.0]])
        rounds = generator @ discriminator @ rounds
    return float(np.abs(np.linalg.eigvals(rounds)).max() ** (1 / interval))
