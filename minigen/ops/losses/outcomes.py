"""Binary cross-entropy: the likelihood of outcomes 0 and 1, from logits or probabilities."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigen.engine.backend import Array, floating, namespace, promote
from minigen.engine.op import Cotangents, op
from minigen.engine.tensor import Tensor
from minigen.ops.activation import sigmoid, softplus
from minigen.ops.arithmetic import add, log, maximum, mul, neg, sub, where
from minigen.ops.losses.reductions import expect_to_reach, in_dtype_of, reduce, weighted
from minigen.ops.losses.refusals import expect_arrays, expect_one_shape, expect_probabilities

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits"]

LOG_FLOOR = -100.0
"""The least logarithm of a probability in `binary_cross_entropy`, as in PyTorch."""


@op
def logits_cross_entropy(logits: Array, target: Array) -> Array:
    r"""Binary cross-entropy of each element, from logits.

    With :math:`p = \sigma(l)`,

    .. math:: -t \ln p - (1 - t) \ln (1 - p) = \max(l, 0) - l t + \ln(1 + e^{-|l|}),

    which is finite for every logit.

    Derivation: bce_with_logits
    """
    logits, target = promote(floating(logits), target)
    xp = namespace(logits, target)
    loss = xp.asarray(xp.abs(logits))
    xp.negative(loss, out=loss)
    xp.exp(loss, out=loss)
    xp.log1p(loss, out=loss)
    loss += xp.maximum(logits, 0) - logits * target  # apart, they would cancel with rounding
    return loss


@logits_cross_entropy.vjp
def logits_cross_entropy_vjp(g: Array, _out: Array, logits: Array, target: Array) -> Cotangents:
    r""":math:`\bar l = g (\sigma(l) - t),\ \bar t = -g l`.

    Derivation: bce_with_logits.grad
    """
    return lambda: g * (sigmoid(logits) - target), lambda: -g * logits


def binary_cross_entropy_with_logits(
    logits: Array,
    target: Array,
    reduction: str = "batchmean",
    *,
    weight: Array | None = None,
    pos_weight: Array | None = None,
) -> Tensor:
    r"""Negative log-likelihood of Bernoulli variables, from logits, in nats.

    Stable for every finite logit, with the gradient :math:`\sigma(l) - t`.

    Parameters
    ----------
    logits : Tensor or array, shape (N, ...)
        Log-odds :math:`l = \ln p / (1 - p)`.
    target : Tensor or array, shape (N, ...)
        Probabilities or outcomes in [0, 1].
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.
    weight : Tensor or array, optional
        A factor of each element's loss, of a shape that broadcasts to that of the logits.
    pos_weight : Tensor or array, optional
        A factor of the loss where the target is 1, :math:`w`, which makes up for outcomes that are
        rare; of a shape that broadcasts to that of the logits, such as one number a feature:
        :math:`-w\,t \ln p - (1 - t) \ln (1 - p)`.

    Raises
    ------
    ValueError
        If the shapes differ or do not fit, or a target on the CPU lies outside [0, 1]: the loss
        would have no lower bound. (On a GPU the check would have to wait for the device, and is
        left out.)

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> loss = F.binary_cross_entropy_with_logits(minigen.zeros(1, 1), minigen.ones(1, 1))
    >>> round(loss.item(), 4)
    0.6931
    >>> rare = minigen.tensor([9.0])  # one outcome in ten is 1
    >>> logits, target = minigen.zeros(1, 1), minigen.ones(1, 1)
    >>> round(F.binary_cross_entropy_with_logits(logits, target, pos_weight=rare).item(), 4)
    6.2383

    Derivation: bce_with_logits, bce.positive_weight, losses.weighted
    """
    name = "binary_cross_entropy_with_logits"
    expect_one_shape(name, logits=logits, target=target)
    expect_probabilities(name, "target", target)
    if pos_weight is None:
        values = logits_cross_entropy(logits, target)
    else:
        values = _with_positive_weight(name, logits, target, pos_weight)
    return reduce(weighted(name, values, weight), reduction)  # type: ignore[no-any-return]


def _with_positive_weight(name: str, logits: Array, target: Array, pos_weight: Array) -> Array:
    r"""Return :math:`w\,t \ln(1 + e^{-l}) + (1 - t) \ln(1 + e^l)`, each logarithm stable.

    Derivation: bce.positive_weight
    """
    expect_arrays(name, pos_weight=pos_weight)
    expect_to_reach(name, "pos_weight", pos_weight, logits.shape)
    of_zeros = softplus(logits)
    outcome = in_dtype_of(of_zeros, target)
    of_ones = mul(in_dtype_of(of_zeros, pos_weight), softplus(neg(logits)))
    return add(mul(outcome, of_ones), mul(sub(1.0, outcome), of_zeros))


@op
def probability_cross_entropy(probability: Array, target: Array) -> Array:
    r"""Binary cross-entropy of each element, from probabilities.

    .. math:: -t \ln p - (1 - t) \ln (1 - p),

    each logarithm at least -100, so that p = 0 and p = 1 give finite values.

    Derivation: bce
    """
    probability, target = promote(probability, target)
    xp = namespace(probability, target)
    return -(
        target * _log_with_floor(xp, probability)
        + (1 - target) * _log_with_floor(xp, 1 - probability)
    )


def _log_with_floor(xp: Any, x: Array) -> Array:
    with np.errstate(divide="ignore"):  # ln 0 is what the floor is for
        return xp.maximum(xp.log(x), LOG_FLOOR)


@probability_cross_entropy.vjp
def probability_cross_entropy_vjp(
    g: Array, _out: Array, probability: Array, target: Array
) -> Cotangents:
    r""":math:`\bar p = g (p - t) / (p (1 - p))`, the denominator at least 1e-12.

    The floor keeps a gradient, large and of the right sign, where the value is clipped.

    Derivation: bce.grad
    """
    p, t = probability, target
    return (
        lambda: g * (p - t) / maximum(p * (1 - p), 1e-12),
        lambda: g * (_differentiable_log(1 - p) - _differentiable_log(p)),
    )


def _differentiable_log(x: Array) -> Array:
    r"""Return the logarithm with the floor as a chain of ops, of slope 0 on the floor.

    It is not the logarithm of :math:`\max(x, e^{-100})`: in float32 that number is subnormal, which
    a card takes for 0.
    """
    floored = x <= math.exp(LOG_FLOOR)
    return where(floored, LOG_FLOOR, log(where(floored, 1.0, x)))


def binary_cross_entropy(
    probability: Array, target: Array, reduction: str = "batchmean", *, weight: Array | None = None
) -> Tensor:
    r"""Negative log-likelihood of Bernoulli variables, from probabilities, in nats.

    Prefer `binary_cross_entropy_with_logits`: a probability that has rounded to 0 or 1 has lost
    what the logit still knew.

    Parameters
    ----------
    probability, target : Tensor or array, shape (N, ...)
        In [0, 1].
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.
    weight : Tensor or array, optional
        A factor of each element's loss, of a shape that broadcasts to that of the probabilities.

    Raises
    ------
    ValueError
        If the shapes differ or do not fit, or values on the CPU lie outside [0, 1].

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> p = minigen.tensor([[0.5, 0.9]])
    >>> round(F.binary_cross_entropy(p, minigen.tensor([[1.0, 1.0]])).item(), 4)
    0.7985

    Derivation: bce, losses.weighted
    """
    name = "binary_cross_entropy"
    expect_one_shape(name, probability=probability, target=target)
    expect_probabilities(name, "probability", probability)
    expect_probabilities(name, "target", target)
    values = weighted(name, probability_cross_entropy(probability, target), weight)
    return reduce(values, reduction)  # type: ignore[no-any-return]
