r"""Exercises of lesson 05, losses.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 05``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def laplace_nll(mu: Array, log_b: Array, target: Array) -> Array:
    r"""Return the negative log-likelihood of a Laplace distribution, every constant included.

    The density of a target t falls with its absolute deviation,
    :math:`p(t) = \frac1Z e^{-|t - \mu| / b}`, with a scale :math:`b > 0`. Find the Z that makes it
    integrate to 1, and return :math:`-\ln p(t)`, an element at a time.

    Parameters
    ----------
    mu : array of float64, of any shape
        Where the density is largest.
    log_b : array, of the same shape
        The logarithm of the scale, :math:`\ln b`.
    target : array, of the same shape
        What came.

    Returns
    -------
    array
        Of the same shape, in nats.
    """
    raise NotImplementedError("integrate the density to find Z, and take the negative logarithm")


def weighted_bce(logits: Array, target: Array, weight: float) -> Array:
    r"""Return a binary cross-entropy in which positives weigh more, from logits.

    With :math:`p = \operatorname{sigmoid}(l) = 1 / (1 + e^{-l})` it is
    :math:`-w\, t \ln p - (1 - t) \ln (1 - p)`: where one pixel in twenty is white, a weight of 19
    makes both kinds count alike. Compute it so that it is right, finite and without a warning for
    every finite logit, 1000 and -1000 among them.

    Parameters
    ----------
    logits : array of float64, of any shape
        The log-odds l.
    target : array, of the same shape
        In [0, 1].
    weight : float
        w, above 0.

    Returns
    -------
    array
        Of the same shape, in nats.
    """
    raise NotImplementedError("write it with an exponent that is never positive")


def cross_entropy_rule(g: Array, out: Array, logits: Array, target: Array) -> tuple[Array, Array]:
    r"""Return the gradient rule of the cross-entropy of classes, for its logits and its targets.

    The op is :math:`\ell_n = \sum_c t_{nc} \left( \ln \sum_k e^{l_{nk}} - l_{nc} \right)`, whose
    targets need not sum to 1 here: keep their sum :math:`T_n = \sum_c t_{nc}` in the gradient.

    Parameters
    ----------
    g : array of float64, shape (N,)
        The cotangent of the output.
    out : array, shape (N,)
        The output.
    logits : array, shape (N, C)
        The logits of C classes.
    target : array, shape (N, C)
        The weight of each class.

    Returns
    -------
    tuple of two arrays, shape (N, C)
        The cotangents of the logits and of the targets.
    """
    raise NotImplementedError("differentiate by the logits and by the targets")


def kl_to_mixture(mu: Array, logvar: Array, noise: Array, m: float) -> tuple[Array, Array]:
    r"""Estimate KL divergences from a mixture of two normals by sampling, and say how well.

    An example has J independent latent variables, of which q is :math:`\mathcal{N}(\mu, \sigma^2)`
    each. The prior of each has two hills,
    :math:`p(z) = \frac12 \mathcal{N}(z; -m, 1) + \frac12 \mathcal{N}(z; m, 1)`, and the divergence
    has no closed form. Make draws z from q of the noise; compute
    :math:`r = \sum_j [\ln q(z_j) - \ln p(z_j)]` of each draw; and return the mean of r over the
    draws, and its standard error: the standard deviation of r, divided by the square root of the
    number of draws. m may be 100, where both densities of p are 0 in a computer.

    Parameters
    ----------
    mu : array of float64, shape (N, J)
        The means.
    logvar : array, shape (N, J)
        The logarithms of the *variances*.
    noise : array, shape (S, N, J)
        Standard normal numbers, S draws.
    m : float
        Where the hills of the prior are.

    Returns
    -------
    tuple of two arrays, shape (N,)
        The estimates in nats, and their standard errors.
    """
    raise NotImplementedError("make draws from q, and average the logarithm of the ratio")
