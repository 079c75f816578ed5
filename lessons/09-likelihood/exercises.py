r"""Exercises of lesson 09, convolutional VAEs and likelihood.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 09``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def importance_weighted_bound(log_weights: Array) -> float:
    r"""Return the importance-weighted bound, averaged over images.

    .. math:: \frac1N \sum_{n=1}^N \ln \frac1K \sum_{k=1}^K w_{kn}

    Weights are as small as :math:`e^{-2000}`, for which no float has room: take the largest of an
    image's weights out before you take the exponential.

    Parameters
    ----------
    log_weights : array, shape (K, N)
        :math:`\ln w_{kn}`, of draw k for image n.

    Returns
    -------
    float
    """
    raise NotImplementedError("for each image the logarithm of the mean over draws; then the mean")


def importance_weighted_rule(g: Array, out: Array, log_weights: Array) -> tuple[Array]:
    r"""Return the gradient rule of `importance_weighted_bound`.

    With the shares :math:`\tilde w_{kn} = w_{kn} / \sum_j w_{jn}`,

    .. math:: \overline{\ln w_{kn}} = \frac{g}{N}\, \tilde w_{kn} .

    Parameters
    ----------
    g : array, shape ()
        The cotangent of the bound.
    out : array, shape ()
        The bound.
    log_weights : array, shape (K, N)
        :math:`\ln w_{kn}`.

    Returns
    -------
    tuple of one array, shape (K, N)
    """
    raise NotImplementedError("give each draw its share of its image's weights")


def level_log_probabilities(losses: Array) -> Array:
    r"""Return the logarithms of the probabilities of a pixel's levels, made of any loss.

    .. math:: \ln P(v_k) = -\ell(v_k) - \ln \sum_j e^{-\ell(v_j)}

    Losses may be as large as 2000.

    Parameters
    ----------
    losses : array, shape (levels, N, D)
        :math:`\ell(v_k)` of each level, for N images of D pixels.

    Returns
    -------
    array, shape (levels, N, D)
    """
    raise NotImplementedError("take the softmax over the levels, and its logarithm")


def bits_per_pixel(nats: float, pixels: int, levels: int) -> float:
    r"""Return what a density of pixels in [0, 1] comes to in bits a pixel, over the levels.

    The pixels are multiples of the distance :math:`\delta` of two levels, of which the first is 0
    and the last 1. The probability of a level is about :math:`\delta` times the density there.

    Parameters
    ----------
    nats : float
        :math:`-\ln p(x)` of an image, in the unit in which pixels lie in [0, 1].
    pixels : int
        The number D of pixels.
    levels : int
        The number of levels, such as 17 or 256.

    Returns
    -------
    float
    """
    raise NotImplementedError("change the unit of length, then the unit of information")


def continuous_bernoulli_nll(logits: Array, x: Array) -> Array:
    r"""Return the negative log-likelihood of pixels in [0, 1] under the continuous Bernoulli.

    .. math:: -\ln p(x \mid l) = \ln(1 + e^l) - x\, l + \ln \frac{\tanh(l / 2)}{l}

    The constant's limit at :math:`l = 0` is :math:`-\ln 2`, and near it
    :math:`-\ln 2 - l^2 / 12` up to terms of the fourth order. Logits may be as large as
    1000, of either sign.

    Parameters
    ----------
    logits : array, shape (N, D)
        The decoder's output l.
    x : array, shape (N, D)
        Pixels in [0, 1].

    Returns
    -------
    array, shape (N, D)
    """
    raise NotImplementedError("add the logarithm of the cross-entropy's missing integral")
