"""Stacks of dense layers, the body of the dense encoders and decoders."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from minigen import nn
from minigen.random import Generator


def dense_layers(sizes: Sequence[int], generator: Generator | None) -> list[nn.Module]:
    """Make dense layers from ``sizes[0]`` to ``sizes[-1]`` features, each followed by a ReLU."""
    layers: list[nn.Module] = []
    for in_features, out_features in itertools.pairwise(sizes):
        layers += [nn.Dense(in_features, out_features, generator=generator), nn.ReLU()]
    return layers


def dense_stack(sizes: Sequence[int], generator: Generator | None) -> nn.Sequential:
    """Chain `dense_layers`."""
    return nn.Sequential(*dense_layers(sizes, generator))
