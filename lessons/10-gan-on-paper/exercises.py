r"""Exercises of lesson 10, the GAN on paper.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 10``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def smoothed_loss(real: Array, fake: Array, label: float) -> float:
    r"""Return the discriminator's loss with one-sided label smoothing.

    Real samples are not labelled 1 but a little less, by :math:`a`, so that the discriminator does
    not grow too sure:

    .. math:: L_D = \frac1N \sum_{n=1}^N \bigl[-a \ln \sigma(s_n)
              - (1 - a) \ln (1 - \sigma(s_n))\bigr]
              + \frac1M \sum_{m=1}^M -\ln (1 - \sigma(\tilde s_m)),
              \qquad \sigma(s) = \frac{1}{1 + e^{-s}}

    Scores may be as large as 1000, of either sign; :func:`numpy.logaddexp` is of use.

    Parameters
    ----------
    real : array, shape (N,)
        Scores :math:`s` of real samples.
    fake : array, shape (M,)
        Scores :math:`\tilde s` of generated samples.
    label : float
        a, such as 0.9.

    Returns
    -------
    float
    """
    raise NotImplementedError("the mean cross-entropy of real scores, plus that of generated ones")


def best_answer(log_p: Array, log_q: Array, share: float) -> Array:
    r"""Return the best discriminator's answer if batches are not half real, half generated.

    A share :math:`\pi` of the samples that it sees is drawn from p, the rest from q. The answer is
    the probability that a sample at x is real; for :math:`\pi = \frac12` it is that of the lesson.
    Densities may be as small as :math:`e^{-2000}`, for which no float has room.

    Parameters
    ----------
    log_p, log_q : array, of one shape
        :math:`\ln p(x)` of the data, and :math:`\ln q(x)` of what is generated.
    share : float
        :math:`\pi`, in (0, 1).

    Returns
    -------
    array, of the same shape
    """
    raise NotImplementedError("use Bayes' rule, and find the best score first")


def relativistic_rule(g: Array, out: Array, fake: Array, real: Array) -> tuple[Array, Array]:
    r"""Return the gradient rule of the relativistic loss of a generator.

    Generated samples need not look real by themselves, but more so than a real one beside them:

    .. math:: L_G = \frac1N \sum_{n=1}^N -\ln \sigma(\tilde s_n - s_n)

    Scores may be as large as 1000, of either sign.

    Parameters
    ----------
    g : array, shape ()
        The cotangent of the loss.
    out : array, shape ()
        The loss.
    fake : array, shape (N,)
        Scores :math:`\tilde s` of generated samples.
    real : array, shape (N,)
        Scores :math:`s` of real samples.

    Returns
    -------
    tuple of two arrays, shape (N,)
        The cotangents of fake and real.
    """
    raise NotImplementedError("differentiate softplus of a difference, and mind the mean")


def jensen_shannon(tables: Array, weights: Array) -> float:
    r"""Return the Jensen-Shannon divergence of several tables of probabilities, in nats.

    .. math:: \mathrm{JS} = \sum_{i=1}^I w_i \sum_x p_i(x) \ln \frac{p_i(x)}{m(x)},
              \qquad m = \sum_i w_i\, p_i, \qquad 0 \ln 0 = 0

    For two tables and weights of 1/2 it is that of the lesson.

    Parameters
    ----------
    tables : array, shape (I, K)
        A row for each :math:`p_i`, which sums to 1; some probabilities may be 0, in all rows, too.
    weights : array, shape (I,)
        :math:`w_i`, above 0; they sum to 1.

    Returns
    -------
    float
        Not negative.
    """
    raise NotImplementedError("the weighted sum of the divergences from the mixture")
