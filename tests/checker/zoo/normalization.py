"""Wrong rules of norms of images: statistics taken for constants, or over the wrong axes."""

from __future__ import annotations

from minigen.checker.report import FailureKind
from minigen.engine.backend import Array
from minigen.engine.op import Cotangents
from minigen.engine.tensor import Tensor
from minigen.ops.arithmetic import sqrt
from minigen.ops.normalization import (
    batch_norm,
    group_norm,
    instance_norm,
    normalize_channels,
    standardize,
    standardize_vjp,
)
from minigen.ops.reduction import mean, sum, var
from minigen.ops.shaping import sum_to_size
from tests.checker.zoo.specimen import normal, wrong_function, wrong_rule

_IMAGES, _EPSILON = normal(3, 2, 2, 2), 1e-5
_BATCH, _PIXELS = (0, 2, 3), (2, 3)


def batch_norm_of_images(x: Array) -> Array:
    """Standardise each channel over the images and their pixels."""
    return batch_norm(x, training=True)


def instance_norm_of_images(x: Array) -> Array:
    """Standardise each channel of each image."""
    return instance_norm(x)


def _deviation(x: Array, axes: tuple[int, ...]) -> Array:
    """Return the standard deviation that norms divide by."""
    return sqrt(var(x, axes, keepdims=True, correction=0) + _EPSILON)


@wrong_rule(batch_norm_of_images, _IMAGES)
def batch_norm_statistics_constant(g: Array, _out: Array, x: Array) -> Cotangents:
    """Take mean and variance of the batch for constants, as they are in evaluation."""
    return (g / _deviation(x, _BATCH),)


@wrong_rule(batch_norm_of_images, _IMAGES)
def batch_norm_mean_constant(g: Array, out: Array, x: Array) -> Cotangents:
    """Let no gradient through the mean."""
    return ((g - out * mean(g * out, _BATCH, keepdims=True)) / _deviation(x, _BATCH),)


@wrong_rule(batch_norm_of_images, _IMAGES)
def batch_norm_variance_constant(g: Array, _out: Array, x: Array) -> Cotangents:
    """Let no gradient through the variance."""
    return ((g - mean(g, _BATCH, keepdims=True)) / _deviation(x, _BATCH),)


@wrong_rule(batch_norm_of_images, _IMAGES)
def batch_norm_by_the_variance(g: Array, out: Array, x: Array) -> Cotangents:
    """Divide by the variance, where the standard deviation is meant."""
    centred = g - mean(g, _BATCH, keepdims=True) - out * mean(g * out, _BATCH, keepdims=True)
    return (centred / (var(x, _BATCH, keepdims=True, correction=0) + _EPSILON),)


@wrong_rule(batch_norm_of_images, _IMAGES)
def batch_norm_over_the_batch_alone(g: Array, out: Array, x: Array) -> Cotangents:
    """Average the cotangents over the images, and forget their pixels."""
    centred = g - mean(g, 0, keepdims=True) - out * mean(g * out, 0, keepdims=True)
    return (centred / _deviation(x, _BATCH),)


@wrong_rule(batch_norm_of_images, _IMAGES)
def batch_norm_sums_for_means(g: Array, out: Array, x: Array) -> Cotangents:
    """Subtract sums of the cotangents, where their means are meant."""
    centred = g - sum(g, _BATCH, keepdims=True) - out * sum(g * out, _BATCH, keepdims=True)
    return (centred / _deviation(x, _BATCH),)


@wrong_rule(instance_norm_of_images, _IMAGES)
def instance_norm_over_the_batch(g: Array, out: Array, x: Array) -> Cotangents:
    """Use batch norm's rule: the statistics of an image are not those of the batch."""
    centred = g - mean(g, _BATCH, keepdims=True) - out * mean(g * out, _BATCH, keepdims=True)
    return (centred / _deviation(x, _BATCH),)


def group_norm_of_vectors(x: Array, weight: Array) -> Array:
    """Standardise two groups of two channels, and scale each channel."""
    return group_norm(x, 2, weight)


@wrong_rule(group_norm_of_vectors, normal(3, 4), normal(4))
def group_norm_scale_pulled_out(g: Array, _out: Array, x: Array, weight: Array) -> Cotangents:
    """Take the scale out of the means, as it may be taken where a group has one scale alone."""
    groups, cotangents = x.reshape(3, 2, 2), g.reshape(3, 2, 2)
    standard = standardize(groups, 2)
    (grad_x,) = standardize_vjp(cotangents, standard, groups, axis=2, eps=_EPSILON)
    return grad_x.reshape(3, 4) * weight, sum(g * standard.reshape(3, 4), 0)


def scaled_images(x: Array, weight: Array) -> Array:
    """Multiply each channel by a number, as a norm's weight does."""
    return x * weight.reshape(1, -1, 1, 1)


@wrong_rule(
    scaled_images, _IMAGES, normal(2), expected=FailureKind.WRONG_SHAPE, diagnosis="(2, 2, 2)"
)
def norm_weight_summed_over_the_batch_alone(
    g: Array, _out: Array, x: Array, weight: Array
) -> Cotangents:
    """Sum the scale's gradient over the images, and not over their pixels."""
    return g * weight.reshape(1, -1, 1, 1), sum(g * x, 0)


@wrong_rule(scaled_images, _IMAGES, normal(2))
def norm_weight_without_input(g: Array, _out: Array, _x: Array, weight: Array) -> Cotangents:
    """Give the scale the gradient of the shift."""
    return g * weight.reshape(1, -1, 1, 1), sum_to_size(g, (1, 2, 1, 1)).reshape(2)


@wrong_rule(normalize_channels, _IMAGES, normal(2), normal(2))
def batch_norm_scale_forgotten(
    g: Array, _out: Array, x: Array, _weight: Array, _bias: Array, *, eps: float
) -> Cotangents:
    """Leave the scale out of the gradient of the images, as if it were 1."""
    standard = standardize(x, _BATCH, eps)
    (grad_x,) = standardize_vjp(g, standard, x, axis=_BATCH, eps=eps)
    return grad_x, sum(g * standard, _BATCH), sum(g, _BATCH)


@wrong_rule(normalize_channels, _IMAGES, normal(2), normal(2))
def batch_norm_output_for_the_standardised(
    g: Array, out: Array, x: Array, weight: Array, _bias: Array, *, eps: float
) -> Cotangents:
    """Take the scaled and shifted output where the standardised images belong."""
    scaled = g * weight.reshape(1, -1, 1, 1)
    (grad_x,) = standardize_vjp(scaled, out, x, axis=_BATCH, eps=eps)
    return grad_x, sum(g * out, _BATCH), sum(g, _BATCH)


@wrong_function(_IMAGES)
def batch_norm_detached(x: Tensor) -> Tensor:
    """Compute the batch's statistics on detached images: right forwards, constant backwards."""
    fixed = x.detach()
    y: Tensor = (x - mean(fixed, _BATCH, keepdims=True)) / _deviation(fixed, _BATCH)
    return y


@wrong_rule(standardize, normal(2, 1, 2, 2), order=2, axis=(0, 2, 3))
def batch_norm_output_raw(
    g: Array, out: Array, x: Array, *, axis: tuple[int, ...], eps: float
) -> Cotangents:
    """Take the output for a constant in the rule: right at first order, wrong at second."""
    raw = out.array if isinstance(out, Tensor) else out
    scale = sqrt(var(x, axis, keepdims=True, correction=0) + eps)
    centred = g - mean(g, axis, keepdims=True) - raw * mean(g * out, axis, keepdims=True)
    return (centred / scale,)
