r"""Exercises of lesson 08, the VAE in practice.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 08``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def charged_rate(mu: Array, logvar: Array, groups: Array, free: float) -> float:
    r"""Return the KL that is charged if each group of latent variables has some nats free.

    .. math:: \sum_{\text{groups } G} \max\left(\lambda,\; \sum_{j \in G}
              \frac1N \sum_{n=1}^N \mathrm{KL}_{nj}\right), \qquad
              \mathrm{KL}_{nj} = \tfrac12 \left[\mu_{nj}^2 + \sigma_{nj}^2 - 1 -
              \ln \sigma_{nj}^2\right]

    Parameters
    ----------
    mu, logvar : array, shape (N, J)
        What the encoder returns for a batch.
    groups : array of int, shape (J,)
        The number of the group that each latent variable belongs to, such as (0, 1, 1, 0).
    free : float
        The free nats of each group, :math:`\lambda`.

    Returns
    -------
    float
        In nats an image.
    """
    raise NotImplementedError("average over the batch, add up each group, then take the maximum")


def latent_map(columns: int, rows: int, share: float) -> Array:
    r"""Return the points at which a map of the middle of two latent variables is decoded.

    The prior of both is N(0, 1). Leave out what is far from 0: of each variable keep the middle,
    which has the given share of the probability. Divide that into parts of equal probability,
    `columns` along :math:`z_1` and `rows` along :math:`z_2`, and take the middle of each part, in
    probability. ``statistics.NormalDist().inv_cdf`` gives the number below which a standard normal
    one lies with a given probability.

    Parameters
    ----------
    columns, rows : int
        How many.
    share : float
        In (0, 1]; 1 keeps all.

    Returns
    -------
    array, shape (rows * columns, 2)
        The points :math:`(z_1, z_2)` in the order in which a picture is read: row by row from the
        top, where :math:`z_2` is largest, and in each row from the left, where :math:`z_1` is
        smallest.
    """
    raise NotImplementedError("put quantiles of the prior's middle on both axes")


def negative_elbo(
    mean: Array, pixel_logvar: Array, x: Array, mu: Array, logvar: Array
) -> tuple[float, float, float]:
    r"""Return the loss of a VAE with a Gaussian decoder that has a variance for each pixel.

    .. math:: \mathcal D = \frac1N \sum_{n,d} \tfrac12 \left[\ln 2\pi + \ln s_d^2 +
              \frac{(x_{nd} - m_{nd})^2}{s_d^2}\right], \qquad
              \mathcal R = \frac1N \sum_{n,j} \tfrac12 \left[\mu_{nj}^2 + \sigma_{nj}^2 - 1 -
              \ln \sigma_{nj}^2\right], \qquad L = \mathcal D + \mathcal R

    Parameters
    ----------
    mean : array, shape (N, D)
        What the decoder returns for one draw of z an image, m.
    pixel_logvar : array, shape (D,)
        :math:`\ln s_d^2` of each pixel, the same for all images.
    x : array, shape (N, D)
        The pixels.
    mu, logvar : array, shape (N, J)
        What the encoder returns: means, and logarithms of variances.

    Returns
    -------
    tuple of three floats
        Loss, distortion and rate, in nats an image.
    """
    raise NotImplementedError("sum over pixels and over latent variables, average over the batch")


def price_of_rate(s2: Array, rate: float) -> tuple[float, Array]:
    r"""Find the price at which the best linear VAE spends a given rate.

    The lesson charges a price :math:`\lambda = \beta \sigma^2`, and finds that a direction in which
    the data have the variance :math:`s_k^2` gets the rate
    :math:`R_k = \frac12 \ln \frac{s_k^2}{\lambda}` if its variance is above the price, and 0
    otherwise. Turn that round: given are the nats that may be spent in all. Find the price at which
    the rates add up to them, and the rate of each direction.

    Parameters
    ----------
    s2 : array, shape (K,)
        The variances, in any order, all above 0.
    rate : float
        The sum of all rates in nats, above 0.

    Returns
    -------
    tuple of float and array, shape (K,)
        The price, to ten digits, and the rates, in the order of s2.
    """
    raise NotImplementedError("find how many directions are in use, and solve for the price")
