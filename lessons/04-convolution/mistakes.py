"""Wrong answers to the exercises of lesson 04, and what the check says of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.mistake import mistake

from .solutions import col2im, conv_matrix, im2col, overlaps


def count(length: int, kernel: int, stride: int, padding: int = 0) -> int:
    return (length + 2 * padding - kernel) // stride + 1


@mistake("conv_matrix", "the kernel is turned by 180 degrees")
def turned(kernel: Any, size: Any, stride: int, padding: int) -> Any:
    return conv_matrix(kernel[::-1, ::-1], size, stride, padding)


@mistake("conv_matrix", "it is transposed: a line belongs to a window")
def transposed(kernel: Any, size: Any, stride: int, padding: int) -> Any:
    return conv_matrix(kernel, size, stride, padding).T


@mistake("conv_matrix", "taps on the padding wrap around")
def wrapped(kernel: Any, size: Any, stride: int, padding: int) -> Any:
    (height, width), (tall, wide) = size, kernel.shape
    rows, columns = count(height, tall, stride, padding), count(width, wide, stride, padding)
    matrix = np.zeros((rows, columns, height, width))
    for i, j, a, b in np.ndindex(rows, columns, tall, wide):
        matrix[i, j, (stride * i + a - padding) % height, (stride * j + b - padding) % width] = (
            kernel[a, b]
        )
    return matrix.reshape(rows * columns, height * width)


@mistake("conv_matrix", "windows are counted down the columns")
def windows_by_columns(kernel: Any, size: Any, stride: int, padding: int) -> Any:
    matrix = conv_matrix(kernel, size, stride, padding)
    rows = count(size[0], kernel.shape[0], stride, padding)
    return matrix.reshape(rows, -1, matrix.shape[1]).swapaxes(0, 1).reshape(matrix.shape)


@mistake("conv_matrix", "the stride is not heeded")
def windows_side_by_side(kernel: Any, size: Any, stride: int, padding: int) -> Any:
    (height, width), (tall, wide) = size, kernel.shape
    rows, columns = count(height, tall, stride, padding), count(width, wide, stride, padding)
    whole = conv_matrix(kernel, size, 1, padding).reshape(
        count(height, tall, 1, padding), -1, height * width
    )
    return whole[:rows, :columns].reshape(rows * columns, height * width)


@mistake("im2col", "a window is a line; it has to be a column")
def windows_as_lines(image: Any, kernel_size: Any, stride: int) -> Any:
    return im2col(image, kernel_size, stride).T


@mistake("im2col", "the channel is the fastest index")
def channels_last(image: Any, kernel_size: Any, stride: int) -> Any:
    seen = im2col(image, kernel_size, stride)
    return seen.reshape(len(image), -1, seen.shape[1]).swapaxes(0, 1).reshape(seen.shape)


@mistake("im2col", "the columns of a window come before its rows")
def taps_by_columns(image: Any, kernel_size: Any, stride: int) -> Any:
    seen = im2col(image, kernel_size, stride)
    return seen.reshape(len(image), *kernel_size, -1).swapaxes(1, 2).reshape(seen.shape)


@mistake("im2col", "windows are counted down the columns")
def im2col_by_columns(image: Any, kernel_size: Any, stride: int) -> Any:
    seen = im2col(image, kernel_size, stride)
    rows = count(image.shape[1], kernel_size[0], stride)
    return seen.reshape(len(seen), rows, -1).swapaxes(1, 2).reshape(seen.shape)


def scattered(columns: Any, shape: Any, kernel_size: Any, stride: int) -> Any:
    """Iterate over the index of each entry on the image, and the entry, window by window."""
    (channels, height, width), (tall, wide) = shape, kernel_size
    rows, across = count(height, tall, stride), count(width, wide, stride)
    seen = columns.reshape(channels, tall, wide, rows, across)
    for i, j, c, a, b in np.ndindex(rows, across, channels, tall, wide):
        yield (c, stride * i + a, stride * j + b), seen[c, a, b, i, j]


@mistake("col2im", "one writes over what another left: add, with +=")
def written_over(columns: Any, shape: Any, kernel_size: Any, stride: int) -> Any:
    image = np.zeros(shape)
    for place, value in scattered(columns, shape, kernel_size, stride):
        image[place] = value
    return image


@mistake("col2im", "adds only once where an element occurs several times in index")
def added_once(columns: Any, shape: Any, kernel_size: Any, stride: int) -> Any:
    image = np.zeros(shape)
    # The place of each entry, tap by tap: a column per window, as the columns are.
    places = im2col(np.arange(image.size).reshape(shape), kernel_size, stride)
    image.reshape(-1)[places.ravel()] += columns.ravel()
    return image


@mistake("col2im", "the mean over the copies of an element")
def averaged(columns: Any, shape: Any, kernel_size: Any, stride: int) -> Any:
    times = col2im(np.ones_like(columns), shape, kernel_size, stride)
    return col2im(columns, shape, kernel_size, stride) / np.maximum(times, 1)


@mistake("col2im", "the elements of a window are taken in another order than in im2col")
def another_order(columns: Any, shape: Any, kernel_size: Any, stride: int) -> Any:
    seen = columns.reshape(shape[0], kernel_size[1], kernel_size[0], -1).swapaxes(1, 2)
    return col2im(seen.reshape(columns.shape), shape, kernel_size, stride)


def repeated(small: Any) -> Any:
    return small.repeat(2, axis=2).repeat(2, axis=3)


@mistake("max_pool_rule", "every one of the equal maxima gets the whole cotangent")
def by_mask(g: Any, out: Any, x: Any) -> Any:
    return (repeated(g) * (x == repeated(out)),)


@mistake("max_pool_rule", "equal maxima share the cotangent")
def shared(g: Any, out: Any, x: Any) -> Any:
    mask = (x == repeated(out)).astype(float)
    winners = sum(mask[:, :, a::2, b::2] for a in (0, 1) for b in (0, 1))
    return (repeated(g / winners) * mask,)


@mistake("max_pool_rule", "the last of the equal maxima gets the cotangent")
def last(g: Any, out: Any, x: Any) -> Any:
    grad, left = np.zeros_like(x), g.copy()
    for a, b in ((1, 1), (1, 0), (0, 1), (0, 0)):
        wins = x[:, :, a::2, b::2] == out
        grad[:, :, a::2, b::2] = np.where(wins, left, 0)
        left = np.where(wins, 0, left)
    return (grad,)


@mistake("max_pool_rule", "the rule of average pooling")
def average(g: Any, out: Any, x: Any) -> Any:
    return (repeated(g) / 4,)


@mistake("max_pool_rule", "only the largest of a window should")
def every_element(g: Any, out: Any, x: Any) -> Any:
    return (repeated(g),)


@mistake("max_pool_rule", "the rule returns no tuple")
def no_tuple(g: Any, out: Any, x: Any) -> Any:
    return by_mask(g, out, x)[0]


@mistake("overlaps", "each element is counted once at most")
def once(count: int, kernel: int, stride: int) -> Any:
    times = np.zeros((count - 1) * stride + kernel)
    for i in range(count):
        times[stride * i : stride * i + kernel] = 1
    return times


@mistake("overlaps", "the last kernel lies there as a whole")
def cut_off(count: int, kernel: int, stride: int) -> Any:
    return overlaps(count, kernel, stride)[: count * stride]


@mistake("overlaps", "at the ends there are fewer kernels")
def as_in_the_middle(count: int, kernel: int, stride: int) -> Any:
    element = np.arange((count - 1) * stride + kernel)
    return sum((element - a) % stride == 0 for a in range(kernel))


@mistake("overlaps", "it is so on average only")
def on_average(count: int, kernel: int, stride: int) -> Any:
    return np.full((count - 1) * stride + kernel, kernel // stride)
