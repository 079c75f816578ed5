"""From a loss of each element to one number."""

from __future__ import annotations

from minigen.engine.backend import Array
from minigen.ops.reduction import mean, sum

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
