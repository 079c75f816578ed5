r"""Exercises of lesson 07, the VAE on paper.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 07``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from minigen import Tensor

Array = npt.NDArray[Any]


def log_evidence(log_prior: Array, log_likelihood: Array, step: float) -> Array:
    r"""Return :math:`\ln p(x) = \ln \int p(z)\, p(x \mid z)\, dz` of N images, by a sum.

    There is one latent variable z, and a grid of G values of it, a `step` apart. An integral over z
    is the sum over the grid times the step. A likelihood may be as small as :math:`e^{-5000}`,
    which no float can hold: with :math:`m = \max_g a_g`,
    :math:`\ln \sum_g e^{a_g} = m + \ln \sum_g e^{a_g - m}`.

    Parameters
    ----------
    log_prior : array, shape (G,)
        :math:`\ln p(z)` on the grid.
    log_likelihood : array, shape (N, G)
        :math:`\ln p(x \mid z)` of each image.
    step : float
        The distance of neighbouring values of z.

    Returns
    -------
    array, shape (N,)
        :math:`\ln p(x)` of each image.
    """
    raise NotImplementedError("sum p(z) p(x | z) over the grid, without leaving the logarithms")


def elbo(log_joint: Array, q: Array, step: float) -> Array:
    r"""Return the evidence lower bound of N images, for any guess, by a sum over a grid.

    .. math:: \mathrm{ELBO} = \mathbb{E}_q\left[\ln \frac{p(z)\, p(x \mid z)}{q(z \mid x)}\right]
              = \int q(z \mid x) \left[\ln p(x, z) - \ln q(z \mid x)\right] dz

    Parameters
    ----------
    log_joint : array, shape (N, G)
        :math:`\ln p(x, z) = \ln p(z) + \ln p(x \mid z)` on the grid.
    q : array, shape (N, G)
        The guess :math:`q(z \mid x)` on the grid. It may be 0 in places; they contribute nothing,
        since :math:`q \ln q \to 0` as q goes to 0.
    step : float
        The distance of neighbouring values of z.

    Returns
    -------
    array, shape (N,)
        The bound of each image.
    """
    raise NotImplementedError("average ln p(x, z) - ln q(z | x) over the guess")


def draw(mu: Tensor, logvar: Tensor, noise: Array) -> Tensor:
    r"""Draw from :math:`N(\mu, \sigma^2)` so that gradients come back to both parameters.

    .. math:: z = \mu + \sigma \epsilon

    Build it from ops on tensors (``minigen.functional`` has ``exp``); do not call
    ``F.reparameterize``.

    Parameters
    ----------
    mu, logvar : Tensor, shape (N, J)
        Mean, and logarithm of the *variance*, :math:`\ln \sigma^2`.
    noise : array, shape (K, N, J)
        The :math:`\epsilon`, drawn from N(0, 1), for K draws an image.

    Returns
    -------
    Tensor, shape (K, N, J)
        The draws.
    """
    raise NotImplementedError("move the randomness into the noise, and use sigma, not sigma^2")


def score_estimates(
    f: Callable[[Array], Array], mu: float, logvar: float, noise: Array
) -> tuple[Array, Array]:
    r"""Estimate the gradient of :math:`\mathbb{E}[f(z)]`, :math:`z \sim N(\mu, \sigma^2)`.

    With the score function: each draw :math:`z_k = \mu + \sigma \epsilon_k` gives the estimate
    :math:`f(z_k)\, \nabla \ln q(z_k)`, where
    :math:`\ln q(z) = -\frac12 \ln \sigma^2 - \frac{(z - \mu)^2}{2 \sigma^2} + \text{const}`.

    Parameters
    ----------
    f : callable
        Takes an array of z, and returns its value at each; nothing is known of its slope.
    mu, logvar : float
        Mean and :math:`\ln \sigma^2`.
    noise : array, shape (K,)
        The :math:`\epsilon_k`.

    Returns
    -------
    tuple of two arrays, each of shape (K,)
        The single-draw estimates of the derivative by :math:`\mu`, and of that by
        :math:`\ln \sigma^2`. They are not averaged.
    """
    raise NotImplementedError("multiply the values of f by the score, for each parameter")


def best_baseline(values: Array, scores: Array) -> float:
    r"""Return the constant b that makes the estimates :math:`(f_k - b)\, s_k` scatter least.

    The scores have the mean 0, so every b leaves the mean of the estimates as it is, and the
    variance is :math:`\mathbb{E}[(f - b)^2 s^2]` less a number that does not depend on b. Set the
    derivative by b to zero. For the means take those over the draws given.

    Parameters
    ----------
    values : array, shape (K,)
        :math:`f(z_k)` of each draw.
    scores : array, shape (K,)
        :math:`s_k = \partial \ln q(z_k) / \partial \mu`; they sum to 0.

    Returns
    -------
    float
        The best b.
    """
    raise NotImplementedError("minimise the variance of (f - b) s over b")
