r"""Standardisation over axes, and the batch, layer, instance and group norms built on it.

In all of them `eps` is added to the variance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigen.engine.backend import Array, array_of, floating, namespace
from minigen.engine.card import in_place_on_card
from minigen.engine.op import Cotangents, op
from minigen.engine.shards import current_shard
from minigen.engine.summation import blocked_mean
from minigen.ops.arithmetic import mul, sqrt
from minigen.ops.reduction import mean, reduced_axes, sum, var
from minigen.ops.shaping import as_shape, reshape
from minigen.ops.shards import normalize_channels_of_shards

__all__ = [
    "batch_norm", "group_norm", "instance_norm", "layer_norm", "normalize_channels", "rms_norm",
    "standardize",
]  # fmt: skip


@op
def standardize(x: Array, axis: int | Sequence[int], eps: float = 1e-5) -> Array:
    r"""Shift to mean 0 and scale to variance 1 over axes.

    .. math:: y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}},

    with the mean and the variance (without correction) over `axis`.

    Derivation: standardize
    """
    x = floating(x)
    axes = reduced_axes(axis, x.ndim)
    deviation = x - blocked_mean(x, axes, keepdims=True)
    variance = blocked_mean(deviation * deviation, axes, keepdims=True)
    deviation /= namespace(x).sqrt(variance + eps)
    return deviation


@standardize.vjp
def standardize_vjp(
    g: Array, out: Array, x: Array, *, axis: int | Sequence[int], eps: float
) -> Cotangents:
    r""":math:`\bar x = (g - \mathrm{mean}(g) - y\,\mathrm{mean}(g y)) / \sqrt{\sigma^2+\epsilon}`.

    The means are over `axis`: they carry the gradient through the mean and through the variance.

    Derivation: standardize.jacobian, standardize.grad_x, standardize.constant_sum
    """
    scale = sqrt(var(x, axis, keepdims=True, correction=0) + eps)
    centred = g - mean(g, axis, keepdims=True) - out * mean(g * out, axis, keepdims=True)
    return (centred / scale,)


@op
def normalize_channels(
    x: Array, weight: Array | None, bias: Array | None, eps: float = 1e-5
) -> Array:
    r"""Standardise each channel over the batch and all positions, then scale and shift it.

    .. math:: y = \gamma \hat x + \beta, \qquad \hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}

    The channels are axis 1 of x, shape (N, C, ...); weight and bias have shape (C,) or are None.
    This is the batch norm of training; `minigen.kernels.normalization` has a faster version.

    Derivation: batch_norm
    """
    return _channelwise_affine(standardize(x, _all_but_channels(x), eps), weight, bias)


@normalize_channels.vjp
def normalize_channels_vjp(
    g: Array, _out: Array, x: Array, weight: Array | None, bias: Array | None, *, eps: float
) -> Cotangents:
    r""":math:`\bar\gamma = \sum g \hat x,\ \bar\beta = \sum g`, and of them :math:`\bar x`.

    .. math:: \bar x = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}}
              \Big(g - \frac{\bar\beta + \hat x\,\bar\gamma}{n}\Big)

    with sums over the n elements of a channel.

    Derivation: batch_norm.gradients
    """
    axes, channelwise = _all_but_channels(x), _channelwise(x)
    standard = standardize(x, axes, eps)
    grad_weight, grad_bias = sum(g * standard, axes), sum(g, axes)

    def grad_x() -> Array:
        scale = 1 / sqrt(var(x, axes, keepdims=True, correction=0) + eps)
        if weight is not None:
            scale = scale * reshape(weight, channelwise)
        shift, slope = reshape(grad_bias, channelwise), reshape(grad_weight, channelwise)
        return scale * (g - (shift + standard * slope) / (x.size // x.shape[1]))

    return grad_x, None if weight is None else grad_weight, None if bias is None else grad_bias


def layer_norm(
    x: Array,
    normalized_shape: int | Sequence[int],
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
) -> Array:
    r"""Standardise each example over its last axes, then scale and shift.

    Parameters
    ----------
    x : Tensor or array, shape ``(..., *normalized_shape)``
        The inputs.
    normalized_shape : int or sequence of int
        The lengths of the last axes, over which the mean and the variance are taken.
    weight, bias : Tensor or array, shape normalized_shape, optional
        Scale and shift, element by element.

    Raises
    ------
    ValueError
        If the last axes have other lengths.

    References
    ----------
    Ba, Kiros, Hinton (2016), arXiv:1607.06450.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> y = F.layer_norm(minigen.tensor([[1.0, 2.0, 3.0]]), 3)
    >>> round(y.sum().item(), 5)
    0.0

    Derivation: layer_norm, layer_norm.gradients
    """
    lengths = as_shape(normalized_shape)
    if tuple(x.shape[x.ndim - len(lengths) :]) != lengths:
        raise ValueError(f"layer_norm: the last axes must be {lengths}, got shape {tuple(x.shape)}")
    y = standardize(x, tuple(range(-len(lengths), 0)), eps)
    return _affine(y, weight, bias)


def rms_norm(
    x: Array,
    normalized_shape: int | Sequence[int],
    weight: Array | None = None,
    eps: float | None = None,
) -> Any:
    r"""Scale each example to root mean square 1 over its last axes, then by weights.

    .. math:: y = \frac{x}{\sqrt{\frac1n \sum_i x_i^2 + \epsilon}}\,\gamma

    Zhang, Sennrich (2019), arXiv:1910.07467, equation 4.

    Parameters
    ----------
    x : Tensor or array, shape ``(..., *normalized_shape)``
        The inputs.
    normalized_shape : int or sequence of int
        The lengths of the last axes, over which the mean of squares is taken.
    weight : Tensor or array, shape normalized_shape, optional
        The :math:`\gamma`.
    eps : float, optional
        Added to the mean of squares: unless given, the distance from 1 to the next number of the
        dtype.

    Raises
    ------
    ValueError
        If the last axes have other lengths.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> [round(y, 4) for y in F.rms_norm(minigen.tensor([3.0, -4.0]), 2).tolist()]
    [0.8485, -1.1314]
    """
    lengths = as_shape(normalized_shape)
    if tuple(x.shape[x.ndim - len(lengths) :]) != lengths:
        raise ValueError(f"rms_norm: the last axes must be {lengths}, got shape {tuple(x.shape)}")
    least = float(np.finfo(floating(array_of(x)).dtype).eps) if eps is None else eps
    squares = mean(mul(x, x), tuple(range(-len(lengths), 0)), keepdims=True)
    return _affine(x / sqrt(squares + least), weight, None)


def batch_norm(
    x: Array,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Array | None = None,
    bias: Array | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    r"""Standardise each channel over the batch, then scale and shift.

    In training the mean and variance are the batch's own, gradients flow through both, and the
    running statistics move towards them: :math:`r \leftarrow (1 - m)\,r + m\,s`, the variance with
    Bessel's correction, as in PyTorch. Otherwise the running statistics are used, as constants.

    Parameters
    ----------
    x : Tensor or array, shape (N, C, ...)
        The inputs.
    running_mean, running_var : Tensor, shape (C,), optional
        Running statistics, updated in place when training.
    weight, bias : Tensor or array, shape (C,), optional
        Scale and shift of each channel.
    training : bool
        Whether to use the batch's statistics.
    momentum : float
        The share m of the new batch.

    Raises
    ------
    ValueError
        If x has fewer than 2 axes, if a channel has one value only in training, or if running
        statistics are missing in evaluation. An empty batch comes back empty.

    References
    ----------
    Ioffe, Szegedy (2015), arXiv:1502.03167.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.batch_norm(minigen.tensor([[1.0], [3.0]]), training=True).tolist()
    [[-0.9999949932098389], [0.9999949932098389]]

    Derivation: batch_norm, batch_norm.gradients, batch_norm.evaluation
    """
    if x.ndim < 2:
        raise ValueError(f"batch_norm: shape (N, C, ...) is expected, got {tuple(x.shape)}")
    if training:
        if not x.size:  # there are no statistics; the running ones stay
            return _channelwise_affine(x, weight, bias)
        shard = current_shard()
        if shard is not None:  # a worker has a part of the batch, and statistics are of the whole
            y, centre, spread, n = normalize_channels_of_shards(x, weight, bias, eps, shard)
            _expect_several(n, x)
            if running_mean is not None and running_var is not None:
                _move(running_mean, centre, momentum)
                _move(running_var, spread * (n / (n - 1)), momentum)
            return y
        _expect_several(x.size // x.shape[1], x)
        if running_mean is not None and running_var is not None:
            move_statistics(array_of(x), running_mean, running_var, momentum)
        return normalize_channels(x, weight, bias, eps)
    if running_mean is None or running_var is None:
        raise ValueError("batch_norm: evaluation needs running_mean and running_var")
    channelwise = _channelwise(x)
    shift = reshape(running_mean, channelwise)
    y = (x - shift) / sqrt(reshape(running_var, channelwise) + eps)
    return _channelwise_affine(y, weight, bias)


def instance_norm(
    x: Array, *, weight: Array | None = None, bias: Array | None = None, eps: float = 1e-5
) -> Array:
    r"""Standardise each channel of each example, then scale and shift.

    There are no running statistics: each example is standardised by itself, in evaluation too.

    Parameters
    ----------
    x : Tensor or array, shape (N, C, ...)
        The inputs, such as images (N, C, H, W).
    weight, bias : Tensor or array, shape (C,), optional
        Scale and shift of each channel.

    Raises
    ------
    ValueError
        If x has fewer than 3 axes, or one value a channel.

    References
    ----------
    Ulyanov, Vedaldi, Lempitsky (2016), arXiv:1607.08022.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.instance_norm(minigen.tensor([[[1.0, 3.0]], [[5.0, 5.0]]])).tolist()
    [[[-0.9999949932098389, 0.9999949932098389]], [[0.0, 0.0]]]

    Derivation: instance_norm
    """
    if x.ndim < 3:
        raise ValueError(f"instance_norm: shape (N, C, ...) is expected, got {tuple(x.shape)}")
    if math.prod(x.shape[2:]) < 2:
        raise ValueError(
            "instance_norm: more than one value a channel is needed in every example, "
            f"got shape {tuple(x.shape)}"
        )
    y = standardize(x, tuple(range(2, x.ndim)), eps)
    return _channelwise_affine(y, weight, bias)


def group_norm(
    x: Array,
    num_groups: int,
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
) -> Array:
    r"""Standardise groups of channels of each example, then scale and shift each channel.

    One group is layer norm but for the scales, as many groups as channels are instance norm. As in
    these, examples do not meet, so that small batches and critics with a gradient penalty can have
    it.

    Parameters
    ----------
    x : Tensor or array, shape (N, C, ...)
        The inputs, such as images (N, C, H, W).
    num_groups : int
        How many groups of neighbouring channels there are; it divides C.
    weight, bias : Tensor or array, shape (C,), optional
        Scale and shift of each channel.

    Raises
    ------
    ValueError
        If x has fewer than 2 axes, if C can't be divided so, or if a group has one value only.

    References
    ----------
    Wu, He (2018), arXiv:1803.08494.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.group_norm(minigen.tensor([[1.0, 3.0, 5.0, 5.0]]), 2).tolist()
    [[-0.9999949932098389, 0.9999949932098389, 0.0, 0.0]]

    Derivation: group_norm
    """
    if x.ndim < 2:
        raise ValueError(f"group_norm: shape (N, C, ...) is expected, got {tuple(x.shape)}")
    channels = x.shape[1]
    if num_groups < 1 or channels % num_groups:
        raise ValueError(
            f"group_norm: a number of groups that divides the {channels} channels of shape "
            f"{tuple(x.shape)} is expected, got {num_groups}"
        )
    size = channels // num_groups * math.prod(x.shape[2:])
    if size == 1:
        raise ValueError(
            "group_norm: more than one value a group is needed in every example, got shape "
            f"{tuple(x.shape)} and {num_groups} groups"
        )
    groups = reshape(x, (x.shape[0], num_groups, size))
    return _channelwise_affine(reshape(standardize(groups, 2, eps), x.shape), weight, bias)


@in_place_on_card
def move_statistics(batch: Any, running_mean: Any, running_var: Any, momentum: float) -> None:
    """Move the running statistics towards the batch's, in place and outside the graph.

    Derivation: batch_norm.running_statistics, batch_norm.unbiased_variance
    """
    axes = _all_but_channels(batch)
    for running, statistic in (
        (running_mean, mean(batch, axes)),
        (running_var, var(batch, axes, correction=1)),
    ):
        _move(running, statistic, momentum)


def _move(running: Any, statistic: Array, momentum: float) -> None:
    """Move a running statistic towards a batch's, in place."""
    running[...] = running * (1 - momentum) + statistic * momentum


def _expect_several(values: int, x: Array) -> None:
    """Refuse a batch with one value a channel, which has no variance."""
    if values == 1:
        raise ValueError(
            "batch_norm: training needs more than one value a channel, "
            f"got shape {tuple(x.shape)}; use larger batches (drop_last) or eval()"
        )


def _all_but_channels(x: Array) -> tuple[int, ...]:
    """Return the axes of x, shape (N, C, ...), over which a channel has its statistics."""
    return (0, *range(2, x.ndim))


def _channelwise(x: Array) -> tuple[int, ...]:
    """Return the shape in which a number a channel broadcasts with x, shape (N, C, ...)."""
    return (1, x.shape[1], *(1,) * (x.ndim - 2))


def _channelwise_affine(y: Array, weight: Array | None, bias: Array | None) -> Array:
    """Scale and shift each channel."""
    shape = _channelwise(y)
    return _affine(
        y,
        None if weight is None else reshape(weight, shape),
        None if bias is None else reshape(bias, shape),
    )


def _affine(y: Array, weight: Array | None, bias: Array | None) -> Array:
    if weight is not None:
        y = y * weight
    return y if bias is None else y + bias
