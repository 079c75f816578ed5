r"""Exercises of lesson 04, convolution.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 04``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]


def receptive_field(layers: Sequence[tuple[int, int, int]]) -> tuple[int, int]:
    r"""Return how much of a signal one output of a stack of convolutions sees, along one axis.

    Layer l has the kernel k, the stride s and the dilation d: its output i is computed from the
    elements s i + d a of its input, for the taps a = 0, ..., k - 1 (up to the padding, which does
    not matter here). With a dilation d > 1 the taps lie apart, and d - 1 elements between them are
    skipped.

    Parameters
    ----------
    layers : sequence of tuple of int
        (k, s, d) of each layer, from the input to the output.

    Returns
    -------
    tuple of two int
        The receptive field: how many elements of the input lie between the first and the last that
        one output is computed from, both included. And the step: how many elements the receptive
        fields of neighbouring outputs are apart.
    """
    raise NotImplementedError("follow the field and the step from layer to layer")


def dilated_matrix(kernel: Array, length: int, dilation: int, padding: int) -> Array:
    r"""Return the matrix of a dilated convolution of a signal.

    .. math:: y_i = \sum_a w_a \, x_{i + d a - p}, \qquad y = A x

    The stride is 1. There are :math:`L' = L + 2p - d (k - 1)` outputs. x is 0 outside the signal:
    what falls on the padding leaves no trace in A.

    Parameters
    ----------
    kernel : array, shape (k,)
        w.
    length : int
        The length L of the signal.
    dilation, padding : int
        d and p.

    Returns
    -------
    array, shape (L', L)
        A.
    """
    raise NotImplementedError("for each output and tap, put the weight at the element it lies on")


def max_pool_rule(g: Array, out: Array, x: Array) -> tuple[Array]:
    r"""Return the cotangent of the input of a max pooling with windows of 2 by 2, side by side.

    The op is :math:`y_{n,c,i,j} = \max_{a, b \in \{0, 1\}} x_{n,c,\,2i+a,\,2j+b}`. The cotangent of
    a window goes to its largest element. Where several are equal, it goes to the first of them, row
    by row: top left, top right, bottom left, bottom right.

    Parameters
    ----------
    g : array, shape (N, C, H / 2, W / 2)
        The cotangent of the output.
    out : array, shape (N, C, H / 2, W / 2)
        The output y.
    x : array, shape (N, C, H, W)
        The input; H and W are even.

    Returns
    -------
    tuple of one array
        The cotangent of x, of the shape of x.
    """
    raise NotImplementedError("hand the cotangent of each window to the first of its maxima")


def dilated_rule(
    g: Array, out: Array, x: Array, weight: Array, *, dilation: int
) -> tuple[Array, Array]:
    r"""Return the cotangents of a dilated convolution with several channels.

    .. math:: y_{oi} = \sum_{c, a} w_{oca} \, x_{c,\, i + d a}

    There is neither stride nor padding: the output has :math:`L' = L - d (k - 1)` elements.

    Parameters
    ----------
    g : array, shape (O, L')
        The cotangent of the output.
    out : array, shape (O, L')
        The output y.
    x : array, shape (C, L)
        The signal.
    weight : array, shape (O, C, k)
        w.
    dilation : int
        d.

    Returns
    -------
    tuple of two arrays
        The cotangents of x and weight, of their shapes.
    """
    raise NotImplementedError("each tap is a product of matrices; so are its two cotangents")
