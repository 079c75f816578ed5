r"""Exercises of lesson 03b, optimisation.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 03b``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def warmup_cosine_rate(step: int, steps: int, warmup: int, peak: float, floor: float) -> float:
    r"""Return the learning rate of one step: a straight line up, then half a wave of cosine down.

    With the step t, counted from 0, the number of all steps T and that of the warm-up w,

    .. math:: \eta_t = \eta_{peak} \, \frac{t + 1}{w} \text{ for } t < w, \qquad
              \eta_t = \eta_{floor} + (\eta_{peak} - \eta_{floor}) \,
              \frac{1 + \cos \pi u}{2} \text{ for } w \le t < T ,

    where u goes in a straight line from 0 at t = w to 1 at t = T. From T on the rate is the floor.

    Parameters
    ----------
    step : int
        t, not negative.
    steps : int
        T, greater than w.
    warmup : int
        w, at least 1.
    peak, floor : float
        The largest rate, and the last one.

    Returns
    -------
    float
        The rate of this step.
    """
    raise NotImplementedError("three cases: before the warm-up's end, after it, and after all")


def adagrad_step(
    weights: Array, gradient: Array, total: Array, lr: float, eps: float
) -> tuple[Array, Array]:
    r"""Return the weights after a step of AdaGrad, and the sum of squares that it keeps.

    The sum has no decay, and the present gradient belongs to it; element by element,

    .. math:: s_t = s_{t-1} + g_t^2, \qquad
              w_t = w_{t-1} - \eta \, \frac{g_t}{\sqrt{s_t} + \epsilon} .

    Parameters
    ----------
    weights, gradient : array, any shape
        w and g; they stay as they are.
    total : array, of the same shape
        The sum of squares of the gradients so far, s; it stays as it is, too.
    lr, eps : float
        The rate and epsilon.

    Returns
    -------
    tuple of two arrays
        The new weights and the new sum.
    """
    raise NotImplementedError("add the square to the sum, then divide by the root of the sum")


def mean_without_its_start(values: Sequence[Array], beta: float, start: Array) -> Array:
    r"""Return a running mean of values in which the start has no share.

    The running mean is :math:`r_t = \beta \, r_{t-1} + (1 - \beta) \, x_t` and begins at
    :math:`r_0`, which is not 0. Of :math:`r_T` take away what is :math:`r_0`'s, and divide by the
    sum of the shares that are left: the result is the average of the values in which the last one
    counts 1, the one before :math:`\beta`, and so on.

    Parameters
    ----------
    values : sequence of array, of one shape
        The values :math:`x_1, \dots, x_T`.
    beta : float, in (0, 1)
        The decay.
    start : array, of the same shape
        :math:`r_0`.

    Returns
    -------
    array, of the same shape
        The corrected mean.
    """
    raise NotImplementedError("unroll the mean: what is the share of the start after T values?")


def nesterov_descent(
    gradient: Callable[[Array], Array], start: Array, lr: float, momentum: float, steps: int
) -> Array:
    r"""Return the points of a descent with Nesterov's momentum, in the form of Sutskever et al.

    The velocity begins at 0. The gradient is taken not at the point, but where the velocity would
    lead:

    .. math:: v_t = \mu v_{t-1} - \eta \nabla f(\theta_{t-1} + \mu v_{t-1}), \qquad
              \theta_t = \theta_{t-1} + v_t .

    Parameters
    ----------
    gradient : callable
        The gradient of f at a point, of the point's shape.
    start : array, shape (D,)
        :math:`\theta_0`; it stays as it is.
    lr, momentum : float
        The rate and :math:`\mu`.
    steps : int
        T.

    Returns
    -------
    array, shape (T + 1, D)
        The points :math:`\theta_0, \dots, \theta_T`.
    """
    raise NotImplementedError("look ahead, take the gradient there, change the velocity, move")
