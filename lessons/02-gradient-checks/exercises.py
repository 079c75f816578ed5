r"""Exercises of lesson 02, gradient checks.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 02``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def numerical_jacobian(f: Callable[[Array], Array], x: Array, h: float) -> Array:
    r"""Return the Jacobian of a function of arrays, by central differences.

    With :math:`e_j` for an array that is 1 at element j and 0 elsewhere,
    :math:`J_{ij} = \frac{f_i(x + h e_j) - f_i(x - h e_j)}{2h}`, where i runs over the elements of
    the output, and j over those of the input. Both may have several axes: first come those of the
    output, then those of the input.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of x, and returns an array of any shape.
    x : array of float64, of any shape
        Where the Jacobian is wanted. It has to be the same afterwards.
    h : float
        The step.

    Returns
    -------
    array
        Of the shape ``f(x).shape + x.shape``.
    """
    raise NotImplementedError("nudge each element of x by h to both sides, and keep all outputs")


def one_sided(f: Callable[[float], float], x: float, h: float) -> float:
    r"""Return the derivative at the end of an interval, with an error of second order.

    To the left of x the function cannot be computed. The forward difference
    :math:`F(h) = \frac{f(x + h) - f(x)}{h} = f' + a h + b h^2 + \dots` has an error of first order,
    with numbers a and b that do not depend on h. Combine F(h) and F(h/2) so that a cancels, and f'
    is left.

    Parameters
    ----------
    f : callable
        Takes a number that is not less than x, and returns one.
    x : float
        Where the derivative is wanted.
    h : float
        The larger of the two steps.

    Returns
    -------
    float
        With an error of order :math:`h^2`.
    """
    raise NotImplementedError("combine the forward differences at h and at h / 2")


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


def directions_needed(error: Array, tolerance: float, risk: float) -> int:
    r"""Return how many random directions it takes to find a wrong gradient.

    The gradient is wrong by an array e. Along a direction v, whose elements are independent and
    standard normal, the error shows as :math:`\langle e, v \rangle = \sum_i e_i v_i`. A direction
    overlooks it if :math:`|\langle e, v \rangle|` is at most the tolerance. A check with K of them
    overlooks it if all do. How large does K have to be for that to happen with a probability of at
    most the risk? A standard normal number lies between -a and a with probability
    :math:`\operatorname{erf}(a / \sqrt 2)`; Python has ``math.erf``.

    Parameters
    ----------
    error : array, of any shape
        The error e, not all zeros.
    tolerance : float
        The largest deviation that counts as rounding, above 0.
    risk : float
        Between 0 and 1, such as 1e-6.

    Returns
    -------
    int
        The smallest such K, at least 1.
    """
    raise NotImplementedError("find the probability for K directions, and solve for K")
