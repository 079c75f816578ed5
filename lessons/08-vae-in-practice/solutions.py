"""Solutions to the exercises of lesson 08, the VAE in practice."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def charged_rate(mu: Array, logvar: Array, groups: Array, free: float) -> float:
    """Average over the batch first: the nats are free on average, not for each image."""
    each = ((mu**2 + np.exp(logvar) - 1 - logvar) / 2).mean(axis=0)
    sums = [each[groups == group].sum() for group in np.unique(groups)]
    return float(np.maximum(free, sums).sum())


def latent_map(columns: int, rows: int, share: float) -> Array:
    """Begin where what was left out below ends."""

    def places(count: int) -> list[float]:
        below = (1 - share) / 2
        middles = [below + share * (i + 0.5) / count for i in range(count)]
        return [NormalDist().inv_cdf(middle) for middle in middles]

    return np.array([[z1, z2] for z2 in reversed(places(rows)) for z1 in places(columns)])


def negative_elbo(
    mean: Array, pixel_logvar: Array, x: Array, mu: Array, logvar: Array
) -> tuple[float, float, float]:
    """Sum all, and divide by the number of images once."""
    nats = math.log(2 * math.pi) + pixel_logvar + (x - mean) ** 2 * np.exp(-pixel_logvar)
    distortion = float(nats.sum() / 2 / len(x))
    rate = float((mu**2 + np.exp(logvar) - 1 - logvar).sum() / 2 / len(x))
    return distortion + rate, distortion, rate


def price_of_rate(s2: Array, rate: float) -> tuple[float, Array]:
    """Try numbers of directions: with the k largest in use, the price has a closed form."""
    logarithms = np.sort(np.log(s2))[::-1]
    for count in range(1, len(s2) + 1):
        log_price = logarithms[:count].mean() - 2 * rate / count
        if count == len(s2) or log_price >= logarithms[count]:
            break
    return math.exp(log_price), np.maximum(0.0, np.log(s2) - log_price) / 2
