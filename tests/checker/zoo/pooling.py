"""Wrong rules of pooling and upsampling: cotangents doubled, lost, or sent to the wrong pixel."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.checker.report import FailureKind
from minigen.engine.backend import Array
from minigen.engine.op import Cotangents
from minigen.ops import pooling
from minigen.ops.interpolation import upsample
from minigen.ops.pooling import window_spread, window_sum
from minigen.ops.reduction import mean
from tests.checker.zoo.specimen import distinct, normal, wrong_rule

_SIZE = (4, 4)


@wrong_rule(
    pooling.max_pool2d,
    distinct(1, 2, *_SIZE),
    diagnosis="not zero where it should be",
    kernel_size=2,
)
def max_pool2d_feeds_all(g: Array, _out: Array, _x: Array, **_options: Any) -> Cotangents:
    """Give every pixel of a window the cotangent, where the largest alone gets it."""
    return (window_spread(g, _SIZE, 2, 2),)


@wrong_rule(pooling.max_pool2d, distinct(1, 2, *_SIZE), kernel_size=2)
def max_pool2d_as_average(g: Array, _out: Array, _x: Array, **_options: Any) -> Cotangents:
    """Share the cotangent among the pixels of a window."""
    return (window_spread(g, _SIZE, 2, 2) / 4,)


@wrong_rule(pooling.max_pool2d, distinct(1, 2, *_SIZE), kernel_size=2)
def max_pool2d_to_first_pixel(g: Array, _out: Array, _x: Array, **_options: Any) -> Cotangents:
    """Put the cotangent in the upper left corner of its window."""
    choice = np.zeros(g.shape, int)
    return (pooling.window_put(g, choice, _SIZE, 2, 2),)


@wrong_rule(pooling.max_pool2d, distinct(1, 1, *_SIZE), kernel_size=3, stride=1)
def max_pool2d_overwrites(g: Array, out: Array, x: Array, **_options: Any) -> Cotangents:
    """Write with = where += is meant: a pixel that is the largest of two windows loses one."""
    gradient = np.zeros(x.shape)
    for i, j in np.ndindex(*g.shape[2:]):
        window = x[0, 0, i : i + 3, j : j + 3]
        a, b = np.argwhere(window == out[0, 0, i, j])[0]
        gradient[0, 0, i + a, j + b] = g[0, 0, i, j]
    return (gradient,)


def average_pool(x: Array) -> Array:
    """Return the means of blocks of two by two pixels."""
    return window_sum(x, 2, 2) / 4


@wrong_rule(average_pool, normal(1, 2, *_SIZE), diagnosis="4 times too large everywhere")
def avg_pool2d_not_divided(g: Array, _out: Array, _x: Array) -> Cotangents:
    """Forget to divide by the number of pixels in a window."""
    return (window_spread(g, _SIZE, 2, 2),)


@wrong_rule(pooling.window_sum, normal(1, 2, *_SIZE), kernel_size=3, stride=1)
def window_sum_stride_of_kernel(g: Array, _out: Array, x: Array, **_options: Any) -> Cotangents:
    """Spread the cotangents as if windows did not overlap, and cut off what is too much."""
    apart = np.repeat(np.repeat(g, 3, 2), 3, 3)
    return (apart[:, :, : x.shape[2], : x.shape[3]] * 1.0,)


@wrong_rule(pooling.window_sum, normal(1, 1, 3, 3), kernel_size=3, stride=1, padding=1)
def window_sum_edges_counted_whole(g: Array, _out: Array, x: Array, **_options: Any) -> Cotangents:
    """Give every pixel as many cotangents as those in the middle get."""
    return (mean(g, (2, 3), keepdims=True) * np.full(x.shape, 9.0),)


def global_average_pool(x: Array) -> Array:
    """Return the mean of each channel of each image."""
    return x.mean((2, 3), keepdims=True)


@wrong_rule(global_average_pool, normal(2, 1, 2, 3), diagnosis="6 times too large everywhere")
def global_average_not_divided(g: Array, _out: Array, x: Array) -> Cotangents:
    """Give each pixel the whole cotangent of the mean."""
    return (g * np.ones(x.shape),)


def enlarge(x: Array) -> Array:
    """Make of every pixel a block of two by two."""
    return upsample(x, 2)


@wrong_rule(enlarge, normal(1, 2, 2, 3))
def upsample_takes_first_copy(g: Array, _out: Array, _x: Array) -> Cotangents:
    """Take the cotangent of the first copy of a pixel, where those of all copies add up."""
    return (g[:, :, ::2, ::2] * 1.0,)


@wrong_rule(enlarge, normal(1, 2, 2, 3), diagnosis="1/4 of what it should be everywhere")
def upsample_averages_copies(g: Array, _out: Array, _x: Array) -> Cotangents:
    """Average over the copies, as the inverse would."""
    return (window_sum(g, 2, 2) / 4,)


@wrong_rule(enlarge, normal(1, 2, 2, 3), expected=FailureKind.WRONG_SHAPE, diagnosis="(1, 2, 4, 6)")
def upsample_stays_large(g: Array, _out: Array, _x: Array) -> Cotangents:
    """Return the cotangent of the enlarged image."""
    return (g * 1.0,)
