"""Counting elements: those that are not zero, the different ones, those of each kind.

What is counted jumps, so none of it has a gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import CPU, Array, array_of, device_of, floating, namespace, to_numpy
from minigen.engine.op import op
from minigen.ops.reduction import Axis, reduced_axes

__all__ = ["bincount", "count_nonzero", "histc", "unique"]


@op(differentiable=False)
def count_nonzero(x: Array, axis: Axis = None) -> Array:
    """Count the elements that are not zero over axes, in int64; NaN is not zero.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([[1.0, 0.0], [2.0, 3.0]]).count_nonzero(dim=0).tolist()
    [2, 1]
    """
    return (x != 0).sum(reduced_axes(axis, x.ndim), dtype=np.int64)


@op(differentiable=False)
def unique(
    x: Array,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
) -> Any:
    """Return the different elements, the smallest first.

    A GPU is waited for, since only it knows how many there are.

    Parameters
    ----------
    x : Tensor or array
        Any shape. Each NaN differs from all others.
    sorted : bool, default True
        PyTorch's parameter: they are sorted in either case.
    return_inverse : bool, default False
        Whether to tell which of them each element of `x` is, too.
    return_counts : bool, default False
        Whether to tell how often each occurs, too.
    axis : int, optional
        Along which axis slices are compared, instead of elements; ``dim`` is PyTorch's name of it.

    Returns
    -------
    Tensor or array, or a tuple of up to three
        The elements, in one row; then what else was asked for, in int64.

    Examples
    --------
    >>> import minigen
    >>> values, counts = minigen.tensor([2, 1, 2]).unique(return_counts=True)
    >>> values.tolist(), counts.tolist()
    ([1, 2], [1, 2])
    """
    found = namespace(x).unique(
        x,
        return_inverse=return_inverse,
        return_counts=return_counts,
        axis=axis,
        equal_nan=False,
    )
    if not isinstance(found, tuple):
        return found
    values, *others = found
    if return_inverse:  # whose shape differs between versions of NumPy
        others[0] = others[0].reshape(x.shape if axis is None else -1)
    return (values, *(other.astype(np.int64, copy=False) for other in others))


@op(differentiable=False)
def bincount(x: Array, weights: Array | None = None, minlength: int = 0) -> Array:
    """Count how often each of the numbers 0, 1, 2, ... occurs, or sum their weights.

    Parameters
    ----------
    x : Tensor or array of int, shape (N,)
        Numbers that are not negative.
    weights : Tensor or array, shape (N,), optional
        What each of them counts; the sums are float32 for float32 and else float64.
    minlength : int, default 0
        How many counts there are at least.

    Returns
    -------
    Tensor or array, shape (max(x) + 1,)

    Raises
    ------
    TypeError
        If the numbers are no integers.
    ValueError
        If there is not one axis of them, or one on the CPU is negative, or the weights are not as
        many.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([0, 1, 1]).bincount(minlength=3).tolist()
    [1, 2, 0]
    """
    if x.dtype.kind not in "iu":
        raise TypeError(f"integers are expected, got {x.dtype}")
    weights = array_of(weights)
    if x.ndim != 1 or (weights is not None and weights.shape != x.shape):
        shapes = x.shape if weights is None else (x.shape, weights.shape)
        raise ValueError(f"one axis of integers, and as many weights, are expected, got {shapes}")
    if device_of(x) == CPU and x.size and x.min() < 0:
        raise ValueError(f"integers that are not negative are expected, got {int(x.min())}")
    counts = namespace(x).bincount(x, weights, minlength)
    if weights is not None and weights.dtype == np.float32:
        return counts.astype(np.float32)
    return counts


@op(differentiable=False)
def histc(x: Array, bins: int = 100, min: float = 0, max: float = 0) -> Array:
    """Count the elements in intervals of one width, the last of which has both its ends.

    Parameters
    ----------
    x : Tensor or array of float
        Any shape. What lies outside, and NaN, is not counted.
    bins : int, default 100
        How many intervals there are.
    min, max : float
        Where the first begins and the last ends; if they are equal, the smallest and the largest
        element, and if these are equal, 1 below and above.

    Returns
    -------
    Tensor or array, shape (bins,)
        Counts, in the dtype of `x`.

    Raises
    ------
    ValueError
        If there is no interval, or its ends are not finite or in the wrong order.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([0.1, 0.2, 0.9]).histc(bins=2, min=0, max=1).tolist()
    [2.0, 1.0]
    """
    x, xp = floating(x).reshape(-1), namespace(x)
    low, high = float(min), float(max)
    if low == high and x.size:
        low, high = float(to_numpy(x.min())), float(to_numpy(x.max()))
    if low == high:
        low, high = low - 1, high + 1
    if bins < 1 or not -np.inf < low < high < np.inf:
        raise ValueError(
            f"a positive number of bins, and min < max, both finite, are expected, got {bins} from "
            f"{low:g} to {high:g}"
        )
    inside = x[(x >= low) & (x <= high)]
    places = ((inside - low) * (bins / (high - low))).astype(np.int64)
    return xp.bincount(xp.minimum(places, bins - 1), minlength=bins).astype(x.dtype)
