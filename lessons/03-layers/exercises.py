r"""Exercises of lesson 03, dense layers, activations, initialisation and batch norm.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 03``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def linear_rule(
    g: Array, out: Array, x: Array, weight: Array, bias: Array
) -> tuple[Array, Array, Array]:
    r"""Return the cotangents of a dense layer's input, weight and bias.

    The op is :math:`y_{no} = \sum_i W_{oi} \, x_{ni} + b_o`. Each cotangent is the sum over all
    outputs of :math:`\bar y_{no}` times the derivative of :math:`y_{no}`; most of these are 0.

    Parameters
    ----------
    g : array, shape (N, O)
        The cotangent of the output, :math:`\bar y`.
    out : array, shape (N, O)
        The output y.
    x : array, shape (N, I)
        The input.
    weight : array, shape (O, I)
        W.
    bias : array, shape (O,)
        b.

    Returns
    -------
    tuple of three arrays
        The cotangents of x, weight and bias, of their shapes.
    """
    raise NotImplementedError("two products of matrices and a sum, for x, weight and bias")


def prelu_rule(g: Array, out: Array, x: Array, slope: Array) -> tuple[Array, Array]:
    r"""Return the cotangents of a parametric ReLU's input and slopes.

    The op is a leaky ReLU whose slopes are parameters, one a channel c:

    .. math:: y_{nc} = x_{nc} \text{ where } x_{nc} > 0, \qquad y_{nc} = a_c \, x_{nc}
              \text{ elsewhere.}

    The slope of a channel was broadcast to all rows n.

    Parameters
    ----------
    g : array, shape (N, C)
        The cotangent of the output.
    out : array, shape (N, C)
        The output. Mind that its sign is that of x only if the slope is positive.
    x : array, shape (N, C)
        The input.
    slope : array, shape (C,)
        The slopes a.

    Returns
    -------
    tuple of two arrays
        The cotangents of x and of the slopes, of their shapes.
    """
    raise NotImplementedError("differentiate by x and by a, and sum over the copies of a")


def initial_std(fan_in: int, negative_slope: float) -> float:
    r"""Return the standard deviation of weights before a leaky ReLU.

    The weights :math:`W_{oi}` are drawn independently, with mean 0 and standard deviation s, from
    a symmetric distribution; there is no bias. A layer :math:`y_o = \sum_i W_{oi} \, x_i`, followed
    by a leaky ReLU (x for x > 0, and a x elsewhere), shall keep the mean square of its numbers: on
    average over the weights, that of its outputs is that of its inputs.

    Parameters
    ----------
    fan_in : int
        How many inputs a layer has, I.
    negative_slope : float
        The slope a of the leaky ReLU for negative numbers; 0 is a ReLU, 1 is none.

    Returns
    -------
    float
        s.
    """
    raise NotImplementedError("find by what the layer and the leaky ReLU multiply a mean square")


def batch_norm_rule(
    g: Array, out: Array, x: Array, weight: Array, bias: Array
) -> tuple[Array, Array, Array]:
    r"""Return the cotangents of batch norm's input, scale and shift.

    For each column, over the rows n = 1, ..., N of the batch,

    .. math:: \mu = \frac1N \sum_n x_n, \qquad v = \frac1N \sum_n (x_n - \mu)^2, \qquad
              \hat x_n = \frac{x_n - \mu}{\sqrt{v + \epsilon}}, \qquad
              y_n = \gamma \, \hat x_n + \beta

    with :math:`\epsilon = 0.01`. The mean and the variance depend on all :math:`x_n`.

    Parameters
    ----------
    g : array, shape (N, C)
        The cotangent of the output.
    out : array, shape (N, C)
        The output y.
    x : array, shape (N, C)
        The input.
    weight : array, shape (C,)
        The scale :math:`\gamma`.
    bias : array, shape (C,)
        The shift :math:`\beta`.

    Returns
    -------
    tuple of three arrays
        The cotangents of x, weight and bias, of their shapes.
    """
    raise NotImplementedError("go back through scale, quotient, variance and mean")


def running_statistics(batches: Sequence[Array], momentum: float) -> tuple[Array, Array]:
    r"""Return what batch norm has stored for evaluation after some batches.

    It begins with the mean 0 and the variance 1 for each column. With each batch of N rows, whose
    statistic is s, it moves to :math:`r \leftarrow (1 - m) \, r + m \, s`. The variance that is
    stored has the divisor N - 1, so that on average it is that of the distribution.

    Parameters
    ----------
    batches : sequence of array, shape (N, C)
        The inputs, in their order; N may differ from one to the next.
    momentum : float
        The share m of each new batch.

    Returns
    -------
    tuple of two arrays
        The running mean and the running variance, shape (C,).
    """
    raise NotImplementedError("begin with 0 and 1, and move towards the statistics of each batch")
