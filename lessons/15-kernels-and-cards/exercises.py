r"""Exercises of lesson 15, what a step costs.

Replace each ``raise NotImplementedError`` by your answer, and run ``minigen exercise 15``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]

Tile = tuple[Array, Array]  # scores, shape (k,), and the rows that they weigh, shape (k, D)


def product_intensity(rows: int, inner: int, columns: int, tile: int) -> float:
    r"""Return the operations a byte of a product of matrices that is computed in tiles.

    A cache is too small for whole matrices. So the result, :math:`(N, O)`, is computed in tiles of
    :math:`t \times t`. For each, t rows of the first factor, :math:`(N, I)`, and t columns of the
    second, :math:`(I, O)`, are read from memory, in float32 (4 bytes a number). The tile is written
    once, when it is done. Count :math:`2 N I O` operations.

    Parameters
    ----------
    rows, inner, columns : int
        N, I and O; t divides N and O.
    tile : int
        t.

    Returns
    -------
    float
        Operations a byte.
    """
    raise NotImplementedError("count the tiles, and what is read for each")


def card_pays_from(slow: Array, fast: Array, copied: float, bandwidth: float) -> float:
    r"""Return the smallest batch for which a step on a card is faster than on the processor.

    On either machine a step on a batch of N examples takes :math:`a + b N` seconds: a for its
    launches and for what does not depend on the batch, b for each example. The card needs the batch
    in its own memory first. It is copied while the step before computes, so that on the card a step
    takes the longer of the two, step or copy.

    Parameters
    ----------
    slow, fast : array, shape (2,)
        :math:`(a, b)` of the processor, and of the card. No assumption is made about which of the
        two a is larger, or which b.
    copied : float
        Bytes an example.
    bandwidth : float
        Bytes a second of the copy.

    Returns
    -------
    float
        The smallest whole number N, from 1 on, at which the card takes less time; infinity if there
        is none.
    """
    raise NotImplementedError("both of step and copy must take less than the processor's step")


def merge_moments(counts: Array, means: Array, variances: Array) -> tuple[float, float]:
    r"""Return mean and variance of all data together, from those of their parts.

    Part i has :math:`n_i` numbers with the mean :math:`m_i` and the variance :math:`v_i` (a mean of
    squared deviations, divided by :math:`n_i`). The means may be as large as :math:`10^8`, with
    variances near 1.

    Parameters
    ----------
    counts : array, shape (K,)
        :math:`n_i`, whole numbers; some may be 0.
    means, variances : array, shape (K,)
        :math:`m_i` and :math:`v_i`; where a part is empty they are NaN.

    Returns
    -------
    tuple of two floats
        Mean and variance of all.
    """
    raise NotImplementedError("weigh the parts, and add what their means spread")


def tile_rule(
    g: Array,
    out: Array,
    data: Array,
    taps: Array,
    *,
    of_data: Array,
    of_taps: Array,
    of_sums: Array,
) -> tuple[Array, Array]:
    r"""Return the gradient rule of a filter that is computed with few products, on one line.

    .. math:: y = A^\top (G\, w \odot B\, x)

    Parameters
    ----------
    g : array, shape (m,)
        The cotangent of y.
    out : array, shape (m,)
        y.
    data : array, shape (t,)
        x.
    taps : array, shape (r,)
        w.
    of_data, of_taps, of_sums : array, shape (t, t), (t, r), (t, m)
        The algorithm's matrices B, G and A. They are constant.

    Returns
    -------
    tuple of two arrays, shape (t,) and (r,)
        The cotangents of data and taps.
    """
    raise NotImplementedError("leave one factor out of the triple product at a time")


def streamed_mean(tiles: Iterable[Tile]) -> Array:
    r"""Return a mean of rows with softmax weights, in a single pass.

    .. math:: y = \sum_i p_i\, v_i, \qquad p_i = \frac{e^{s_i}}{\sum_j e^{s_j}}

    The scores :math:`s_i` and rows :math:`v_i` come in tiles, as attention on a card reads them.
    **A tile's memory is used for the next one**: what you need of it must be in sums of your own by
    then, and these may not grow with the number of tiles. Scores may be as large as 1000, of either
    sign, and all those of a tile may be minus infinity.

    Parameters
    ----------
    tiles : iterable of pairs of arrays
        Scores, shape (k,), and rows, shape (k, D); k may differ from tile to tile. At least one
        score is finite.

    Returns
    -------
    array, shape (D,)
    """
    raise NotImplementedError("keep the largest score so far, a sum of weights and a sum of rows")
