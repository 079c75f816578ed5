r"""Exercises of lesson 13, judging a generator.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 13``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def independent_distance(x: Array, y: Array) -> float:
    r"""Return the squared Fréchet distance of Gaussians whose features are independent.

    Fit a Gaussian with a diagonal covariance to each set: means :math:`\mu`, and variances
    :math:`\sigma^2`, which divide by N - 1. Diagonal matrices commute, so the formula of the lesson
    becomes a sum over the features.

    Parameters
    ----------
    x : array, shape (M, D)
    y : array, shape (N, D)

    Returns
    -------
    float
    """
    raise NotImplementedError("what is the root of a product of diagonal matrices?")


def limit_of_distances(counts: Array, distances: Array) -> float:
    r"""Return the limit of distances that fall as a straight line in 1/N.

    Find :math:`a` and :math:`b` that minimise

    .. math:: \sum_{k=1}^K N_k \left(d_k - a - \frac b{N_k}\right)^2 ,

    in which distances of many samples, which scatter less, weigh more; and return :math:`a`.

    Parameters
    ----------
    counts : array of int, shape (K,)
        :math:`N_k`.
    distances : array, shape (K,)
        :math:`d_k`.

    Returns
    -------
    float
    """
    raise NotImplementedError("fit a line by weighted least squares")


def two_sample_accuracy(real: Array, generated: Array) -> float:
    r"""Return how often the nearest neighbour tells real samples from generated ones.

    Put the 2N samples together. Give each the kind of its nearest neighbour among all the others,
    and return the share of samples for which that is right: about 1/2 if the distributions are the
    same, 1 if they are apart. It is below 1/2 for a generator that copies the real samples.

    No two distances are equal.

    Parameters
    ----------
    real, generated : array, shape (N, D)

    Returns
    -------
    float
        In [0, 1].
    """
    raise NotImplementedError("all distances, but none of a sample to itself")


def sliced_distance(x: Array, y: Array, directions: Array) -> float:
    r"""Return the squared 2-Wasserstein distance of two sets of samples, seen from K directions.

    On a line nothing has to be searched: the cheapest way to carry N points to N others is in
    order, the least to the least, and so on. Project the samples on each direction, made a unit
    vector, take the mean squared difference of the sorted projections, and the mean over the
    directions:

    .. math:: \frac1K \sum_{k=1}^K \frac1N \sum_{n=1}^N
              \bigl(s_n(X w_k) - s_n(Y w_k)\bigr)^2, \qquad w_k = \frac{v_k}{\|v_k\|}

    where :math:`s_n` is the n-th smallest.

    Parameters
    ----------
    x, y : array, shape (N, D)
        Samples, as the rows of X and Y.
    directions : array, shape (K, D)
        :math:`v_k`, of any length but 0.

    Returns
    -------
    float
    """
    raise NotImplementedError("project, sort, and compare in order")
