r"""Exercises of lesson 03, dense layers, activations, initialisation and batch norm.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 03``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def tied_rule(g: Array, out: Array, x: Array, weight: Array) -> tuple[Array, Array]:
    r"""Return the cotangents of two dense layers that share their weight.

    The op is :math:`h_{no} = \sum_i W_{oi} \, x_{ni}`, and then
    :math:`y_{ni} = \sum_o h_{no} \, W_{oi}`: the second layer goes back with the transpose of the
    first one's weight. There are no biases. The weight is used twice, and what comes back from both
    uses is added.

    Parameters
    ----------
    g : array, shape (N, I)
        The cotangent of the output, :math:`\bar y`.
    out : array, shape (N, I)
        The output y.
    x : array, shape (N, I)
        The input.
    weight : array, shape (O, I)
        W.

    Returns
    -------
    tuple of two arrays
        The cotangents of x and weight, of their shapes.
    """
    raise NotImplementedError("walk back through the second layer, then through the first")


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


def initial_std(fan_in: int, keep: float) -> float:
    r"""Return the standard deviation of weights before a ReLU with dropout.

    The weights :math:`W_{oi}` are drawn independently, with mean 0 and standard deviation s, from
    a symmetric distribution; there is no bias. A layer :math:`y_o = \sum_i W_{oi} \, x_i` is
    followed by a ReLU, and that by dropout: each number is kept with probability q, and then
    divided by q; otherwise it is replaced by 0. All three together shall keep the mean square of
    the numbers, on average over weights and dropout.

    Parameters
    ----------
    fan_in : int
        How many inputs a layer has, I.
    keep : float
        The probability q, in (0, 1]; 1 is no dropout.

    Returns
    -------
    float
        s.
    """
    raise NotImplementedError("find by what the layer, the ReLU and dropout multiply a mean square")


def rms_norm_rule(g: Array, out: Array, x: Array, weight: Array) -> tuple[Array, Array]:
    r"""Return the cotangents of RMS norm's input and scale.

    Each *row* n is divided by the root of its mean square; no mean is subtracted:

    .. math:: r_n = \sqrt{\frac1C \sum_c x_{nc}^2 + \epsilon}, \qquad
              \hat x_{nc} = \frac{x_{nc}}{r_n}, \qquad y_{nc} = \gamma_c \, \hat x_{nc}

    with :math:`\epsilon = 0.01`. The root depends on all numbers of its row.

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

    Returns
    -------
    tuple of two arrays
        The cotangents of x and weight, of their shapes.
    """
    raise NotImplementedError("go back through scale, quotient and root mean square")
