"""Stacks of dense layers, the body of the dense encoders and decoders."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

from minigen import nn
from minigen.engine.random import Generator

ACTIVATIONS: Final[dict[str, type[nn.Module]]] = {
    "elu": nn.ELU,
    "relu": nn.ReLU,
    "softplus": nn.Softplus,
    "tanh": nn.Tanh,
}
"""What may follow a hidden layer, by the name that a model's configuration uses."""


def dense_layers(
    sizes: Sequence[int], generator: Generator | None, activation: str = "relu"
) -> list[nn.Module]:
    """Make dense layers from ``sizes[0]`` to ``sizes[-1]`` features, an activation after each.

    Raises
    ------
    ValueError
        If there is no activation of that name.
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"unknown activation {activation!r}: use one of {', '.join(ACTIVATIONS)}")
    layers: list[nn.Module] = []
    for in_features, out_features in itertools.pairwise(sizes):
        dense = nn.Dense(in_features, out_features, generator=generator)
        layers += [dense, ACTIVATIONS[activation]()]
    return layers


def dense_stack(
    sizes: Sequence[int], generator: Generator | None, activation: str = "relu"
) -> nn.Sequential:
    """Chain `dense_layers`."""
    return nn.Sequential(*dense_layers(sizes, generator, activation))
