"""Elements by their rank: medians and quantiles.

The places are found by sorting, and the elements gathered there, so that gradients flow back to
them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import Array, array_of, namespace, to_numpy
from minigen.engine.op import Cotangents, composed, op
from minigen.ops.arithmetic import where
from minigen.ops.arrangement import movedim
from minigen.ops.finiteness import isnan
from minigen.ops.reduction import any, argmax, sum
from minigen.ops.selection import ValuesIndices, argsort, gather, sort
from minigen.ops.shaping import axis_index, getitem, reshape, squeeze, unsqueeze

__all__ = ["median", "quantile"]


@composed
def median(x: Array, axis: int | None = None, keepdims: bool = False) -> Any:
    r"""Return the element in the middle of the order: of an even number, the lower of the two.

    Parameters
    ----------
    x : Tensor or array
        Any shape; where there is a NaN, it is the median.
    axis : int, optional
        Along which axis, which is left out; ``dim`` is PyTorch's name of it. The gradient goes to
        the element that is pointed at, the first of several equal ones. Without an axis it is the
        median of all elements, and equal ones share the gradient.
    keepdims : bool, default False
        Whether the axis stays, with length 1; ``keepdim`` is PyTorch's name of it.

    Returns
    -------
    Tensor or array, or with an axis ValuesIndices

    Raises
    ------
    ValueError
        If an axis has no elements to choose from.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([4.0, 1.0, 3.0, 2.0]).median().item()
    2.0
    >>> minigen.tensor([[4.0, 1.0, 3.0]]).median(dim=1).indices.tolist()
    [2]

    Derivation: median
    """
    if axis is None:
        return median_of_all(x)
    axis = axis_index(axis, x.ndim)
    if not x.shape[axis]:
        raise ValueError(
            f"median: axis {axis} of shape {tuple(x.shape)} has no elements to choose from"
        )
    indices = _middle(x, axis)
    values = gather(x, axis, indices)
    if keepdims:
        return ValuesIndices(values, indices)
    return ValuesIndices(squeeze(values, axis), squeeze(indices, axis))


def _middle(x: Any, axis: int) -> Any:
    """Return where along an axis the lower median is, or the first NaN."""
    halfway = (x.shape[axis] - 1) // 2
    found = getitem(argsort(x, axis), (*(slice(None),) * axis, slice(halfway, halfway + 1)))
    missing = isnan(x)
    return where(any(missing, axis, True), argmax(missing, axis, True), found)


@op
def median_of_all(x: Array) -> Array:
    """Median of all elements: the lower one of two; NaN of none, and where there is one.

    Derivation: median.all
    """
    xp = namespace(x)
    if not x.size:
        return xp.full((), np.nan, x.dtype)
    ordered = xp.sort(x.reshape(-1))  # NaN is the last
    return xp.where(xp.isnan(ordered[-1]), ordered[-1], ordered[(x.size - 1) // 2])


@median_of_all.vjp
def median_of_all_vjp(g: Array, out: Array, x: Array) -> Cotangents:
    """The cotangent goes to the median; where several elements are equal, in equal shares.

    Derivation: median.all
    """
    chosen = where(isnan(out), isnan(x), x == out)
    return (where(chosen, g / sum(chosen), 0.0),)


@composed
def quantile(
    x: Array,
    q: float | Array,
    axis: int | None = None,
    keepdims: bool = False,
    *,
    interpolation: str = "linear",
) -> Any:
    r"""Return what a share q of the elements lies below.

    Of n elements in order the quantile stands at the place :math:`q (n - 1)`, counted from 0.
    Where that is between two, it lies on the straight line from one to the other.

    Parameters
    ----------
    x : Tensor or array of float
        Any shape; where there is a NaN, it is the quantile.
    q : float, or Tensor or array of float, shape (Q,)
        Shares from 0 to 1, which are constants.
    axis : int, optional
        Along which axis, which is left out; ``dim`` is PyTorch's name of it. Without it, of all.
    keepdims : bool, default False
        Whether the axis stays, with length 1; ``keepdim`` is PyTorch's name of it.
    interpolation : {"linear", "lower", "higher", "midpoint", "nearest"}
        What to take where the place is between two elements: the line, one of them, their mean, or
        the nearer one.

    Returns
    -------
    Tensor or array
        Of several shares, with them along a first axis.

    Raises
    ------
    TypeError
        If the elements are no floats.
    ValueError
        If a share is not from 0 to 1, there is no such interpolation, or nothing to choose from.

    Examples
    --------
    >>> import minigen
    >>> x = minigen.tensor([4.0, 1.0, 3.0, 2.0])
    >>> x.quantile(0.5).item(), x.quantile(minigen.tensor([0.0, 1.0])).tolist()
    (2.5, [1.0, 4.0])

    Derivation: quantile
    """
    shares = np.asarray(to_numpy(array_of(q)), np.float64)
    _expect_shares(x, shares)
    lines = reshape(x, (-1,)) if axis is None else movedim(x, axis, 0)
    if not lines.size:
        raise ValueError(f"quantile: shape {tuple(x.shape)} has no elements to choose from")
    found = _between(sort(lines, 0).values, shares.reshape(-1), interpolation)
    if keepdims and axis is None:
        found = reshape(found, (-1, *(1,) * x.ndim))
    elif keepdims:
        found = unsqueeze(found, axis_index(axis, x.ndim) + 1)
    return found if shares.ndim else squeeze(found, 0)


def _expect_shares(x: Any, shares: Any) -> None:
    if x.dtype.kind != "f":
        raise TypeError(f"quantile: floats are expected, got {x.dtype}: convert them, x.float()")
    if shares.ndim > 1 or not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError(f"quantile: q from 0 to 1, one or a row, is expected, got {shares}")


def _between(ordered: Any, shares: Any, interpolation: str) -> Any:
    """Return the quantiles along the first axis, in order: (N, ...) gives (Q, ...)."""
    places = shares * (len(ordered) - 1)
    below, above = np.floor(places), np.ceil(places)
    ways = {
        "linear": (below, above, places - below),
        "lower": (below, below, 0.0),
        "higher": (above, above, 0.0),
        "midpoint": (below, above, 0.5),
        "nearest": (np.rint(places), np.rint(places), 0.0),
    }
    if interpolation not in ways:
        raise ValueError(
            f"quantile: interpolation is one of {', '.join(ways)}, got {interpolation!r}"
        )
    first, second, weight = ways[interpolation]
    weight = np.where(first == second, 0.5, weight)  # of one element twice: not 0 times infinity
    library = namespace(array_of(ordered))
    low, high = (
        getitem(ordered, library.asarray(place.astype(np.int64))) for place in (first, second)
    )
    weight = library.asarray(weight.reshape(-1, *(1,) * (ordered.ndim - 1)), ordered.dtype)
    last = getitem(ordered, slice(-1, None))
    return where(isnan(last), last, low * (1 - weight) + high * weight)
