"""Cross-entropy: the likelihood of classes, from logits or log-probabilities."""

from __future__ import annotations

from typing import Any

from minigen.engine.backend import CPU, Array, array_of, device_of, namespace
from minigen.engine.tensor import Tensor
from minigen.ops.activation import log_softmax
from minigen.ops.arithmetic import add, mul, where
from minigen.ops.losses.reductions import expect_reduction, in_dtype_of, reduce
from minigen.ops.losses.refusals import expect_arrays, expect_one_shape
from minigen.ops.reduction import sum
from minigen.ops.shaping import getitem, reshape

__all__ = ["cross_entropy", "nll_loss"]


def cross_entropy(
    logits: Array,
    target: Array,
    reduction: str = "batchmean",
    ignore_index: int = -100,
    *,
    weight: Array | None = None,
    label_smoothing: float = 0.0,
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
    weight : Tensor or array, shape (C,), optional
        How much each class counts, such as more for rare ones; ``"mean"`` then divides by the sum
        of the weights of the targets, but for targets that are
        probabilities by their number, as PyTorch does.
    label_smoothing : float, in [0, 1], default 0
        The share of each target that is spread evenly over all classes: the network is not asked
        for infinite logits. Szegedy et al. (2016), arXiv:1512.00567, section 7.

    Raises
    ------
    ValueError
        If the shapes do not fit, a class on the CPU lies outside [0, C), or `label_smoothing`
        outside [0, 1].

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

    Sure and right, or right with doubts, which smoothed labels prefer:

    >>> sure, doubtful = minigen.tensor([[20.0, 0.0]]), minigen.tensor([[3.0, 0.0]])
    >>> first = minigen.tensor([0])
    >>> for logits in (sure, doubtful):
    ...     print(round(F.cross_entropy(logits, first, label_smoothing=0.1).item(), 4))
    1.0
    0.1986

    Derivation: cross_entropy, cross_entropy.grad, cross_entropy.padded, cross_entropy.weighted
    """
    name = "cross_entropy"
    expect_arrays(name, logits=logits, target=target)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"{name}: label_smoothing must lie in [0, 1], got {label_smoothing}")
    log_probability = log_softmax(logits, axis=1)
    weights = _class_weights(name, weight, log_probability)
    if target.dtype.kind == "f":
        expect_one_shape(name, logits=logits, target=target)
        target = _smoothed(target, label_smoothing)
        return reduce(_expected(log_probability, target, weights), reduction)  # type: ignore[no-any-return]
    return _likelihood(
        name, log_probability, target, reduction, ignore_index, weights, label_smoothing
    )


def nll_loss(
    log_probability: Array,
    target: Array,
    reduction: str = "batchmean",
    ignore_index: int = -100,
    *,
    weight: Array | None = None,
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
    weight : Tensor or array, shape (C,), optional
        How much each class counts, as for `cross_entropy`.

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

    Derivation: cross_entropy, cross_entropy.weighted
    """
    expect_arrays("nll_loss", log_probability=log_probability, target=target)
    weights = _class_weights("nll_loss", weight, log_probability)
    return _likelihood("nll_loss", log_probability, target, reduction, ignore_index, weights)


def _likelihood(
    name: str,
    log_probability: Array,
    target: Array,
    reduction: str,
    ignore_index: int,
    weights: Any = None,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Reduce what classes cost; one that is to be ignored costs nothing and counts for nothing.

    Derivation: cross_entropy.weighted
    """
    expect_reduction(reduction)
    classes = array_of(target)
    ignored = classes == ignore_index
    all_count = device_of(classes) == CPU and not ignored.any()
    chosen = classes if all_count else namespace(classes).where(ignored, 0, classes)
    costs = -_at_classes(name, log_probability, chosen)
    counts = None if weights is None else getitem(weights, index=(chosen.copy(),))
    if counts is not None:
        costs = costs * counts
    if label_smoothing:
        even = _expected(log_probability, 1 / log_probability.shape[1], weights)
        costs = costs * (1 - label_smoothing) + even * label_smoothing
    if all_count and counts is None:
        return reduce(costs, reduction)  # type: ignore[no-any-return]
    costs = where(ignored, 0.0, costs)
    if reduction == "mean":
        total = (~ignored).sum() if counts is None else sum(where(ignored, 0.0, counts))
        return sum(costs) / total
    return reduce(costs, reduction)  # type: ignore[no-any-return]


def _expected(log_probability: Array, target: Array | float, weights: Any) -> Any:
    r"""Return the loss that classes drawn from the target cost, :math:`-\sum_c w_c t_c \ln p_c`."""
    if weights is not None:
        along_classes = (1, -1, *(1,) * (log_probability.ndim - 2))
        target = mul(target, reshape(weights, shape=along_classes))
    return -sum(log_probability * target, axis=1)


def _smoothed(target: Array, label_smoothing: float) -> Any:
    """Mix probabilities of classes with even ones."""
    if not label_smoothing:
        return target
    return add(mul(target, 1 - label_smoothing), label_smoothing / target.shape[1])


def _class_weights(name: str, weight: Array | None, log_probability: Array) -> Any:
    """Check what each class counts; in the dtype of the loss."""
    if weight is None:
        return None
    expect_arrays(name, weight=weight)
    count = log_probability.shape[1]
    if tuple(weight.shape) != (count,):
        raise ValueError(
            f"{name}: a weight for each of {count} classes, shape ({count},), is expected, "
            f"got {tuple(weight.shape)}"
        )
    return in_dtype_of(log_probability, weight)


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
