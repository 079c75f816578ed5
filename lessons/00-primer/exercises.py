r"""Exercises of the primer, lesson 00: are you ready for lesson 01?

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 00``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def per_column(x: Array) -> Array:
    """Return an array whose columns have mean 0 and standard deviation 1.

    From each column its mean is subtracted; what is left is divided by the column's standard
    deviation, ``x.std(axis=...)``. It needs no loop.

    Parameters
    ----------
    x : array, shape (N, D)
        N rows; no column is constant.

    Returns
    -------
    array, shape (N, D)
    """
    raise NotImplementedError("subtract the mean and divide by the deviation, column by column")


def scores_of(x: Array, weights: Array, bias: Array) -> Array:
    r"""Return the scores :math:`y_{no} = \sum_i x_{ni} W_{oi} + b_o`, without a loop.

    Parameters
    ----------
    x : array, shape (N, I)
        A row of I numbers for each of N examples.
    weights : array, shape (O, I)
        W: a row of I weights for each of O scores.
    bias : array, shape (O,)
        b.

    Returns
    -------
    array, shape (N, O)
    """
    raise NotImplementedError("a matrix product, a transpose, and a sum that broadcasts")


def slope_of_chain(x: Array) -> Array:
    r"""Return the derivative of :math:`\ln(1 + e^{3x})` at each x.

    Parameters
    ----------
    x : array, any shape
        Where.

    Returns
    -------
    array, of the same shape
    """
    raise NotImplementedError("the derivative of the logarithm times that of what is in it")


def gradient_of_error(w: Array, x: Array, t: float) -> Array:
    r"""Return the gradient of :math:`\left(\sum_i w_i x_i - t\right)^2` with respect to w.

    Parameters
    ----------
    w, x : array, shape (D,)
        Weights, and the numbers that they weigh.
    t : float
        What the sum should be.

    Returns
    -------
    array, shape (D,)
    """
    raise NotImplementedError("the chain rule gives the derivative with respect to one w_i")


def jacobian_vector(x: Array, v: Array) -> Array:
    r"""Return J v for the function :math:`y = (x_1 x_2,\; x_1 + x_3^2)` of three numbers.

    Parameters
    ----------
    x : array, shape (3,)
        Where the Jacobian J, of shape (2, 3), is taken.
    v : array, shape (3,)
        How the input moves.

    Returns
    -------
    array, shape (2,)
        How the output moves.
    """
    raise NotImplementedError("fill J with partial derivatives, a row an output; multiply by v")


def mean_and_variance(values: Array, probabilities: Array) -> tuple[float, float]:
    """Return the expectation and the variance of a quantity with some possible values.

    Parameters
    ----------
    values, probabilities : array, shape (K,)
        The values, and the probability of each; these sum to 1.

    Returns
    -------
    tuple of two floats
    """
    raise NotImplementedError("sum values, and squared deviations, each times its probability")


def log_density(x: Array, mean: float, std: float) -> Array:
    """Return the natural logarithm of the density of a normal distribution at each x.

    Far from the mean the density itself is 0 in floating point: write the logarithm out.

    Parameters
    ----------
    x : array, any shape
        Where.
    mean, std : float
        Mean and standard deviation.

    Returns
    -------
    array, of the same shape
    """
    raise NotImplementedError("the logarithm of the factor in front, and then the exponent")


def turned_round(prior: Array, likelihood: Array) -> Array:
    """Return the probabilities of K causes after something was observed, by Bayes' rule.

    Parameters
    ----------
    prior : array, shape (K,)
        The probability of each cause before; these sum to 1.
    likelihood : array, shape (K,)
        The probability of what was observed under each cause; these need not sum to 1.

    Returns
    -------
    array, shape (K,)
        The probability of each cause, given what was observed.
    """
    raise NotImplementedError("multiply, and divide by the probability of the observation")
