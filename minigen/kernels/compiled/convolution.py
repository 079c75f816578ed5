r"""Convolution without columns: sums of products straight from the images.

Images are held with the batch innermost, as `minigen.kernels.convolution` says: what a tap of a
window sees in all images is a run of N neighbours. The product of kernels and columns, for which
im2col copies every run as often as windows see it, can so be made from the runs where they lie. In
the terms of `minigen.kernels.compiled.tile`, which keeps a few sums in registers:

- The output of a window, for M channels and a few images: a are the M channels' weights, b the
  images, and k runs over channels and taps.
- The transposed convolution is the same, with other taps: those by which an element was seen.
- The weight's gradient, for M input channels and a few output channels: a are the images, b the
  cotangents with the channels innermost, and k runs over windows and images.

Threads share windows, or output channels: what comes out does not depend on how many there are, or
on who does what.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from minigen.engine.backend import Array
from minigen.kernels.compiled.compilation import (
    Loop,
    in_use,
    next_piece,
    share_blocks,
    share_pieces,
)
from minigen.kernels.compiled.tile import (
    LANES,
    ROWS,
    VECTORS,
    add_products,
    add_products_of_one_row,
    aligned,
    copy_vectors,
)
from minigen.kernels.convolution import batch_first, batch_last, fits, serve
from minigen.ops.convolution import conv2d, conv2d_weight, conv_transpose2d
from minigen.ops.windows import Padding, Pair, Windows, pair

IN_SEQUENCE = 256
"""How many products are summed one after the other, before the sum is added to those before: the
rounding errors of sums of sums are smaller."""

LEAST_CHANNELS = 4
"""With fewer in a tile's rows, most of it would be computed in vain; but for a single row there are
tiles."""

MANY_CHANNELS = 128
"""Between so many channels on both sides, algorithms that multiply less are as fast or faster."""

PRODUCTS_A_PASS = 8
"""How many products are made in the time in which a loop reads and writes an element."""

LEAST_NUMBERS = 8
"""With fewer images, or channels of cotangents, most of a vector would."""


@conv2d.kernel
def conv2d_kernel(
    x: Array,
    weight: Array,
    bias: Array | None,
    *,
    stride: Pair,
    padding: Padding,
    dilation: Pair = 1,
    groups: int = 1,
) -> Any:
    """Compute the op's function."""
    if (
        groups != 1
        or not _serves(x, weight, len(weight), len(x))
        or 1 < len(weight) < LEAST_CHANNELS
    ):
        return NotImplemented
    if x.shape[1] != weight.shape[1] or not fits(bias, x, len(weight)):
        return NotImplemented
    windows = Windows.of(weight.shape[2:], stride, padding, dilation)
    if windows.dilation != (1, 1):
        return NotImplemented
    number = windows.fitting(x.shape[2:])
    rows, columns = map(_seen, number, x.shape[2:], *windows[:3])
    return _sums(x, weight, bias, Taps(rows, columns, steps=(1, 1), on_image=(1, 1)))


@conv_transpose2d.kernel
def conv_transpose2d_kernel(
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
    """Compute the op's function."""
    channels = weight.shape[1] if weight.ndim == 4 else 0
    if groups != 1 or not _serves(x, weight, channels, len(x)) or 1 < channels < LEAST_CHANNELS:
        return NotImplemented
    if x.shape[1] != len(weight) or not fits(bias, x, weight.shape[1]):
        return NotImplemented
    windows = Windows.of(weight.shape[2:], stride, padding, dilation)
    if windows.dilation != (1, 1):
        return NotImplemented
    size = windows.extent(x.shape[2:], pair("output_padding", output_padding, 0))
    rows, columns = map(_seen_by, size, x.shape[2:], *windows[:3])
    taps = Taps(rows, columns, steps=windows.stride, on_image=(-1, -1))
    return _sums(x, weight.transpose(1, 0, 2, 3), bias, taps)


@conv2d_weight.kernel
def conv2d_weight_kernel(
    x: Array,
    g: Array,
    *,
    kernel_size: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair = 1,
    groups: int = 1,
) -> Any:
    """Compute the op's function."""
    if groups != 1 or not _serves(x, g, g.shape[1], g.shape[1]) or x.shape[1] < LEAST_CHANNELS:
        return NotImplemented
    windows = Windows.of(kernel_size, stride, padding, dilation)
    if g.shape != (len(x), g.shape[1], *windows.fitting(x.shape[2:])):
        return NotImplemented
    if windows.dilation != (1, 1):
        return NotImplemented
    images, cotangents = batch_last(x), batch_last(g)
    weight = np.empty((g.shape[1], x.shape[1], *windows.kernel), x.dtype)
    rows, columns = map(
        _windows_seeing, windows.kernel, x.shape[2:], g.shape[2:], windows.stride, windows.padding
    )
    lanes: int = LANES.compiled

    def compute(part: range) -> None:
        channels = slice(part.start * lanes, min(part.stop * lanes, len(weight)))
        some = cotangents[channels]
        turned = np.empty((*g.shape[2:], len(x), len(some)), x.dtype)
        _turn.run(some.reshape(len(some), -1), turned.reshape(-1, len(some)))
        total = np.zeros((*windows.kernel, x.shape[1], len(some)), x.dtype)
        _sum_windows.run(total, images, turned, rows, columns, *windows.stride)
        weight[channels] = total.transpose(3, 2, 0, 1)

    share_blocks(compute, -(-len(weight) // lanes), _passes(g.size, weight[0].size))
    return weight


def _serves(x: Any, other: Any, channels: int, numbers: int) -> bool:
    """Tell whether loops compute it: float32, and not too few numbers in a tile's vectors.

    It has x's channels on one side, and so many on the other.
    """
    return (
        serve(x, other)
        and min(x.shape[1], channels) < MANY_CHANNELS
        and x.dtype == np.float32
        and type(x) is type(other) is np.ndarray
        and numbers >= LEAST_NUMBERS
        and in_use()
    )


def _passes(sums: int, products: int) -> int:
    """Return the work of so many sums of products, as `compilation.SHARED` counts it."""
    return sums * products // PRODUCTS_A_PASS


# ------------------------------------------------------------------------------ outputs of windows


class Taps(NamedTuple):
    """Which taps of the kernel are summed for each row and each column of the output.

    Attributes
    ----------
    rows, columns : array of int, shape (outputs, 3)
        The first tap, how many there are, and the row or column of the images that it meets.
    steps : tuple of int
        From one of these taps to the next.
    on_image : tuple of int
        From what a tap meets to what the next one meets.
    """

    rows: Array
    columns: Array
    steps: tuple[int, int]
    on_image: tuple[int, int]


def _sums(x: Array, weight: Array, bias: Array | None, taps: Taps) -> Array:
    """Return the sums over channels and taps, (N, O, rows, columns) for a weight (O, C, kH, kW)."""
    images, (outputs, channels, *kernel) = batch_last(x), weight.shape
    rows = 1 if outputs == 1 else ROWS.compiled
    phases = [-(-size // step) for size, step in zip(kernel, taps.steps, strict=True)]
    kernels = np.zeros((-(-outputs // rows), *taps.steps, channels, *phases, rows), x.dtype)
    _pack.run(weight, kernels)
    out = np.empty((outputs, len(taps.rows), len(taps.columns), len(x)), x.dtype)
    start = np.zeros(outputs, x.dtype) if bias is None else np.ascontiguousarray(bias)
    times = max(1, round(channels * math.prod(phases) / IN_SEQUENCE))
    together = -(-channels // times)

    def compute(counter: Array, end: int) -> None:
        given = out, images, kernels, start, taps.rows, taps.columns, taps.on_image, counter, end
        if outputs == 1:
            _sum_taps_of_one.run(*given)
        else:
            seen = aligned(together * math.prod(phases) * VECTORS * LANES.compiled)
            _sum_taps.run(*given, seen, together)

    share_pieces(compute, _passes(out.size, weight[0].size))
    return batch_first(out)


@functools.lru_cache(maxsize=256)
def _seen(number: int, size: int, kernel: int, stride: int, padding: int) -> Array:
    """Return which taps see something of the image, for each window of an axis."""
    start = np.arange(number) * stride - padding
    first = np.maximum(0, -start)
    count = np.maximum(0, np.minimum(kernel, size - start) - first)
    return np.stack([first, count, start + first], axis=1)


@functools.lru_cache(maxsize=256)
def _seen_by(size: int, number: int, kernel: int, stride: int, padding: int) -> Array:
    """Return by which taps of windows each element of an axis was seen, and by which window first.

    Element e is tap e + p - s i of window i: the taps are s apart, and the last window comes first.
    """
    element = np.arange(size) + padding
    window = np.minimum(number - 1, element // stride)
    first = element - window * stride
    taps = np.maximum(0, -(-(kernel - first) // stride))
    return np.stack([first, np.minimum(window + 1, taps), window], axis=1)


@Loop
def _pack(weight: Array, kernels: Array) -> None:
    """Write kernels (O, C, kH, kW) as a tile reads them, a few output channels innermost.

    Taps that are summed together lie beside each other: those a step apart.
    """
    outputs, channels, height, width = weight.shape
    down, right, rows = kernels.shape[1], kernels.shape[2], kernels.shape[6]
    for first in range(0, outputs, rows):
        some = min(rows, outputs - first)
        for i in range(height):
            for j in range(width):
                phase = kernels[first // rows, i % down, j % right]
                for c in range(channels):
                    for m in range(some):
                        phase[c, i // down, j // right, m] = weight[first + m, c, i, j]


@Loop
def _sum_taps(
    out: Array,
    images: Array,
    kernels: Array,
    start: Array,
    rows: Array,
    columns: Array,
    on_image: tuple[int, int],
    counter: Array,
    end: int,
    seen: Array,
    together: int,
) -> None:
    """Compute the outputs of windows, numbered row by row, that no other thread has taken.

    What a window sees in some channels of a few images, `seen`, is copied once and used for all
    outputs, out of the fastest cache.
    """
    channels, height, _, batch = images.shape
    memory = images.reshape(-1)
    outputs, down, across, _ = out.shape
    groups, steps_down, steps_right, _, tall, wide, _ = kernels.shape
    width = VECTORS * LANES
    taken, places = 0, down * across
    place = next_piece(counter, end, taken, places)
    while place < places:
        p, q = place // across, place % across
        i, row_count, row = rows[p]
        j, column_count, column = columns[q]
        of_channel = row_count * column_count
        whole = of_channel == tall * wide
        a_steps = (tall * wide * ROWS, wide * ROWS, ROWS)
        b_steps = (of_channel * width, column_count * width, width)
        phase = i % steps_down * steps_right + j % steps_right
        for n in range(0, batch, width):
            left = min(width, batch - n)
            for o in range(outputs):
                out[o, p, q, n : n + left] = start[o]
            for c in range(0, channels, together):
                some = min(together, channels - c)
                counts = (some, row_count, column_count)
                if whole:
                    counts = (1, 1, some * of_channel)
                at = 0
                for channel in range(c, c + some):
                    for y in range(row_count):
                        for x in range(column_count):
                            met = row + on_image[0] * y, column + on_image[1] * x
                            run = (
                                (channel * height + met[0]) * images.shape[2] + met[1]
                            ) * batch + n
                            if left == width:
                                copy_vectors(VECTORS, LANES, images, run, seen, at)
                            else:
                                for k in range(left):
                                    seen[at + k] = memory[run + k]
                            at += width
                for group in range(groups):
                    of_phase = (group * steps_down * steps_right + phase) * channels + c
                    a_at = ((of_phase * tall + i // steps_down) * wide + j // steps_right) * ROWS
                    out_at = (group * ROWS * down * across + place) * batch + n
                    add_products(
                        counts, kernels, a_at, a_steps, 1, seen, 0, b_steps,
                        out, out_at, down * across * batch, outputs - group * ROWS, left,
                    )  # fmt: skip
        taken += 1
        place = next_piece(counter, end, taken, places)


@Loop
def _sum_taps_of_one(
    out: Array,
    images: Array,
    kernels: Array,
    start: Array,
    rows: Array,
    columns: Array,
    on_image: tuple[int, int],
    counter: Array,
    end: int,
) -> None:
    """Compute the only channel of such windows, from the images where they lie."""
    channels, height, width, batch = images.shape
    _, steps_down, steps_right, _, tall, wide, _ = kernels.shape
    down, across = out.shape[1], out.shape[2]
    a_steps = (tall * wide, wide, 1)
    b_steps = (height * width * batch, on_image[0] * width * batch, on_image[1] * batch)
    taken, places = 0, down * across
    place = next_piece(counter, end, taken, places)
    while place < places:
        p, q = place // across, place % across
        i, row_count, row = rows[p]
        j, column_count, column = columns[q]
        out[0, p, q] = start[0]
        phase = (i % steps_down * steps_right + j % steps_right) * channels * tall * wide
        add_products_of_one_row(
            (channels, row_count, column_count),
            kernels, phase + i // steps_down * wide + j // steps_right, a_steps,
            images, (row * width + column) * batch, b_steps, out, place * batch, batch,
        )  # fmt: skip
        taken += 1
        place = next_piece(counter, end, taken, places)


# ---------------------------------------------------------------------------- the weight's gradient


@functools.lru_cache(maxsize=256)
def _windows_seeing(kernel: int, size: int, number: int, stride: int, padding: int) -> Array:
    """Return which windows of an axis see the image by each tap: the first, how many, and where."""
    offset = np.arange(kernel) - padding
    first = np.maximum(0, -(offset // stride))
    count = np.minimum(number, (size - 1 - offset) // stride + 1) - first
    return np.stack([first, np.maximum(0, count), first * stride + offset], axis=1)


@Loop
def _turn(lines: Array, turned: Array) -> None:
    """Write a matrix with rows and columns exchanged, a block that the cache holds at a time."""
    for k in range(0, lines.shape[1], 16):
        for o in range(len(lines)):
            for n in range(k, min(k + 16, lines.shape[1])):
                turned[n, o] = lines[o, n]


@Loop
def _sum_windows(
    total: Array,
    images: Array,
    cotangents: Array,
    rows: Array,
    columns: Array,
    down: int,
    right: int,
) -> None:
    """Add the products of images and cotangents (rows, columns, N, O) to a total (kH, kW, C, O)."""
    channels, height, width, batch = images.shape
    tall, wide, _, outputs = total.shape
    across = cotangents.shape[1]
    together = max(1, IN_SEQUENCE // batch)
    a_steps = (0, right * batch, 1)
    b_steps = (0, batch * outputs, outputs)
    row_step = height * width * batch
    for p in range(len(cotangents)):
        for c in range(0, channels, ROWS):
            for i in range(tall):
                if not rows[i, 0] <= p < rows[i, 0] + rows[i, 1]:
                    continue
                line = (c * height + rows[i, 2] + down * (p - rows[i, 0])) * width
                for o in range(0, outputs, VECTORS * LANES):
                    for j in range(wide):
                        first, column_count, beside = columns[j]
                        out_at = ((i * wide + j) * channels + c) * outputs + o
                        for q in range(0, column_count, together):
                            counts = (1, min(together, column_count - q), batch)
                            a_at = (line + beside + right * q) * batch
                            b_at = (p * across + first + q) * batch * outputs + o
                            add_products(
                                counts, images, a_at, a_steps, row_step, cotangents, b_at, b_steps,
                                total, out_at, outputs, channels - c, outputs - o,
                            )  # fmt: skip
