r"""Activations with a weight of their own, and activations in which one half gates the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import Array, namespace, promote
from minigen.engine.op import Cotangents, composed, op
from minigen.ops.activation import sigmoid
from minigen.ops.arithmetic import mul, where
from minigen.ops.pieces import chunk
from minigen.ops.shaping import axis_index, reshape, unbroadcast

__all__ = ["glu", "prelu"]


@op(piecewise_linear=True)
def prelu(x: Array, weight: Array) -> Array:
    r"""Leaky ReLU whose slope is learnt: x where positive, :math:`w x` elsewhere.

    He et al. (2015), arXiv:1502.01852, equation 1.

    Parameters
    ----------
    x : Tensor or array, shape (N, C, ...)
        Or of any other shape, where one slope serves all elements.
    weight : Tensor or array, shape (C,) or (1,)
        A slope for each channel, or one for all.

    Raises
    ------
    ValueError
        If there are neither as many slopes as channels, nor one.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.prelu(minigen.tensor([[-1.0, -1.0, 2.0]]), minigen.tensor([0.5, 0.25, 0.5])).tolist()
    [[-0.5, -0.25, 2.0]]

    Derivation: prelu
    """
    x, weight = promote(x, weight)
    with np.errstate(invalid="ignore"):  # infinity times a slope of 0, where it isn't taken
        below = x * weight.reshape(_beside_channels(x, weight))
    return namespace(x).where(x > 0, x, below)


@prelu.vjp
def prelu_vjp(g: Array, _out: Array, x: Array, weight: Array) -> Cotangents:
    r""":math:`\bar x = g` where x > 0, else :math:`g w`; :math:`\bar w = \sum g x` of the others.

    Derivation: prelu.grad
    """
    slope = reshape(weight, _beside_channels(x, weight))
    above = x > 0

    def grad_weight() -> Array:
        falling = where(above, 0.0, g) * where(above, 0.0, x)  # infinity times 0 is left out
        return reshape(unbroadcast(falling, slope), weight.shape)

    return lambda: g * where(above, 1.0, slope), grad_weight


def _beside_channels(x: Array, weight: Array) -> tuple[int, ...]:
    """Return the shape in which the slopes broadcast with x, whose second axis is the channels."""
    channels = x.shape[1] if x.ndim > 1 else 1
    if weight.ndim > 1 or weight.size not in (1, channels):
        raise ValueError(
            f"one slope, or one for each of {channels} channels, is expected as weight, "
            f"got shape {tuple(weight.shape)}"
        )
    return (weight.size, *(1,) * (x.ndim - 2)) if x.ndim > 1 else (1,) * x.ndim


@composed
def glu(x: Array, axis: int = -1) -> Any:
    r"""Gated linear unit: :math:`y = a\,\sigma(b)`, of the two halves a and b along an axis.

    The second half says how much of the first one passes. Dauphin et al. (2017), arXiv:1612.08083.

    Parameters
    ----------
    x : Tensor or array
        Any shape with the axis, of even length.
    axis : int, default -1
        ``dim`` is PyTorch's name of it.

    Raises
    ------
    ValueError
        If the length is odd.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.glu(minigen.tensor([8.0, 6.0, 0.0, 100.0])).tolist()
    [4.0, 6.0]

    Derivation: sigmoid
    """
    length = x.shape[axis_index(axis, x.ndim)]
    if length % 2:
        raise ValueError(f"glu: an even length of axis {axis} is expected, got {length}")
    passing, gate = chunk(x, 2, axis)
    return mul(passing, sigmoid(gate))
