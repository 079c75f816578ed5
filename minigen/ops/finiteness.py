"""Numbers that are finite and those that are not: telling them apart, and replacing the latter."""

from __future__ import annotations

from minigen.engine.backend import Array, namespace
from minigen.engine.op import Cotangents, op
from minigen.ops.arithmetic import where

__all__ = ["isclose", "isfinite", "isinf", "isnan", "nan_to_num"]


@op(differentiable=False)
def isnan(x: Array) -> Array:
    """Tell which elements are not a number."""
    return namespace(x).isnan(x)


@op(differentiable=False)
def isinf(x: Array) -> Array:
    """Tell which elements are infinite, of either sign."""
    return namespace(x).isinf(x)


@op(differentiable=False)
def isfinite(x: Array) -> Array:
    """Tell which elements are finite numbers."""
    return namespace(x).isfinite(x)


@op(differentiable=False)
def isclose(
    a: Array, b: Array, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Array:
    r"""Tell where :math:`|a - b| \le \mathrm{atol} + \mathrm{rtol}\,|b|`.

    Infinities are close to themselves, and with `equal_nan` so is NaN.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([1.0, 2.0]).isclose(minigen.tensor([1.000001, 2.1])).tolist()
    [True, False]
    """
    return namespace(a, b).isclose(a, b, rtol, atol, equal_nan)


@op
def nan_to_num(
    x: Array, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Array:
    """Replace what is not a number, and the infinities.

    Parameters
    ----------
    x : Tensor or array
        Any shape.
    nan : float, default 0
        What is put for NaN.
    posinf, neginf : float, optional
        What is put for infinity and for minus infinity: unless given, the largest number of the
        dtype, and the lowest.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([minigen.nan, 2.0, -minigen.inf]).nan_to_num(neginf=-1.0).tolist()
    [0.0, 2.0, -1.0]

    Derivation: nan_to_num
    """
    return namespace(x).nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@nan_to_num.vjp
def nan_to_num_vjp(
    g: Array, _out: Array, x: Array, *, nan: float, posinf: float | None, neginf: float | None
) -> Cotangents:
    r""":math:`\bar x = g` where x is finite, else 0."""
    return (where(isfinite(x), g, 0.0),)
