"""Losses that ask for a margin between what is alike and what is not."""

from __future__ import annotations

from typing import Any

from minigen.engine.backend import Array, array_of
from minigen.ops.arithmetic import minimum, mul, sub, where
from minigen.ops.distances import pairwise_distance
from minigen.ops.losses.reductions import reduce
from minigen.ops.losses.refusals import expect_one_shape
from minigen.ops.shorthand import clamp_min

__all__ = ["hinge_embedding_loss", "margin_ranking_loss", "triplet_margin_loss"]


def triplet_margin_loss(
    anchor: Array,
    positive: Array,
    negative: Array,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "batchmean",
) -> Any:
    r"""Ask that what is alike lies nearer than what is not: :math:`\max(d_+ - d_- + m, 0)`.

    Here :math:`d_+` is the distance of an anchor from something like it, and :math:`d_-` from
    something unlike it. Balntas et al. (2016), Learning shallow convolutional feature descriptors
    with triplet losses, section 2.

    Parameters
    ----------
    anchor, positive, negative : Tensor or array, shape (N, features), or one shape (..., features)
        Points.
    margin : float, default 1
        The m: how much farther the unlike one should be.
    p, eps
        As in `pairwise_distance`.
    swap : bool, default False
        Whether the unlike one's distance from `positive` counts, if it is the smaller one.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`; of points (N, features), "batchmean" and "mean" are the same.

    Raises
    ------
    ValueError
        If the shapes differ, or `margin` isn't positive.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> anchor, near, far = (minigen.tensor([[x, 0.0]]) for x in (0.0, 1.0, 1.5))
    >>> round(F.triplet_margin_loss(anchor, near, far).item(), 4)
    0.5
    """
    expect_one_shape("triplet_margin_loss", anchor=anchor, positive=positive, negative=negative)
    if not margin > 0:
        raise ValueError(f"triplet_margin_loss: a positive margin is expected, got {margin}")
    to_positive = pairwise_distance(anchor, positive, p, eps)
    to_negative = pairwise_distance(anchor, negative, p, eps)
    if swap:
        to_negative = minimum(to_negative, pairwise_distance(positive, negative, p, eps))
    return reduce(clamp_min(to_positive - to_negative + margin, 0.0), reduction)


def margin_ranking_loss(
    input1: Array,
    input2: Array,
    target: Array,
    margin: float = 0.0,
    *,
    reduction: str = "batchmean",
) -> Any:
    r"""Ask which of two numbers is the greater: :math:`\max(-t\,(a - b) + m, 0)`.

    Parameters
    ----------
    input1, input2 : Tensor or array
        The a and b.
    target : Tensor or array
        1 where the first should be the greater, -1 where the second.
    margin : float, default 0
        The m: by how much.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> better, worse = minigen.tensor([2.0, 0.0]), minigen.tensor([1.0, 3.0])
    >>> F.margin_ranking_loss(better, worse, minigen.ones(2), reduction="none").tolist()
    [0.0, 3.0]
    """
    expect_one_shape("margin_ranking_loss", input1=input1, input2=input2, target=target)
    return reduce(clamp_min(mul(sub(input2, input1), target) + margin, 0.0), reduction)


def hinge_embedding_loss(
    x: Array, target: Array, margin: float = 1.0, *, reduction: str = "batchmean"
) -> Any:
    r"""Make distances of what is alike small, and the others greater than a margin.

    .. math:: \begin{cases} x & t = 1 \\ \max(m - x, 0) & t = -1 \end{cases}

    Parameters
    ----------
    x : Tensor or array
        Distances.
    target : Tensor or array, of one shape with x
        1 or -1.
    margin : float, default 1
        The m.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> distances, alike = minigen.tensor([0.25, 0.25]), minigen.tensor([1.0, -1.0])
    >>> F.hinge_embedding_loss(distances, alike, reduction="none").tolist()
    [0.25, 0.75]
    """
    expect_one_shape("hinge_embedding_loss", x=x, target=target)
    return reduce(where(array_of(target) == 1, x, clamp_min(sub(margin, x), 0.0)), reduction)
