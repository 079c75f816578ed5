"""Solutions to the exercises of lesson 04, convolution."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def _count(length: int, kernel: int, stride: int, padding: int = 0) -> int:
    return (length + 2 * padding - kernel) // stride + 1


def conv_matrix(kernel: Array, size: tuple[int, int], stride: int, padding: int) -> Array:
    """Put each weight where its tap lies, unless that is on the padding."""
    (height, width), (tall, wide) = size, kernel.shape
    rows, columns = _count(height, tall, stride, padding), _count(width, wide, stride, padding)
    matrix = np.zeros((rows, columns, height, width))
    for i, j, a, b in np.ndindex(rows, columns, tall, wide):
        h, w = stride * i + a - padding, stride * j + b - padding
        if 0 <= h < height and 0 <= w < width:
            matrix[i, j, h, w] = kernel[a, b]
    return matrix.reshape(rows * columns, height * width)


def im2col(image: Array, kernel_size: tuple[int, int], stride: int) -> Array:
    """Copy, for each tap, what it sees in all windows: a slice with steps."""
    (channels, height, width), (tall, wide) = image.shape, kernel_size
    rows, columns = _count(height, tall, stride), _count(width, wide, stride)
    seen = np.zeros((channels, tall, wide, rows, columns), image.dtype)
    for a, b in np.ndindex(tall, wide):
        seen[:, a, b] = image[:, _taps(a, stride, rows), _taps(b, stride, columns)]
    return seen.reshape(channels * tall * wide, rows * columns)


def col2im(
    columns: Array, shape: tuple[int, int, int], kernel_size: tuple[int, int], stride: int
) -> Array:
    """Do as `im2col`, with the assignment turned around, and added: windows overlap."""
    (channels, height, width), (tall, wide) = shape, kernel_size
    rows, across = _count(height, tall, stride), _count(width, wide, stride)
    seen = columns.reshape(channels, tall, wide, rows, across)
    image = np.zeros(shape, columns.dtype)
    for a, b in np.ndindex(tall, wide):
        image[:, _taps(a, stride, rows), _taps(b, stride, across)] += seen[:, a, b]
    return image


def _taps(first: int, stride: int, count: int) -> slice:
    """Return on which elements a tap lies, for all windows."""
    return slice(first, first + stride * (count - 1) + 1, stride)


def max_pool_rule(g: Array, out: Array, x: Array) -> tuple[Array]:
    """Go through the four taps in their order; a window that was served gets nothing more."""
    grad_x, left = np.zeros_like(x), g.copy()
    for a, b in np.ndindex(2, 2):
        wins = x[:, :, a::2, b::2] == out
        grad_x[:, :, a::2, b::2] = np.where(wins, left, 0)
        left = np.where(wins, 0, left)
    return (grad_x,)


def overlaps(count: int, kernel: int, stride: int) -> Array:
    """Paint with ones, and add."""
    times = np.zeros((count - 1) * stride + kernel)
    for i in range(count):
        times[stride * i : stride * i + kernel] += 1
    return times
