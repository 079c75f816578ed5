r"""Exercises of lesson 09, convolutional VAEs and likelihood.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 09``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def bits_per_pixel(nats: float, pixels: int, levels: int) -> float:
    r"""Return what a density of pixels in [-1, 1] comes to in bits a pixel, over the levels.

    The pixels are multiples of the distance :math:`\delta` of two levels, of which the first is -1
    and the last 1. The probability of a level is about :math:`\delta` times the density there.

    Parameters
    ----------
    nats : float
        :math:`-\ln p(x)` of an image, in the unit in which pixels lie in [-1, 1].
    pixels : int
        The number D of pixels.
    levels : int
        The number of levels, such as 17 or 256.

    Returns
    -------
    float
    """
    raise NotImplementedError("change the unit of length, then the unit of information")


def effective_draws(log_weights: Array) -> Array:
    r"""Return how many draws an importance-weighted estimate really rests on, for each image.

    .. math:: K_{\text{eff}} = \frac{\left(\sum_k w_k\right)^2}{\sum_k w_k^2}

    It is K if all weights are equal, and 1 if one of them outweighs all others. Weights are as
    small as :math:`e^{-2000}`, for which no float has room; and their squares are smaller still.

    Parameters
    ----------
    log_weights : array, shape (K, N)
        :math:`\ln w_{kn}`, of draw k for image n.

    Returns
    -------
    array, shape (N,)
    """
    raise NotImplementedError("find out which common factor of the weights cancels")


def growing_bounds(log_weights: Array) -> Array:
    r"""Return the importance-weighted bounds of the first 1, 2, ..., K draws, averaged over images.

    .. math:: B_k = \frac1N \sum_{n=1}^N \ln \frac1k \sum_{j=1}^k w_{jn}, \qquad k = 1, \dots, K

    On average over draws they rise with k. Weights are as small as :math:`e^{-2000}`.

    Parameters
    ----------
    log_weights : array, shape (K, N)
        :math:`\ln w_{jn}`, of draw j for image n.

    Returns
    -------
    array, shape (K,)
    """
    raise NotImplementedError("accumulate sums of weights along the draws, by their logarithms")


def continuous_bernoulli_mean(logits: Array) -> Array:
    r"""Return the mean of a pixel in [0, 1] under the continuous Bernoulli.

    Its density is in proportion to :math:`e^{x l}` for x in [0, 1]. The mean is not
    :math:`\operatorname{sigmoid}(l)`. Find it, and compute it for logits of 1000 and -1000, too,
    and for such as are 0 or near it, to nine digits everywhere.

    Parameters
    ----------
    logits : array, shape (N, D)
        The decoder's output l.

    Returns
    -------
    array, shape (N, D)
    """
    raise NotImplementedError("integrate x e^(x l), and treat small and large logits with care")


def discretised_logistic(mu: Array, log_s: Array, levels: int) -> Array:
    r"""Return the logarithms of the probabilities of a pixel's levels under a logistic decoder.

    Level k = 0, ..., levels - 1 stands for the pixel :math:`v_k = k / (\text{levels} - 1)`. It gets
    the probability of the interval that reaches half way to its neighbours, under a logistic
    distribution with the distribution function
    :math:`F(v) = \operatorname{sigmoid}\left((v - \mu) / s\right)`. The first interval begins at
    :math:`-\infty`, the last ends at :math:`\infty`, so that all probabilities sum to 1. They may
    be as small as :math:`e^{-1000}`.

    Parameters
    ----------
    mu, log_s : array, shape (N, D)
        :math:`\mu` and :math:`\ln s` of each pixel.
    levels : int
        Such as 17 or 256; at least 2.

    Returns
    -------
    array, shape (levels, N, D)
    """
    raise NotImplementedError("write sigmoid(b) - sigmoid(a) as a product, and take its logarithm")
