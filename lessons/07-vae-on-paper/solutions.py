"""Solutions to the exercises of lesson 07, the VAE on paper."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

import minigen.functional as F
from minigen import Tensor

Array = npt.NDArray[Any]


def log_evidence(log_prior: Array, log_likelihood: Array, step: float) -> Array:
    """Take the largest term out of each sum, so that the largest exponential is 1."""
    log_joint = log_prior + log_likelihood
    largest = log_joint.max(axis=1)
    total = np.exp(log_joint - largest[:, None]).sum(axis=1)
    return np.asarray(largest + np.log(total) + math.log(step))


def elbo(log_joint: Array, q: Array, step: float) -> Array:
    """Put 0 for ln q where q is 0: it is multiplied by 0."""
    log_q = np.log(np.where(q > 0, q, 1.0))
    return np.asarray((q * (log_joint - log_q)).sum(axis=1) * step)


def draw(mu: Tensor, logvar: Tensor, noise: Array) -> Tensor:
    """Take the square root of the variance by halving its logarithm."""
    return mu + F.exp(logvar * 0.5) * noise


def score_estimates(
    f: Callable[[Array], Array], mu: float, logvar: float, noise: Array
) -> tuple[Array, Array]:
    """Use that (z - mu) / sigma is the noise."""
    sigma = math.exp(logvar / 2)
    values = f(mu + sigma * noise)
    return values * noise / sigma, values * (noise**2 - 1) / 2


def best_baseline(values: Array, scores: Array) -> float:
    """Set -2 E[(f - b) s^2] to zero: the mean of f, weighed by the squares of the scores."""
    return float((values * scores**2).sum() / (scores**2).sum())
