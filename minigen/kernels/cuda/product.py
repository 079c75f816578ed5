r"""Products of matrices without cuBLAS, for a step that is captured: see `minigen.engine.capture`.

A block of threads computes a tile of the product. It copies a strip of each factor into memory
that its threads share, where each number is read many times, and each thread adds up a patch of
four by four sums. Where few tiles meet a long sum, the sum is cut into slices, whose tiles several
blocks compute; another kernel adds the slices. The order of all sums is fixed by the shapes.

.. math:: y_{ij} = \sum_k a_{ik} b_{kj}
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array, namespace, promote
from minigen.engine.recording import own_products
from minigen.kernels.cuda.source import THREADS, Kernel, serves
from minigen.ops.linear import linear, matmul
from minigen.ops.shaping import unbroadcast

TILE: Final = 64
"""Rows and columns of a tile."""

STRIP: Final = 16
"""How many summands of each sum are in shared memory at a time."""

PATCH: Final = 4
"""Rows and columns of what a thread computes: 256 threads make a tile."""

ENOUGH_BLOCKS: Final = 128
"""As many blocks as keep a card busy: with fewer, sums are cut into slices."""

LEAST_DEPTH: Final = 256
"""Summands a slice, at least."""

_SHAPE: Final = """
struct Product {
    Index rows, columns, depth;
    Index slices, each;
    Index left[3], right[3];
};
"""
"""Sizes; into how many slices a sum is cut, and summands of each; how far apart elements are along
each axis of the factors (batch, rows, columns)."""

# out[n, s, i, j] = the sum of a[n, i, k] b[n, k, j] over k of the slice s
PRODUCT: Final = Kernel(
    "product",
    "const Number* a, const Number* b, Number* out, const Product at",
    f"""__shared__ Number lefts[{STRIP}][{TILE} + 1], rights[{STRIP}][{TILE} + 1];
    Index across = (at.columns + {TILE - 1}) / {TILE}, down = (at.rows + {TILE - 1}) / {TILE};
    Index rest = blockIdx.x;
    Index column = rest % across * {TILE}; rest /= across;
    Index row = rest % down * {TILE}; rest /= down;
    Index slice = rest % at.slices, batch = rest / at.slices;
    Index first = slice * at.each, last = first + at.each < at.depth ? first + at.each : at.depth;
    a += batch * at.left[0];
    b += batch * at.right[0];
    Number sums[PATCHES][{PATCH}][{PATCH}] = {{}};
    for (Index k = first; k < last; k += {STRIP}) {{
        for (int e = threadIdx.x; e < {TILE * STRIP}; e += THREADS) {{
            // Neighbouring threads read neighbouring numbers, along whichever axis these lie.
            int i = at.left[2] == 1 ? e / {STRIP} : e % {TILE};
            int m = at.left[2] == 1 ? e % {STRIP} : e / {TILE};
            bool inside = row + i < at.rows && k + m < last;
            lefts[m][i] = inside ? a[(row + i) * at.left[1] + (k + m) * at.left[2]] : Number(0);
            i = at.right[2] == 1 ? e % {TILE} : e / {STRIP};
            m = at.right[2] == 1 ? e / {TILE} : e % {STRIP};
            inside = column + i < at.columns && k + m < last;
            rights[m][i] =
                inside ? b[(k + m) * at.right[1] + (column + i) * at.right[2]] : Number(0);
        }}
        __syncthreads();
        for (int p = 0; p < PATCHES; p++) {{
            int t = threadIdx.x + p * THREADS;
            int i = t / {TILE // PATCH}, j = t % {TILE // PATCH};
            for (int m = 0; m < {STRIP}; m++)
                for (int y = 0; y < {PATCH}; y++)
                    for (int x = 0; x < {PATCH}; x++)
                        sums[p][y][x] += lefts[m][i + y * {TILE // PATCH}]
                                       * rights[m][j + x * {TILE // PATCH}];
        }}
        __syncthreads();
    }}
    out += (batch * at.slices + slice) * at.rows * at.columns;
    for (int p = 0; p < PATCHES; p++) {{
        int t = threadIdx.x + p * THREADS;
        for (int y = 0; y < {PATCH}; y++)
            for (int x = 0; x < {PATCH}; x++) {{
                Index i = row + t / {TILE // PATCH} + y * {TILE // PATCH};
                Index j = column + t % {TILE // PATCH} + x * {TILE // PATCH};
                if (i < at.rows && j < at.columns) out[i * at.columns + j] = sums[p][y][x];
            }}
    }}""",
    f"""#ifndef THREADS
#define THREADS {THREADS}
#endif
#define PATCHES ({(TILE // PATCH) ** 2} / THREADS)
{_SHAPE}""",
)

# out[n, i] = the sum of parts[n, s, i] over the slices s
ADD_SLICES: Final = Kernel(
    "add_slices",
    "const Number* parts, Number* out, Index slices, Index size, Index n",
    """for (EACH(k, n)) {
        double sum = 0;
        for (Index s = 0; s < slices; s++) sum += parts[(k / size * slices + s) * size + k % size];
        out[k] = (Number)sum;
    }""",
)


def product(a: Array, b: Array, out: Array | None = None) -> Any:
    """Multiply matrices, of which the axes before the last two broadcast.

    cuBLAS computes it, but where products of the library's own are asked for.

    Parameters
    ----------
    a, b : array, shape (..., n, k) and (..., k, m)
    out : array, shape (..., n, m), optional
        Where to write it, row by row.
    """
    if not own_products() or not serves(a, b) or min(a.ndim, b.ndim) < 2:
        return a @ b if out is None else namespace(a).matmul(a, b, out=out)
    if a.shape[-1] != b.shape[-2]:
        raise ValueError(f"matrices of shapes {a.shape} and {b.shape} have no product")
    xp = namespace(a)
    lengths = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    shape = (*lengths, a.shape[-2], b.shape[-1])
    out = xp.empty(shape, a.dtype) if out is None else out
    if not out.size:
        return out
    if not a.shape[-1]:
        out.fill(0)
        return out
    _multiply(xp, _batched(xp, a, lengths), _batched(xp, b, lengths), out)
    return out


def _multiply(xp: Any, a: Array, b: Array, out: Array) -> None:
    """Write the products of a batch of matrices."""
    batch, rows, depth = a.shape
    columns = b.shape[2]
    tiles = batch * -(-rows // TILE) * -(-columns // TILE)
    slices, each = cut(tiles, depth)
    steps = [stride // a.itemsize for factor in (a, b) for stride in factor.strides]
    at = np.array([rows, columns, depth, slices, each, *steps], np.int64)
    parts = out if slices == 1 else xp.empty((batch, slices, rows, columns), a.dtype)
    PRODUCT.launch_blocks(xp, a.dtype, tiles * slices, a, b, parts, at)
    if slices > 1:
        size = rows * columns
        ADD_SLICES.launch(xp, a.dtype, out.size, parts, out, slices, size, out.size)


def cut(tiles: int, depth: int) -> tuple[int, int]:
    """Return into how many slices sums of a length are cut, and how long a slice is.

    Examples
    --------
    >>> cut(tiles=200, depth=5000), cut(tiles=16, depth=5000), cut(tiles=4, depth=300)
    ((1, 5000), (8, 625), (2, 150))
    """
    wanted = min(-(-ENOUGH_BLOCKS // tiles), -(-depth // LEAST_DEPTH))
    each = -(-depth // max(wanted, 1))
    return -(-depth // each), each


def _batched(xp: Any, factor: Array, lengths: tuple[int, ...]) -> Array:
    """Return matrices with one axis before the last two."""
    full = xp.broadcast_to(factor, (*lengths, *factor.shape[-2:]))
    if full.ndim == 3:
        return full
    return full.reshape(math.prod(lengths), *factor.shape[-2:])


# ------------------------------------------------------------------------------------------- ops


@matmul.kernel_on_card
def matmul_on_card(a: Array, b: Array) -> Any:
    """Compute the op's function."""
    a, b = promote(a, b)
    return product(a, b) if _are_ours(a, b) else NotImplemented


@matmul.kernel_vjp_on_card
def matmul_vjp_on_card(g: Array, _out: Array, a: Array, b: Array) -> Any:
    """Compute the op's rule."""
    if not _are_ours(g, a, b):
        return NotImplemented
    return (
        lambda: unbroadcast(product(g, b.swapaxes(-1, -2)), a),
        lambda: unbroadcast(product(a.swapaxes(-1, -2), g), b),
    )


@linear.kernel_on_card
def linear_on_card(x: Array, weight: Array, bias: Array | None) -> Any:
    """Compute the op's function."""
    if not _are_ours(x, weight) or weight.ndim != 2 or x.shape[-1] != weight.shape[1]:
        return NotImplemented
    if bias is not None and not (serves(x, bias) and bias.shape == weight.shape[:1]):
        return NotImplemented
    y = _like(x, x.reshape(-1, x.shape[-1]), weight.T)
    if bias is not None:
        y += bias
    return y.reshape(*x.shape[:-1], len(weight))


@linear.kernel_vjp_on_card
def linear_vjp_on_card(g: Array, _out: Array, x: Array, weight: Array, bias: Array | None) -> Any:
    """Compute the op's rule."""
    if not _are_ours(g, x, weight):
        return NotImplemented
    rows, seen = g.reshape(-1, g.shape[-1]), x.reshape(-1, x.shape[-1])
    return (
        lambda: _like(x, rows, weight).reshape(x.shape),
        lambda: product(rows.T, seen),
        None if bias is None else lambda: rows.sum(axis=0),
    )


def _like(x: Array, a: Array, b: Array) -> Any:
    """Multiply matrices; the product is held column by column if x is."""
    by_column = x.ndim == 2 and x.flags.f_contiguous and not x.flags.c_contiguous
    return product(b.T, a.T).T if by_column else product(a, b)


def _are_ours(*factors: Any) -> bool:
    """Tell whether the library's own products are asked for, of matrices that it serves."""
    return own_products() and serves(*factors) and min(each.ndim for each in factors) > 1
