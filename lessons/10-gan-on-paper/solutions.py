"""Solutions of the exercises of lesson 10, the GAN on paper."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def discriminator_loss(real: Array, fake: Array) -> float:
    """Take both logarithms by softplus, which NumPy's logaddexp computes without overflow."""
    return float(np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean())


def non_saturating_rule(g: Array, out: Array, scores: Array) -> tuple[Array]:
    """Give each score the weight -sigma(-s) / N."""
    return (-g / (1 + np.exp(scores)) / len(scores),)


def best_answer(log_p: Array, log_q: Array) -> Array:
    """Take the sigmoid of the best score, with exponentials that are never above 1."""
    score = log_p - log_q
    small = np.exp(-np.abs(score))
    answer: Array = np.where(score > 0, 1.0, small) / (1 + small)
    return answer


def jensen_shannon(p: Array, q: Array) -> float:
    """Sum only where there is probability: 0 ln 0 is 0."""
    m = (p + q) / 2

    def kl_from_mixture(a: Array) -> float:
        inside = a > 0
        return float((a[inside] * np.log(a[inside] / m[inside])).sum())

    return (kl_from_mixture(p) + kl_from_mixture(q)) / 2
