"""Kernels that Numba compiles, where it is installed: the extra ``fast``.

Like the kernels beside them they are tested equal to the readable ops, to the bit where no sum is
reordered. `minigen.engine.choice` says when they are in use, `compilation` how a loop is compiled
and what it serves.
"""

from minigen.kernels.compiled import (
    activation,
    attention,
    compilation,
    convolution,
    losses,
    normalization,
    normalization_of_features,
    optimizers,
    recurrent,
    tile,
)

__all__ = [
    "activation",
    "attention",
    "compilation",
    "convolution",
    "losses",
    "normalization",
    "normalization_of_features",
    "optimizers",
    "recurrent",
    "tile",
]
