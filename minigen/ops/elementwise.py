r"""Functions of one array, element by element.

Derivation: elementwise
"""

from __future__ import annotations

from minigen.engine.backend import Array, namespace
from minigen.engine.op import Cotangents, op
from minigen.ops.dtypes import floating


@op
def exp(x: Array) -> Array:
    r"""Exponential: :math:`y = e^x`.

    Derivation: exp
    """
    return namespace(x).exp(floating(x))


@exp.vjp
def exp_vjp(g: Array, out: Array, _x: Array) -> Cotangents:
    r""":math:`\bar x = g\,y`."""
    return (g * out,)


@op
def log(x: Array) -> Array:
    r"""Natural logarithm: :math:`y = \ln x`, for :math:`x > 0`.

    Derivation: log
    """
    return namespace(x).log(floating(x))


@log.vjp
def log_vjp(g: Array, _out: Array, x: Array) -> Cotangents:
    r""":math:`\bar x = g / x`."""
    return (g / x,)


@op
def sqrt(x: Array) -> Array:
    r"""Square root: :math:`y = \sqrt x`, for :math:`x \ge 0`; the gradient is infinite at 0.

    Derivation: sqrt
    """
    return namespace(x).sqrt(floating(x))


@sqrt.vjp
def sqrt_vjp(g: Array, out: Array, _x: Array) -> Cotangents:
    r""":math:`\bar x = g / (2 y)`."""
    return (g / (out * 2),)


@op
def abs(x: Array) -> Array:
    r"""Absolute value: :math:`y = |x|`.

    Derivation: abs
    """
    return namespace(x).abs(x)


@abs.vjp
def abs_vjp(g: Array, _out: Array, x: Array) -> Cotangents:
    r""":math:`\bar x = g\,\mathrm{sign}(x)`, 0 at 0."""
    return (g * sign(x),)


@op(differentiable=False)
def sign(x: Array) -> Array:
    """Sign: -1, 0 or 1."""
    return namespace(x).sign(x)


@op
def sin(x: Array) -> Array:
    r"""Sine, of radians: :math:`y = \sin x`.

    Derivation: sin
    """
    return namespace(x).sin(floating(x))


@sin.vjp
def sin_vjp(g: Array, _out: Array, x: Array) -> Cotangents:
    r""":math:`\bar x = g \cos x`."""
    return (g * cos(x),)


@op
def cos(x: Array) -> Array:
    r"""Cosine, of radians: :math:`y = \cos x`.

    Derivation: cos
    """
    return namespace(x).cos(floating(x))


@cos.vjp
def cos_vjp(g: Array, _out: Array, x: Array) -> Cotangents:
    r""":math:`\bar x = -g \sin x`."""
    return (-g * sin(x),)
