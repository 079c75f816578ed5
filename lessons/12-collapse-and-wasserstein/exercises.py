r"""Exercises of lesson 12, mode collapse and the Wasserstein distance.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 12``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def slope_bound(weights: Sequence[Any], residual: Sequence[bool]) -> float:
    r"""Return the product of the layers' bounds on the slope: the network's can't exceed it.

    A layer is :math:`x \mapsto W x`, or with a residual connection :math:`x \mapsto x + W x`;
    between them are ReLUs, which stretch nothing. By the triangle inequality the second kind
    stretches a difference by at most :math:`1 + \sigma_1(W)`.

    Parameters
    ----------
    weights : sequence of array, shape (O, I)
        :math:`W` of each layer, square where there is a residual connection.
    residual : sequence of bool
        Whether there is one, for each layer.

    Returns
    -------
    float
    """
    raise NotImplementedError("multiply what each layer stretches a difference by, at most")


def one_sided_rule(g: Array, out: Array, slopes: Array) -> tuple[Array]:
    r"""Return the gradient rule of a penalty that allows slopes below 1.

    .. math:: P = \frac1N \sum_{n=1}^N \max(0, \|s_n\| - 1)^2

    The norm is over all axes of an example. Some slopes are 0.

    Parameters
    ----------
    g : array, shape ()
        The cotangent of P.
    out : array, shape ()
        P.
    slopes : array, shape (N, ...)
        :math:`s_n = \nabla D(\hat x_n)`.

    Returns
    -------
    tuple of one array, shape (N, ...)
        The cotangent of slopes.
    """
    raise NotImplementedError("differentiate the square of what a norm exceeds 1 by")


def weighted_wasserstein(x: Array, y: Array, p: Array, q: Array) -> float:
    r"""Return the Wasserstein distance on a line, of samples with weights.

    .. math:: W_1 = \int |P(t) - Q(t)|\, dt, \qquad P(t) = \sum_{n:\, x_n \le t} p_n

    Parameters
    ----------
    x : array, shape (N,)
        Places, in any order; some may be the same.
    y : array, shape (M,)
    p : array, shape (N,)
        Weights of x, not negative; they sum to 1.
    q : array, shape (M,)
        Weights of y.

    Returns
    -------
    float
    """
    raise NotImplementedError("find P - Q between neighbouring places of both")


def critic_of_samples(x: Array, y: Array) -> tuple[Array, Array]:
    r"""Return the scores that the best critic of slope 1 gives to samples on a line.

    :math:`D'(t) = \operatorname{sign}(Q(t) - P(t))`, and D is 0 at the leftmost sample. All samples
    of one kind have the same weight.

    Parameters
    ----------
    x : array, shape (N,)
        Real samples, in any order.
    y : array, shape (M,)
        Generated samples; M may be another number.

    Returns
    -------
    tuple of array (N,), array (M,)
        :math:`D(x_n)` and :math:`D(y_m)`, in the order of x and y.
    """
    raise NotImplementedError("walk from left to right through all samples, up or down")


def sinkhorn_cost(cost: Array, p: Array, q: Array, epsilon: float, rounds: int) -> float:
    r"""Return the cost of a smooth plan, by Sinkhorn's alternating updates of two potentials.

    From :math:`f = 0`, :math:`h = 0`, in each round first

    .. math:: f_i = \epsilon \ln p_i - \epsilon \ln \sum_j e^{(h_j - C_{ij}) / \epsilon},
              \qquad\text{then}\qquad
              h_j = \epsilon \ln q_j - \epsilon \ln \sum_i e^{(f_i - C_{ij}) / \epsilon} .

    The plan is :math:`\pi_{ij} = e^{(f_i + h_j - C_{ij}) / \epsilon}`, and its cost
    :math:`\sum_{ij} \pi_{ij} C_{ij}`. Costs may be 1000 times as large as :math:`\epsilon`.

    Parameters
    ----------
    cost : array, shape (N, M)
        :math:`C`, of moving a unit from i to j.
    p : array, shape (N,)
        How much is at i; positive, sums to 1.
    q : array, shape (M,)
        How much has to get to j; positive, sums to 1.
    epsilon : float
        How smooth; above 0.
    rounds : int

    Returns
    -------
    float
    """
    raise NotImplementedError("update f, then h, with sums of exponentials that don't underflow")
