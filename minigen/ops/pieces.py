r"""A tensor's pieces along an axis: views and copies made by the ops of `shaping`.

None of these functions has a rule of its own: each is made of ops whose rules are known, so it can
be differentiated as often as wanted.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from minigen.engine.backend import Array
from minigen.engine.op import composed
from minigen.ops.shaping import axis_index, getitem

__all__ = ["chunk", "index_select", "narrow", "select", "split", "tensor_split", "unbind"]


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


@composed
def narrow(x: Array, axis: int, start: int, length: int) -> Any:
    """Return one piece along an axis: so many elements from a start, which may count from the end.

    Raises
    ------
    IndexError
        If the piece reaches over either end, or its length is negative.

    Examples
    --------
    >>> import minigen
    >>> minigen.arange(5).narrow(0, 1, 3).tolist()
    [1, 2, 3]
    """
    before = (slice(None),) * axis_index(axis, x.ndim)
    whole = x.shape[len(before)]
    first = start + whole if start < 0 else start
    if not 0 <= first <= first + length <= whole:
        raise IndexError(
            f"narrow: a piece within the {whole} elements of axis {axis} is expected, "
            f"got start {start} and length {length}"
        )
    return getitem(x, (*before, slice(first, first + length)))


@composed
def index_select(x: Array, axis: int, index: Array) -> Any:
    """Return the slices along an axis that a list of integers names, in its order.

    Raises
    ------
    ValueError
        If the index isn't one-dimensional.

    Examples
    --------
    >>> import minigen
    >>> images = minigen.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> images.index_select(0, minigen.tensor([1, 1, 0])).tolist()
    [[3.0, 4.0], [3.0, 4.0], [1.0, 2.0]]
    """
    if index.ndim != 1:
        raise ValueError(
            f"index_select: one axis of integers is expected, got shape {tuple(index.shape)}"
        )
    before = (slice(None),) * axis_index(axis, x.ndim)
    return getitem(x, (*before, index))


@composed
def select(x: Array, axis: int, index: int) -> Any:
    """Return the slice at one place along an axis, which it no longer has.

    Raises
    ------
    IndexError
        If there is no such place.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([[1.0, 2.0], [3.0, 4.0]]).select(1, -1).tolist()
    [2.0, 4.0]
    """
    before = (slice(None),) * axis_index(axis, x.ndim)
    return getitem(x, (*before, index))


@composed
def tensor_split(
    x: Array, indices_or_sections: int | Sequence[int], axis: int = 0
) -> tuple[Any, ...]:
    """Divide along an axis into so many pieces, or before given places.

    Unlike `chunk`, it returns as many pieces as asked for: their lengths differ by at most 1.

    Parameters
    ----------
    x : Tensor or array
        Any shape.
    indices_or_sections : int or sequence of int
        How many pieces; or where each but the first begins.
    axis : int
        ``dim`` is PyTorch's name of it.

    Raises
    ------
    ValueError
        If the number isn't positive.

    Examples
    --------
    >>> import minigen
    >>> [piece.tolist() for piece in minigen.arange(5).tensor_split(3)]
    [[0, 1], [2, 3], [4]]
    >>> [piece.tolist() for piece in minigen.arange(5).tensor_split([1, 4])]
    [[0], [1, 2, 3], [4]]
    """
    before = (slice(None),) * axis_index(axis, x.ndim)
    if isinstance(indices_or_sections, Sequence):
        places: list[int | None] = [0, *indices_or_sections, None]
    elif indices_or_sections < 1:
        raise ValueError(
            f"tensor_split: a positive number of pieces is expected, got {indices_or_sections}"
        )
    else:
        shortest, longer = divmod(x.shape[len(before)], indices_or_sections)
        places = [i * shortest + min(i, longer) for i in range(indices_or_sections + 1)]
    return tuple(getitem(x, (*before, slice(a, b))) for a, b in itertools.pairwise(places))
