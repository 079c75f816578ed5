"""Solutions to the exercises of lesson 05, losses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def laplace_nll(mu: Array, log_b: Array, target: Array) -> Array:
    """Find Z = 2 b: there are two tails, each of which integrates to b."""
    nats: Array = math.log(2) + log_b + np.abs(target - mu) * np.exp(-log_b)
    return nats


def stable_bce(logits: Array, target: Array) -> Array:
    """Take the exponential out of the logarithm where the logit is positive."""
    nats: Array = np.maximum(logits, 0) - target * logits + np.log1p(np.exp(-np.abs(logits)))
    return nats


def cross_entropy_rule(g: Array, out: Array, logits: Array, target: Array) -> tuple[Array, Array]:
    """Use that the logarithm of the sum, whose gradient is the softmax, stands there T times."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    total = exponentials.sum(axis=1, keepdims=True)
    p = exponentials / total
    of_logits = g[:, None] * (target.sum(axis=1, keepdims=True) * p - target)
    return of_logits, g[:, None] * (np.log(total) - shifted)


def kl_by_sampling(mu: Array, logvar: Array, noise: Array) -> tuple[Array, Array]:
    """Use that the deviation of a draw from its mean, in standard deviations, is the noise."""
    z = mu + np.exp(logvar / 2) * noise
    r = 0.5 * (z**2 - noise**2 - logvar).sum(axis=2)
    return r.mean(axis=0), r.std(axis=0) / math.sqrt(len(noise))
