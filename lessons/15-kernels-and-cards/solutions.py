"""Solutions of the exercises of lesson 15, what a step costs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

Tile = tuple[Array, Array]


def product_intensity(rows: int, inner: int, columns: int, tile: int) -> float:
    """Read two strips for each tile of the result, and write it."""
    tiles = (rows // tile) * (columns // tile)
    numbers = tiles * 2 * tile * inner + rows * columns
    return 2 * rows * inner * columns / (4 * numbers)


def card_pays_from(slow: Array, fast: Array, copied: float, bandwidth: float) -> float:
    """Find where both lines, of the step and of the copy, are below the processor's."""
    first, last = 1.0, math.inf
    for fixed, each in (fast, np.array([0.0, copied / bandwidth])):
        ahead, gained = fixed - slow[0], slow[1] - each  # less time where gained N > ahead
        if gained > 0:
            first = max(first, math.floor(ahead / gained) + 1.0)
        elif gained < 0:
            last = min(last, math.ceil(ahead / gained) - 1.0)
        elif ahead >= 0:
            return math.inf
    return first if first <= last else math.inf


def merge_moments(counts: Array, means: Array, variances: Array) -> tuple[float, float]:
    """Add to the variances within the parts the variance of their means."""
    there = counts > 0
    weights = counts[there] / counts.sum()
    middle = means[there][0]
    mean = middle + weights @ (means[there] - middle)
    spread = (means[there] - mean) ** 2
    return float(mean), float(weights @ (variances[there] + spread))


def tile_rule(
    g: Array,
    out: Array,
    data: Array,
    taps: Array,
    *,
    of_data: Array,
    of_taps: Array,
    of_sums: Array,
) -> tuple[Array, Array]:
    """Spread the cotangent over the products, and multiply it with the other factor."""
    spread = of_sums @ g
    return of_data.T @ (spread * (of_taps @ taps)), of_taps.T @ (spread * (of_data @ data))


def streamed_mean(tiles: Iterable[Tile]) -> Array:
    """Rescale both sums whenever a larger score comes."""
    largest, weight, total = -math.inf, 0.0, np.zeros(1)
    for scores, rows in tiles:
        new = max(largest, float(scores.max()))
        if new == -math.inf:
            continue
        powers, kept = np.exp(scores - new), math.exp(largest - new)
        weight = weight * kept + powers.sum()
        total = total * kept + powers @ rows
        largest = new
    mean: Array = total / weight
    return mean
