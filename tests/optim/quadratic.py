"""A problem for optimisers: weights of several shapes and gradients that depend on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

import minigen
from minigen import nn, optim

SHAPES: list[tuple[int, ...]] = [(3, 4), (5,), (), (30, 40)]

Weights = list[npt.NDArray[np.float64]]


def start(seed: int = 0, shapes: Sequence[tuple[int, ...]] = SHAPES) -> Weights:
    """Return the first weights."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


def noise(
    steps: int, seed: int = 1, shapes: Sequence[tuple[int, ...]] = SHAPES
) -> Iterator[Weights]:
    """Return the noise of each step's gradients."""
    rng = np.random.default_rng(seed)
    return ([rng.normal(size=shape) for shape in shapes] for _ in range(steps))


def gradient(
    weights: npt.NDArray[np.floating], disturbance: npt.NDArray[np.float64]
) -> npt.NDArray[np.floating]:
    """Return a noisy gradient of a bumpy function of the weights, in the weights' dtype."""
    slope: npt.NDArray[np.floating] = weights + np.sin(3 * weights) + disturbance
    return np.asarray(slope, weights.dtype)


def parameters(
    dtype: str = "float64", shapes: Sequence[tuple[int, ...]] = SHAPES
) -> list[nn.Parameter]:
    """Return the first weights as parameters."""
    return [nn.Parameter(weights.astype(dtype)) for weights in start(shapes=shapes)]


def run(
    optimizer: optim.Optimizer, ours: Sequence[nn.Parameter], disturbances: Iterator[Weights]
) -> None:
    """Take a step for each entry of `disturbances`."""
    for disturbance in disturbances:
        for parameter, part in zip(ours, disturbance, strict=True):
            parameter.grad = minigen.Tensor(gradient(parameter.array, part))
        optimizer.step()
