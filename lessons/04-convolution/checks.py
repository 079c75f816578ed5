"""Checks of the exercises of lesson 04, convolution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigen.course.expectations import expect, expect_array, expect_gradient
from minigen.engine.random import Generator

_OVERWRITTEN = (
    "where windows overlap, one writes over what another left: add, with +=; and image[index] += "
    "values adds only once where an element occurs several times in index"
)


def _count(length: int, kernel: int, stride: int, padding: int = 0) -> int:
    return (length + 2 * padding - kernel) // stride + 1


def check_conv_matrix(answer: Callable[..., Any]) -> None:
    """Check kernels and images whose axes differ in length, with stride and padding."""
    kernel = Generator(1).normal((2, 3), np.float64)
    for size, stride, padding in (((4, 5), 1, 0), ((4, 6), 2, 0), ((5, 4), 1, 1), ((5, 6), 2, 1)):
        right = _matrix(kernel, size, stride, padding)
        rows, columns = (_count(n, k, stride, padding) for n, k in zip(size, (2, 3), strict=True))
        by_columns = right.reshape(rows, columns, -1).swapaxes(0, 1).reshape(right.shape)
        expect_array(
            answer(kernel, size, stride, padding),
            right,
            f"the matrix for images {size}, stride {stride} and padding {padding}",
            mistakes={
                "the kernel is turned by 180 degrees: the formula has x at s i + a - p, not at "
                "s i - a": _matrix(kernel[::-1, ::-1], size, stride, padding),
                "it is transposed: a line belongs to a window, a column to an element": right.T,
                "taps on the padding wrap around to the other side of the image: they meet zeros, "
                "so leave them out": _matrix(kernel, size, stride, padding, wrap=True),
                "windows are counted down the columns; count them row by row, as i W' + j": (
                    by_columns
                ),
                "the stride is not heeded: window i begins at s i - p": _matrix(
                    kernel, size, stride, padding, step=1
                ),
            },
        )


def _matrix(
    kernel: Any,
    size: tuple[int, int],
    stride: int,
    padding: int,
    *,
    wrap: bool = False,
    step: int | None = None,
) -> Any:
    """Return the matrix of a convolution, or what a mistake makes of it."""
    (height, width), (tall, wide) = size, kernel.shape
    rows, columns = _count(height, tall, stride, padding), _count(width, wide, stride, padding)
    matrix = np.zeros((rows, columns, height, width))
    apart = stride if step is None else step
    for i, j, a, b in np.ndindex(rows, columns, tall, wide):
        h, w = apart * i + a - padding, apart * j + b - padding
        if wrap or (0 <= h < height and 0 <= w < width):
            matrix[i, j, h % height, w % width] = kernel[a, b]
    return matrix.reshape(rows * columns, height * width)


_IMAGE, _KERNEL = (2, 5, 7), (3, 2)


def _columns(image: Any, stride: int) -> Any:
    """Return what windows see, with axes (c, a, b, i, j)."""
    rows, across = (_count(n, k, stride) for n, k in zip(image.shape[1:], _KERNEL, strict=True))
    seen = np.zeros((len(image), *_KERNEL, rows, across))
    for c, a, b, i, j in np.ndindex(seen.shape):
        seen[c, a, b, i, j] = image[c, stride * i + a, stride * j + b]
    return seen


def check_im2col(answer: Callable[..., Any]) -> None:
    """Check windows that overlap, that leave a remainder, and that leave gaps."""
    image = Generator(1).normal(_IMAGE, np.float64)
    for stride in (1, 2, 3):
        seen = _columns(image, stride)
        lines, windows = int(np.prod(seen.shape[:3])), int(np.prod(seen.shape[3:]))
        right = seen.reshape(lines, windows)
        expect_array(
            answer(image.copy(), _KERNEL, stride),
            right,
            f"the columns for stride {stride}",
            mistakes={
                "a window is a line; it has to be a column": right.T,
                "the channel is the fastest index of a line; it is the slowest in (c, a, b)": (
                    seen.transpose(1, 2, 0, 3, 4).reshape(lines, windows)
                ),
                "the columns of a window come before its rows: the order is (c, a, b), b fastest": (
                    seen.swapaxes(1, 2).reshape(lines, windows)
                ),
                "windows are counted down the columns; j is the fastest index": (
                    seen.swapaxes(3, 4).reshape(lines, windows)
                ),
            },
        )


def check_col2im(answer: Callable[..., Any]) -> None:
    """Check windows that overlap, that leave a remainder, and that leave gaps."""
    for stride in (1, 2, 3):
        rows, across = (_count(n, k, stride) for n, k in zip(_IMAGE[1:], _KERNEL, strict=True))
        seen = Generator(1).normal((_IMAGE[0], *_KERNEL, rows, across), np.float64)
        added, last_window, last_tap, times = (np.zeros(_IMAGE) for _ in range(4))
        for i, j, c, a, b in np.ndindex(rows, across, _IMAGE[0], *_KERNEL):
            place = c, stride * i + a, stride * j + b
            added[place] += seen[c, a, b, i, j]
            last_window[place] = seen[c, a, b, i, j]
            times[place] += 1
        for a, b, i, j, c in np.ndindex(*_KERNEL, rows, across, _IMAGE[0]):
            last_tap[c, stride * i + a, stride * j + b] = seen[c, a, b, i, j]
        found = answer(seen.reshape(-1, rows * across).copy(), _IMAGE, _KERNEL, stride)
        for wrong in (last_window, last_tap):
            expect(
                not _same(found, wrong) or _same(added, wrong),
                f"the image for stride {stride}: {_OVERWRITTEN}",
            )
        expect_array(
            found,
            added,
            f"the image for stride {stride}",
            mistakes={
                "the mean over the copies of an element, where the chain rule has their sum": (
                    added / np.maximum(times, 1)
                ),
                "the elements of a window are taken in another order than in im2col: (c, a, b), b "
                "fastest": _scattered(seen.reshape(_IMAGE[0], _KERNEL[1], _KERNEL[0], rows, across)
                                      .swapaxes(1, 2), stride),
            },
        )  # fmt: skip


def _scattered(seen: Any, stride: int) -> Any:
    """Return the image onto which columns with axes (c, a, b, i, j) are added."""
    image = np.zeros(_IMAGE)
    for c, a, b, i, j in np.ndindex(seen.shape):
        image[c, stride * i + a, stride * j + b] += seen[c, a, b, i, j]
    return image


def _same(found: Any, other: Any) -> bool:
    return np.shape(found) == np.shape(other) and np.allclose(np.asarray(found, float), other)


def check_max_pool_rule(answer: Callable[..., Any]) -> None:
    """Check windows with one maximum, also where all is negative, and with several."""
    draw = Generator(1)
    distinct = draw.permutation(2 * 3 * 4 * 6).reshape(2, 3, 4, 6).astype(np.float64) - 100
    equal = np.floor(3 * draw.uniform((2, 3, 4, 6), np.float64))
    g = draw.normal((2, 3, 2, 3), np.float64)
    for x, of in ((distinct, "x"), (equal, "x, with equal maxima")):
        windows = x.reshape(2, 3, 2, 2, 3, 2).swapaxes(3, 4).reshape(2, 3, 2, 3, 4)
        out = windows.max(axis=-1)
        mask = windows == out[..., None]
        number = np.arange(4)
        first, last = mask.argmax(axis=-1), 3 - mask[..., ::-1].argmax(axis=-1)

        def back(shares: Any) -> Any:
            """Return shares of each window's cotangent as an image."""
            image = (shares * g[..., None]).reshape(2, 3, 2, 3, 2, 2).swapaxes(3, 4)
            return image.reshape(2, 3, 4, 6)

        found = answer(g.copy(), out.copy(), x.copy())
        expect(
            isinstance(found, tuple | list) and len(found) == 1,
            "the rule returns no tuple with one cotangent, that of x",
        )
        expect_gradient(
            found[0],
            back(number == first[..., None]),
            of,
            mistakes={
                "every one of the equal maxima gets the whole cotangent: the shares of a window "
                "have to sum to 1": back(mask),
                "equal maxima share the cotangent; asked is that the first gets it": (
                    back(mask / mask.sum(axis=-1, keepdims=True))
                ),
                "the last of the equal maxima gets the cotangent, not the first": (
                    back(number == last[..., None])
                ),
                "each element gets a quarter, which is the rule of average pooling": (
                    back(np.full(mask.shape, 0.25))
                ),
                "each element gets the whole cotangent: only the largest of a window should": (
                    back(np.ones(mask.shape))
                ),
            },
        )


def check_overlaps(answer: Callable[..., Any]) -> None:
    """Check kernels that the stride divides, that it does not, and that are smaller."""
    for count, kernel, stride in ((4, 5, 2), (5, 3, 2), (5, 4, 2), (6, 3, 1), (3, 2, 3)):
        length = (count - 1) * stride + kernel
        element, first = np.arange(length)[:, None], stride * np.arange(count)
        right = np.sum((element >= first) & (element < first + kernel), axis=1)
        classes = np.array([np.sum(np.arange(kernel) % stride == r) for r in range(stride)])
        found = answer(count, kernel, stride)
        expect(
            not (_same(found, np.minimum(right, 1)) and right.max() > 1),
            "each element is counted once at most: where kernels overlap, add",
        )
        expect_array(
            found,
            right,
            f"the counts for {count} elements, kernel {kernel} and stride {stride}",
            mistakes={
                "right in the middle, but at the ends there are fewer kernels": (
                    classes[np.arange(length) % stride]
                ),
                "the length is (count - 1) * stride + kernel: the last kernel lies there as a "
                "whole": right[: count * stride],
                "kernel / stride, rounded, for all: it is so on average only": (
                    np.full(length, kernel // stride)
                ),
            },
        )
