r"""Products over axes, and running products.

Their gradients divide by nothing, so that they are right where elements are zero, too.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.op import Cotangents, op
from minigen.ops.arrangement import flip
from minigen.ops.pieces import unbind
from minigen.ops.reduction import Axis, kept_shape, reduced_axes
from minigen.ops.shaping import axis_index, broadcast_to, getitem, pad, permute, reshape, stack

__all__ = ["cumprod", "prod"]


@op
def cumprod(x: Array, axis: int) -> Array:
    r"""Running product along an axis: :math:`y_i = \prod_{j \le i} x_j`; of integers in int64.

    Of float32 it is multiplied in float64 and rounded once, so that its error does not run, too.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([0.5, 0.5, 0.0]).cumprod(dim=0).tolist()
    [0.5, 0.25, 0.0]

    Derivation: cumprod
    """
    axis = axis_index(axis, x.ndim)
    if x.dtype.kind != "f":
        return x.cumprod(axis, dtype=np.int64)
    with np.errstate(over="ignore"):
        return x.cumprod(axis, dtype=np.float64).astype(x.dtype, copy=False)


@cumprod.vjp
def cumprod_vjp(g: Array, _out: Array, x: Array, *, axis: int) -> Cotangents:
    r""":math:`\bar x_i = p_i s_i`, with the product before, :math:`p_i = \prod_{j < i} x_j`.

    What follows runs back from the last element: :math:`s_i = g_i + x_{i+1} s_{i+1}`.

    Derivation: cumprod.grad
    """
    if 0 in x.shape:
        return (g,)
    cotangents, elements = unbind(g, axis), unbind(x, axis)
    following = [cotangents[-1]]
    for cotangent, after in zip(cotangents[-2::-1], elements[:0:-1], strict=True):
        following.append(cotangent + after * following[-1])
    return (_before(x, axis) * stack(following[::-1], axis),)


@op
def prod(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    r"""Product over axes: :math:`y = \prod_i x_i`; of integers in int64, and 1 of nothing.

    Examples
    --------
    >>> import minigen
    >>> x = minigen.tensor([2.0, 0.0, 3.0], requires_grad=True)
    >>> x.prod().backward()
    >>> x.grad.tolist()
    [0.0, 6.0, 0.0]

    Derivation: prod
    """
    axes = reduced_axes(axis, x.ndim)
    if x.dtype.kind != "f":
        return x.prod(axes, dtype=np.int64, keepdims=keepdims)
    return x.prod(axes, keepdims=keepdims)


@prod.vjp
def prod_vjp(g: Array, _out: Array, x: Array, *, axis: Axis, keepdims: bool) -> Cotangents:
    r""":math:`\bar x_i = g \prod_{j < i} x_j \prod_{j > i} x_j`.

    Derivation: prod.grad
    """
    g = reshape(g, kept_shape(x.shape, axis))
    if 0 in x.shape:
        return (broadcast_to(g, tuple(x.shape)),)
    axes = reduced_axes(axis, x.ndim)
    order = (*(a for a in range(x.ndim) if a not in axes), *axes)
    moved = permute(x, order)
    lines = reshape(moved, (-1, math.prod(x.shape[a] for a in axes)))
    others = _before(lines, 1) * flip(_before(flip(lines, 1), 1), 1)
    return (g * permute(reshape(others, tuple(moved.shape)), np.argsort(order).tolist()),)


def _before(x: Any, axis: int) -> Any:
    """Return for each element along an axis the product of those before it: 1 for the first."""
    axis = axis_index(axis, x.ndim)
    last_left_out = getitem(x, (*(slice(None),) * axis, slice(-1)))
    behind = x.ndim - 1 - axis
    return cumprod(pad(last_left_out, (*(0, 0) * behind, 1, 0), value=1.0), axis)
