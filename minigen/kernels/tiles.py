r"""Tiles of images, and the transforms of `minigen.kernels.winograd`, a row of tiles at a time.

A tile is what the neighbouring outputs see that one algorithm computes. Each class here holds the
arrays of one transform, which the next row of tiles writes over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.parallel import halves, side_by_side
from minigen.ops.windows import Windows

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

    Derivation: winograd.two_taps, winograd.three_taps
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

        Derivation: winograd.products
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
        """Return the row of the image that is element k of a row of tiles; None if it's padding.

        Derivation: winograd.tiles
        """
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
        columns = memory[:, :, first::lanes][:, :, :count]
        out[:, lane, :, :start] = 0
        out[:, lane, :, start : start + count] = columns.transpose(1, 0, 2, 3)
        out[:, lane, :, start + count :] = 0


class Images:
    """B x, of images whose columns `deal` has dealt out."""

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


class Outputs:
    """A z, of outputs (C, H, W, N)."""

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


class Sums:
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
            line = combined(column(algorithm.of_outputs, p), self.by_row, self.line)
            for q in range(m):
                target = out[:, m * row + p, q::m]
                columns = line[:, :, : target.shape[1]]
                combine(column(algorithm.of_outputs, q), columns, target)


class Painted:
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
            parts, coefficients = list(self.by_row), column(algorithm.of_images, k)
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
            combined(column(algorithm.of_images, j), self.rows[k], self.columns[j])
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


def column(matrix: tuple[Coefficients, ...], number: int) -> Coefficients:
    """Return a column of a matrix."""
    return tuple(line[number] for line in matrix)
