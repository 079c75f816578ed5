"""Wrong rules of sums, means, extremes, the softmax family and standardisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.op import Cotangents
from minigen.ops import activation, normalization, reduction
from minigen.ops.arithmetic import exp, sqrt
from minigen.ops.reduction import mean, sum, var
from minigen.ops.shaping import broadcast_to
from tests.checker.zoo.specimen import distinct, normal, wrong_rule


@wrong_rule(reduction.sum, normal(3, 5), diagnosis="a mean where a sum was meant", axis=1)
def sum_as_mean(g: Array, _out: Array, x: Array, **_options: Any) -> Cotangents:
    """Divide by the number of summands."""
    return (broadcast_to(g[:, None] / 5, x.shape),)


@wrong_rule(reduction.mean, normal(3, 5), diagnosis="a sum where a mean was meant", axis=1)
def mean_as_sum(g: Array, _out: Array, x: Array, **_options: Any) -> Cotangents:
    """Forget to divide by the number of elements."""
    return (broadcast_to(g[:, None], x.shape),)


@wrong_rule(reduction.var, normal(3, 5), diagnosis="0.8 times", axis=1)
def var_with_other_correction(g: Array, _out: Array, x: Array, **_options: Any) -> Cotangents:
    """Divide by n, where the variance divides by n - 1."""
    return (g[:, None] * 2 * (x - mean(x, 1, keepdims=True)) / 5,)


@wrong_rule(reduction.var, normal(3, 5), diagnosis="half of what it should be", axis=1)
def var_without_two(g: Array, _out: Array, x: Array, **_options: Any) -> Cotangents:
    """Forget the two of the square's derivative."""
    return (g[:, None] * (x - mean(x, 1, keepdims=True)) / 4,)


@wrong_rule(reduction.var, normal(3, 5), diagnosis="all along axis 1", axis=1)
def var_without_centre(g: Array, _out: Array, x: Array, **_options: Any) -> Cotangents:
    """Forget to subtract the mean."""
    return (g[:, None] * 2 * x / 4,)


@wrong_rule(reduction.amax, distinct(3, 4), diagnosis="not zero where it should be", axis=1)
def max_feeds_everything(g: Array, _out: Array, x: Array, **_options: Any) -> Cotangents:
    """Give every element the cotangent, as if the maximum were a sum."""
    return (broadcast_to(g[:, None], x.shape),)


@wrong_rule(reduction.amax, distinct(3, 4), axis=1)
def max_feeds_first(g: Array, _out: Array, x: Array, **_options: Any) -> Cotangents:
    """Give the first element the cotangent, whichever was the largest."""
    return (g[:, None] * (np.arange(x.shape[1]) == 0),)


@wrong_rule(reduction.logsumexp, normal(3, 4), axis=1)
def logsumexp_not_normalised(g: Array, _out: Array, x: Array, **_options: Any) -> Cotangents:
    """Return the exponentials, where the gradient is their shares, the softmax."""
    return (g[:, None] * exp(x),)


@wrong_rule(reduction.logsumexp, distinct(3, 4), axis=1)
def logsumexp_with_half_a_shift(g: Array, out: Array, x: Array, **_options: Any) -> Cotangents:
    """Differentiate the shift by the maximum outside the logarithm, but not the one inside."""
    largest = x == x.max(1, keepdims=True)
    return (g[:, None] * (exp(x - out[:, None]) + largest),)


@wrong_rule(activation.softmax, normal(3, 4), diagnosis="zero everywhere", axis=1)
def softmax_zero(g: Array, _out: Array, _x: Array, **_options: Any) -> Cotangents:
    """Return zero: right for the gradient of the sum, which is always 1."""
    return (g * 0.0,)


@wrong_rule(activation.softmax, normal(3, 4), diagnosis="that couples them", axis=1)
def softmax_diagonal(g: Array, out: Array, _x: Array, **_options: Any) -> Cotangents:
    """Keep the Jacobian's diagonal alone, y (1 - y), as if each output had its own input."""
    return (g * out * (1 - out),)


@wrong_rule(activation.softmax, normal(3, 3), axis=1)
def softmax_over_other_axis(g: Array, out: Array, _x: Array, **_options: Any) -> Cotangents:
    """Sum over the batch, where the sum runs over the classes."""
    return (out * (g - sum(g * out, 0, keepdims=True)),)


@wrong_rule(activation.log_softmax, normal(3, 4), diagnosis="that couples them", axis=1)
def log_softmax_without_normaliser(g: Array, _out: Array, _x: Array, **_options: Any) -> Cotangents:
    """Forget the term of the normaliser, which couples the classes."""
    return (g * 1.0,)


@wrong_rule(activation.log_softmax, normal(3, 4), axis=1)
def log_softmax_normalised_by_output(
    g: Array, out: Array, _x: Array, **_options: Any
) -> Cotangents:
    """Use the logarithm of the probability where the probability is meant."""
    return (g - out * sum(g, 1, keepdims=True),)


@wrong_rule(normalization.standardize, normal(5, 3), diagnosis="zero everywhere", axis=0)
def standardize_zero(g: Array, _out: Array, _x: Array, **_options: Any) -> Cotangents:
    """Return zero: right for the gradient of the sum, for standardised columns sum to 0."""
    return (g * 0.0,)


@wrong_rule(normalization.standardize, normal(5, 3), diagnosis="all along axis 0", axis=0)
def standardize_mean_constant(
    g: Array, out: Array, x: Array, *, axis: int, eps: float
) -> Cotangents:
    """Treat the batch's mean as a constant."""
    scale = sqrt(var(x, axis, keepdims=True, correction=0) + eps)
    return ((g - out * mean(g * out, axis, keepdims=True)) / scale,)


@wrong_rule(normalization.standardize, normal(5, 3), axis=0)
def standardize_variance_constant(
    g: Array, _out: Array, x: Array, *, axis: int, eps: float
) -> Cotangents:
    """Treat the batch's variance as a constant."""
    scale = sqrt(var(x, axis, keepdims=True, correction=0) + eps)
    return ((g - mean(g, axis, keepdims=True)) / scale,)


@wrong_rule(normalization.standardize, normal(5, 3), diagnosis="that couples them", axis=0)
def standardize_statistics_constant(
    g: Array, _out: Array, x: Array, *, axis: int, eps: float
) -> Cotangents:
    """Treat both statistics as constants, as in evaluation."""
    return (g / sqrt(var(x, axis, keepdims=True, correction=0) + eps),)
