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
they are off by five times and more.) Where a product is not finite, the direct form decides what
comes of it.

References
----------
Winograd (1980), Arithmetic complexity of computations, SIAM. Lavin, Gray (2016), Fast algorithms
for convolutional neural networks, arXiv:1509.09308.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.parallel import halves, side_by_side
from minigen.kernels.convolution import batch_first, batch_last, fits, serve
from minigen.ops.convolution import conv2d, conv2d_weight, conv_transpose2d
from minigen.ops.windows import Padding, Pair, Windows, pair

Coefficients = tuple[int, ...]


class Algorithm(NamedTuple):
    """The matrices of an algorithm for one line; see above.

    Attributes
    ----------
    of_images : matrix, products by products
        B: what each product takes from neighbouring elements of an image.
    of_kernels : matrix, products by taps
        G: what it takes from a kernel's taps, before it is multiplied by its entry of `scale`.
    of_outputs : matrix, products by outputs
        A: the outputs to which it is added, or from which it is subtracted.
    scale : one factor a product
    """

    of_images: tuple[Coefficients, ...]
    of_kernels: tuple[Coefficients, ...]
    of_outputs: tuple[Coefficients, ...]
    scale: tuple[float, ...]

    @property
    def products(self) -> int:
        """How many products there are: one less than taps and outputs together."""
        return len(self.of_images)

    @property
    def taps(self) -> int:
        """How many taps the filter has."""
        return len(self.of_kernels[0])

    @property
    def outputs(self) -> int:
        """How many neighbouring outputs are computed at once."""
        return len(self.of_outputs[0])


TWO_TAPS = Algorithm(
    of_images=((1, -1, 0), (0, 1, 0), (0, -1, 1)),
    of_kernels=((1, 0), (1, 1), (0, 1)),
    of_outputs=((1, 0), (1, 1), (0, 1)),
    scale=(1, 1, 1),
)
"""F(2, 2): three products for four."""

THREE_TAPS = Algorithm(
    of_images=((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, -1, 0, 1)),
    of_kernels=((1, 0, 0), (1, 1, 1), (1, -1, 1), (0, 0, 1)),
    of_outputs=((1, 0), (1, 1), (1, -1), (0, 1)),
    scale=(1, 0.5, 0.5, 1),
)
"""F(2, 3): four products for six."""

ALGORITHMS = {algorithm.taps: algorithm for algorithm in (TWO_TAPS, THREE_TAPS)}

LEAST_SAVED = 72
"""How many multiplications must be saved for each number that is transformed, by measurement."""

LEAST_COLUMNS = 64
"""With fewer tiles a row, times images, products of matrices are too narrow to gain."""


class Tiles(NamedTuple):
    """How an image is divided into tiles."""

    algorithm: Algorithm
    windows: Windows
    stride: int
    size: tuple[int, int]  # of the image
    number: tuple[int, int]  # of the outputs
    batch: int

    @property
    def rows(self) -> int:
        """How many rows of tiles there are: the last one may reach over the end."""
        return -(-self.number[0] // self.algorithm.outputs)

    @property
    def across(self) -> int:
        """How many tiles stand in a row."""
        return -(-self.number[1] // self.algorithm.outputs)

    def saved(self, inputs: int, outputs: int) -> float:
        """Return the multiplications saved for each number transformed, between so many channels.

        Those of a tile that reaches over the end are all made.
        """
        products = self.algorithm.products**2
        windows = self.number[0] * self.number[1] / (self.rows * self.across)
        less = windows * self.algorithm.taps**2 - products
        return less * inputs * outputs / (products * (inputs + outputs))

    @property
    def places(self) -> int:
        """How many columns of a padded row are in a lane: those of the tiles, and what they see."""
        step = self.stride * self.algorithm.outputs
        return self.across + -(-self.stride * (self.algorithm.taps - 1) // step)

    def image_row(self, row: int, k: int, phase: int) -> int | None:
        """Return the row of the image that is element k of a row of tiles; None if it's padding."""
        h = self.stride * (row * self.algorithm.outputs + k) + phase - self.windows.padding[0]
        return h if 0 <= h < self.size[0] else None

    def in_lanes(self, line: Array, column: int) -> Array:
        """Return a column of each tile from lanes (lanes, C, places, N): a view (C, tiles, N)."""
        place, lane = divmod(column, self.stride * self.algorithm.outputs)
        return line[lane, :, place : place + self.across]

    def write_column(self, part: Array, k: int, phase: int, into: Array, add: bool) -> None:
        """Write element k of each tile, (C, tiles, N), into a row (C, W, N): what lies on it.

        Where there are fewer tiles, they are the last ones.
        """
        step = self.stride * self.algorithm.outputs
        start = self.stride * k + phase - self.windows.padding[1]
        start += (self.across - part.shape[1]) * step
        skipped = max(0, -(start // step))
        target = into[:, start + skipped * step :: step][:, : part.shape[1] - skipped]
        part = part[:, skipped : skipped + target.shape[1]]
        if add:
            target += part
        else:
            target[...] = part


def tiles_of(
    windows: Windows, size: Sequence[int], batch: int, channels: int, outputs: int
) -> Tiles | None:
    """Divide images into tiles; None if there is no algorithm, or none that pays."""
    (height, width), (stride, across) = windows.kernel, windows.stride
    taps, rest = divmod(height, stride)
    if height != width or stride != across or rest or windows.dilation != (1, 1):
        return None
    if taps not in ALGORITHMS:
        return None
    rows, columns = windows.fitting(size)
    tiles = Tiles(ALGORITHMS[taps], windows, stride, (size[0], size[1]), (rows, columns), batch)
    pays = tiles.saved(stride * stride * channels, outputs) >= LEAST_SAVED
    return tiles if pays and tiles.across * batch >= LEAST_COLUMNS else None


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
    r"""Compute the op's function: :math:`A^\top (G w \odot B x)`."""
    if type(x) is not np.ndarray or groups != 1 or not serve(x, weight):
        return NotImplemented
    if x.shape[1] != weight.shape[1] or not fits(bias, x, len(weight)):
        return NotImplemented
    windows = Windows.of(weight.shape[2:], stride, padding, dilation)
    tiles = tiles_of(windows, x.shape[2:], len(x), x.shape[1], len(weight))
    if tiles is None:
        return NotImplemented
    dealt, kernels = _Images.deal(batch_last(x), tiles), transformed_kernels(weight, tiles)
    out = np.empty((len(weight), *tiles.number, tiles.batch), x.dtype)
    finite = []

    def compute(rows: range) -> None:
        images, sums = _Images(dealt, tiles), _Sums(tiles, len(weight), x.dtype)
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
    r"""Compute the op's function: :math:`G^\top (A g \odot B x)`, summed over tiles."""
    if type(x) is not np.ndarray or groups != 1 or not serve(x, g):
        return NotImplemented
    windows = Windows.of(kernel_size, stride, padding, dilation)
    tiles = tiles_of(windows, x.shape[2:], len(x), x.shape[1], g.shape[1])
    if tiles is None or g.shape != (len(x), g.shape[1], *tiles.number):
        return NotImplemented
    dealt, cotangents = _Images.deal(batch_last(x), tiles), batch_last(g)
    parts = halves(tiles.rows)
    products, phases = tiles.algorithm.products**2, tiles.stride**2 * x.shape[1]
    totals = [np.empty((products, g.shape[1], phases), x.dtype) for _ in parts]

    def compute(number: int) -> None:
        images, outputs = _Images(dealt, tiles), _Outputs(cotangents, tiles)
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
    r"""Compute the op's function: :math:`B^\top (G w \odot A x)`."""
    if type(x) is not np.ndarray or groups != 1 or not serve(x, weight):
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
        points, painted = _Outputs(memory, tiles), _Painted(tiles, channels, x.dtype)
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
    """Return G w, (out, in, kH, kW), as matrices (products, out, phases times in)."""
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
                combine(_column(algorithm.of_kernels, alpha), products[:, v, :, a, b], rows[v])
            for beta in range(r):
                target = by_tap[s * alpha + a, s * beta + b]
                combine(_column(algorithm.of_kernels, beta), rows, target)
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


# ------------------------------------------------------------------------------------------ lanes


def deal_columns(memory: Array, lanes: int, shift: int, out: Array) -> None:
    """Deal the columns of rows (C, H, W, N), `shift` zeros before them, out to lanes.

    Column w of a padded row goes to place w div `lanes` of lane w mod `lanes`, in the array `out`,
    (H, lanes, C, places, N). What neighbouring tiles see of a row then lies side by side.
    """
    places, width = out.shape[3], memory.shape[2]
    for lane in range(lanes):
        first = (lane - shift) % lanes
        start = (first + shift) // lanes
        count = max(0, min(places - start, -(-(width - first) // lanes)))
        columns = memory[:, :, first : first + (count - 1) * lanes + 1 : lanes]
        out[:, lane, :, :start] = 0
        out[:, lane, :, start : start + count] = columns[:, :, :count].transpose(1, 0, 2, 3)
        out[:, lane, :, start + count :] = 0


class _Images:
    """B x, a row of tiles at a time, in arrays that the next row writes over."""

    def __init__(self, dealt: Array, tiles: Tiles) -> None:
        channels, t, s = dealt.shape[2], tiles.algorithm.products, tiles.stride
        self.lanes, self.tiles = dealt, tiles
        self.line = np.empty(dealt.shape[1:], dealt.dtype)
        self.seen = np.empty((t, t, s, s, channels, tiles.across, tiles.batch), dealt.dtype)

    @staticmethod
    def deal(memory: Array, tiles: Tiles) -> Array:
        """Deal the rows of images (C, H, W, N) out to as many lanes as a tile's step is wide."""
        lanes = tiles.stride * tiles.algorithm.outputs
        channels, height, _, batch = memory.shape
        out = np.empty((height, lanes, channels, tiles.places, batch), memory.dtype)

        def copy(rows: range) -> None:
            part = slice(rows.start, rows.stop)
            deal_columns(memory[:, part], lanes, tiles.windows.padding[1], out[part])

        side_by_side(copy, halves(height))
        return out

    def transformed(self, row: int) -> Array:
        """Return matrices (products, phases times channels, tiles times images)."""
        tiles, algorithm, s = self.tiles, self.tiles.algorithm, self.tiles.stride
        t = algorithm.products
        for a in range(s):
            numbers = [tiles.image_row(row, k, a) for k in range(t)]
            rows = [None if h is None else self.lanes[h] for h in numbers]
            for u in range(t):
                line = combined(algorithm.of_images[u], rows, self.line)
                for b in range(s):
                    columns = [tiles.in_lanes(line, s * k + b) for k in range(t)]
                    for v in range(t):
                        combine(algorithm.of_images[v], columns, self.seen[u, v, a, b])
        return self.seen.reshape(t * t, -1, tiles.across * tiles.batch)


class _Outputs:
    """A z, a row of tiles at a time, in arrays that the next row writes over."""

    def __init__(self, memory: Array, tiles: Tiles) -> None:
        channels, t, m = len(memory), tiles.algorithm.products, tiles.algorithm.outputs
        self.memory, self.tiles = memory, tiles
        self.rows = np.empty((m, m, channels, tiles.across, tiles.batch), memory.dtype)
        self.line = np.empty(self.rows.shape[1:], memory.dtype)
        self.wanted = np.empty((t, t, *self.rows.shape[2:]), memory.dtype)

    def transformed(self, row: int) -> Array:
        """Return matrices (products, channels, tiles times images)."""
        algorithm, t = self.tiles.algorithm, self.tiles.algorithm.products
        m = algorithm.outputs
        present = self.memory[:, m * row : m * row + m]
        deal_columns(present, m, 0, self.rows[: present.shape[1]])
        rows = [self.rows[p] if p < present.shape[1] else None for p in range(m)]
        for u in range(t):
            line = combined(algorithm.of_outputs[u], rows, self.line)
            for v in range(t):
                combine(algorithm.of_outputs[v], line, self.wanted[u, v])
        return self.wanted.reshape(t * t, len(self.memory), -1)


class _Sums:
    """The transpose of A z: outputs, of a row of tiles' products."""

    def __init__(self, tiles: Tiles, channels: int, dtype: Any) -> None:
        t = tiles.algorithm.products
        self.tiles = tiles
        self.products = np.empty((t * t, channels, tiles.across * tiles.batch), dtype)
        self.by_row = self.products.reshape(t, t, channels, tiles.across, tiles.batch)
        self.line = np.empty(self.by_row.shape[1:], dtype)

    def write(self, row: int, out: Array) -> None:
        """Write a row of tiles of the outputs (C, H, W, N)."""
        algorithm, m = self.tiles.algorithm, self.tiles.algorithm.outputs
        for p in range(min(m, out.shape[1] - m * row)):
            line = combined(_column(algorithm.of_outputs, p), self.by_row, self.line)
            for q in range(m):
                target = out[:, m * row + p, q::m]
                columns = line[:, :, : target.shape[1]]
                combine(_column(algorithm.of_outputs, q), columns, target)


class _Painted:
    """The transpose of B x: images that rows of tiles are added to, neighbours overlapping."""

    def __init__(self, tiles: Tiles, channels: int, dtype: Any) -> None:
        t, s = tiles.algorithm.products, tiles.stride
        self.tiles = tiles
        self.row = 0
        places = (s, s, channels, tiles.across, tiles.batch)
        self.products = np.empty((t * t, s * s * channels, tiles.across * tiles.batch), dtype)
        self.by_row = self.products.reshape(t, t, *places)
        self.rows = np.zeros((t, t, *places), dtype)
        self.columns = np.empty((t, *places), dtype)

    def write(self, row: int, out: Array) -> None:
        """Write the rows of an image (C, H, W, N) that the next row of tiles adds nothing to."""
        algorithm, m = self.tiles.algorithm, self.tiles.algorithm.outputs
        for k in range(algorithm.products):
            parts, coefficients = list(self.by_row), _column(algorithm.of_images, k)
            if k < algorithm.taps - 1:  # where the last row of tiles has painted, too
                parts.append(self.rows[m + k])
                coefficients += (1,)
            combine(coefficients, parts, self.rows[k])
        self.row = row
        for k in range(m):
            self._write_columns(row, k, out)

    def add_rest(self, out: Array) -> None:
        """Add the rows that the last row of tiles has in common with what follows."""
        m = self.tiles.algorithm.outputs
        for k in range(m, m + self.tiles.algorithm.taps - 1):
            self._write_columns(self.row, k, out, add=True)

    def _write_columns(self, row: int, k: int, out: Array, add: bool = False) -> None:
        """Write element k of a row of tiles, a row of the image for each phase."""
        tiles, algorithm = self.tiles, self.tiles.algorithm
        m = algorithm.outputs
        columns = [
            combined(_column(algorithm.of_images, j), self.rows[k], self.columns[j])
            for j in range(algorithm.products)
        ]
        for j in range(algorithm.taps - 1):  # what neighbouring tiles have in common
            columns[j][..., 1:, :] += columns[m + j][..., :-1, :]
        for a in range(tiles.stride):
            h = tiles.image_row(row, k, a)
            if h is not None:
                for j, b in np.ndindex(algorithm.products, tiles.stride):
                    last = slice(None) if j < m else slice(-1, None)
                    tiles.write_column(columns[j][a, b, :, last], j, b, out[:, h], add)


# ------------------------------------------------------------------------------------------- sums


def combine(coefficients: Sequence[int], parts: Sequence[Array | None] | Array, out: Array) -> None:
    """Write the sum of arrays times 1, -1 or 0 into another; None stands for zeros."""
    plus = [p for c, p in zip(coefficients, parts, strict=True) if c > 0 and p is not None]
    minus = [p for c, p in zip(coefficients, parts, strict=True) if c < 0 and p is not None]
    if len(plus) > 1:
        np.add(plus[0], plus[1], out=out)
    elif plus and minus:
        np.subtract(plus[0], minus.pop(), out=out)
    elif plus:
        out[...] = plus[0]
    elif minus:
        np.negative(minus.pop(), out=out)
    else:
        out[...] = 0
    for part in plus[2:]:
        out += part
    for part in minus:
        out -= part


def combined(
    coefficients: Sequence[int], parts: Sequence[Array | None] | Array, scratch: Array
) -> Array:
    """Return a sum as `combine` writes it: an array by itself as it is, others in `scratch`."""
    used = [(c, part) for c, part in zip(coefficients, parts, strict=True) if c]
    (coefficient, part), *others = used
    if coefficient == 1 and part is not None and not others:
        return part
    combine(coefficients, parts, scratch)
    return scratch


def _column(matrix: tuple[Coefficients, ...], number: int) -> Coefficients:
    return tuple(line[number] for line in matrix)


def _is_finite(array: Array) -> bool:
    """Tell whether all numbers are finite, and their squares: by one product."""
    elements = array.reshape(-1)
    return bool(np.isfinite(np.vdot(elements, elements)))
