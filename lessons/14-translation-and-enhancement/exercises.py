r"""Exercises of lesson 14, translation and enhancement.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 14``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def quantile_rule(g: Array, out: Array, answer: Array, target: Array, *, level: float) -> Any:
    r"""Return the gradient rule of the quantile loss.

    An answer that is too small costs :math:`t` for each unit, one that is too large
    :math:`1 - t`, so that the best answer has a share t of the targets below it:

    .. math:: L = \frac1N \sum_{n=1}^N \begin{cases}
              t\, (y_n - r_n) & r_n < y_n \\ (1 - t)\, (r_n - y_n) & r_n > y_n \end{cases}

    No answer is equal to its target.

    Parameters
    ----------
    g : array, shape ()
        The cotangent of the loss.
    out : array, shape ()
        The loss.
    answer, target : array, shape (N,)
        r and y.
    level : float
        t, in (0, 1).

    Returns
    -------
    tuple of two arrays, shape (N,)
        The cotangents of answer and target.
    """
    raise NotImplementedError("the slope on either side of the kink, and mind the mean")


def least_cycle_loss(greys: Array, codes: Array) -> float:
    r"""Return the least mean absolute error with which greys can be told from codes.

    A translation makes the code :math:`c_n` of a letter with the grey :math:`x_n`. Whoever leads
    back knows the code alone, and gives one answer to each code. Return the mean of
    :math:`|F(c_n) - x_n|` over all letters, for the best F that there is.

    Parameters
    ----------
    greys : array, shape (N,)
    codes : array of int, shape (N,)
        Any integers.

    Returns
    -------
    float
    """
    raise NotImplementedError("what is the best answer to all letters of one code?")


def best_denoiser(seen: Array, pictures: Array, prior: Array, sigma: float) -> Array:
    r"""Return the conditional mean of pictures under noise.

    The true picture is one of K, with the probabilities :math:`\pi_k`, and what is seen is
    :math:`x = y + n` with independent normal noise of standard deviation :math:`\sigma` on each
    pixel. Return :math:`E[y \mid x]`, the best that any network can do by squared error.

    There may be a thousand pixels, so that densities are smaller than any float.

    Parameters
    ----------
    seen : array, shape (N, D)
    pictures : array, shape (K, D)
    prior : array, shape (K,)
        Above 0; they sum to 1.
    sigma : float

    Returns
    -------
    array, shape (N, D)
    """
    raise NotImplementedError("weigh the pictures by how likely each is, given what is seen")


def smooth_filling(image: Array, hole: Array) -> Array:
    r"""Fill a hole with the solution of Laplace's equation.

    Each missing pixel is the mean of its neighbours above, below, left and right, as far as they
    are in the image; neighbours may be missing, too. Solve all equations at once.

    Parameters
    ----------
    image : array, shape (H, W)
        What it is in the hole does not matter; it may be NaN. It is left as it is.
    hole : array of bool, shape (H, W)
        True where a pixel is missing; some pixel is known.

    Returns
    -------
    array, shape (H, W)
        The image, filled.
    """
    raise NotImplementedError("one linear equation for each missing pixel")
