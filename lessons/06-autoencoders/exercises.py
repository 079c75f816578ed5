r"""Exercises of lesson 06, autoencoders.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 06``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def best_linear(x: Array, length: int) -> tuple[Array, Array]:
    r"""Return the best linear autoencoder of some data, without training.

    The code of a row is :math:`z = (x - m)\, W^\top`, the copy :math:`\hat x = m + z\, W`. Find the
    m and the W with orthonormal rows, :math:`W W^\top = I`, that make
    :math:`\frac1N \sum_n \|x_n - \hat x_n\|^2` least.

    Parameters
    ----------
    x : array of float64, shape (N, D)
        The data, a row an example. Their mean need not be 0.
    length : int
        The length J of the code.

    Returns
    -------
    tuple of two arrays, shapes (D,) and (J, D)
        m and W.
    """
    raise NotImplementedError("subtract the mean, and find the principal components")


def linear_gradients(x: Array, encoder: Array, decoder: Array) -> tuple[Array, Array]:
    r"""Return the gradients of a linear autoencoder's loss by its two matrices.

    With the encoder A and the decoder B, the loss is
    :math:`L = \frac1N \sum_{n=1}^N \|x_n A B - x_n\|^2`: summed over features, averaged over the
    batch. x is the input *and* the target, but only A and B are to be learnt.

    Parameters
    ----------
    x : array of float64, shape (N, D)
        The data, a row an example.
    encoder : array, shape (D, J)
        The matrix A.
    decoder : array, shape (J, D)
        The matrix B.

    Returns
    -------
    tuple of two arrays, shapes (D, J) and (J, D)
        d L / d A and d L / d B.
    """
    raise NotImplementedError("walk back from the error of the copy, through B, to A")


def best_denoised(noisy: Array, points: Array, s: float) -> Array:
    r"""Return what the best denoiser makes of noisy rows, if the clean data are a list of points.

    A clean x is one of M points, each as likely; what is seen is
    :math:`\tilde x = x + s\, \epsilon` with standard normal :math:`\epsilon`. The best answer under
    the squared error is :math:`E[x \mid \tilde x]`, the mean of the points, weighted by the
    probability that each is where the row came from. That is in proportion to
    :math:`e^{-\|\tilde x - x\|^2 / 2 s^2}`. The answer has to be right far away from all points,
    too, where each of these numbers is 0 in a computer.

    Parameters
    ----------
    noisy : array of float64, shape (N, D)
        The noisy rows.
    points : array, shape (M, D)
        The clean data.
    s : float
        The standard deviation of the noise.

    Returns
    -------
    array, shape (N, D)
    """
    raise NotImplementedError("weigh the points, with weights that sum to 1, and take their mean")


def share_in_holes(images: Array, data: Array, usual: Array, quantile: float) -> float:
    r"""Return which share of decoded images are farther from the data than is usual.

    The distance of an image from the data is that to the *nearest* row of them,
    :math:`\min_n \sqrt{\sum_d (\hat x_d - x_{nd})^2}`. A distance is unusual if it is larger than
    the given quantile of the distances of usual images, such as copies of test images.

    Parameters
    ----------
    images : array of float64, shape (K, D)
        The images in question.
    data : array, shape (N, D)
        The training images.
    usual : array, shape (M, D)
        Images that are as they should be.
    quantile : float, in [0, 1]
        Such as 0.95; NumPy has ``np.quantile``.

    Returns
    -------
    float
        Between 0 and 1.
    """
    raise NotImplementedError("find the nearest row of the data, for images and for usual ones")
