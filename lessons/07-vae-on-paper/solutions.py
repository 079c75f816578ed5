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


def draw(mu: Tensor, log_scale: Tensor, uniform: Array) -> Tensor:
    """Turn the sigmoid round: its inverse is the logarithm of the odds."""
    return mu + F.exp(log_scale) * (np.log(uniform) - np.log1p(-uniform))


def leave_one_out(values: Array, scores: Array) -> Array:
    """Take the value itself out of the sum of all."""
    others = (values.sum() - values) / (len(values) - 1)
    estimates: Array = (values - others) * scores
    return estimates


def log_evidence(z: Array, log_prior: Array, log_likelihood: Array) -> Array:
    """Give half of each gap to either of its ends."""
    weights, gaps = np.zeros_like(z), np.diff(z)
    weights[:-1] += gaps / 2
    weights[1:] += gaps / 2
    terms = log_prior + log_likelihood + np.log(weights)
    largest = terms.max(axis=1)
    return np.asarray(largest + np.log(np.exp(terms - largest[:, None]).sum(axis=1)))


def score_estimates(f: Callable[[Array], Array], logit: float, uniform: Array) -> Array:
    """Use that the slope of ln q by the logit is z - p."""
    p = 1 / (1 + math.exp(-logit))
    z = np.where(uniform < p, 1.0, 0.0)
    return np.asarray(f(z) * (z - p))


def renyi_bound(log_joint: Array, q: Array, step: float, alpha: float) -> Array:
    r"""Integrate :math:`q^\alpha\, p(x, z)^{1 - \alpha}`, which is 0 where q is."""
    log_q = np.log(np.where(q > 0, q, 1.0))
    terms = np.where(q > 0, alpha * log_q + (1 - alpha) * log_joint, -np.inf)
    largest = terms.max(axis=1)
    total = np.exp(terms - largest[:, None]).sum(axis=1) * step
    return np.asarray((largest + np.log(total)) / (1 - alpha))
