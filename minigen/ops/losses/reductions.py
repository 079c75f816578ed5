"""From a loss of each element to one number."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.ops.arithmetic import mul
from minigen.ops.losses.refusals import expect_arrays
from minigen.ops.reduction import mean, sum
from minigen.ops.shaping import astype

REDUCTIONS = ("batchmean", "sum", "mean", "none")


def reduce(values: Array, reduction: str) -> Array:
    r"""Reduce a loss per element: the normalisation of this library, in one place.

    Parameters
    ----------
    values : Tensor or array, shape (N, ...)
        A loss an element, the batch along the first axis.
    reduction : {"batchmean", "sum", "mean", "none"}
        Sum over features and mean over the batch; sum; mean over all elements; as it is.

    Raises
    ------
    ValueError
        If `reduction` is none of these.

    Derivation: losses.batchmean
    """
    expect_reduction(reduction)
    if reduction == "batchmean":
        total = sum(values)
        return total / values.shape[0] if values.ndim else total
    if reduction == "sum":
        return sum(values)
    if reduction == "mean":
        return mean(values)
    if reduction == "none":
        return values
    raise ValueError(f"unknown reduction {reduction!r}: use one of {', '.join(REDUCTIONS)}")


def expect_reduction(reduction: Any) -> None:
    """Raise where weights stand in the place of a reduction, as they may in PyTorch."""
    if not isinstance(reduction, str):
        raise TypeError(
            f"a reduction is expected, one of {', '.join(REDUCTIONS)}, got "
            f"{type(reduction).__name__}; weights go by name, weight=..."
        )


def weighted(name: str, values: Array, weight: Array | None) -> Array:
    """Multiply a loss per element by weights whose shape is its own, or broadcasts to it.

    Derivation: losses.weighted
    """
    if weight is None:
        return values
    expect_arrays(name, weight=weight)
    expect_to_reach(name, "weight", weight, values.shape)
    return mul(values, in_dtype_of(values, weight))


def reduce_by_weight(name: str, values: Array, weight: Array | None, reduction: str) -> Array:
    """Reduce a loss per element, each as often as its weight says: "mean" is the weighted mean.

    Derivation: losses.weighted
    """
    expect_reduction(reduction)
    if weight is None or reduction != "mean":
        return reduce(weighted(name, values, weight), reduction)
    return sum(weighted(name, values, weight)) / sum(in_dtype_of(values, weight))


def in_dtype_of(values: Array, given: Array) -> Any:
    """Return what goes with a loss in its dtype: weights in float64 don't widen float32."""
    return given if given.dtype == values.dtype else astype(given, dtype=values.dtype)


def expect_to_reach(name: str, role: str, given: Any, shape: tuple[int, ...]) -> None:
    """Raise unless a shape broadcasts to that of a loss per element, and not beyond."""
    try:
        reached = np.broadcast_shapes(tuple(given.shape), tuple(shape))
    except ValueError:
        reached = ()
    if reached != tuple(shape):
        raise ValueError(
            f"{name}: {role} of shape {tuple(shape)}, or one that broadcasts to it, is expected, "
            f"got {tuple(given.shape)}"
        )
