r"""Exercises of lesson 06, autoencoders.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 06``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def best_linear(x: Array, shares: Array, length: int) -> tuple[Array, Array]:
    r"""Return the best linear autoencoder of weighted data, without training.

    The code of a row is :math:`z = (x - m)\, W^\top`, the copy :math:`\hat x = m + z\, W`. Some
    rows count more than others. Find the m and the W with orthonormal rows, :math:`W W^\top = I`,
    that make :math:`\sum_n p_n \|x_n - \hat x_n\|^2` least.

    Parameters
    ----------
    x : array of float64, shape (N, D)
        The data, a row an example. Their mean need not be 0.
    shares : array, shape (N,)
        How much each row counts, :math:`p_n \ge 0`; they sum to 1.
    length : int
        The length J of the code.

    Returns
    -------
    tuple of two arrays, shapes (D,) and (J, D)
        m and W.
    """
    raise NotImplementedError("subtract the weighted mean, and find the weighted components")


def linear_gradients(
    noisy: Array, x: Array, encoder: Array, decoder: Array, decay: float
) -> tuple[Array, Array]:
    r"""Return the gradients of a linear denoiser's loss by its two matrices.

    With the encoder A and the decoder B, the loss is
    :math:`L = \frac1N \sum_{n=1}^N \|\tilde x_n A B - x_n\|^2 + \lambda \|A\|^2 + \lambda \|B\|^2`:
    summed over features, averaged over the batch. The input is noisy, the target clean; and the
    squares of all elements of A and B are kept small.

    Parameters
    ----------
    noisy : array of float64, shape (N, D)
        The noisy data :math:`\tilde x`, a row an example.
    x : array, shape (N, D)
        The clean data.
    encoder : array, shape (D, J)
        The matrix A.
    decoder : array, shape (J, D)
        The matrix B.
    decay : float
        The weight :math:`\lambda`.

    Returns
    -------
    tuple of two arrays, shapes (D, J) and (J, D)
        d L / d A and d L / d B.
    """
    raise NotImplementedError("walk back from the error of the copy, through B, to A")


def best_denoised(noisy: Array, points: Array, s: Array) -> Array:
    r"""Return what the best denoiser makes of noisy rows, if the clean data are a list of points.

    A clean x is one of M points, each as likely; what is seen is
    :math:`\tilde x_d = x_d + s_d\, \epsilon_d` with independent standard normal
    :math:`\epsilon_d`: some features are noisier than others. The best answer under the squared
    error is :math:`E[x \mid \tilde x]`, the mean of the points, weighted by the probability that
    each is where the row came from. The answer has to be right far away from all points, too, where
    the densities are 0 in a computer.

    Parameters
    ----------
    noisy : array of float64, shape (N, D)
        The noisy rows.
    points : array, shape (M, D)
        The clean data.
    s : array, shape (D,)
        The standard deviation of the noise of each feature.

    Returns
    -------
    array, shape (N, D)
    """
    raise NotImplementedError("weigh the points, with weights that sum to 1, and take their mean")


def coverage(images: Array, data: Array, k: int) -> float:
    r"""Return which share of the data is covered by generated images.

    Around each row of the data lies a ball, which reaches to its k-th nearest *other* row of the
    data. A row is covered if at least one of the images lies in its ball, at a distance of at most
    the radius. All distances are Euclidean. A generator that forgets a kind of data leaves balls
    empty, however good each of its images is.

    Parameters
    ----------
    images : array of float64, shape (K, D)
        What was generated.
    data : array, shape (N, D)
        The data; no two rows are equal.
    k : int
        Which neighbour sets the radius: 1 is the nearest other row.

    Returns
    -------
    float
        Between 0 and 1.
    """
    raise NotImplementedError("find the radius around each row of the data, and look into the ball")
