r"""Exercises of lesson 11, DCGAN.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 11``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def summed_slopes(scores: Array, label: float) -> Array:
    r"""Return by what generated samples are pushed if detach is forgotten, with least squares.

    Real samples have the target 1, generated ones the target :math:`a` in the discriminator's
    update, and 1 in the generator's. The gradients of both losses reach the generator, and are
    added:

    .. math:: L_D = \dots + \frac{1}{2N} \sum_{n=1}^N (s_n - a)^2, \qquad
              L_G = \frac{1}{2N} \sum_{n=1}^N (s_n - 1)^2

    Parameters
    ----------
    scores : array, shape (N,)
        :math:`s_n = D(G(z_n))`, the same in both updates.
    label : float
        :math:`a`, such as 0.

    Returns
    -------
    array, shape (N,)
        :math:`\partial (L_D + L_G) / \partial s_n`.
    """
    raise NotImplementedError("add the slopes of both losses by each score")


def partly_labelled_scores(h: Array, labels: Array, w: Array, b: float, vectors: Array) -> Array:
    r"""Return the scores of a projection discriminator, where some classes are not known.

    .. math:: s_n = w \cdot h_n + b + E_{y_n} \cdot h_n

    Where the class is not known, the label is -1, and the score is the mean of those for all
    classes.

    Parameters
    ----------
    h : array, shape (N, F)
        Features.
    labels : array of integers, shape (N,)
        :math:`y_n` in 0, ..., K - 1; or -1.
    w : array, shape (F,)
    b : float
    vectors : array, shape (K, F)
        :math:`E`.

    Returns
    -------
    array, shape (N,)
    """
    raise NotImplementedError("look up a vector for each image, and take inner products by rows")


def corrected_average(weights: Array, decay: float) -> Array:
    r"""Return the running average of weights that owes nothing to where it began.

    It begins at 0 and is corrected at the end, as Adam corrects its means:

    .. math:: m_t = d\, m_{t-1} + (1 - d)\, \theta_t, \quad m_0 = 0, \qquad
              \bar\theta = \frac{m_T}{1 - d^T}

    Parameters
    ----------
    weights : array, shape (T, ...)
        :math:`\theta_1, \dots, \theta_T`.
    decay : float, in [0, 1)
        :math:`d`.

    Returns
    -------
    array, shape (...)
    """
    raise NotImplementedError("average, then divide by the sum of the coefficients")


def r1_of_a_quadratic(matrix: Array, vector: Array, x: Array) -> tuple[float, Array, Array]:
    r"""Return R1 of a discriminator that is quadratic, and its gradients by A and b.

    .. math:: D(x) = \tfrac12 x^\top A x + b \cdot x, \qquad
              R_1 = \frac{1}{2N} \sum_{n=1}^N \|\nabla D(x_n)\|^2

    Parameters
    ----------
    matrix : array, shape (P, P)
        :math:`A`, which need not be symmetric.
    vector : array, shape (P,)
        :math:`b`.
    x : array, shape (N, P)
        Real images, as rows.

    Returns
    -------
    tuple of float, array (P, P), array (P,)
        :math:`R_1, \partial R_1 / \partial A, \partial R_1 / \partial b`.
    """
    raise NotImplementedError("find the gradient of D first, then differentiate its squared length")


def factor_per_round(rate: float, gamma: float, interval: int) -> float:
    r"""Return by what the distance from the equilibrium is multiplied, per round, in the long run.

    The smallest game near its equilibrium, in turns: in each round first

    .. math:: \psi \leftarrow \psi - \eta \left( \tfrac12 \theta + \gamma_t \psi \right),
              \qquad\text{then}\qquad \theta \leftarrow \theta + \tfrac12 \eta\, \psi ,

    where :math:`\gamma_t = k \gamma` in the first of every :math:`k` rounds, and 0 in the others.

    Parameters
    ----------
    rate : float
        :math:`\eta`.
    gamma : float
        :math:`\gamma`.
    interval : int
        :math:`k`.

    Returns
    -------
    float
        Below 1 if the game comes to rest. The mean over :math:`k` rounds, of the direction that
        dies out last.
    """
    raise NotImplementedError("make a matrix of each round, and look at what k of them do")
