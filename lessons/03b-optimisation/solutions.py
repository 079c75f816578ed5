"""Solutions to the exercises of lesson 03b, optimisation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def warmup_cosine_rate(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    """Tell the three cases apart; the wave begins where the warm-up ends."""
    if step < warmup:
        return peak * (step + 1) / warmup
    way = min((step - warmup) / (steps - warmup), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * way)) / 2


def adagrad_step(
    weights: Array, gradient: Array, total: Array, lr: float, eps: float
) -> tuple[Array, Array]:
    """Add the square first: the present gradient belongs to the sum."""
    total = total + gradient**2
    return weights - lr * gradient / (np.sqrt(total) + eps), total


def mean_without_its_start(values: Sequence[Array], beta: float, start: Array) -> Array:
    r"""Take away :math:`\beta^T r_0`; the other shares sum to :math:`1 - \beta^T`."""
    mean = start
    for value in values:
        mean = beta * mean + (1 - beta) * value
    share = beta ** len(values)
    return (mean - share * start) / (1 - share)


def nesterov_descent(
    gradient: Callable[[Array], Array], start: Array, lr: float, momentum: float, steps: int
) -> Array:
    """Look ahead, and move from where one stands."""
    point, velocity = start, np.zeros_like(start)
    points = [point]
    for _ in range(steps):
        velocity = momentum * velocity - lr * gradient(point + momentum * velocity)
        point = point + velocity
        points.append(point)
    return np.array(points)
