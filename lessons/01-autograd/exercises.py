r"""Exercises of lesson 01, autograd.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 01``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy.typing as npt

from minigen import Tensor

Array = npt.NDArray[Any]


def softplus_rule(g: Array, out: Array, x: Array) -> tuple[Array]:
    r"""Return the cotangent of the input of a softplus.

    The op is :math:`y = \ln(1 + e^x)`, element by element: a smooth version of max(x, 0). Derive
    its slope, and write it in terms of y alone: then x need not be kept for the walk back. The rule
    is :math:`\bar x = \bar y \, y'(x)`.

    Parameters
    ----------
    g : array
        The cotangent of the output, :math:`\bar y`.
    out : array, of the same shape
        The output y.
    x : array, of the same shape
        The input.

    Returns
    -------
    tuple of one array
        The cotangent of x, of the shape of x.
    """
    raise NotImplementedError("return the cotangent of x, in terms of g and out")


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    r"""Sum a cotangent over all places that an element was broadcast to.

    Broadcasting aligns shapes at the right. An array of this `shape` was stretched to the shape of
    `g`: axes were added at its left, and axes of length 1 were repeated. So one element
    :math:`x_i` stands in many places j of the result, and by the chain rule its cotangent is
    the sum of theirs, :math:`\bar x_i = \sum_{j \text{ copied from } i} g_j`.

    Parameters
    ----------
    g : array
        The cotangent of the result, such as (5, 3, 4).
    shape : tuple of int
        The shape before broadcasting, such as (4,), (3, 1) or (1, 3, 4).

    Returns
    -------
    array
        Of this `shape`.
    """
    raise NotImplementedError("sum g over the axes that broadcasting added or stretched")


def walk_back(
    program: Sequence[tuple[tuple[int, ...], Callable[[float], tuple[float, ...]] | None]],
) -> list[float]:
    r"""Return the cotangents of all values of a program.

    The values :math:`v_0, \dots, v_K` are numbers; each comes after those that it is computed from,
    and the last one is the loss. With one entry a value, `program` says how it was made:

    - ``((), None)``: it was given (a leaf).
    - ``(parents, rule)``: an op made it from the values at these positions. ``rule(g)`` takes its
      cotangent and returns those of the parents, in the same order. An op may take one value
      twice: :math:`v_2 v_2` has the parents ``(2, 2)``.

    By the chain rule :math:`\bar v_K = 1`, and :math:`\bar v_i` is the sum of what the rules of all
    its children return for it.

    Returns
    -------
    list of float
        The cotangents, a value each; 0.0 where the loss does not depend on it.
    """
    raise NotImplementedError("walk from the last value to the first, and add up the cotangents")


def descend(
    loss: Callable[[], Tensor], parameters: Sequence[Tensor], rate: float, steps: int
) -> list[float]:
    r"""Descend along the gradient with steps that never go up: a backtracking line search.

    A step begins at :math:`\theta`, with the gradient there. It tries
    :math:`\theta - \eta \, \nabla L(\theta)` with the given rate :math:`\eta`. If the loss there is
    not less than at :math:`\theta`, the rate is halved, and tried again from :math:`\theta`, along
    the same gradient; and so on. If twenty tries have failed, :math:`\theta` stays as it was. The
    next step begins with the given rate again.

    Parameters
    ----------
    loss : callable
        Computes L from the parameters' present values: a tensor of shape ().
    parameters : sequence of Tensor
        The leaves :math:`\theta`, which require gradients and need to be changed in place:
        ``parameter.data = ...``. What stood in their ``.grad`` before a step is not part of the
        gradient.
    rate : float
        The learning rate :math:`\eta` that each step tries first.
    steps : int
        How many steps to take.

    Returns
    -------
    list of float
        The loss before each step.
    """
    raise NotImplementedError("take the gradient once a step, and halve the rate until L falls")
