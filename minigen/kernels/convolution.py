r"""Convolution in pieces that stay in the cache, of images held with the batch innermost.

**Memory order.** Images are seen as (N, C, H, W), as everywhere, and held as a contiguous array
(C, H, W, N), of which the tensor is a transposed view. Whatever is copied for windows is then a run
of N neighbours, and a product writes the next layer's images as they are wanted. Functions of
single elements keep a view's order, so a network hands it on; images that come in another order are
copied once.

**Blocks.** The columns that the ops multiply (im2col) are made for some rows of windows at a time,
in one buffer.

What is no images of one type of floats, and channels in groups, are left to the op. Tried first are
`minigen.kernels.winograd`, which multiplies less, and `minigen.kernels.bands`, which copies less.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minigen.engine.backend import Array, add_to, is_array, namespace
from minigen.engine.parallel import halves, side_by_side
from minigen.ops.convolution import conv2d, conv2d_weight, conv_transpose2d
from minigen.ops.windows import Padding, Pair, Windows, pair

COLUMN_BYTES = 2**21
"""How large the columns of a block are on a CPU: they stay in its cache until multiplied."""

COLUMN_BYTES_GPU = 2**28
"""The same on a GPU, which wants few, large products."""

TRANSPOSED_LINES = 16
"""How many lines of a matrix are transposed at a time: as many floats as a line of the cache has.
"""


# ---------------------------------------------------------------------------------- memory order


def batch_last(images: Array) -> Array:
    """Return (N, C, H, W) as a contiguous array (C, H, W, N): a copy, unless it is held so."""
    return namespace(images).ascontiguousarray(images.transpose(1, 2, 3, 0))


def batch_first(memory: Array) -> Array:
    """Show an array (C, H, W, N) as (N, C, H, W)."""
    return memory.transpose(3, 0, 1, 2)


def padded(images: Array, windows: Windows) -> Array:
    """Return images with zeros around, in the memory order (C, H, W, N), by one copy."""
    (top, left), (below, beside) = windows.padding, windows.surplus
    if not any((top, left, below, beside)):
        return batch_last(images)
    count, channels, height, width = images.shape
    shape = (channels, height + 2 * top + below, width + 2 * left + beside, count)
    memory = namespace(images).zeros(shape, images.dtype)
    memory[:, top : top + height, left : left + width] = images.transpose(1, 2, 3, 0)
    return memory


def write_transposed(matrix: Array, into: Array) -> None:
    """Write a matrix into another with rows and columns exchanged.

    On a CPU a few lines at a time: a whole column touches as many lines of the cache as it has
    elements, and where these lie a power of two apart, they push each other out.
    """
    step = TRANSPOSED_LINES if namespace(matrix) is np else max(1, len(matrix))
    for start in range(0, len(matrix), step):
        lines = slice(start, start + step)
        into[:, lines] = matrix[lines].T


def _as_matrix(array: Array) -> Array:
    """Merge all axes but the first: a view, of an array or of some of its rows."""
    return array.reshape(len(array), math.prod(array.shape[1:]))


def serve(*images: Any) -> bool:
    """Tell whether all are images or kernels, arrays of one type of floats."""
    return len({getattr(array, "dtype", None) for array in images}) == 1 and all(
        is_array(array) and array.ndim == 4 and array.dtype.kind == "f" for array in images
    )


def fits(bias: Any, x: Array, channels: int) -> bool:
    """Tell whether a bias is None, or a number of the same type for each channel."""
    return bias is None or (is_array(bias) and bias.shape == (channels,) and bias.dtype == x.dtype)


# ---------------------------------------------------------------------------------------- blocks


@conv2d.kernel
def conv2d_in_blocks(
    x: Array,
    weight: Array,
    bias: Array | None,
    *,
    stride: Pair,
    padding: Padding,
    dilation: Pair = 1,
    groups: int = 1,
) -> Any:
    """Compute the op's function, some rows of windows at a time."""
    if groups != 1 or not serve(x, weight):
        return NotImplemented
    if x.shape[1] != weight.shape[1] or not fits(bias, x, len(weight)):
        return NotImplemented
    windows = Windows.of(weight.shape[2:], stride, padding, dilation)
    xp = namespace(x)
    out = xp.empty((len(weight), *windows.fitting(x.shape[2:]), len(x)), x.dtype)
    kernels, memory = _as_matrix(weight), padded(x, windows)

    def compute(part: range) -> None:
        for rows, seen in columns(memory, windows, part, out.shape[2]):
            xp.matmul(kernels, seen, out=_as_matrix(out[:, rows]))
        if bias is not None:
            add_to(out[:, part.start : part.stop], bias.reshape(-1, 1, 1, 1))

    side_by_side(compute, _parts(out.shape[1], xp))
    return batch_first(out)


@conv_transpose2d.kernel
def conv_transpose2d_in_blocks(
    x: Array,
    weight: Array,
    bias: Array | None,
    *,
    stride: Pair,
    padding: Padding,
    output_padding: Pair,
    groups: int = 1,
    dilation: Pair = 1,
) -> Any:
    """Compute the op's function, some rows of windows at a time."""
    if groups != 1 or not serve(x, weight):
        return NotImplemented
    if x.shape[1] != len(weight) or not fits(bias, x, weight.shape[1]):
        return NotImplemented
    windows = Windows.of(weight.shape[2:], stride, padding, dilation)
    size = windows.extent(x.shape[2:], pair("output_padding", output_padding, 0))
    xp, (batch, _, height, width), channels = namespace(x), x.shape, weight.shape[1]
    out, points, taps = xp.zeros((channels, *size, batch), x.dtype), batch_last(x), windows.taps

    def paint(part: range) -> None:
        image = batch_first(out[part.start : part.stop])
        kernels = _as_matrix(weight[:, part.start : part.stop]).T
        buffer = None
        for rows in row_blocks(height, len(kernels) * width * batch * out.itemsize, xp):
            count = (rows.stop - rows.start, width)
            seen = _as_matrix(points[:, rows])
            shape = (len(kernels), seen.shape[1])
            if buffer is None:  # in the first block, the largest
                buffer = xp.empty(math.prod(shape), out.dtype)
            painted = buffer[: math.prod(shape)].reshape(shape)
            xp.matmul(kernels, seen, out=painted)
            painted = painted.reshape(len(part), *windows.kernel, *count, batch)
            for a, b in taps():
                on_image, among = windows.meeting((a, b), size, count, rows.start)
                add_to(image[on_image], batch_first(painted[:, a, b])[among])
        if bias is not None:
            image += bias[part.start : part.stop].reshape(-1, 1, 1)

    side_by_side(paint, _parts(channels, xp))
    return batch_first(out)


@conv2d_weight.kernel
def conv2d_weight_in_blocks(
    x: Array,
    g: Array,
    *,
    kernel_size: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair = 1,
    groups: int = 1,
) -> Any:
    """Compute the op's function, some rows of windows at a time."""
    if groups != 1 or not serve(x, g):
        return NotImplemented
    windows = Windows.of(kernel_size, stride, padding, dilation)
    if g.shape != (len(x), g.shape[1], *windows.fitting(x.shape[2:])):
        return NotImplemented
    xp, memory, cotangents = namespace(x), padded(x, windows), batch_last(g)
    parts = _parts(g.shape[2], xp)
    lines = x.shape[1] * math.prod(windows.kernel)
    totals = xp.zeros((len(parts), lines, g.shape[1]), x.dtype)

    def compute(number: int) -> None:
        product = xp.empty_like(totals[number])
        for rows, seen in columns(memory, windows, parts[number], g.shape[3]):
            totals[number] += xp.matmul(seen, _as_matrix(cotangents[:, rows]).T, out=product)

    side_by_side(compute, range(len(parts)))
    total = sum_of_parts(totals)
    weight = xp.empty((g.shape[1], x.shape[1], *windows.kernel), total.dtype)
    write_transposed(total, into=_as_matrix(weight))
    return weight


def columns(
    memory: Array, windows: Windows, part: range, across: int
) -> Iterator[tuple[slice, Array]]:
    r"""Iterate over rows of windows and the matrix of what they see (im2col), block by block.

    The rows are those of a `part`, with as many windows `across`, on images with zeros around, as
    `padded` returns them. A matrix has a line for each channel and tap, and a column for each
    window of each image, in the order of memory: shape :math:`(C\,k_H k_W,\ \mathrm{rows} \cdot
    \mathrm{windows\ a\ row} \cdot N)`. The next one is written over it.

    Derivation: conv2d.im2col
    """
    xp = namespace(memory)
    channels, _, _, batch = memory.shape
    c, h, w, n = memory.strides
    (down, right), kernel, (a, b) = windows.stride, windows.kernel, windows.dilation
    seen = xp.lib.stride_tricks.as_strided(
        memory,
        (channels, *kernel, part.stop, across, batch),
        (c, h * a, w * b, h * down, w * right, n),
    )
    lines = channels * kernel[0] * kernel[1]
    size = lines * across * batch
    buffer = None
    for rows in row_blocks(len(part), size * memory.itemsize, xp):
        block = slice(part.start + rows.start, part.start + rows.stop)
        count = rows.stop - rows.start
        if buffer is None:
            buffer = xp.empty(count * size, memory.dtype)
        matrix = buffer[: count * size].reshape(lines, count * across * batch)
        matrix.reshape(channels, *kernel, count, across, batch)[...] = seen[:, :, :, block]
        yield block, matrix


def _parts(count: int, xp: object) -> Sequence[range]:
    """Divide rows or channels into what is computed side by side: on a GPU, all at once."""
    return halves(count) if xp is np else [range(count)]


def sum_of_parts(totals: Array) -> Array:
    """Add what was computed side by side, in the first of the arrays."""
    total = totals[0]
    for number in range(1, len(totals)):
        total += totals[number]
    return total


def row_blocks(rows: int, bytes_a_row: int, xp: object) -> Iterator[slice]:
    """Divide rows into blocks that hold about `COLUMN_BYTES`."""
    limit = COLUMN_BYTES if xp is np else COLUMN_BYTES_GPU
    step = max(1, limit // max(1, bytes_a_row))
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))
