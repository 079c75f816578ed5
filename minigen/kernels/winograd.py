r"""Convolution with fewer multiplications, of images held with the batch innermost.

**One line.** Two neighbouring outputs of a filter of two taps, :math:`y_0 = d_0 g_0 + d_1 g_1` and
:math:`y_1 = d_1 g_0 + d_2 g_1`, need three products, not four:

.. math:: y_0 = (d_0 - d_1) g_0 + d_1 (g_0 + g_1), \qquad
          y_1 = d_1 (g_0 + g_1) + (d_2 - d_1) g_1

Such an *algorithm* has three matrices, :math:`y = A^\top (G g \odot B d)`. Multiplied by cotangents
of the outputs, it is a sum over products that is linear in each of three arguments,

.. math:: T(d, g, z) = \sum_k (B d)_k\, (G g)_k\, (A z)_k,

so that the same matrices, transposed, give the gradients: leave out z, and what is left are the
outputs; leave out d or g, and it is the gradient of the images or of the kernels. `minigen.ops` has
the three ops in the same order.

**The plane.** In two dimensions each matrix is applied to rows and then to columns: nine products
for sixteen, one for each pair of a row's and a column's. Each product is one of matrices, over
channels, for all *tiles* of a row of tiles: a tile is what neighbouring outputs see. A stride of s
makes s² images of one, its *phases*, of every s-th row and column, and as many kernels of each: a
kernel of 4 by 4 with stride 2 is four of 2 by 2, on images of four times the channels.

**Precision.** All factors are 1, -1 and one half. In float32 an output is off by up to twice what
it is off in the direct form, measured against the largest numbers near by, not against itself: next
to a very large pixel a small output is less exact. (Larger tiles would need still fewer products;
they are off by four times and more.) Where a product is not finite, the direct form decides what
comes of it.

References
----------
Winograd (1980), Arithmetic complexity of computations, SIAM. Lavin, Gray (2016), Fast algorithms
for convolutional neural networks, arXiv:1509.09308.

Derivation: winograd.trilinear
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.parallel import halves, side_by_side
from minigen.kernels.convolution import batch_first, batch_last, fits, serve
from minigen.kernels.tiles import Images, Outputs, Painted, Sums, Tiles, column, combine, tiles_of
from minigen.ops.convolution import conv2d, conv2d_weight, conv_transpose2d
from minigen.ops.windows import Padding, Pair, Windows, pair


@conv2d.kernel
def conv2d_in_tiles(
    x: Array,
    weight: Array,
    bias: Array | None,
    *,
    stride: Pair,
    padding: Padding,
    dilation: Pair = 1,
    groups: int = 1,
) -> Any:
    r"""Compute the op's function: :math:`A^\top (G w \odot B x)`.

    Derivation: winograd.conv2d
    """
    if groups != 1 or not _serves(x, weight):
        return NotImplemented
    if x.shape[1] != weight.shape[1] or not fits(bias, x, len(weight)):
        return NotImplemented
    windows = Windows.of(weight.shape[2:], stride, padding, dilation)
    tiles = tiles_of(windows, x.shape[2:], len(x), x.shape[1], len(weight))
    if tiles is None:
        return NotImplemented
    dealt, kernels = Images.deal(batch_last(x), tiles), transformed_kernels(weight, tiles)
    out = np.empty((len(weight), *tiles.number, tiles.batch), x.dtype)
    finite = []

    def compute(rows: range) -> None:
        images, sums = Images(dealt, tiles), Sums(tiles, len(weight), x.dtype)
        for row in rows:
            np.matmul(kernels, images.transformed(row), out=sums.products)
            finite.append(_is_finite(sums.products))
            sums.write(row, out)
            if bias is not None:
                out[:, tiles.algorithm.outputs * row :][:, : tiles.algorithm.outputs] += (
                    bias.reshape(-1, 1, 1, 1)
                )

    with np.errstate(all="ignore"):
        side_by_side(compute, halves(tiles.rows))
    return batch_first(out) if all(finite) else NotImplemented


@conv2d_weight.kernel
def conv2d_weight_in_tiles(
    x: Array,
    g: Array,
    *,
    kernel_size: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair = 1,
    groups: int = 1,
) -> Any:
    r"""Compute the op's function: :math:`G^\top (A g \odot B x)`, summed over tiles.

    Derivation: winograd.conv2d_weight
    """
    if groups != 1 or not _serves(x, g):
        return NotImplemented
    windows = Windows.of(kernel_size, stride, padding, dilation)
    tiles = tiles_of(windows, x.shape[2:], len(x), x.shape[1], g.shape[1])
    if tiles is None or g.shape != (len(x), g.shape[1], *tiles.number):
        return NotImplemented
    dealt, cotangents = Images.deal(batch_last(x), tiles), batch_last(g)
    parts = halves(tiles.rows)
    products, phases = tiles.algorithm.products**2, tiles.stride**2 * x.shape[1]
    totals = [np.empty((products, g.shape[1], phases), x.dtype) for _ in parts]

    def compute(number: int) -> None:
        images, outputs = Images(dealt, tiles), Outputs(cotangents, tiles)
        total, product = totals[number], None
        for row in parts[number]:
            seen, wanted = images.transformed(row), outputs.transformed(row)
            if product is None:
                np.matmul(wanted, seen.transpose(0, 2, 1), out=total)
                product = np.empty_like(total) if len(parts[number]) > 1 else total
            else:
                total += np.matmul(wanted, seen.transpose(0, 2, 1), out=product)

    with np.errstate(all="ignore"):
        side_by_side(compute, range(len(parts)))
        total = totals[0]
        for other in totals[1:]:
            total += other
        if not _is_finite(total):
            return NotImplemented
        return _kernels_of(total, tiles, x.shape[1])


@conv_transpose2d.kernel
def conv_transpose2d_in_tiles(
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
    r"""Compute the op's function: :math:`B^\top (G w \odot A x)`.

    Derivation: winograd.conv_transpose2d
    """
    if groups != 1 or not _serves(x, weight):
        return NotImplemented
    if x.shape[1] != len(weight) or not fits(bias, x, weight.shape[1]):
        return NotImplemented
    windows = Windows.of(weight.shape[2:], stride, padding, dilation)
    size = windows.extent(x.shape[2:], pair("output_padding", output_padding, 0))
    tiles = tiles_of(windows, size, len(x), weight.shape[1], len(weight))
    if tiles is None:
        return NotImplemented
    memory, kernels = batch_last(x), transformed_kernels(weight, tiles).transpose(0, 2, 1)
    channels, parts = weight.shape[1], halves(tiles.rows)
    out = np.zeros((channels, *size, tiles.batch), x.dtype)
    finite, seams = [], []

    def compute(rows: range) -> None:
        points, painted = Outputs(memory, tiles), Painted(tiles, channels, x.dtype)
        for row in rows:
            np.matmul(kernels, points.transformed(row), out=painted.products)
            finite.append(_is_finite(painted.products))
            painted.write(row, out)
        seams.append(painted)

    with np.errstate(all="ignore"):
        side_by_side(compute, parts)
        for painted in seams:
            painted.add_rest(out)
    if not all(finite):
        return NotImplemented
    if bias is not None:
        out += bias.reshape(-1, 1, 1, 1)
    return batch_first(out)


# ----------------------------------------------------------------------------- kernels' transforms


def transformed_kernels(weight: Array, tiles: Tiles) -> Array:
    """Return G w, (out, in, kH, kW), as matrices (products, out, phases times in).

    Derivation: winograd.plane
    """
    algorithm, s = tiles.algorithm, tiles.stride
    out, channels = weight.shape[:2]
    t, r = algorithm.products, algorithm.taps
    by_tap = _by_tap(weight)
    kernels = np.empty((t, t, out, s, s, channels), weight.dtype)
    rows = np.empty((r, out, channels), weight.dtype)
    for a, b in np.ndindex(s, s):
        taps = by_tap[a::s, b::s]
        for u in range(t):
            for beta in range(r):
                combine(algorithm.of_kernels[u], taps[:, beta], rows[beta])
            for v in range(t):
                target = kernels[u, v, :, a, b]
                combine(algorithm.of_kernels[v], rows, target)
                factor = algorithm.scale[u] * algorithm.scale[v]
                if factor != 1:
                    target *= factor
    return kernels.reshape(t * t, out, s * s * channels)


def _kernels_of(total: Array, tiles: Tiles, channels: int) -> Array:
    """Return the gradient of kernels, (out, in, kH, kW), of that of their transform."""
    algorithm, s = tiles.algorithm, tiles.stride
    t, r, out = algorithm.products, algorithm.taps, total.shape[1]
    products = total.reshape(t, t, out, s, s, channels)
    by_tap = np.empty((s * r, s * r, out, channels), total.dtype)
    rows = np.empty((t, out, channels), total.dtype)
    for a, b in np.ndindex(s, s):
        for u, v in np.ndindex(t, t):
            factor = algorithm.scale[u] * algorithm.scale[v]
            if factor != 1:
                products[u, v, :, a, b] *= factor
        for alpha in range(r):
            for v in range(t):
                combine(column(algorithm.of_kernels, alpha), products[:, v, :, a, b], rows[v])
            for beta in range(r):
                target = by_tap[s * alpha + a, s * beta + b]
                combine(column(algorithm.of_kernels, beta), rows, target)
    weight = np.empty((out, channels, s * r, s * r), total.dtype)
    _write_by_tap(by_tap, weight)
    return weight


def _by_tap(weight: Array) -> Array:
    """Return (out, in, kH, kW) as a contiguous array (kH, kW, out, in)."""
    out, channels, height, width = weight.shape
    matrix = np.ascontiguousarray(weight).reshape(out * channels, height * width)
    by_tap = np.empty((height * width, out * channels), weight.dtype)
    for start in range(0, len(matrix), 1024):
        lines = slice(start, start + 1024)
        by_tap[:, lines] = matrix[lines].T
    return by_tap.reshape(height, width, out, channels)


def _write_by_tap(by_tap: Array, weight: Array) -> None:
    """Write (kH, kW, out, in) into (out, in, kH, kW)."""
    height, width, out, channels = by_tap.shape
    matrix = by_tap.reshape(height * width, out * channels)
    into = weight.reshape(out * channels, height * width)
    for start in range(0, len(into), 1024):
        lines = slice(start, start + 1024)
        into[lines] = matrix[:, lines].T


def _serves(x: Any, other: Any) -> bool:
    """Tell whether both are NumPy's, images or kernels of one type; float16 is not exact enough."""
    return type(x) is np.ndarray and serve(x, other) and x.dtype.char in "fd"


def _is_finite(array: Array) -> bool:
    """Tell whether all numbers are finite, and their squares: by one product."""
    elements = array.reshape(-1)
    return bool(np.isfinite(np.vdot(elements, elements)))
