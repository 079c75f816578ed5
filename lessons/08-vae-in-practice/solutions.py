"""Solutions to the exercises of lesson 08, the VAE in practice."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def negative_elbo(logits: Array, x: Array, mu: Array, logvar: Array) -> tuple[float, float, float]:
    """Sum all, and divide by the number of images once."""
    distortion = float((np.logaddexp(0, logits) - x * logits).sum() / len(x))
    rate = float((mu**2 + np.exp(logvar) - 1 - logvar).sum() / 2 / len(x))
    return distortion + rate, distortion, rate


def optimal_code(s2: Array, sigma2: float, beta: float) -> tuple[Array, Array, Array]:
    """Switch off where the data vary by less than the price."""
    price = beta * sigma2
    return (
        np.minimum(1, price / s2),
        np.minimum(s2, price),
        np.log(np.maximum(1, s2 / price)) / 2,
    )


def charged_rate(mu: Array, logvar: Array, free: float) -> float:
    """Average over the batch first: the nats are free on average, not for each image."""
    each = ((mu**2 + np.exp(logvar) - 1 - logvar) / 2).mean(axis=0)
    return float(np.maximum(free, each).sum())


def latent_map(count: int) -> Array:
    """Let the second variable fall from row to row, and the first rise within each."""
    places = [NormalDist().inv_cdf((i + 0.5) / count) for i in range(count)]
    return np.array([[z1, z2] for z2 in reversed(places) for z1 in places])
