"""The differentiable ops, one file a family; an op's forward and its gradient rule stand together.

Declaring an op enters it by its name where the operators and methods of `Tensor` look it up.
"""

from minigen.ops import (
    activation,
    arithmetic,
    arrangement,
    attention,
    convolution,
    einsum,
    fourier,
    interpolation,
    inversion,
    linear,
    losses,
    normalization,
    pieces,
    pooling,
    recurrent,
    reduction,
    selection,
    shaping,
    shards,
    signals,
    similarity,
    stochastic,
)

__all__ = [
    "activation",
    "arithmetic",
    "arrangement",
    "attention",
    "convolution",
    "einsum",
    "fourier",
    "interpolation",
    "inversion",
    "linear",
    "losses",
    "normalization",
    "pieces",
    "pooling",
    "recurrent",
    "reduction",
    "selection",
    "shaping",
    "shards",
    "signals",
    "similarity",
    "stochastic",
]
