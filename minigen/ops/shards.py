r"""What crosses the shards of a batch: sums, means, and the statistics of batch norm.

Worker r holds the rows :math:`x_r`. A sum over the batch is the sum of the workers' sums, which
`shard_sum` takes; its gradient is a sum over the workers again, see docs/distributed.md. Where no
shard is open the batch is whole, and these are the plain sum and mean.
"""

from __future__ import annotations

from typing import Any

from minigen.engine.backend import Array, array_of, namespace
from minigen.engine.op import Cotangents, Op
from minigen.engine.shards import Shard, current_shard
from minigen.ops.arithmetic import sqrt
from minigen.ops.reduction import mean, sum
from minigen.ops.shaping import reshape

__all__ = ["batch_mean", "normalize_channels_of_shards", "shard_sum", "whole_batch"]


def _sum_over_workers(x: Array) -> Array:
    r"""Add up the arrays of all workers: :math:`y = \sum_r x_r`, the same for each of them."""
    shard = current_shard()
    if shard is None or shard.exchange is None:
        return namespace(x).array(x)
    return shard.exchange.sum(x)


# It stands in no registry: what it returns depends on other workers, whom a checker of one
# process does not have.
shard_sum: Op[Any] = Op(_sum_over_workers)
shard_sum.name = "shard_sum"


@shard_sum.vjp
def shard_sum_vjp(g: Array, _out: Array, _x: Array) -> Cotangents:
    r""":math:`\bar x_s = \sum_r \bar y_r`, as every worker's y depends on every worker's x."""
    return (shard_sum(g),)


def batch_mean(x: Array) -> Array:
    """Return the mean over axis 0, the examples of the whole batch, wherever they are.

    Examples
    --------
    >>> import minigen
    >>> batch_mean(minigen.tensor([[1.0, 2.0], [3.0, 6.0]]))
    tensor([2., 4.])
    """
    shard = current_shard()
    if shard is None:
        return mean(x, 0)
    return shard_sum(sum(x, 0)) / shard.share_of(x.shape[0])[0]


def whole_batch(x: Array) -> Array:
    """Return the rows of the whole batch, as constants: those of all workers, in their order.

    Examples
    --------
    >>> import numpy as np
    >>> whole_batch(np.arange(3))
    array([0, 1, 2])
    """
    shard = current_shard()
    if shard is None or shard.exchange is None:
        return x
    return shard.exchange.concatenate(array_of(x))


def normalize_channels_of_shards(
    x: Array, weight: Array | None, bias: Array | None, eps: float, shard: Shard
) -> tuple[Array, Array, Array, int]:
    r"""Standardise each channel over the batch of all shards, then scale and shift it.

    .. math:: \mu = \frac1n \sum_r \sum_{i \in r} x_i, \qquad
              \sigma^2 = \frac1n \sum_r \sum_{i \in r} (x_i - \mu)^2

    The sums over the workers are ops, and so the gradient is that of the whole batch.

    Parameters
    ----------
    x : Tensor or array, shape (N, C, ...)
        This shard's rows.
    weight, bias : Tensor or array, shape (C,), or None
        Scale and shift.
    eps : float
        Added to the variance.
    shard : Shard
        The one that is open.

    Returns
    -------
    tuple
        The outputs; the mean and the variance, without correction, each (C,) and without a
        gradient; and how many values n a channel has in the whole batch.
    """
    axes = (0, *range(2, x.ndim))
    shape = (1, x.shape[1], *(1,) * (x.ndim - 2))
    n = shard.share_of(x.shape[0])[0] * (x.size // (x.shape[0] * x.shape[1]))
    centre = shard_sum(sum(x, axes)) / n
    deviation = x - reshape(centre, shape)
    variance = shard_sum(sum(deviation * deviation, axes)) / n
    scale = 1 / sqrt(variance + eps)
    if weight is not None:
        scale = scale * weight
    y = deviation * reshape(scale, shape)
    if bias is not None:
        y = y + reshape(bias, shape)
    return y, array_of(centre), array_of(variance), n
