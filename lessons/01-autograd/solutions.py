"""Solutions to the exercises of lesson 01, autograd."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from minigen import Tensor

Array = npt.NDArray[Any]


def softplus_rule(g: Array, out: Array, x: Array) -> tuple[Array]:
    r"""Use :math:`y' = e^x / (1 + e^x)` with :math:`e^x = e^y - 1`."""
    return (g * (1 - np.exp(-out)),)


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """Sum the added axes away; sum the stretched ones, but keep them, with length 1."""
    summed = g.sum(axis=tuple(range(g.ndim - len(shape))))
    stretched = tuple(axis for axis, length in enumerate(shape) if length == 1)
    result: Array = summed.sum(axis=stretched, keepdims=True)
    return result


def walk_back(
    program: Sequence[tuple[tuple[int, ...], Callable[[float], tuple[float, ...]] | None]],
) -> list[float]:
    """Take the newest value first: its cotangent is complete, for its children came before it."""
    cotangents = [0.0] * len(program)
    cotangents[-1] = 1.0
    for position in reversed(range(len(program))):
        parents, rule = program[position]
        if rule is not None:
            for parent, cotangent in zip(parents, rule(cotangents[position]), strict=True):
                cotangents[parent] += cotangent
    return cotangents


def descend(
    loss: Callable[[], Tensor], parameters: Sequence[Tensor], rate: float, steps: int
) -> list[float]:
    """Keep where the step began, and its gradient: every try starts there."""
    losses = []
    for _ in range(steps):
        for parameter in parameters:
            parameter.zero_grad()  # backward adds to what is there
        before = loss()
        before.backward()
        losses.append(before.item())
        starts = [parameter.data for parameter in parameters]
        slopes = [p.grad.data if p.grad is not None else 0.0 for p in parameters]
        for halvings in range(20):
            for parameter, start, slope in zip(parameters, starts, slopes, strict=True):
                parameter.data = start - rate * 0.5**halvings * slope
            if loss().item() < before.item():
                break
        else:
            for parameter, start in zip(parameters, starts, strict=True):
                parameter.data = start
    return losses
