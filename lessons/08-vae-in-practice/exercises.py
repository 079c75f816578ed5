r"""Exercises of lesson 08, the VAE in practice.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 08``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def negative_elbo(logits: Array, x: Array, mu: Array, logvar: Array) -> tuple[float, float, float]:
    r"""Return the loss of a VAE with a Bernoulli decoder, and its two parts, in nats an image.

    .. math:: \mathcal D = \frac1N \sum_{n,d} \left[\ln(1 + e^{l_{nd}}) - x_{nd}\,
              l_{nd}\right], \qquad
              \mathcal R = \frac1N \sum_{n,j} \tfrac12 \left[\mu_{nj}^2 + \sigma_{nj}^2 - 1 -
              \ln \sigma_{nj}^2\right], \qquad L = \mathcal D + \mathcal R

    Logits may be 1000 or -1000, where :math:`e^l` leaves the range of floats;
    ``np.logaddexp(0, l)`` is :math:`\ln(1 + e^l)` for every logit.

    Parameters
    ----------
    logits : array, shape (N, D)
        What the decoder returns for one draw of z an image.
    x : array, shape (N, D)
        The pixels, in [0, 1].
    mu, logvar : array, shape (N, J)
        What the encoder returns: means, and logarithms of variances.

    Returns
    -------
    tuple of three floats
        Loss, distortion and rate.
    """
    raise NotImplementedError("sum over pixels and over latent variables, average over the batch")


def optimal_code(s2: Array, sigma2: float, beta: float) -> tuple[Array, Array, Array]:
    r"""Return what the best linear VAE makes of independent Gaussian data, direction by direction.

    In each direction the data are :math:`N(0, s^2)`; there is a latent variable for it, with the
    encoder :math:`N(ax, \tau^2)` and the decoder :math:`N(wz, \sigma^2)`. The lesson minimises
    :math:`\mathcal D + \beta \mathcal R` over a, w and :math:`\tau^2`.

    Parameters
    ----------
    s2 : array, shape (K,)
        The variance of the data in each of K directions.
    sigma2 : float
        The variance of the decoder, which is fixed.
    beta : float
        The weight of the KL.

    Returns
    -------
    tuple of three arrays, each of shape (K,)
        The encoder's variance :math:`\tau^2`, the error :math:`\mathbb{E}(x - wz)^2` that is left,
        and the rate in nats.
    """
    raise NotImplementedError("use the boxed formula; some directions are switched off")


def charged_rate(mu: Array, logvar: Array, free: float) -> float:
    r"""Return the KL that is charged if each latent variable has some nats free.

    .. math:: \sum_{j=1}^J \max\left(\lambda, \frac1N \sum_{n=1}^N \mathrm{KL}_{nj}\right), \qquad
              \mathrm{KL}_{nj} = \tfrac12 \left[\mu_{nj}^2 + \sigma_{nj}^2 - 1 -
              \ln \sigma_{nj}^2\right]

    Parameters
    ----------
    mu, logvar : array, shape (N, J)
        What the encoder returns for a batch.
    free : float
        The free nats of each latent variable, :math:`\lambda`.

    Returns
    -------
    float
        In nats an image.
    """
    raise NotImplementedError("average each variable's KL over the batch, then take the maximum")


def latent_map(count: int) -> Array:
    r"""Return the points at which a map of two latent variables is decoded.

    The prior of both is N(0, 1). Divide it into `count` parts of equal probability along each axis,
    and take the middle of each, in probability: column i is at
    :math:`\Phi^{-1}\left((i + \tfrac12) / \mathrm{count}\right)`, where :math:`\Phi` is the
    probability that a standard normal number is smaller. ``statistics.NormalDist().inv_cdf`` is its
    inverse.

    Parameters
    ----------
    count : int
        Columns, and rows.

    Returns
    -------
    array, shape (count * count, 2)
        The points :math:`(z_1, z_2)` in the order in which a picture is read: row by row from the
        top, where :math:`z_2` is largest, and in each row from the left, where :math:`z_1` is
        smallest.
    """
    raise NotImplementedError("put the quantiles of the prior on both axes")
