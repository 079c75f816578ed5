r"""Exponentials and logarithms of other kinds, the error function, angles and lengths.

Derivation: elementwise
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from minigen.engine.backend import Array, floating, namespace, promote
from minigen.engine.op import Cotangents, composed, op
from minigen.ops.arithmetic import abs, add, clip, exp, log, log1p, minimum, neg, sub, where
from minigen.ops.shaping import unbroadcast

__all__ = ["atan2", "erf", "expm1", "hypot", "log2", "log10", "logaddexp", "logit"]


@op
def expm1(x: Array) -> Array:
    r"""Exponential less 1, exact where x is small: :math:`y = e^x - 1`.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([1e-10]).expm1().tolist() == minigen.tensor([1e-10]).tolist()
    True

    Derivation: expm1
    """
    return namespace(x).expm1(floating(x))


@expm1.vjp
def expm1_vjp(g: Array, out: Array, _x: Array) -> Cotangents:
    r""":math:`\bar x = g (y + 1)`."""
    return (g * (out + 1),)


@op
def log2(x: Array) -> Array:
    r"""Logarithm to base 2, for :math:`x > 0`: a quantity of information in bits.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([8.0, 0.5]).log2().tolist()
    [3.0, -1.0]

    Derivation: log.base
    """
    return namespace(x).log2(floating(x))


@log2.vjp
def log2_vjp(g: Array, _out: Array, x: Array) -> Cotangents:
    r""":math:`\bar x = g / (x \ln 2)`."""
    return (g / (x * math.log(2)),)


@op
def log10(x: Array) -> Array:
    r"""Logarithm to base 10, for :math:`x > 0`; ten times as many are decibels.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([100.0, 0.1]).log10().round(decimals=4).tolist()
    [2.0, -1.0]

    Derivation: log.base
    """
    return namespace(x).log10(floating(x))


@log10.vjp
def log10_vjp(g: Array, _out: Array, x: Array) -> Cotangents:
    r""":math:`\bar x = g / (x \ln 10)`."""
    return (g / (x * math.log(10)),)


@op
def logaddexp(a: Array, b: Array) -> Array:
    r"""Add what is given by logarithms, without overflow: :math:`y = \ln(e^a + e^b)`.

    Of two log-probabilities it is that of either event; `logsumexp` is of many.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> a, b = minigen.tensor([-1000.0, 0.5]), minigen.tensor([-1000.0, -minigen.inf])
    >>> [round(y, 2) for y in F.logaddexp(a, b).tolist()]
    [-999.31, 0.5]

    Derivation: logaddexp
    """
    a, b = promote(a, b)
    return namespace(a, b).logaddexp(floating(a), floating(b))


@logaddexp.vjp
def logaddexp_vjp(g: Array, _out: Array, a: Array, b: Array) -> Cotangents:
    r""":math:`\bar a = g\,e^{a - y},\ \bar b = g\,e^{b - y}`, of the difference alone.

    Derivation: logaddexp.grad
    """
    lead = a - b
    rest = 1 + exp(-abs(lead))
    return (
        lambda: unbroadcast(g * exp(minimum(lead, 0.0)) / rest, a),
        lambda: unbroadcast(g * exp(minimum(-lead, 0.0)) / rest, b),
    )


@composed
def logit(x: Array, eps: float | None = None) -> Any:
    r"""Logarithm of the odds, which the sigmoid undoes: :math:`y = \ln x - \ln(1 - x)`.

    Parameters
    ----------
    x : Tensor or array
        Probabilities.
    eps : float, optional
        Probabilities are first limited to the interval from it to 1 less it, so that no logarithm
        is infinite; beyond, the gradient is 0.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([0.5, 1.0]).logit(eps=0.25).tolist()
    [0.0, 1.0986123085021973]
    """
    # 0 is added so that -0, at which the slope would be minus infinity, is 0
    inside = add(x, 0.0) if eps is None else clip(x, eps, 1 - eps)
    return sub(log(inside), log1p(neg(inside)))


# ------------------------------------------------------------------------------ the error function

_NEAR: Final = (
    (
        1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2,
        3.77485237685302021e2, 3.20937758913846947e3,
    ),
    (
        1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
        2.84423683343917062e3,
    ),
)  # fmt: skip
r"""Numerator and denominator of :math:`\mathrm{erf}(x) / x`, in :math:`x^2`, for small x."""

_FAR: Final = (
    (
        2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594,
        6.61191906371416295e1, 2.98635138197400131e2, 8.81952221241769090e2,
        1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3,
    ),
    (
        1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
        1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3,
        3.43936767414372164e3, 1.23033935480374942e3,
    ),
)  # fmt: skip
r"""Those of :math:`e^{x^2} (1 - \mathrm{erf}(x))` in x, for larger x."""

_BOUNDARY: Final = 0.46875
"""Up to here x is small."""

_ONE: Final = 6.0
"""From here on the error function is 1 in float64."""


@op
def erf(x: Array) -> Array:
    r"""Error function: :math:`y = \frac{2}{\sqrt\pi} \int_0^x e^{-t^2}\, dt`.

    The distribution function of N(0, 1) is :math:`\Phi(x) = \frac12 (1 + \mathrm{erf}(x /
    \sqrt 2))`.

    NumPy has none. It is x times a quotient of polynomials near 0, and elsewhere 1 less
    :math:`e^{-x^2}` times such a quotient: exact to 5e-16 of its value in float64.

    References
    ----------
    W. J. Cody (1969), Rational Chebyshev approximations for the error function, Mathematics of
    Computation 23, tables II and III.

    Examples
    --------
    How much of a Gaussian lies within a standard deviation of its mean:

    >>> import math
    >>> import minigen
    >>> round(minigen.tensor(1 / math.sqrt(2)).erf().item(), 4)
    0.6827

    Derivation: erf
    """
    x = floating(x)
    xp = namespace(x)
    size = xp.minimum(xp.abs(x), _ONE)
    square = xp.minimum(size * size, 1)  # what lies beyond the boundary is not looked at
    near = x * (_polynomial(_NEAR[0], square) / _polynomial(_NEAR[1], square))
    rest = xp.exp(-size * size) * (_polynomial(_FAR[0], size) / _polynomial(_FAR[1], size))
    return xp.where(size <= _BOUNDARY, near, xp.copysign(1 - rest, x))


def _polynomial(coefficients: Sequence[float], x: Array) -> Array:
    """Return the value of a polynomial, whose highest power comes first, by Horner's scheme."""
    value = namespace(x).full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value *= x
        value += coefficient
    return value


@erf.vjp
def erf_vjp(g: Array, _out: Array, x: Array) -> Cotangents:
    r""":math:`\bar x = g\,\frac{2}{\sqrt\pi} e^{-x^2}`.

    Derivation: erf.grad
    """
    return (g * (exp(-x * x) * (2 / math.sqrt(math.pi))),)


# ------------------------------------------------------------------------------ angles, and lengths


@op
def atan2(a: Array, b: Array) -> Array:
    r"""Angle of the point (b, a), in radians from :math:`-\pi` to :math:`\pi`, with broadcasting.

    As in PyTorch and NumPy, the height `a` comes before the width `b`.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> round(F.atan2(minigen.tensor(1.0), minigen.tensor(-1.0)).item() / minigen.pi, 4)
    0.75

    Derivation: atan2
    """
    a, b = promote(a, b)
    return namespace(a, b).arctan2(floating(a), floating(b))


@atan2.vjp
def atan2_vjp(g: Array, _out: Array, a: Array, b: Array) -> Cotangents:
    r""":math:`\bar a = g\,b / (a^2 + b^2),\ \bar b = -g\,a / (a^2 + b^2)`.

    Derivation: atan2.grad
    """
    share = g / (a * a + b * b)
    return lambda: unbroadcast(share * b, a), lambda: unbroadcast(-share * a, b)


@op
def hypot(a: Array, b: Array) -> Array:
    r"""Length of the vector (a, b), without overflow: :math:`y = \sqrt{a^2 + b^2}`.

    The gradient is 0 where both are, as that of `norm`.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.hypot(minigen.tensor([3.0, 3e30]), minigen.tensor([4.0, 4e30])).tolist()[0]
    5.0

    Derivation: hypot
    """
    a, b = promote(a, b)
    return namespace(a, b).hypot(floating(a), floating(b))


@hypot.vjp
def hypot_vjp(g: Array, out: Array, a: Array, b: Array) -> Cotangents:
    r""":math:`\bar a = g\,a / y,\ \bar b = g\,b / y`; 0 where y is.

    Derivation: hypot.grad
    """
    share = g / where(out == 0, 1.0, out)
    return lambda: unbroadcast(share * a, a), lambda: unbroadcast(share * b, b)
