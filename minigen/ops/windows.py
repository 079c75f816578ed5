r"""Windows that slide over images, which convolutions and pooling share, and the memory order.

A window is as large as the kernel, k; neighbours are a stride s apart, and the first begins p, the
padding, before the image. Element a of window i, its *tap* a, thus lies on element
:math:`s i + a - p` of the image; height and width follow the same formula, each with its numbers.

Images are seen as (N, C, H, W), as everywhere, and held with the batch innermost: a contiguous
array (C, H, W, N), of which the tensor is a transposed view. Whatever is copied for windows is then
a run of N neighbours, and a product writes the next layer's images as they are wanted. Functions of
single elements keep a view's order, so a network hands it on; images that come in another order
are copied once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from minigen.engine.backend import Array, array_of, namespace

Pair = int | Sequence[int]
"""One number for height and width, or the two."""

COLUMN_BYTES = 2**21
"""How large the columns of a block are on a CPU: they stay in its cache until multiplied."""

COLUMN_BYTES_GPU = 2**28
"""The same on a GPU, which wants few, large products."""


TRANSPOSED_LINES = 16
"""How many lines of a matrix are transposed at a time: as many floats as a line of the cache has.
"""


def pair(role: str, value: Pair, least: int) -> tuple[int, int]:
    """Return the numbers for height and width.

    Raises
    ------
    ValueError
        If they are not one or two integers, or one is less than `least`.
    """
    numbers = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(numbers) != 2 or not all(_is_integer(n) and n >= least for n in numbers):
        raise ValueError(f"{role} must be an integer of at least {least}, or two, got {value!r}")
    return int(numbers[0]), int(numbers[1])


def _is_integer(number: object) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


class Windows(NamedTuple):
    """Where windows lie: size of the kernel, stride and padding, each for height and width."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]

    @classmethod
    def of(cls, kernel_size: Pair, stride: Pair, padding: Pair) -> Windows:
        """Read what a user gave: integers or pairs."""
        return cls(
            pair("kernel_size", kernel_size, 1),
            pair("stride", stride, 1),
            pair("padding", padding, 0),
        )

    def fitting(self, size: Sequence[int]) -> tuple[int, int]:
        r"""Return how many windows fit: :math:`\lfloor (H + 2p - k) / s \rfloor + 1`.

        Raises
        ------
        ValueError
            If none does.

        Derivation: conv2d.output_size
        """
        for name, n, k, s, p in zip(("height", "width"), size, *self, strict=True):
            if n < 1 or n + 2 * p < k:
                raise ValueError(
                    f"the output's {name} would be floor(({name} + 2 padding - kernel) / stride) "
                    f"+ 1 = floor(({n} + 2*{p} - {k}) / {s}) + 1 = {(n + 2 * p - k) // s + 1}: "
                    + (
                        f"the {name} is 0"
                        if n < 1
                        else "the kernel is larger than the padded input"
                    )
                )
        rows, columns = ((n + 2 * p - k) // s + 1 for n, k, s, p in zip(size, *self, strict=True))
        return rows, columns

    def left_over(self, size: Sequence[int]) -> tuple[int, int]:
        """Return how much of the padded image lies beyond the last window, less than a stride."""
        below, beside = ((n + 2 * p - k) % s for n, k, s, p in zip(size, *self, strict=True))
        return below, beside

    def extent(self, count: Sequence[int], left_over: Sequence[int]) -> tuple[int, int]:
        r"""Return the size of the image with that many windows: :math:`(n - 1) s - 2p + k + r`.

        Raises
        ------
        ValueError
            If what is left over is no less than a stride, or the size not positive.

        Derivation: conv_transpose2d.output_size
        """
        names = ("height", "width")
        for name, n, r, k, s, p in zip(names, count, left_over, *self, strict=True):
            length = (n - 1) * s - 2 * p + k + r
            if r >= s:
                raise ValueError(
                    f"output_padding must be smaller than stride, got {r} and {s} for the {name}: "
                    f"windows {s} apart leave between 0 and {s - 1} over"
                )
            if n < 1 or length < 1:
                raise ValueError(
                    f"the output's {name} would be ({name} - 1) stride - 2 padding + kernel + "
                    f"output_padding = ({n} - 1)*{s} - 2*{p} + {k} + {r} = {length}"
                )
        height, width = (
            (n - 1) * s - 2 * p + k + r
            for n, r, k, s, p in zip(count, left_over, *self, strict=True)
        )
        return height, width

    def taps(self) -> Iterator[tuple[int, int]]:
        """Iterate over the positions (a, b) in a window, row by row."""
        height, width = self.kernel
        return itertools.product(range(height), range(width))

    def meeting(
        self, tap: tuple[int, int], size: Sequence[int], count: Sequence[int], first: int = 0
    ) -> tuple[tuple[slice, slice, slice], tuple[slice, slice, slice]]:
        """Return where a tap of the windows falls on the image, and which windows these are.

        Both index arrays held as (C, H, W, N); the windows are those from row `first` on.

        Derivation: windows.meeting
        """
        placed = [
            _meeting(a, s, p, n, start, start + m)
            for a, s, p, n, m, start in zip(
                tap, self.stride, self.padding, size, count, (first, 0), strict=True
            )
        ]
        (rows, window_rows), (columns, window_columns) = placed
        every = slice(None)
        return (every, rows, columns), (every, window_rows, window_columns)


def _meeting(
    tap: int, stride: int, padding: int, size: int, first: int, last: int
) -> tuple[slice, slice]:
    """Do so for one axis: windows `first` to `last` (excluded), on `size` elements."""
    offset = tap - padding
    start = max(first, -(offset // stride))  # the first window with stride * i + offset >= 0
    stop = min(last, (size - 1 - offset) // stride + 1)
    if stop <= start:
        return slice(0, 0), slice(0, 0)
    on_image = slice(start * stride + offset, (stop - 1) * stride + offset + 1, stride)
    return on_image, slice(start - first, stop - first)


def batch_last(images: Array) -> Array:
    """Return (N, C, H, W) as a contiguous array (C, H, W, N): a copy, unless it is held so."""
    return namespace(images).ascontiguousarray(images.transpose(1, 2, 3, 0))


def batch_first(memory: Array) -> Array:
    """Show an array (C, H, W, N) as (N, C, H, W)."""
    return memory.transpose(3, 0, 1, 2)


def write_transposed(matrix: Array, into: Array) -> None:
    """Write a matrix into another with rows and columns exchanged.

    On a CPU a few lines at a time: a whole column touches as many lines of the cache as it has
    elements, and where these lie a power of two apart, they push each other out.
    """
    step = TRANSPOSED_LINES if namespace(matrix) is np else max(1, len(matrix))
    for start in range(0, len(matrix), step):
        lines = slice(start, start + step)
        into[:, lines] = matrix[lines].T


def is_batch_last(features: Array) -> bool:
    """Tell whether (N, F), an array or a tensor's, is held as (F, N), as flattened images are."""
    array = array_of(features)
    return array.ndim == 2 and array.flags.f_contiguous and not array.flags.c_contiguous


def padded(images: Array, padding: tuple[int, int]) -> Array:
    """Return images with zeros around, in the memory order (C, H, W, N), by one copy."""
    if not any(padding):
        return batch_last(images)
    (count, channels, height, width), (top, left) = images.shape, padding
    shape = (channels, height + 2 * top, width + 2 * left, count)
    memory = namespace(images).zeros(shape, images.dtype)
    memory[:, top : top + height, left : left + width] = images.transpose(1, 2, 3, 0)
    return memory


def row_blocks(rows: int, bytes_a_row: int, xp: object) -> Iterator[slice]:
    """Divide rows into blocks that hold about `COLUMN_BYTES`."""
    limit = COLUMN_BYTES if xp is np else COLUMN_BYTES_GPU
    step = max(1, limit // max(1, bytes_a_row))
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))


def columns(images: Array, windows: Windows) -> Iterator[tuple[slice, Array]]:
    r"""Iterate over rows of windows and the matrix of what they see (im2col), block by block.

    A matrix has a line for each channel and tap, and a column for each window of each image, in the
    order of memory: shape :math:`(C\,k_H k_W,\ \mathrm{rows} \cdot \mathrm{windows\ a\ row} \cdot
    N)`. The next one is written over it.

    Derivation: conv2d.im2col
    """
    xp = namespace(images)
    memory = padded(images, windows.padding)
    channels, _, _, batch = memory.shape
    rows, across = windows.fitting(images.shape[2:])
    c, h, w, n = memory.strides
    (down, right), kernel = windows.stride, windows.kernel
    seen = xp.lib.stride_tricks.as_strided(
        memory, (channels, *kernel, rows, across, batch), (c, h, w, h * down, w * right, n)
    )
    lines = channels * kernel[0] * kernel[1]
    size = lines * across * batch
    buffer = None
    for block in row_blocks(rows, size * images.itemsize, xp):
        count = block.stop - block.start
        if buffer is None:
            buffer = xp.empty(count * size, images.dtype)
        matrix = buffer[: count * size].reshape(lines, count * across * batch)
        matrix.reshape(channels, *kernel, count, across, batch)[...] = seen[:, :, :, block]
        yield block, matrix
