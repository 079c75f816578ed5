r"""Rounding: the whole numbers beside a number, and what lies between.

Whole numbers jump where they change and are constant elsewhere, so they have no gradient. What is
left beside them moves with the number.
"""

from __future__ import annotations

from typing import Any

from minigen.engine.backend import Array, namespace, promote
from minigen.engine.op import Cotangents, composed, op
from minigen.ops.arithmetic import sub
from minigen.ops.shaping import unbroadcast

__all__ = ["ceil", "floor", "fmod", "frac", "round", "trunc"]


@op(differentiable=False)
def floor(x: Array) -> Array:
    """Round down to a whole number."""
    return namespace(x).floor(x)


@op(differentiable=False)
def ceil(x: Array) -> Array:
    """Round up to a whole number."""
    return namespace(x).ceil(x)


@op(differentiable=False)
def trunc(x: Array) -> Array:
    """Round towards zero to a whole number."""
    return namespace(x).trunc(x)


@op(differentiable=False)
def round(x: Array, decimals: int = 0) -> Array:
    """Round to the nearest whole number, or decimal; from halfway to the even one.

    Parameters
    ----------
    x : Tensor or array
        Any shape.
    decimals : int, default 0
        How many digits are kept behind the point; negative, how many before it become zeros.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([2.5, -1.25]).round().tolist()
    [2.0, -1.0]
    >>> minigen.tensor([1234.5]).round(decimals=-2).tolist()
    [1200.0]
    """
    xp = namespace(x)
    power = 10.0 ** abs(decimals)
    if decimals > 0:
        rounded = xp.rint(x * power) / power
    elif decimals < 0:
        rounded = xp.rint(x / power) * power
    else:
        rounded = xp.rint(x)
    return rounded.astype(x.dtype, copy=False)


@composed
def frac(x: Array) -> Any:
    r"""Return what `trunc` cuts off, with the sign of x: :math:`x - \mathrm{trunc}(x)`.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([1.25, -1.25]).frac().tolist()
    [0.25, -0.25]

    Derivation: fmod
    """
    return sub(x, trunc(x))


@op(piecewise_linear=True)
def fmod(a: Array, b: Array) -> Array:
    r"""Take what division leaves: :math:`y = a - b\,\mathrm{trunc}(a / b)`, of the sign of a.

    `remainder`, which the operator ``%`` is, has the sign of b.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.fmod(minigen.tensor([-5.0, 5.0]), 3).tolist(), (minigen.tensor([-5.0, 5.0]) % 3).tolist()
    ([-2.0, 2.0], [1.0, 2.0])

    Derivation: fmod
    """
    a, b = promote(a, b)
    return namespace(a, b).fmod(a, b)


@fmod.vjp
def fmod_vjp(g: Array, _out: Array, a: Array, b: Array) -> Cotangents:
    r""":math:`\bar a = g,\ \bar b = -g\,\mathrm{trunc}(a / b)`, between the jumps."""
    return lambda: unbroadcast(g, a), lambda: unbroadcast(-g * trunc(a / b), b)
