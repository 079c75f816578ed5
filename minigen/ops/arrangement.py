r"""Tensors in pieces, in copies and in other orders: views and copies made by the ops of `shaping`.

None of these functions has a rule of its own: each is made of ops whose rules are known, so it can
be differentiated as often as wanted.
"""

from __future__ import annotations

import itertools
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
from minigen.ops.shaping import axis_index, broadcast_to, getitem, permute, reshape, transpose

__all__ = [
    "chunk", "flip", "one_hot", "pixel_shuffle", "pixel_unshuffle", "repeat", "split", "t", "tril",
    "triu", "unbind",
]  # fmt: skip


@composed
def split(x: Array, split_size_or_sections: int | Sequence[int], axis: int = 0) -> tuple[Any, ...]:
    """Divide along an axis into pieces of a given length, or of several.

    Parameters
    ----------
    x : Tensor or array
        Any shape.
    split_size_or_sections : int or sequence of int
        The length of each piece, of which the last may be shorter; or the length of every one.
    axis : int
        ``dim`` is PyTorch's name of it.

    Raises
    ------
    ValueError
        If one length isn't positive, or several don't add up to that of the axis.

    Examples
    --------
    >>> import minigen
    >>> mu, logvar, rest = minigen.arange(5).split([2, 2, 1])
    >>> logvar.tolist()
    [2, 3]
    """
    axis = axis_index(axis, x.ndim)
    length = x.shape[axis]
    if isinstance(split_size_or_sections, Sequence):
        sizes = list(split_size_or_sections)
        if any(n < 0 for n in sizes) or sum(sizes) != length:
            raise ValueError(
                f"split: lengths that add up to {length}, that of axis {axis}, are expected, "
                f"got {sizes}"
            )
    elif split_size_or_sections < 1:
        raise ValueError(
            f"split: a positive length of the pieces is expected, got {split_size_or_sections}"
        )
    else:
        whole, rest = divmod(length, split_size_or_sections)
        sizes = [split_size_or_sections] * whole + [rest] * (rest > 0 or length == 0)
    ends = list(itertools.accumulate(sizes, initial=0))
    before = (slice(None),) * axis
    return tuple(getitem(x, (*before, slice(a, b))) for a, b in itertools.pairwise(ends))


@composed
def chunk(x: Array, chunks: int, axis: int = 0) -> tuple[Any, ...]:
    """Divide along an axis into so many pieces of one length; the last may be shorter.

    An encoder's output is parted so into means and logarithms of variances. Where the length
    cannot be divided so, there are fewer pieces, as in PyTorch.

    Raises
    ------
    ValueError
        If the number isn't positive.

    Examples
    --------
    >>> import minigen
    >>> mu, logvar = minigen.zeros(16, 8).chunk(2, dim=1)
    >>> mu.shape
    (16, 4)
    """
    if chunks < 1:
        raise ValueError(f"chunk: a positive number of pieces is expected, got {chunks}")
    length = x.shape[axis_index(axis, x.ndim)]
    if not length:
        return tuple(x for _ in range(chunks))
    return split(x, -(-length // chunks), axis)


@composed
def unbind(x: Array, axis: int = 0) -> tuple[Any, ...]:
    """Return the slices along an axis, which they no longer have.

    Examples
    --------
    >>> import minigen
    >>> real, fake = minigen.tensor([[1.0, 2.0], [3.0, 4.0]]).unbind(dim=1)
    >>> fake.tolist()
    [2.0, 4.0]
    """
    before = (slice(None),) * axis_index(axis, x.ndim)
    return tuple(getitem(x, (*before, i)) for i in range(x.shape[len(before)]))


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
