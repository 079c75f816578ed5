"""Losses by their definitions, in loops."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import minigen.functional as F
from tests.numeric import Floats, draw

SHAPE = (4, 3, 2)


def probabilities(*shape: int, seed: int = 0) -> Floats:
    return draw(*shape, seed=seed, low=0.05, high=0.95)


def loop(function: Callable[..., float], *arrays: Floats) -> Floats:
    """Apply a function of numbers to each element."""
    out = np.zeros(arrays[0].shape)
    for index in np.ndindex(*out.shape):
        out[index] = function(*[float(a[index]) for a in arrays])
    return out


def bce(p: float, t: float) -> float:
    return -(t * math.log(p) + (1 - t) * math.log(1 - p))


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def nll(mu: float, t: float, logvar: float) -> float:
    density = math.exp(-((t - mu) ** 2) / (2 * math.exp(logvar)))
    return -math.log(density / math.sqrt(2 * math.pi * math.exp(logvar)))


def kl(mu_q: float, logvar_q: float, mu_p: float, logvar_p: float) -> float:
    ratio = math.exp(logvar_q) / math.exp(logvar_p)
    return 0.5 * (ratio + (mu_p - mu_q) ** 2 / math.exp(logvar_p) - 1 - math.log(ratio))


A, B, C, D = (draw(*SHAPE, seed=seed) for seed in range(4))


P, Q = probabilities(*SHAPE, seed=4), probabilities(*SHAPE, seed=5)


ELEMENTWISE: dict[str, tuple[Any, tuple[Floats, ...], Floats]] = {
    "mse_loss": (F.mse_loss, (A, B), loop(lambda x, t: (x - t) ** 2, A, B)),
    "binary_cross_entropy": (F.binary_cross_entropy, (P, Q), loop(bce, P, Q)),
    "binary_cross_entropy_with_logits": (
        F.binary_cross_entropy_with_logits,
        (A * 4, P),
        loop(lambda x, t: bce(sigmoid(x), t), A * 4, P),
    ),
    "gaussian_nll": (
        F.gaussian_nll,
        (A, B, C),
        loop(nll, A, B, C),
    ),
    "kl_standard_normal": (
        F.kl_standard_normal,
        (A, B),
        loop(lambda mu, logvar: kl(mu, logvar, 0, 0), A, B),
    ),
    "kl_gaussian": (F.kl_gaussian, (A, B, C, D), loop(kl, A, B, C, D)),
}

EXTREME = [-1e4, -200.0, -89.0, -30.0, 0.0, 30.0, 89.0, 200.0, 1e4]
"""Logits that overflow, or nearly, in float32."""
