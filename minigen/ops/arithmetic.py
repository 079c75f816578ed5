r"""Arithmetic, element by element: of two arrays, with broadcasting, and of one.

Broadcasting copies an element to many places; its adjoint sums over those places, which
`unbroadcast` does in each rule of two arrays.

Derivation: elementwise
"""

from __future__ import annotations

import math
from typing import Any

from minigen.engine.backend import DEFAULT_FLOAT, Array, array_of, floating, namespace, promote
from minigen.engine.op import Cotangents, composed, op
from minigen.ops.shaping import unbroadcast

__all__ = [
    "abs", "add", "clip", "cos", "div", "eq", "exp", "floor_divide", "ge", "gt", "le", "lerp",
    "log", "log1p", "logical_and", "logical_not", "logical_or", "lt", "masked_fill", "maximum",
    "minimum", "mul", "ne", "neg", "pow", "reciprocal", "remainder", "rsqrt", "sign", "sin", "sqrt",
    "square", "sub", "where",
]  # fmt: skip


@op
def add(a: Array, b: Array) -> Array:
    r"""Add: :math:`y = a + b`.

    Derivation: add
    """
    a, b = promote(a, b)
    return a + b


@add.vjp
def add_vjp(g: Array, _out: Array, shape_of_a: Any, shape_of_b: Any) -> Cotangents:
    r""":math:`\bar a = g,\ \bar b = g`."""
    if shape_of_a == shape_of_b:
        return g, g
    return lambda: unbroadcast(g, shape_of_a), lambda: unbroadcast(g, shape_of_b)


@op
def sub(a: Array, b: Array) -> Array:
    r"""Subtract: :math:`y = a - b`.

    Derivation: sub
    """
    a, b = promote(a, b)
    return a - b


@sub.vjp
def sub_vjp(g: Array, _out: Array, shape_of_a: Any, shape_of_b: Any) -> Cotangents:
    r""":math:`\bar a = g,\ \bar b = -g`."""
    return lambda: unbroadcast(g, shape_of_a), lambda: -unbroadcast(g, shape_of_b)


@op
def mul(a: Array, b: Array) -> Array:
    r"""Multiply element by element: :math:`y = a b`.

    Derivation: mul
    """
    a, b = promote(a, b)
    return a * b


@mul.vjp
def mul_vjp(g: Array, _out: Array, a: Array, b: Array) -> Cotangents:
    r""":math:`\bar a = g b,\ \bar b = g a`."""
    return lambda: unbroadcast(g * b, a), lambda: unbroadcast(g * a, b)


@op
def div(a: Array, b: Array) -> Array:
    r"""Divide: :math:`y = a / b`; integers give floats.

    Derivation: div
    """
    a, b = promote(a, b)
    return floating(a) / floating(b)


@div.vjp
def div_vjp(g: Array, out: Array, a: Array, b: Array) -> Cotangents:
    r""":math:`\bar a = g / b,\ \bar b = -g y / b`."""
    return lambda: unbroadcast(g / b, a), lambda: unbroadcast(-g * out / b, b)


@op
def neg(x: Array) -> Array:
    r"""Negate: :math:`y = -x`.

    Derivation: neg
    """
    return -x


@neg.vjp
def neg_vjp(g: Array, _out: Array, _x: Array) -> Cotangents:
    r""":math:`\bar x = -g`."""
    return (-g,)


@op
def pow(x: Array, exponent: Array) -> Array:
    r"""Raise to a power: :math:`y = x^p`, the power a number or an array.

    The gradient with respect to an array of powers needs :math:`x \ge 0`.

    Derivation: pow
    """
    x, exponent = promote(x, exponent)
    return x**exponent


@pow.vjp
def pow_vjp(g: Array, out: Array, x: Array, exponent: Array) -> Cotangents:
    r""":math:`\bar x = g\,p\,x^{p-1},\ \bar p = g\,y \log x`.

    Where p = 0 the power is constant, and where x = 0 the product :math:`y \log x` tends to 0
    (p > 0): both are set so, instead of 0 times infinity. With p < 0 it tends to minus infinity.

    Derivation: pow.grad_x, pow.grad_exponent
    """

    def grad_x() -> Array:
        if isinstance(exponent, int | float):
            return g * (exponent * x ** (exponent - 1)) if exponent else g * 0
        slope = where(exponent == 0, 0.0, exponent * x ** where(exponent == 0, 1, exponent - 1))
        return unbroadcast(g * slope, x)

    def grad_exponent() -> Array:
        if isinstance(x, int | float):
            slope = math.log(x) if x else where(exponent < 0, -math.inf, 0.0)
            return unbroadcast(g * out * slope, exponent)
        constant = (x == 0) & (exponent >= 0)
        return unbroadcast(g * out * log(where(constant, 1.0, x)), exponent)

    return grad_x, grad_exponent


@op(differentiable=False)
def floor_divide(a: Array, b: Array) -> Array:
    r"""Divide and round down: :math:`\lfloor a / b \rfloor`; it is constant between its jumps."""
    a, b = promote(a, b)
    return a // b


@op(piecewise_linear=True)
def remainder(a: Array, b: Array) -> Array:
    r"""Take what division leaves: :math:`y = a - b \lfloor a / b \rfloor`, of the sign of b.

    Derivation: remainder
    """
    a, b = promote(a, b)
    return a % b


@remainder.vjp
def remainder_vjp(g: Array, _out: Array, a: Array, b: Array) -> Cotangents:
    r""":math:`\bar a = g,\ \bar b = -g \lfloor a / b \rfloor`, between the jumps."""
    return lambda: unbroadcast(g, a), lambda: unbroadcast(-g * floor_divide(a, b), b)


@op
def maximum(a: Array, b: Array) -> Array:
    r"""Take the larger of two, element by element.

    Derivation: maximum
    """
    a, b = promote(a, b)
    return namespace(a, b).maximum(a, b)


@maximum.vjp
def maximum_vjp(g: Array, _out: Array, a: Array, b: Array) -> Cotangents:
    """The cotangent goes to the larger; half to each where they are equal, all to each of NaN."""
    return (
        lambda: unbroadcast(_share(g, a < b, a == b), a),
        lambda: unbroadcast(_share(g, a > b, a == b), b),
    )


@op
def minimum(a: Array, b: Array) -> Array:
    r"""Take the smaller of two, element by element.

    Derivation: minimum
    """
    a, b = promote(a, b)
    return namespace(a, b).minimum(a, b)


@minimum.vjp
def minimum_vjp(g: Array, _out: Array, a: Array, b: Array) -> Cotangents:
    """The cotangent goes to the smaller; half to each where they are equal, all to each of NaN."""
    return (
        lambda: unbroadcast(_share(g, a > b, a == b), a),
        lambda: unbroadcast(_share(g, a < b, a == b), b),
    )


def _share(g: Array, lost: Array, tied: Array) -> Array:
    """Return nothing of a cotangent where lost, half where tied, and all elsewhere."""
    return where(lost, 0.0, where(tied, g * 0.5, g))


@op
def where(condition: Array, a: Array = None, b: Array = None) -> Array:
    r"""Take `a` where `condition` holds and `b` elsewhere; or, without them, tell where it holds.

    ``where(condition)`` is a tuple of indices, an array an axis: ``x[where(condition)]`` are the
    elements for which the condition holds.

    Derivation: where
    """
    if (a is None) != (b is None):
        raise TypeError("where(condition, a, b) chooses from two, where(condition) gives indices")
    if a is None:
        return namespace(condition).nonzero(condition)
    a, b = promote(a, b)
    out = namespace(condition, a, b).where(condition, a, b)
    made_of_numbers = {type(a), type(b)} <= {bool, int, float}  # not of NumPy's scalars
    return out.astype(DEFAULT_FLOAT) if made_of_numbers and out.dtype.kind == "f" else out


@where.vjp
def where_vjp(g: Array, _out: Array, condition: Array, a: Array, b: Array) -> Cotangents:
    r""":math:`\bar a = g` where the condition holds, else 0; :math:`\bar b` the other way."""
    return (
        None,
        lambda: unbroadcast(where(condition, g, 0.0), a),
        lambda: unbroadcast(where(condition, 0.0, g), b),
    )


@op
def clip(x: Array, min: Array | None = None, max: Array | None = None) -> Array:
    r"""Limit values to the interval from `min` to `max`; None is no limit. PyTorch's ``clamp``.

    Limits are constants: numbers or arrays that broadcast. The gradient outside is exactly zero,
    which stops learning there without a word: see `binary_cross_entropy_with_logits` for a loss
    that needs no clipping.

    Derivation: clip
    """
    if min is None and max is None:
        raise ValueError("give min, max or both")
    min, max = array_of(min), array_of(max)
    return namespace(x).clip(x, promote(x, min)[1], promote(x, max)[1])


@clip.vjp
def clip_vjp(g: Array, _out: Array, x: Array, *, min: Array, max: Array) -> Cotangents:
    r""":math:`\bar x = g` inside the limits, and on them, else 0."""
    inside: Array = True
    min, max = array_of(min), array_of(max)
    if min is not None:
        inside = x >= min
    if max is not None:
        inside = (x <= max) & inside
    return (where(inside, g, 0.0),)


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
def log1p(x: Array) -> Array:
    r"""Logarithm of 1 + x, exact where x is small: :math:`y = \ln(1 + x)`, for :math:`x > -1`.

    Derivation: log1p
    """
    return namespace(x).log1p(floating(x))


@log1p.vjp
def log1p_vjp(g: Array, _out: Array, x: Array) -> Cotangents:
    r""":math:`\bar x = g / (1 + x)`."""
    return (g / (1 + x),)


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


@op(piecewise_linear=True)
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
    """Sign: -1, 0 or 1; 0 of NaN, as in PyTorch."""
    return (x > 0).astype(x.dtype) - (x < 0).astype(x.dtype)


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


@op(differentiable=False)
def eq(a: Array, b: Array) -> Array:
    """Compare element by element: a == b."""
    return a == b


@op(differentiable=False)
def ne(a: Array, b: Array) -> Array:
    """Compare element by element: a != b."""
    return a != b


@op(differentiable=False)
def lt(a: Array, b: Array) -> Array:
    """Compare element by element: a < b."""
    return a < b


@op(differentiable=False)
def le(a: Array, b: Array) -> Array:
    """Compare element by element: a <= b."""
    return a <= b


@op(differentiable=False)
def gt(a: Array, b: Array) -> Array:
    """Compare element by element: a > b."""
    return a > b


@op(differentiable=False)
def ge(a: Array, b: Array) -> Array:
    """Compare element by element: a >= b."""
    return a >= b


@op(differentiable=False)
def logical_and(a: Array, b: Array) -> Array:
    """Combine Booleans element by element: a and b."""
    return a & b


@op(differentiable=False)
def logical_or(a: Array, b: Array) -> Array:
    """Combine Booleans element by element: a or b."""
    return a | b


@op(differentiable=False)
def logical_not(x: Array) -> Array:
    """Turn Booleans round."""
    return ~x


# ------------------------------------------------------------------------------------ made of ops


@composed
def square(x: Array) -> Any:
    """Multiply each element by itself."""
    return mul(x, x)


@composed
def reciprocal(x: Array) -> Any:
    """Divide 1 by each element."""
    return div(1.0, x)


@composed
def rsqrt(x: Array) -> Any:
    """Divide 1 by the square root of each element."""
    return div(1.0, sqrt(x))


@composed
def lerp(x: Array, end: Array, weight: Array) -> Any:
    r"""Go from x a share of the way to `end`: :math:`x + w\,(e - x)`.

    In place, ``average.lerp_(weight, 1 - decay)``, it is an exponential average's step.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([0.0, 2.0]).lerp(minigen.tensor([4.0, 4.0]), 0.25).tolist()
    [1.0, 2.5]
    """
    return x + weight * (end - x)


@composed
def masked_fill(x: Array, mask: Array, value: float) -> Any:
    """Put a number where the mask is true, and leave the other elements as they are.

    Examples
    --------
    >>> import minigen
    >>> x = minigen.tensor([1.0, -2.0])
    >>> x.masked_fill(x < 0, 0.0).tolist()
    [1.0, 0.0]
    """
    return where(mask, value, x)
