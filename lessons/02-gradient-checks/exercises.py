r"""Exercises of lesson 02, gradient checks.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 02``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def central_difference(f: Callable[[Array], float], x: Array, h: float) -> Array:
    r"""Return the numerical gradient of a function of an array, by central differences.

    With :math:`e_i` for an array that is 1 at element i and 0 elsewhere, the element i is
    :math:`\frac{f(x + h e_i) - f(x - h e_i)}{2h}`.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of x, and returns a number.
    x : array of float64, of any shape
        Where the gradient is wanted. It has to be the same afterwards.
    h : float
        The step.

    Returns
    -------
    array
        Of the shape of x.
    """
    raise NotImplementedError("nudge each element of x by h to both sides")


def richardson(f: Callable[[float], float], x: float, h: float) -> float:
    r"""Return Richardson's derivative of a function of a number.

    The central difference is :math:`D(h) = \frac{f(x + h) - f(x - h)}{2h} = f' + c h^2 + O(h^4)`,
    with a number c that does not depend on h. Combine D(h) and D(h/2) so that c cancels, and f' is
    left.

    Parameters
    ----------
    f : callable
        Takes a number, and returns one.
    x : float
        Where the derivative is wanted.
    h : float
        The larger of the two steps.

    Returns
    -------
    float
        With an error of order :math:`h^4`.
    """
    raise NotImplementedError("combine the central differences at h and at h / 2")


def rule_is_right(
    forward: Callable[[Array], Array],
    rule: Callable[[Array, Array, Array], tuple[Array]],
    x: Array,
) -> bool:
    r"""Tell whether a gradient rule belongs to a function: a gradient checker of your own.

    With a cotangent g of the shape of the output y = forward(x), the rule has to return
    :math:`\bar x_j = \sum_i g_i \, \partial y_i / \partial x_j`. This is the gradient of the number
    :math:`\sum_i g_i \, y_i` by x, with g held fixed, and can be had by central differences.

    Parameters
    ----------
    forward : callable
        Takes an array of the shape of x, and returns an array of any shape.
    rule : callable
        ``rule(g, out, x)`` returns a tuple with one array, the cotangent of x.
    x : array of float64 or float32
        Where to check. Wherever it is, a right rule has to pass, and one that is wrong by a
        hundredth in a single element not.

    Returns
    -------
    bool
        Whether the rule is right.
    """
    raise NotImplementedError("compare the rule, for a good cotangent, with central differences")


def overlooked(error: Array, tolerance: float, directions: int) -> float:
    r"""Return the probability that checks along random directions overlook a wrong gradient.

    The gradient is wrong by an array e. Along a direction v, whose elements are independent and
    standard normal, the error shows as :math:`\langle e, v \rangle = \sum_i e_i v_i`. A direction
    overlooks it if :math:`|\langle e, v \rangle|` is at most the tolerance; all of them have to.
    A standard normal number lies between -a and a with probability
    :math:`\operatorname{erf}(a / \sqrt 2)`; Python has ``math.erf``.

    Parameters
    ----------
    error : array, of any shape
        The error e, not all zeros.
    tolerance : float
        The largest deviation that counts as rounding.
    directions : int
        How many directions are drawn, independently.

    Returns
    -------
    float
        The probability, between 0 and 1.
    """
    raise NotImplementedError("find the distribution of the sum, and use math.erf")
