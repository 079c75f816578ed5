r"""Exercises of lesson 07, the VAE on paper.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 07``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from minigen import Tensor

Array = npt.NDArray[Any]


def draw(mu: Tensor, log_scale: Tensor, uniform: Array) -> Tensor:
    r"""Draw from a logistic distribution so that gradients come back to both parameters.

    Its distribution function is :math:`F(z) = \operatorname{sigmoid}\left((z - \mu) / s\right)`,
    with :math:`\operatorname{sigmoid}(a) = 1 / (1 + e^{-a})` and a scale :math:`s > 0`. If u is
    uniform between 0 and 1, the z with :math:`F(z) = u` is a draw. Solve for z, and build it from
    ops on tensors (``minigen.functional`` has ``exp``).

    Parameters
    ----------
    mu, log_scale : Tensor, shape (N, J)
        :math:`\mu`, and the logarithm of the scale, :math:`\ln s`.
    uniform : array, shape (K, N, J)
        The u, drawn from (0, 1), for K draws an image.

    Returns
    -------
    Tensor, shape (K, N, J)
        The draws.
    """
    raise NotImplementedError("solve F(z) = u for z, and move the randomness into u")


def leave_one_out(values: Array, scores: Array) -> Array:
    r"""Return estimates with a baseline for each draw that is made of all others.

    Draw k gives :math:`(f_k - b_k)\, s_k`, where :math:`b_k` is the mean of the values of the other
    draws. A baseline may not depend on its own draw: then its part has the mean 0, and the
    estimates stay right on average.

    Parameters
    ----------
    values : array, shape (K,)
        :math:`f_k = f(z_k)` of each draw, K at least 2.
    scores : array, shape (K,)
        The score :math:`s_k = \partial \ln q(z_k) / \partial \mu` of each draw.

    Returns
    -------
    array, shape (K,)
        The estimates. They are not averaged.
    """
    raise NotImplementedError("subtract from each value the mean of the others")


def log_evidence(z: Array, log_prior: Array, log_likelihood: Array) -> Array:
    r"""Return :math:`\ln p(x) = \ln \int p(z)\, p(x \mid z)\, dz` of N images, on an uneven grid.

    There is one latent variable z, and a grid of G values of it, which is finer where there is more
    to see. By the trapezoidal rule, the integral of a function f between two neighbouring values is
    their distance, times the mean of f at both. A likelihood may be as small as
    :math:`e^{-5000}`, which no float can hold.

    Parameters
    ----------
    z : array, shape (G,)
        The grid, from the smallest value to the largest.
    log_prior : array, shape (G,)
        :math:`\ln p(z)` on the grid.
    log_likelihood : array, shape (N, G)
        :math:`\ln p(x \mid z)` of each image.

    Returns
    -------
    array, shape (N,)
        :math:`\ln p(x)` of each image.
    """
    raise NotImplementedError("find the weight of each value of z, and stay in the logarithms")


def score_estimates(f: Callable[[Array], Array], logit: float, uniform: Array) -> Array:
    r"""Estimate the gradient of :math:`\mathbb{E}[f(z)]` for a z that is 0 or 1.

    z is 1 with the probability :math:`p = \operatorname{sigmoid}(l) = 1 / (1 + e^{-l})`. A draw is
    :math:`z_k = 1` where :math:`u_k < p`, and 0 otherwise: it jumps, and no gradient passes it. The
    score function's estimate is :math:`f(z_k) \, \partial \ln q(z_k) / \partial l`, where
    :math:`\ln q(z) = z \ln p + (1 - z) \ln (1 - p)`.

    Parameters
    ----------
    f : callable
        Takes an array of z, and returns its value at each.
    logit : float
        l.
    uniform : array, shape (K,)
        The :math:`u_k`, drawn from (0, 1).

    Returns
    -------
    array, shape (K,)
        The single-draw estimates of the derivative by l. They are not averaged.
    """
    raise NotImplementedError("differentiate ln q by the logit, and multiply by the values of f")


def renyi_bound(log_joint: Array, q: Array, step: float, alpha: float) -> Array:
    r"""Return Renyi's bound of N images, for any guess, by a sum over a grid.

    .. math:: \mathcal L_\alpha = \frac{1}{1 - \alpha} \ln \mathbb{E}_q\left[
              \left(\frac{p(x, z)}{q(z \mid x)}\right)^{1 - \alpha}\right], \qquad 0 < \alpha < 1

    It lies between the evidence lower bound, at :math:`\alpha \to 1`, and :math:`\ln p(x)`, at
    :math:`\alpha = 0`. Joint densities may be as small as :math:`e^{-5000}`.

    Parameters
    ----------
    log_joint : array, shape (N, G)
        :math:`\ln p(x, z) = \ln p(z) + \ln p(x \mid z)` on the grid.
    q : array, shape (N, G)
        The guess :math:`q(z \mid x)` on the grid. It may be 0 in places, which then contribute
        nothing.
    step : float
        The distance of neighbouring values of z.
    alpha : float
        :math:`\alpha`, between 0 and 1.

    Returns
    -------
    array, shape (N,)
        The bound of each image.
    """
    raise NotImplementedError(
        "write the average as one integral over z, and stay in the logarithms"
    )
