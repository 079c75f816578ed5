r"""Exercises of lesson 14c, sound and defects.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 14c``.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def detection_rate(good: Array, bad: Array, alarms: float) -> float:
    r"""Return which share of the bad is found if few of the good may raise an alarm.

    An example raises an alarm if its score is *above* a threshold. The threshold is the smallest
    one of the good scores at which the share of good ones above it is at most `alarms`.

    Parameters
    ----------
    good : array, shape (N,)
        Scores of good examples; several may be equal.
    bad : array, shape (M,)
        Scores of bad ones.
    alarms : float
        In [0, 1), such as 0.01.

    Returns
    -------
    float
        The share of bad scores above the threshold.
    """
    raise NotImplementedError("find the threshold among the good scores, then count the bad above")


def distortion_ratio(made: Array, target: Array) -> Array:
    r"""Return the scale-invariant signal-to-distortion ratio of sounds, in decibels.

    A reconstruction that is only too quiet is not wrong. So the target is scaled to come as near to
    it as it can, and what is left is the distortion:

    .. math:: 10 \log_{10} \frac{\|a x\|^2}{\|\hat x - a x\|^2}, \qquad
              a = \arg\min_a \|\hat x - a x\|^2

    Parameters
    ----------
    made : array, shape (N, L)
        :math:`\hat x`, one sound a row.
    target : array, shape (N, L)
        x.

    Returns
    -------
    array, shape (N,)
    """
    raise NotImplementedError("the best scale of each row, then the ratio of two powers")


def log_magnitude_rule(g: Array, out: Array, parts: Array, *, eps: float) -> tuple[Array]:
    r"""Return the gradient rule of the logarithm of a spectrum's magnitudes.

    .. math:: y = \ln \sqrt{a^2 + b^2 + \epsilon^2}

    Parameters
    ----------
    g : array, shape (...)
        The cotangent of y.
    out : array, shape (...)
        y itself.
    parts : array, shape (..., 2)
        a and b, the real and the imaginary part of each frequency.
    eps : float
        :math:`\epsilon`, positive; it is held.

    Returns
    -------
    tuple of one array
        The cotangent of parts, in their shape.
    """
    raise NotImplementedError("differentiate the logarithm of the root by each of the two parts")


def joined(frames: Array, window: Array, hop: int, length: int) -> Array:
    r"""Return the adjoint of cutting a signal with silence at both ends into windowed frames.

    The forward map takes a signal x of L samples, and puts S / 2 zeros before it and as many behind
    it. Frame t begins hop samples after the one before, and is multiplied with the window w:

    .. math:: y_{t,n} = w_n\, x_{t h + n - S/2}, \qquad x_l = 0 \text{ outside } 0 \le l < L

    Return the map A' with :math:`\langle y, A x \rangle = \langle A' y, x \rangle` for all x and y.

    Parameters
    ----------
    frames : array, shape (T, S)
        y; S is even, and the last frame ends at or before the end of the zeros.
    window : array, shape (S,)
        w.
    hop : int
        h.
    length : int
        L.

    Returns
    -------
    array, shape (L,)
    """
    raise NotImplementedError("window, add up what overlaps, and leave out what lies in the zeros")


def weighted_area(scores: Array, positive: Array, weights: Array) -> float:
    r"""Return the area under the ROC curve of examples that do not count alike.

    Example i stands for :math:`w_i` examples. The area is the probability that a positive example
    has a higher score than a negative one, if both are drawn with probabilities proportional to
    their weights; equal scores count half. It has to do with 100,000 examples, so compare sorted
    scores, and not all pairs.

    Parameters
    ----------
    scores : array, shape (N,)
        May have equal values.
    positive : array of bool, shape (N,)
        At least one of each kind.
    weights : array, shape (N,)
        Positive.

    Returns
    -------
    float
    """
    raise NotImplementedError(
        "of each positive score, the weight of negatives below, half of equal"
    )
