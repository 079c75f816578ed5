r"""Convolution in pieces that stay in the cache, of images held with the batch innermost.

**Memory order.** Images are seen as (N, C, H, W), as everywhere, and held as a contiguous array
(C, H, W, N), of which the tensor is a transposed view. Whatever is copied for windows is then a run
of N neighbours, and a product writes the next layer's images as they are wanted. Functions of
single elements keep a view's order, so a network hands it on; images that come in another order are
copied once.

**Blocks.** The columns that the ops multiply (im2col) are made for some rows of windows at a time,
in one buffer.

**Bands.** Where the stride divides the kernel's height, rows of windows share what they see. A
kernel of :math:`k_H = m s` rows sees m *bands* of s rows of the image. Band j is seen by m rows of
windows, from j - m + 1 to j: im2col copies it m times, and col2im adds to it m times. Here it is
copied once, and added to once. Forward, m slots beside each other hold the bands that a row of
windows sees; the next row replaces the oldest, in slot j mod m. So the bands stand in turn, by the
row modulo m, and the kernels are turned with them. Backward, the sum over the m rows of windows
that see a band is a part of the product, over m rows of cotangents that lie one behind the other.

Bands are tried first, then blocks; both leave to the op what is no images of one type of floats,
and channels in groups. Windows with a dilation are no bands.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minigen.engine.backend import Array, is_array, namespace
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

LEAST_ROW_BYTES = COLUMN_BYTES // 4
"""Where a row of windows sees less, a product of several rows is faster than products of one."""


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
            out[:, part.start : part.stop] += bias.reshape(-1, 1, 1, 1)

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
                image[on_image] += batch_first(painted[:, a, b])[among]
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
    total = _sum(totals)
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


def _sum(totals: Array) -> Array:
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


# ----------------------------------------------------------------------------------------- bands


@conv2d.kernel
def conv2d_in_bands(
    x: Array,
    weight: Array,
    bias: Array | None,
    *,
    stride: Pair,
    padding: Padding,
    dilation: Pair = 1,
    groups: int = 1,
) -> Any:
    """Compute the op's function, row by row of windows."""
    if type(x) is not np.ndarray or groups != 1 or not serve(x, weight):
        return NotImplemented
    if x.shape[1] != weight.shape[1] or not fits(bias, x, len(weight)):
        return NotImplemented
    windows = Windows.of(weight.shape[2:], stride, padding, dilation)
    rows, across = windows.fitting(x.shape[2:])
    channels, batch = len(weight), len(x)
    if not _pays(windows, rows, across * batch, channels, weight[0].nbytes):
        return NotImplemented
    out = np.empty((channels, rows, across * batch), x.dtype)
    kernels, memory = _turned(weight, _bands(windows)), padded(x, windows)

    def compute(part: range) -> None:
        for row, seen in _rows_seen(memory, windows, part, across):
            np.matmul(kernels[row % len(kernels)], seen, out=out[:, row])
        if bias is not None:
            out[:, part.start : part.stop] += bias.reshape(-1, 1, 1)

    side_by_side(compute, halves(rows))
    return batch_first(out.reshape(channels, rows, across, batch))


@conv2d_weight.kernel
def conv2d_weight_in_bands(
    x: Array,
    g: Array,
    *,
    kernel_size: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair = 1,
    groups: int = 1,
) -> Any:
    """Compute the op's function, row by row of windows; turn each part back before it is added."""
    if type(x) is not np.ndarray or groups != 1 or not serve(x, g):
        return NotImplemented
    windows = Windows.of(kernel_size, stride, padding, dilation)
    rows, across = windows.fitting(x.shape[2:])
    batch, channels = len(x), g.shape[1]
    line_bytes = x.shape[1] * math.prod(windows.kernel) * x.itemsize
    if g.shape != (batch, channels, rows, across) or not _pays(
        windows, rows, across * batch, channels, line_bytes
    ):
        return NotImplemented
    bands = _bands(windows)
    shape = (bands, x.shape[1], windows.stride[0], windows.kernel[1])
    memory, cotangents = padded(x, windows), batch_last(g).reshape(channels, rows, across * batch)
    parts = halves(rows)
    totals = np.zeros((len(parts), bands, math.prod(shape[1:]), channels), x.dtype)

    def compute(number: int) -> None:
        total, product = totals[number], np.empty_like(totals[number])
        for row, seen in _rows_seen(memory, windows, parts[number], across):
            np.matmul(seen, cotangents[:, row].T, out=product.reshape(-1, channels))
            turn = row % bands
            total[: bands - turn] += product[turn:]
            total[bands - turn :] += product[:turn]

    side_by_side(compute, range(len(parts)))
    total = _sum(totals)
    by_band = np.empty((channels, *shape), x.dtype)
    write_transposed(total.reshape(-1, channels), into=by_band.reshape(channels, -1))
    weight = np.empty((channels, x.shape[1], *windows.kernel), x.dtype)
    _by_band(weight, bands)[...] = by_band.transpose(0, 2, 1, 3, 4)
    return weight


@conv_transpose2d.kernel
def conv_transpose2d_in_bands(
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
    """Compute the op's function, band by band of the image that is painted."""
    if type(x) is not np.ndarray or groups != 1 or not serve(x, weight):
        return NotImplemented
    if x.shape[1] != len(weight) or not fits(bias, x, weight.shape[1]):
        return NotImplemented
    windows = Windows.of(weight.shape[2:], stride, padding, dilation)
    size = windows.extent(x.shape[2:], pair("output_padding", output_padding, 0))
    batch, inputs, rows, across = x.shape
    if not _pays(windows, rows, across * batch, inputs, weight[0].nbytes):
        return NotImplemented
    bands, channels = _bands(windows), weight.shape[1]
    kernels = _oldest_last(weight, bands)
    points = np.ascontiguousarray(x.transpose(2, 1, 3, 0)).reshape(rows * inputs, across * batch)
    out = np.zeros((channels, *size, batch), x.dtype)

    def paint(part: range) -> None:
        shape = (channels, windows.stride[0], windows.kernel[1], across, batch)
        painted = np.empty(shape, x.dtype)
        for band in part:
            first, last = max(0, band - bands + 1), min(rows, band + 1)
            skipped = first - (band - bands + 1)
            of_rows = kernels[skipped * inputs : (skipped + last - first) * inputs]
            seen = points[first * inputs : last * inputs]
            np.matmul(of_rows.T, seen, out=painted.reshape(-1, across * batch))
            _add_band(out, painted, band, windows)

    side_by_side(paint, halves(rows + bands - 1))
    if bias is not None:
        out += bias.reshape(-1, 1, 1, 1)
    return batch_first(out)


def _bands(windows: Windows) -> int:
    """Return how many bands a window sees, or 1 if they are no bands."""
    bands, rest = divmod(windows.kernel[0], windows.stride[0])
    return 1 if rest or windows.dilation != (1, 1) else bands


def _pays(windows: Windows, rows: int, columns: int, channels: int, line_bytes: int) -> bool:
    """Tell whether less copying of images is worth the copies of kernels, `channels` of them.

    `columns` windows stand in each of the `rows`, and `line_bytes` is the size of what one sees. An
    element of a kernel is counted twice: it is copied in short runs, one of an image in long ones.
    """
    bands = _bands(windows)
    saved, spent = rows * columns * (bands - 1) / bands, 2 * bands * channels
    return saved > spent and columns * line_bytes >= LEAST_ROW_BYTES


def _rows_seen(
    memory: Array, windows: Windows, part: range, across: int
) -> Iterator[tuple[int, Array]]:
    """Iterate over rows of windows and the matrix of what they see, with the bands in turn.

    The rows are those of a `part`, with as many windows `across`, on images with zeros around. A
    matrix has a line for each slot, channel and tap of a band, a column for each window of each
    image. The next one is written over it.
    """
    channels, _, _, batch = memory.shape
    c, h, w, n = memory.strides
    (down, right), bands = windows.stride, _bands(windows)
    all_bands = np.lib.stride_tricks.as_strided(
        memory,
        (part.stop + bands - 1, channels, down, windows.kernel[1], across, batch),
        (h * down, c, h, w, w * right, n),
    )
    slots = np.empty((bands, *all_bands.shape[1:]), memory.dtype)
    for j in range(part.start, part.stop + bands - 1):
        slots[j % bands] = all_bands[j]
        if j >= part.start + bands - 1:
            yield j - bands + 1, slots.reshape(-1, across * batch)


def _turned(weight: Array, bands: int) -> list[Array]:
    """Return the kernels as matrices (out, bands·in·s·kW), for each turn of the bands."""
    by_band = _by_band(weight, bands).transpose(2, 0, 1, 3, 4).reshape(bands, len(weight), -1)
    return [
        np.concatenate([by_band[slot - turn] for slot in range(bands)], axis=1)
        for turn in range(bands)
    ]


def _oldest_last(weight: Array, bands: int) -> Array:
    """Return the kernels (in, out, ...) as a matrix (bands·in, out·s·kW), the last band first.

    Rows of x that paint a band lie as they come; the first of them paints with its last band.
    """
    last_first = _by_band(weight, bands)[:, :, ::-1].transpose(2, 0, 1, 3, 4)
    return last_first.reshape(bands * len(weight), -1)


def _by_band(weight: Array, bands: int) -> Array:
    """Split the rows of kernels into bands: (·, ·, bands, s, kW)."""
    first, second, height, width = weight.shape
    return weight.reshape(first, second, bands, height // bands, width)


def _add_band(out: Array, painted: Array, band: int, windows: Windows) -> None:
    """Add what is painted on a band, (channels, s, kW, across, N), to the image (C, H, W, N)."""
    size, count, image = out.shape[1:3], (1, painted.shape[3]), batch_first(out)
    for a, b in np.ndindex(painted.shape[1:3]):
        on_image, among = windows.meeting((a, b), size, count, band)
        image[on_image] += batch_first(painted[:, a, b][:, None])[among]
