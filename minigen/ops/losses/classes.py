"""Cross-entropy: the likelihood of classes, from logits or log-probabilities."""

from __future__ import annotations

from typing import Any

from minigen.engine.backend import CPU, Array, array_of, device_of, namespace
from minigen.engine.tensor import Tensor
from minigen.ops.activation import log_softmax
from minigen.ops.arithmetic import where
from minigen.ops.losses.reductions import reduce
from minigen.ops.losses.refusals import expect_arrays, expect_one_shape
from minigen.ops.reduction import sum
from minigen.ops.shaping import getitem

__all__ = ["cross_entropy", "nll_loss"]


def cross_entropy(
    logits: Array, target: Array, reduction: str = "batchmean", ignore_index: int = -100
) -> Tensor:
    r"""Negative log-likelihood of classes in nats, :math:`-\ln \mathrm{softmax}(l)_t`, from logits.

    Parameters
    ----------
    logits : Tensor or array, shape (N, C, ...)
        Unnormalised log-probabilities of C classes.
    target : Tensor or array
        Integers in [0, C), shape (N, ...); or probabilities of the classes, of the logits' shape.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.
    ignore_index : int, default -100
        A class that costs nothing, such as that of padding; ``"mean"`` is over all others.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a class on the CPU lies outside [0, C).

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> round(F.cross_entropy(minigen.zeros(4, 10), minigen.tensor([0, 1, 2, 3])).item(), 4)
    2.3026

    Of texts of several lengths, the letters of each are summed, and padding left out:

    >>> logits, letters = minigen.zeros(2, 26, 3), minigen.tensor([[3, 0, 19], [0, 13, -1]])
    >>> total = F.cross_entropy(logits, letters, ignore_index=-1)
    >>> round(total.item(), 4)  # 5 letters of 2 texts
    8.1452

    Derivation: cross_entropy, cross_entropy.grad, cross_entropy.padded
    """
    expect_arrays("cross_entropy", logits=logits, target=target)
    log_probability = log_softmax(logits, axis=1)
    if target.dtype.kind == "f":
        expect_one_shape("cross_entropy", logits=logits, target=target)
        return reduce(-sum(log_probability * target, axis=1), reduction)  # type: ignore[no-any-return]
    return _likelihood("cross_entropy", log_probability, target, reduction, ignore_index)


def nll_loss(
    log_probability: Array, target: Array, reduction: str = "batchmean", ignore_index: int = -100
) -> Tensor:
    r"""Negative log-likelihood of classes in nats, :math:`-\ln p_t`, from log-probabilities.

    Parameters
    ----------
    log_probability : Tensor or array, shape (N, C, ...)
        Of C classes, as `log_softmax` over the second axis gives them; `cross_entropy` does both.
    target : Tensor or array of int, shape (N, ...)
        Classes, in [0, C).
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.
    ignore_index : int, default -100
        A class that costs nothing, as for `cross_entropy`.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a class on the CPU lies outside [0, C).

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> p = minigen.tensor([[0.5, 0.5], [0.25, 0.75]])
    >>> round(F.nll_loss(p.log(), minigen.tensor([0, 0])).item(), 4)  # of 2 and of 4, on average
    1.0397

    Derivation: cross_entropy
    """
    expect_arrays("nll_loss", log_probability=log_probability, target=target)
    return _likelihood("nll_loss", log_probability, target, reduction, ignore_index)


def _likelihood(
    name: str, log_probability: Array, target: Array, reduction: str, ignore_index: int
) -> Tensor:
    """Reduce what classes cost; one that is to be ignored costs nothing and counts for nothing."""
    classes = array_of(target)
    ignored = classes == ignore_index
    if device_of(classes) == CPU and not ignored.any():
        return reduce(-_at_classes(name, log_probability, classes), reduction)  # type: ignore[no-any-return]
    chosen = namespace(classes).where(ignored, 0, classes)
    costs = where(ignored, 0.0, -_at_classes(name, log_probability, chosen))
    if reduction == "mean":
        return sum(costs) / (~ignored).sum()  # type: ignore[no-any-return]
    return reduce(costs, reduction)  # type: ignore[no-any-return]


def _at_classes(name: str, log_probability: Array, classes: Array) -> Any:
    """Pick the log-probability of each class that is given."""
    batch, count, *places_of_one = log_probability.shape
    expected = (batch, *places_of_one)
    if tuple(classes.shape) != expected or classes.dtype.kind == "f":
        raise ValueError(
            f"{name}: integer targets of shape {expected} are expected for an input of shape "
            f"{tuple(log_probability.shape)}, got {classes.dtype} {tuple(classes.shape)}"
        )
    if device_of(classes) == CPU and classes.size:
        low, high = int(classes.min()), int(classes.max())
        if low < 0 or high >= count:
            raise ValueError(f"{name}: classes lie in [0, {count}), got {low} to {high}")
    xp, axes = namespace(classes), len(expected)
    places = [xp.arange(n).reshape(-1, *(1,) * (axes - 1 - i)) for i, n in enumerate(expected)]
    return getitem(log_probability, index=(places[0], classes.copy(), *places[1:]))
