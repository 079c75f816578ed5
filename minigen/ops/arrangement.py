r"""Tensors in copies and in other orders: views and copies made by the ops of `shaping`.

None of these functions has a rule of its own: each is made of ops whose rules are known, so it can
be differentiated as often as wanted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigen.engine.backend import (
    CPU,
    Array,
    array_of,
    device_of,
    namespace,
    one_sequence,
    to_numpy,
)
from minigen.engine.op import composed, op
from minigen.ops.shaping import (
    axis_index,
    broadcast_to,
    cat,
    getitem,
    permute,
    reshape,
    transpose,
)

__all__ = [
    "flip", "fliplr", "flipud", "hstack", "movedim", "one_hot", "pixel_shuffle", "pixel_unshuffle",
    "ravel", "repeat", "repeat_interleave", "roll", "swapaxes", "t", "tile", "tril", "triu",
    "unflatten", "vstack",
]  # fmt: skip


@composed(names=False)
def repeat(x: Array, *repeats: Any) -> Any:
    """Lay copies side by side, so many along each axis; axes in front are new.

    Raises
    ------
    ValueError
        If there are fewer numbers than axes, or one is negative.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([1, 2]).repeat(2, 2).tolist()
    [[1, 2, 1, 2], [1, 2, 1, 2]]
    """
    counts = one_sequence(repeats)
    if len(counts) < x.ndim or any(n < 0 for n in counts):
        raise ValueError(
            f"repeat: how often along each axis of {tuple(x.shape)}, those of new axes in front, "
            f"is expected, got {counts}"
        )
    shape = (1,) * (len(counts) - x.ndim) + tuple(x.shape)
    beside = reshape(x, tuple(n for length in shape for n in (1, length)))
    copies = tuple(n for pair in zip(counts, shape, strict=True) for n in pair)
    together = tuple(n * length for n, length in zip(counts, shape, strict=True))
    return reshape(broadcast_to(beside, copies), together)


@composed(names=False)
def tile(x: Array, *dims: Any) -> Any:
    """Lay copies side by side, as `repeat` does; axes that no number is given for stay as they are.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([[1, 2], [3, 4]]).tile(2).tolist()
    [[1, 2, 1, 2], [3, 4, 3, 4]]
    """
    counts = one_sequence(dims)
    return repeat(x, (1,) * (x.ndim - len(counts)) + counts)


@composed
def ravel(x: Array) -> Any:
    """Return the elements in one row: `flatten` of all axes.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([[1, 2], [3, 4]]).ravel().tolist()
    [1, 2, 3, 4]
    """
    return reshape(x, (-1,))


@composed(names=False)
def flip(x: Array, *dims: Any) -> Any:
    """Reverse the order along axes: a mirror image, of images along the last.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([[1, 2], [3, 4]]).flip(-1).tolist()
    [[2, 1], [4, 3]]
    """
    reversed_axes = {axis_index(a, x.ndim) for a in one_sequence(dims)}
    index = tuple(slice(None, None, -1 if a in reversed_axes else None) for a in range(x.ndim))
    return getitem(x, index)


@composed
def fliplr(x: Array) -> Any:
    """Reverse the order of a matrix's columns: the second axis."""
    return flip(x, 1)


@composed
def flipud(x: Array) -> Any:
    """Reverse the order of a matrix's rows: the first axis."""
    return flip(x, 0)


@composed
def repeat_interleave(x: Array, repeats: int | Array, axis: int | None = None) -> Any:
    """Lay copies of each element, or of each slice along an axis, one after the other.

    Parameters
    ----------
    x : Tensor or array
        Any shape.
    repeats : int or array of int
        How often all are repeated, or how often each is.
    axis : int, optional
        ``dim`` is PyTorch's name of it. Without it the elements are taken in one row.

    Raises
    ------
    ValueError
        If a number is negative, or there isn't one for each slice.

    Examples
    --------
    >>> import minigen
    >>> minigen.arange(3).repeat_interleave(2).tolist()
    [0, 0, 1, 1, 2, 2]
    """
    if axis is None:
        return repeat_interleave(reshape(x, (-1,)), repeats, 0)
    length = x.shape[axis_index(axis, x.ndim)]
    counts = to_numpy(array_of(repeats))
    if counts.shape not in {(), (1,), (length,)} or (counts < 0).any():
        raise ValueError(
            f"repeat_interleave: one number that isn't negative, or one for each of the {length} "
            f"slices of axis {axis}, is expected, got {counts.tolist()}"
        )
    order = namespace(array_of(x)).asarray(np.repeat(np.arange(length), counts))
    return getitem(x, ((slice(None),) * axis_index(axis, x.ndim)) + (order,))


@composed(names=False)
def roll(x: Array, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Any:
    """Move the elements along axes; those that leave at the end come in at the start.

    Parameters
    ----------
    x : Tensor or array
        Any shape.
    shifts : int or sequence of int
        By how many places, for each of the axes.
    dims : int or sequence of int, optional
        The axes. Without them the elements are taken in one row.

    Raises
    ------
    ValueError
        If there are not as many shifts as axes.

    Examples
    --------
    >>> import minigen
    >>> minigen.arange(5).roll(2).tolist()
    [3, 4, 0, 1, 2]
    """
    if dims is None:
        return reshape(roll(reshape(x, (-1,)), shifts, 0), tuple(x.shape))
    steps, axes = one_sequence((shifts,)), one_sequence((dims,))
    if len(steps) != len(axes):
        raise ValueError(f"roll: a shift for each of the axes {axes} is expected, got {steps}")
    for step, axis in zip(steps, axes, strict=True):
        x = _rolled(x, step, axis_index(axis, x.ndim))
    return x


def _rolled(x: Any, shift: int, axis: int) -> Any:
    length = x.shape[axis]
    if not length or not shift % length:
        return x
    before, end = (slice(None),) * axis, length - shift % length
    return cat((getitem(x, (*before, slice(end, None))), getitem(x, (*before, slice(end)))), axis)


@composed(names=False)
def movedim(x: Array, source: int | Sequence[int], destination: int | Sequence[int]) -> Any:
    """Move axes to other places; the others keep their order.

    Raises
    ------
    ValueError
        If there are not as many places as axes, or one is named twice.

    Examples
    --------
    >>> import minigen
    >>> minigen.zeros(8, 32, 48, 3).movedim(-1, 1).shape
    (8, 3, 32, 48)
    """
    moved = [axis_index(a, x.ndim) for a in one_sequence((source,))]
    places = [axis_index(a, x.ndim) for a in one_sequence((destination,))]
    if not len(set(moved)) == len(moved) == len(places) == len(set(places)):
        raise ValueError(
            f"movedim: as many different axes as different places are expected, "
            f"got {source} and {destination}"
        )
    order = [a for a in range(x.ndim) if a not in moved]
    for place, axis in sorted(zip(places, moved, strict=True)):
        order.insert(place, axis)
    return permute(x, tuple(order))


@composed(names=False)
def swapaxes(x: Array, axis0: int, axis1: int) -> Any:
    """Exchange two axes: NumPy's name of `transpose` with two.

    Examples
    --------
    >>> import minigen
    >>> minigen.zeros(2, 3, 4).swapaxes(0, -1).shape
    (4, 3, 2)
    """
    return transpose(x, axis0, axis1)


@composed
def unflatten(x: Array, axis: int, sizes: Sequence[int]) -> Any:
    """Divide one axis into several, of which one length may be -1: `flatten` undone.

    Raises
    ------
    ValueError
        If the lengths don't multiply to that of the axis.

    Examples
    --------
    >>> import minigen
    >>> minigen.zeros(16, 3136).unflatten(1, (64, 7, 7)).shape
    (16, 64, 7, 7)
    """
    axis = axis_index(axis, x.ndim)
    known = math.prod(n for n in sizes if n != -1)
    if list(sizes).count(-1) > 1 or (
        x.shape[axis] % known if -1 in sizes and known else known != x.shape[axis]
    ):
        raise ValueError(
            f"unflatten: lengths that multiply to {x.shape[axis]}, that of axis {axis}, are "
            f"expected, got {tuple(sizes)}"
        )
    lengths = tuple(x.shape[axis] // known if n == -1 else n for n in sizes)
    return reshape(x, (*x.shape[:axis], *lengths, *x.shape[axis + 1 :]))


def hstack(tensors: Sequence[Array]) -> Any:
    """Join side by side: along the second axis, or along the only one.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.hstack([minigen.zeros(2, 1), minigen.ones(2, 2)]).shape
    (2, 3)
    """
    rows = [reshape(x, (1,)) if x.ndim == 0 else x for x in tensors]
    return cat(rows, 0 if rows and rows[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Array]) -> Any:
    """Join one below the other: along the first axis, vectors as rows.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.vstack([minigen.zeros(3), minigen.ones(3)]).shape
    (2, 3)
    """
    return cat([reshape(x, (1, -1)) if x.ndim < 2 else x for x in tensors], 0)


@composed
def pixel_shuffle(x: Array, upscale_factor: int) -> Any:
    r"""Lay r² channels out as squares of r x r pixels: fewer channels, larger images.

    .. math:: y_{c,\,hr+i,\,lr+j} = x_{cr^2+ir+j,\,h,\,l}

    A network that enlarges images computes at low resolution and shuffles at its end.

    Parameters
    ----------
    x : Tensor or array, shape (..., C r², H, W)
        Images.
    upscale_factor : int
        r.

    Returns
    -------
    Tensor or array, shape (..., C, H r, W r)

    Raises
    ------
    ValueError
        If r isn't positive, x has fewer than 3 axes, or r² does not divide the channels.

    References
    ----------
    Shi et al. (2016), arXiv:1609.05158.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.pixel_shuffle(minigen.arange(4.0).reshape(4, 1, 1), 2).tolist()
    [[[0.0, 1.0], [2.0, 3.0]]]

    Derivation: pixel_shuffle
    """
    r = _expect_factor("pixel_shuffle", x, upscale_factor)
    *batch, channels, height, width = x.shape
    if channels % (r * r):
        raise ValueError(
            f"pixel_shuffle: a multiple of {r * r} channels is expected, got shape {tuple(x.shape)}"
        )
    squares = reshape(x, (*batch, channels // (r * r), r, r, height, width))
    n = len(batch)
    beside = permute(squares, (*range(n + 1), n + 3, n + 1, n + 4, n + 2))
    return reshape(beside, (*batch, channels // (r * r), height * r, width * r))


@composed
def pixel_unshuffle(x: Array, downscale_factor: int) -> Any:
    r"""Gather squares of r x r pixels in r² channels: `pixel_shuffle` undone.

    Unlike a convolution with a stride or a pooling it loses nothing.

    Parameters
    ----------
    x : Tensor or array, shape (..., C, H r, W r)
        Images.
    downscale_factor : int
        r.

    Returns
    -------
    Tensor or array, shape (..., C r², H, W)

    Raises
    ------
    ValueError
        If r isn't positive, x has fewer than 3 axes, or r does not divide height and width.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.pixel_unshuffle(minigen.arange(4.0).reshape(1, 2, 2), 2).flatten().tolist()
    [0.0, 1.0, 2.0, 3.0]

    Derivation: pixel_unshuffle
    """
    r = _expect_factor("pixel_unshuffle", x, downscale_factor)
    *batch, channels, height, width = x.shape
    if height % r or width % r:
        raise ValueError(
            f"pixel_unshuffle: a height and a width that {r} divides are expected, "
            f"got shape {tuple(x.shape)}"
        )
    squares = reshape(x, (*batch, channels, height // r, r, width // r, r))
    n = len(batch)
    gathered = permute(squares, (*range(n + 1), n + 2, n + 4, n + 1, n + 3))
    return reshape(gathered, (*batch, channels * r * r, height // r, width // r))


def _expect_factor(name: str, x: Array, factor: int) -> int:
    """Return a factor by which images are resized, or refuse it."""
    if factor < 1:
        raise ValueError(f"{name}: a positive factor is expected, got {factor}")
    if x.ndim < 3:
        raise ValueError(f"{name}: images (..., C, H, W) are expected, got shape {tuple(x.shape)}")
    return factor


@composed
def t(x: Array) -> Any:
    """Transpose a matrix; a vector or a number stays as it is.

    Raises
    ------
    ValueError
        If there are more than two axes: then `transpose` says which two.
    """
    if x.ndim > 2:
        raise ValueError(
            f"t: a matrix is expected, got shape {tuple(x.shape)}: x.transpose(dim0, dim1)"
        )
    return transpose(x, 0, 1) if x.ndim == 2 else x


@composed
def tril(x: Array, diagonal: int = 0) -> Any:
    """Keep the lower triangle of matrices, up to a diagonal, and put zeros elsewhere.

    Examples
    --------
    >>> import minigen
    >>> minigen.ones(2, 3).tril().tolist()
    [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]
    """
    return x * _triangle(x, diagonal)


@composed
def triu(x: Array, diagonal: int = 0) -> Any:
    """Keep the upper triangle of matrices, from a diagonal on, and put zeros elsewhere.

    Examples
    --------
    >>> import minigen
    >>> minigen.ones(2, 3).triu(diagonal=1).tolist()
    [[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]
    """
    return x * ~_triangle(x, diagonal - 1)


def _triangle(x: Any, diagonal: int) -> Array:
    """Return where in the last two axes the lower triangle is, on the device of `x`."""
    return namespace(array_of(x)).tri(*x.shape[-2:], diagonal, dtype=bool)


@op(differentiable=False)
def one_hot(x: Array, num_classes: int = -1) -> Array:
    """Write classes as vectors that are 1 at the class and 0 elsewhere, in int64.

    Parameters
    ----------
    x : Tensor or array of int, any shape
        Classes, from 0.
    num_classes : int
        How many there are; by default one more than the greatest, for which a GPU is waited for.

    Returns
    -------
    Tensor or array of int64, shape (..., num_classes)

    Raises
    ------
    TypeError
        If the classes are no integers.
    ValueError
        If one on the CPU is negative or too great.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.one_hot(minigen.tensor([0, 2]), num_classes=3).float().tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if x.dtype.kind not in "iu":
        raise TypeError(f"classes are integers, got {x.dtype}")
    if num_classes == -1 and not x.size:
        raise ValueError("of no classes, num_classes must say how many there are")
    count = int(to_numpy(x.max())) + 1 if num_classes == -1 else num_classes
    if device_of(x) == CPU and x.size and not (x.min() >= 0 and x.max() < count):
        raise ValueError(
            f"classes from 0 to {count - 1} are expected, got {int(x.min())} to {int(x.max())}"
        )
    return (x[..., None] == namespace(x).arange(count)).astype(np.int64)
