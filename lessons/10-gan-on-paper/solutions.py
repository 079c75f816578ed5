"""Solutions of the exercises of lesson 10, the GAN on paper."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def smoothed_loss(real: Array, fake: Array, label: float) -> float:
    """Take all logarithms by softplus, which NumPy's logaddexp computes without overflow."""
    of_real = label * np.logaddexp(0, -real) + (1 - label) * np.logaddexp(0, real)
    return float(of_real.mean() + np.logaddexp(0, fake).mean())


def best_answer(log_p: Array, log_q: Array, share: float) -> Array:
    """Take the sigmoid of the best score, with exponentials that are never above 1."""
    score = log_p - log_q + math.log(share / (1 - share))
    small = np.exp(-np.abs(score))
    answer: Array = np.where(score > 0, 1.0, small) / (1 + small)
    return answer


def relativistic_rule(g: Array, out: Array, fake: Array, real: Array) -> tuple[Array, Array]:
    """Give each pair the weight sigma(s - s~) / N: downwards for its fake, upwards for its real."""
    share = np.exp(-np.logaddexp(0, fake - real))
    of_real: Array = g * share / len(fake)
    return -of_real, of_real


def jensen_shannon(tables: Array, weights: Array) -> float:
    """Sum only where there is probability: 0 ln 0 is 0."""
    mixture = weights @ tables
    inside = tables > 0
    ratios = np.where(inside, tables, 1.0) / np.where(inside, mixture, 1.0)
    return float(weights @ (tables * np.log(ratios)).sum(axis=1))
