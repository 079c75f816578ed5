r"""Convolution row by row of windows, where neighbouring rows share what they see.

Images are held with the batch innermost: see `minigen.kernels.convolution`. Where the stride
divides the kernel's height, a kernel of :math:`k_H = m s` rows sees m *bands* of s rows of the
image, with zeros around. Band j is seen by m rows of windows, from j - m + 1 to j: im2col copies it
m times, and col2im adds to it m times. Here it is copied once, and added to once.

Forward, m slots beside each other hold the bands that a row of windows sees; the next row replaces
the oldest, in slot j mod m. So the bands stand in turn, by the row modulo m, and the kernels are
turned with them. Backward, the sum over the m rows of windows that see a band is a part of the
product, over m rows of cotangents that lie one behind the other.

Two threads take half of the rows each, and copy for themselves.

Left to the version in blocks is what is no images of one type of floats, windows with a dilation,
which are no bands, and channels in groups.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.parallel import halves, side_by_side
from minigen.kernels.convolution import (
    COLUMN_BYTES,
    batch_first,
    batch_last,
    fits,
    serve,
    sum_of_parts,
    write_transposed,
)
from minigen.ops.convolution import conv2d, conv2d_weight, conv_transpose2d
from minigen.ops.windows import Padding, Pair, Windows, pair

LEAST_ROW_BYTES = COLUMN_BYTES // 4
"""Where a row of windows sees less, a product of several rows is faster than products of one."""


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
    kernels, bands = _turned(weight, _band_count(windows)), Bands(batch_last(x), windows, across)

    def compute(part: range) -> None:
        for row, seen in bands.seen(part):
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
    count = _band_count(windows)
    shape = (count, x.shape[1], windows.stride[0], windows.kernel[1])
    bands = Bands(batch_last(x), windows, across)
    cotangents = batch_last(g).reshape(channels, rows, across * batch)
    parts = halves(rows)
    totals = np.zeros((len(parts), count, math.prod(shape[1:]), channels), x.dtype)

    def compute(number: int) -> None:
        total, product = totals[number], np.empty_like(totals[number])
        for row, seen in bands.seen(parts[number]):
            np.matmul(seen, cotangents[:, row].T, out=product.reshape(-1, channels))
            turn = row % count
            total[: count - turn] += product[turn:]
            total[count - turn :] += product[:turn]

    side_by_side(compute, range(len(parts)))
    total = sum_of_parts(totals)
    by_band = np.empty((channels, *shape), x.dtype)
    write_transposed(total.reshape(-1, channels), into=by_band.reshape(channels, -1))
    weight = np.empty((channels, x.shape[1], *windows.kernel), x.dtype)
    _by_band(weight, count)[...] = by_band.transpose(0, 2, 1, 3, 4)
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
    count, channels = _band_count(windows), weight.shape[1]
    kernels, by_row = _oldest_last(weight, count), x.transpose(2, 1, 3, 0)
    out = np.empty((channels, *size, batch), x.dtype)
    bands, number = Bands(out, windows, across), rows + count - 1

    def paint(part: range) -> None:
        shape = (channels, windows.stride[0], windows.kernel[1], across, batch)
        painted = np.empty(shape, x.dtype)
        oldest = max(0, part.start - count + 1)
        points = np.ascontiguousarray(by_row[oldest : part.stop]).reshape(-1, across * batch)
        below = size[0] if part.stop == number else bands.top(part.stop)
        image = out[:, bands.top(part.start) : below]
        image[...] = 0
        for band in part:
            first, last = max(0, band - count + 1), min(rows, band + 1)
            skipped = first - (band - count + 1)
            of_rows = kernels[skipped * inputs : (skipped + last - first) * inputs]
            seen = points[(first - oldest) * inputs : (last - oldest) * inputs]
            np.matmul(of_rows.T, seen, out=painted.reshape(-1, across * batch))
            bands.paint(painted, band)
        if bias is not None:
            image += bias.reshape(-1, 1, 1, 1)

    side_by_side(paint, halves(number))
    return batch_first(out)


# ----------------------------------------------------------------------------------------- bands


class Bands:
    """The bands of images (C, H, W, N), which are read or painted.

    What the windows of a row see of a band, or paint on it, is an array (C, s, kW, windows, N).
    """

    def __init__(self, images: Array, windows: Windows, across: int) -> None:
        self.images, self.windows, self.across = images, windows, across
        self.count = _band_count(windows)
        size, taps = images.shape[1:3], range(windows.kernel[1])
        meetings = [windows.meeting((0, b), size, (1, across)) for b in taps]
        self.columns = [(on_image[-1], among[-1]) for on_image, among in meetings]

    def seen(self, part: range) -> Iterator[tuple[int, Array]]:
        """Iterate over rows of windows and the matrix of what they see, with the bands in turn.

        A matrix has a line for each slot, channel and tap of a band, a column for each window of
        each image. The next one is written over it.
        """
        (channels, *_, batch), (down, _), m = self.images.shape, self.windows.stride, self.count
        shape = (m, channels, down, len(self.columns), self.across, batch)
        slots = np.empty(shape, self.images.dtype)
        for b, (_, among) in enumerate(self.columns):
            slots[:, :, :, b, : among.start] = 0
            slots[:, :, :, b, among.stop :] = 0
        for j in range(part.start, part.stop + m - 1):
            self._copy(j, slots[j % m])
            if j >= part.start + m - 1:
                yield j - m + 1, slots.reshape(-1, self.across * batch)

    def _copy(self, band: int, into: Array) -> None:
        """Copy what is seen of a band; beside the image there are zeros already."""
        rows, present = self._rows(band)
        into[:, : present.start] = 0
        into[:, present.stop :] = 0
        for b, (columns, among) in enumerate(self.columns):
            into[:, present, b, among] = self.images[:, rows, columns]

    def paint(self, painted: Array, band: int) -> None:
        """Add what is painted on a band to the images, which have zeros there."""
        rows, present = self._rows(band)
        for b, (columns, among) in enumerate(self.columns):
            target = self.images[:, rows, columns]
            if b < self.windows.stride[1]:  # no column before it, s apart, has painted there
                target[...] = painted[:, present, b, among]
            else:
                target += painted[:, present, b, among]

    def top(self, band: int) -> int:
        """Return the row of the images where a band begins, or would if they were as high."""
        height: int = self.images.shape[1]
        return min(max(0, band * self.windows.stride[0] - self.windows.padding[0]), height)

    def _rows(self, band: int) -> tuple[slice, slice]:
        """Return which rows of the images are in a band, and which of the band these are."""
        down, height = self.windows.stride[0], self.images.shape[1]
        start = band * down - self.windows.padding[0]
        first = max(0, -start)
        last = max(first, min(down, height - start))
        return slice(start + first, start + last), slice(first, last)


def _band_count(windows: Windows) -> int:
    """Return how many bands a window sees, or 1 if they are no bands."""
    bands, rest = divmod(windows.kernel[0], windows.stride[0])
    return 1 if rest or windows.dilation != (1, 1) else bands


def _pays(windows: Windows, rows: int, columns: int, channels: int, line_bytes: int) -> bool:
    """Tell whether less copying of images is worth the copies of kernels, `channels` of them.

    `columns` windows stand in each of the `rows`, and `line_bytes` is the size of what one sees. An
    element of a kernel is counted twice: it is copied in short runs, one of an image in long ones.
    """
    bands = _band_count(windows)
    saved, spent = rows * columns * (bands - 1) / bands, 2 * bands * channels
    return saved > spent and columns * line_bytes >= LEAST_ROW_BYTES


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
