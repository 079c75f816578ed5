"""Solutions to the exercises of lesson 01, autograd."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy.typing as npt

from minigen import Tensor

Array = npt.NDArray[Any]


def sigmoid_rule(g: Array, out: Array, x: Array) -> tuple[Array]:
    r"""Use :math:`\sigma' = e^{-x} / (1 + e^{-x})^2 = \sigma (1 - \sigma)`."""
    return (g * out * (1 - out),)


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
    """Clear the gradients first, since `backward` adds to what is there."""
    losses = []
    for _ in range(steps):
        for parameter in parameters:
            parameter.zero_grad()
        value = loss()
        value.backward()
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.data = parameter.data - rate * parameter.grad.data
        losses.append(value.item())
    return losses
