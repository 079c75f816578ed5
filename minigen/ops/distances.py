r"""Distances between points.

None of these functions has a rule of its own: each is a length of differences, see `norm`.
"""

from __future__ import annotations

from typing import Any

from minigen.engine.backend import Array
from minigen.engine.op import composed
from minigen.ops.arithmetic import sub
from minigen.ops.linear import norm
from minigen.ops.shaping import unsqueeze

__all__ = ["cdist", "pairwise_distance"]


@composed
def cdist(x1: Array, x2: Array, p: float = 2) -> Any:
    r"""Distance of each point of a set from each of another: :math:`y_{ij} = \|a_i - b_j\|_p`.

    A kernel of the maximum mean discrepancy is a function of it. The slope is 0 where two points
    are one, as in PyTorch.

    Parameters
    ----------
    x1 : Tensor or array, shape (..., n, features)
        Points.
    x2 : Tensor or array, shape (..., m, features)
        Others; the axes in front broadcast.
    p : {1, 2, inf}
        Which length: see `norm`.

    Returns
    -------
    Tensor or array, shape (..., n, m)
        All differences are held at once, n times m times the features.

    Raises
    ------
    ValueError
        If the points have other features, or the sets fewer than two axes.

    Examples
    --------
    >>> import minigen
    >>> a, b = minigen.tensor([[0.0, 0.0]]), minigen.tensor([[3.0, 4.0], [0.0, 0.0]])
    >>> minigen.cdist(a, b).tolist()
    [[5.0, 0.0]]
    """
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ValueError(
            "cdist: points of shapes (..., n, features) and (..., m, features) are expected, "
            f"got {tuple(x1.shape)} and {tuple(x2.shape)}"
        )
    return norm(sub(unsqueeze(x1, -2), unsqueeze(x2, -3)), p, -1)


@composed
def pairwise_distance(
    x1: Array, x2: Array, p: float = 2, eps: float = 1e-6, keepdims: bool = False
) -> Any:
    r"""Distance of each point from its partner: :math:`\|x_1 - x_2 + \epsilon\|_p`.

    Parameters
    ----------
    x1, x2 : Tensor or array, shape (..., features)
        Shapes that broadcast.
    p : {1, 2, inf}
        Which length: see `norm`.
    eps : float, default 1e-6
        Added to each difference, so that points that are one have a slope, as in PyTorch.
    keepdims : bool, default False
        Whether the last axis stays, with length 1.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> a, b = minigen.tensor([[0.0, 0.0]]), minigen.tensor([[3.0, 4.0]])
    >>> F.pairwise_distance(a, b, eps=0.0).tolist()
    [5.0]
    """
    return norm(sub(x1, x2) + eps, p, -1, keepdims)
