r"""Exercises of lesson 10, the GAN on paper.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 10``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def discriminator_loss(real: Array, fake: Array) -> float:
    r"""Return what the discriminator minimises.

    .. math:: L_D = \frac1N \sum_{n=1}^N -\ln \sigma(s_n)
              + \frac1M \sum_{m=1}^M -\ln (1 - \sigma(\tilde s_m)),
              \qquad \sigma(s) = \frac{1}{1 + e^{-s}}

    Scores may be as large as 1000, of either sign; :func:`numpy.logaddexp` is of use.

    Parameters
    ----------
    real : array, shape (N,)
        Scores :math:`s` of real samples.
    fake : array, shape (M,)
        Scores :math:`\tilde s` of generated samples.

    Returns
    -------
    float
    """
    raise NotImplementedError("the mean cross-entropy of real scores, plus that of generated ones")


def non_saturating_rule(g: Array, out: Array, scores: Array) -> tuple[Array]:
    r"""Return the gradient rule of the generator's non-saturating loss.

    .. math:: L_G = \frac1N \sum_{n=1}^N -\ln \sigma(s_n)

    Parameters
    ----------
    g : array, shape ()
        The cotangent of the loss.
    out : array, shape ()
        The loss.
    scores : array, shape (N,)
        :math:`s`, of generated samples.

    Returns
    -------
    tuple of one array, shape (N,)
    """
    raise NotImplementedError("differentiate softplus(-s), and mind the mean")


def best_answer(log_p: Array, log_q: Array) -> Array:
    r"""Return the best discriminator's answer, the probability of being real.

    .. math:: \sigma(D^*(x)) = \frac{p(x)}{p(x) + q(x)}

    Densities may be as small as :math:`e^{-2000}`, for which no float has room.

    Parameters
    ----------
    log_p, log_q : array, of one shape
        :math:`\ln p(x)` of the data, and :math:`\ln q(x)` of what is generated.

    Returns
    -------
    array, of the same shape
    """
    raise NotImplementedError("find the best score first")


def jensen_shannon(p: Array, q: Array) -> float:
    r"""Return the Jensen-Shannon divergence of two tables of probabilities, in nats.

    .. math:: \mathrm{JS}(p, q) = \tfrac12 \sum_x p \ln \frac pm + \tfrac12 \sum_x q \ln \frac qm,
              \qquad m = \tfrac12 (p + q), \qquad 0 \ln 0 = 0

    Parameters
    ----------
    p, q : array, shape (K,)
        Each sums to 1; some probabilities may be 0.

    Returns
    -------
    float
        From 0 to ln 2.
    """
    raise NotImplementedError("half the sum of both divergences from the mixture")
