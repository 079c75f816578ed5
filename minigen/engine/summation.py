r"""Sums of float32 that stay exact, however many numbers there are.

NumPy adds pairs of pairs along the axis that is contiguous in memory, and one row after another
along the others. A sum of n rows is then off by up to n roundings: the mean of 20 million ones is
0.84. Here no number goes through more than `DEPTH` additions in float32. Rows are dealt out to
blocks of at most `ROWS`; float64 adds up the sums of blocks, a thirtieth of the numbers. What is
left is an error of at most 1e-6 of the sum of magnitudes, nearly always of 1e-7.

Sums of few rows are NumPy's own, and so are those of float64 and of integers. On a GPU the library
sums in trees.

References
----------
Higham (1993), "The accuracy of floating point summation", SIAM Journal on Scientific Computing 14.
"""

from __future__ import annotations

import functools
import math
from typing import Any, Final, NamedTuple

import numpy as np

from minigen.engine.backend import Array

DEPTH: Final = 64
"""How many additions in float32 a number may go through: 64 equal summands are off by 9.8e-7."""

PAIRWISE: Final = 24
"""What NumPy's sum in pairs counts as: 16 additions in sequence, and those of the pairs."""

ROWS: Final = 32
"""How many rows a block has at most: 32 equal summands are off by 5.1e-7."""

CACHED: Final = 4096
"""About how many sums are made side by side: in float32, 16 KiB, which stay in the cache."""

LONG: Final = 2**18
"""How many numbers are left to NumPy: its version 2.0 adds the sums of 8,192 each in sequence."""

RUN: Final = 512
"""How many numbers BLAS adds up at a time where it keeps 8 sums, as for a matrix times a vector."""

DOT_RUN: Final = 2048
"""How many where it keeps 32 sums, as for a vector times a vector."""

Axes = int | tuple[int, ...] | None
"""Axes to sum over: one, several, or all."""


def blocked_sum(x: Array, axis: Axes = None, keepdims: bool = False) -> Array:
    """Sum over axes, in the dtype of x; integers as NumPy does.

    Parameters
    ----------
    x : array
        Any shape and memory order.
    axis : int or tuple of int, optional
        The axes to sum over; all by default.
    keepdims : bool, default False
        Whether they stay, with length 1.

    Examples
    --------
    >>> import numpy as np
    >>> tenths = np.full((100_000, 2), 0.1, np.float32)
    >>> tenths.sum(axis=0).round(1), blocked_sum(tenths, axis=0).round(1)
    (array([9998.6, 9998.6], dtype=float32), array([10000., 10000.], dtype=float32))
    """
    blocked = _blocked_sum(x, axis, keepdims)
    if blocked is None:
        return x.sum(axis, keepdims=keepdims)
    return blocked if blocked.dtype is x.dtype else blocked.astype(x.dtype)


def blocked_mean(x: Array, axis: Axes = None, keepdims: bool = False) -> Array:
    """Take the mean over axes, as `blocked_sum` does the sum.

    Examples
    --------
    >>> import numpy as np
    >>> blocked_mean(np.full((100_000, 2), 0.1, np.float32), axis=0).round(5)
    array([0.1, 0.1], dtype=float32)
    """
    blocked = _blocked_sum(x, axis, keepdims)
    if blocked is None:
        return x.mean(axis, keepdims=keepdims)
    return (blocked / (x.size // blocked.size)).astype(x.dtype, copy=False)


def blocked_dot(a: Array, b: Array) -> Array:
    """Multiply vectors of NumPy's, along the last axis; in float64, of float32 too.

    Parameters
    ----------
    a, b : array, shapes (..., n)
        The vectors; each of `a` with each of `b`, or all with one.

    Returns
    -------
    array of float64, shape (...)

    Examples
    --------
    >>> import numpy as np
    >>> tenths = np.full(10_000_000, 0.1, np.float32)
    >>> round(float(blocked_dot(tenths, tenths)), 1)
    100000.0
    """
    if a.shape[-1] <= DOT_RUN:
        return np.vecdot(a, b).astype(np.float64)
    (runs, rest), (other_runs, other_rest) = in_runs(a, DOT_RUN), in_runs(b, DOT_RUN)
    total = np.add.reduce(np.vecdot(runs, other_runs), -1, np.float64)
    return total + np.vecdot(rest, other_rest) if rest.size else total


def in_runs(x: Array, longest: int = RUN) -> tuple[Array, Array]:
    """Divide the last axis into runs of some length, (..., count, length), and a rest.

    Examples
    --------
    >>> import numpy as np
    >>> [part.shape for part in in_runs(np.ones((2, 25_088))) + in_runs(np.ones(1021))]
    [(2, 49, 512), (2, 0), (1, 512), (509,)]
    """
    length = _run_length(x.shape[-1], longest)
    whole = x.shape[-1] // length * length
    return x[..., :whole].reshape(*x.shape[:-1], whole // length, length), x[..., whole:]


@functools.lru_cache(maxsize=4096)
def _run_length(count: int, longest: int) -> int:
    """Return the greatest length that leaves no rest, unless it were very short."""
    if count <= longest:
        return max(count, 1)
    return next((n for n in range(longest, longest // 4, -1) if count % n == 0), longest)


def _blocked_sum(x: Array, axis: Axes, keepdims: Any) -> Any:  # NumPy types True and False apart
    """Return the sum, mostly in float64, or None where the array's own is exact enough."""
    if x.size <= DEPTH or x.dtype.char not in "fe" or not isinstance(x, np.ndarray):
        return None
    if x.dtype.char == "e":  # float16, of which 4,096 ones add up to 2,048
        return np.add.reduce(x, axis, np.float64, keepdims=keepdims)
    if axis is None and x.flags.c_contiguous:
        return None if x.size <= LONG else _sum_of_runs(x, keepdims)
    blocks = _blocks(x.shape, x.strides, axis)
    if blocks is None:
        return None
    dealt = x[blocks.dealt] if blocks.left_over else x
    sums = np.add.reduce(dealt.reshape(blocks.shape), blocks.rows).reshape(blocks.kept)
    if blocks.left_over:
        rest = x[blocks.left_over]
        if blocks.inner:
            rest = np.add.reduce(rest, blocks.inner, keepdims=True)
        sums[blocks.first] += rest
    return np.add.reduce(sums, axis, blocks.dtype, keepdims=keepdims)


def _sum_of_runs(x: Array, keepdims: Any) -> Any:
    """Sum all of a contiguous array: pairs in each run, and float64 over the runs."""
    runs, rest = in_runs(x.reshape(-1))
    total = np.add.reduce(np.add.reduce(runs, -1), None, np.float64) + np.add.reduce(rest, -1)
    return np.full((1,) * x.ndim, total) if keepdims else total


class _Blocks(NamedTuple):
    """How the rows along an axis are dealt out to blocks, and what is summed in each.

    Of n rows, B blocks have R or R + 1 each. They are made W at a time, of neighbouring rows: the
    first W blocks have the rows i, W + i, 2 W + i, ..., so that rows are added in the order of
    memory, in long runs, onto sums that stay in the cache.
    """

    dealt: Any  # the index of R B rows
    shape: tuple[int, ...]  # theirs, with axes of B / W, R and W
    rows: tuple[int, ...]  # what is summed in a block: the axis of R, and the inner ones
    kept: tuple[int, ...]  # the shape of the blocks' sums, in which all axes are still there
    left_over: Any  # the index of the last rows, fewer than B; None if there are none
    first: Any  # the index of as many blocks
    inner: tuple[int, ...]  # the axes that NumPy sums in pairs
    dtype: Any  # in which the blocks are added; None stands for their own


@functools.lru_cache(maxsize=4096)
def _blocks(shape: tuple[int, ...], strides: tuple[int, ...], axis: Axes) -> _Blocks | None:
    """Decide how to sum an array of float32; None stands for NumPy's own sum."""
    axes = _from_front(axis, len(shape))
    inner = _summed_in_pairs(shape, strides, axes)
    outer = [a for a in axes if a not in inner]
    count = math.prod([shape[a] for a in outer])
    depth_inside = PAIRWISE if inner else 0
    if count == 1 or count + depth_inside <= DEPTH:
        return None
    along = max(outer, key=shape.__getitem__)
    row_length = max(1, abs(strides[along]) // np.dtype(np.float32).itemsize)
    most, wide = ROWS - depth_inside, max(1, CACHED // row_length)
    blocks, width = _blocks_and_width(shape[along], most, wide)
    rows, left_over = divmod(shape[along], blocks)
    before = (slice(None),) * along
    few = not inner and count // rows <= ROWS // 2
    return _Blocks(
        dealt=(*before, slice(rows * blocks)),
        shape=(*shape[:along], blocks // width, rows, width, *shape[along + 1 :]),
        rows=(along + 1, *[a + 2 * (a > along) for a in inner]),
        kept=tuple(1 if a in inner else blocks if a == along else n for a, n in enumerate(shape)),
        left_over=(*before, slice(rows * blocks, None)) if left_over else None,
        first=(*before, slice(left_over)),
        inner=inner,
        dtype=None if few else np.float64,
    )


def _blocks_and_width(count: int, most: int, wide: int) -> tuple[int, int]:
    """Return how many blocks have at most so many rows each, and how many are made at a time.

    All have the same number of rows, if it can be.
    """
    least = -(-count // most)
    blocks = next((n for n in range(least, min(2 * least, least + 16)) if count % n == 0), least)
    width = next(n for n in range(min(wide, blocks), 0, -1) if blocks % n == 0)
    if 4 * width < min(wide, blocks):
        width = min(wide, blocks)
        blocks = -(-blocks // width) * width
    return blocks, width


def _from_front(axis: Axes, ndim: int) -> tuple[int, ...]:
    """Return axes counted from the front; none if NumPy is going to refuse them."""
    if axis is None:
        return tuple(range(ndim))
    given = axis if isinstance(axis, tuple) else (axis,)
    axes = tuple([a + ndim if a < 0 else a for a in given])
    return axes if len(set(axes)) == len(axes) and set(axes) <= set(range(ndim)) else ()


def _summed_in_pairs(
    shape: tuple[int, ...], strides: tuple[int, ...], axes: tuple[int, ...]
) -> tuple[int, ...]:
    """Return the axes that NumPy sums in pairs: the innermost in memory, and what adjoins it.

    Where two axes have the same stride, or one has none (a broadcast one), it is open which is the
    innermost: then it is none.
    """
    order = sorted((abs(strides[a]), a) for a, n in enumerate(shape) if n > 1)
    distinct = {stride for stride, _ in order}
    if len(distinct) < len(order) or 0 in distinct:
        return ()
    inner: list[int] = []
    adjoining, _ = order[0]
    for stride, a in order:
        if a not in axes or stride != adjoining:
            break
        inner.append(a)
        adjoining = stride * shape[a]
    return tuple(inner)
