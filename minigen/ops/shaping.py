r"""Ops that move elements without changing them. Each is linear; its rule is its adjoint."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import numpy as np

from minigen.engine import backend
from minigen.engine.backend import Array, DTypeLike, as_index, namespace, promote_all
from minigen.engine.op import Cotangents, composed, op
from minigen.engine.summation import DEPTH, blocked_sum

__all__ = [
    "astype", "broadcast_to", "cat", "clone", "concatenate", "flatten", "getitem", "pad",
    "permute", "put", "reshape", "squeeze", "stack", "sum_to_size", "to_device", "transpose",
    "unsqueeze",
]  # fmt: skip

Shape = int | Sequence[int]


def as_shape(shape: Shape) -> tuple[int, ...]:
    """Return a shape as a tuple."""
    return tuple(shape) if isinstance(shape, Sequence) else (int(shape),)


@op
def clone(x: Array, order: Literal["K", "C"] = "K") -> Array:
    """Copy: in the memory order of x (K), or row by row (C).

    Derivation: clone
    """
    return x.copy(order)


@clone.vjp
def clone_vjp(g: Array, _out: Array, _x: Array, *, order: str) -> Cotangents:
    r""":math:`\bar x = g`."""
    return (g,)


@op
def astype(x: Array, dtype: DTypeLike) -> Array:
    """Convert to another dtype; conversion to integers has no gradient.

    Derivation: astype
    """
    return x.astype(dtype)


@astype.vjp
def astype_vjp(g: Array, _out: Array, x: Array, *, dtype: DTypeLike) -> Cotangents:
    r""":math:`\bar x = g`, in the dtype of the input."""
    return (astype(g, x.dtype) if np.dtype(dtype).kind == "f" else None,)


@op
def broadcast_to(x: Array, shape: Shape) -> Array:
    r"""Repeat along new axes and axes of length 1, as NumPy does, up to `shape`.

    Derivation: broadcast_to
    """
    return namespace(x).broadcast_to(x, as_shape(shape))


@broadcast_to.vjp
def broadcast_to_vjp(g: Array, _out: Array, shape_of_x: Any, *, shape: Shape) -> Cotangents:
    r""":math:`\bar x = \sum g` over the copies."""
    return (sum_to_size(g, shape_of_x),)


@op
def sum_to_size(x: Array, shape: Shape) -> Array:
    r"""Sum over the axes along which `shape` would be broadcast to the shape of `x`.

    The adjoint of `broadcast_to`: it undoes broadcasting in gradient rules.

    Derivation: sum_to_size
    """
    shape = as_shape(shape)
    if x.shape == shape:
        return x
    extra = x.ndim - len(shape)
    stretched = [extra + i for i, n in enumerate(shape) if n == 1 != x.shape[extra + i]]
    axes = (*range(extra), *stretched)
    if extra < 0 or tuple(x.shape[i] for i in range(x.ndim) if i not in axes) != tuple(
        n for i, n in enumerate(shape) if extra + i not in stretched
    ):
        raise ValueError(f"shape {shape} does not broadcast to {tuple(x.shape)}")
    return blocked_sum(x, axes).reshape(shape)


@sum_to_size.vjp
def sum_to_size_vjp(g: Array, _out: Array, shape_of_x: Any, *, shape: Shape) -> Cotangents:
    r""":math:`\bar x = g`, repeated along the summed axes."""
    return (broadcast_to(g, shape_of_x),)


def unbroadcast(g: Array, x: Any) -> Array:
    """Sum a cotangent over the axes along which an input, or one of that shape, was broadcast.

    Derivation: unbroadcast
    """
    shape = x if isinstance(x, tuple) else x.shape
    return g if g.shape == shape else sum_to_size(g, shape)


@op
def reshape(x: Array, shape: Shape) -> Array:
    """Give the elements, in row-major order, another shape; one length may be -1.

    Derivation: reshape
    """
    return x.reshape(as_shape(shape))


@reshape.vjp
def reshape_vjp(g: Array, _out: Array, shape_of_x: Any, *, shape: Shape) -> Cotangents:
    r""":math:`\bar x = g` in the shape of the input."""
    return (reshape(g, shape_of_x),)


@op
def permute(x: Array, dims: Sequence[int]) -> Array:
    """Reorder the axes: axis i of the result is axis ``dims[i]`` of `x`.

    Derivation: permute
    """
    return x.transpose(tuple(dims))


@permute.vjp
def permute_vjp(g: Array, _out: Array, _x: Array, *, dims: Sequence[int]) -> Cotangents:
    r""":math:`\bar x = g` with the axes put back."""
    back = [0] * len(dims)
    for position, axis in enumerate(dims):
        back[axis] = position
    return (permute(g, tuple(back)),)


@op
def transpose(x: Array, dim0: int, dim1: int) -> Array:
    """Exchange two axes.

    Derivation: transpose
    """
    return x.swapaxes(axis_index(dim0, x.ndim), axis_index(dim1, x.ndim))


@transpose.vjp
def transpose_vjp(g: Array, _out: Array, _x: Array, *, dim0: int, dim1: int) -> Cotangents:
    r""":math:`\bar x = g` with the axes exchanged back."""
    return (transpose(g, dim0, dim1),)


@op
def squeeze(x: Array, axis: int | Sequence[int] | None = None) -> Array:
    """Drop axes of length 1: all, or those of `axis` that have it.

    Derivation: squeeze
    """
    chosen = range(x.ndim) if axis is None else [axis_index(a, x.ndim) for a in as_shape(axis)]
    dropped = {a for a in chosen if x.shape[a] == 1}
    return x.reshape(tuple(n for a, n in enumerate(x.shape) if a not in dropped))


@squeeze.vjp
def squeeze_vjp(g: Array, _out: Array, shape_of_x: Any, *, axis: Any) -> Cotangents:
    r""":math:`\bar x = g` in the shape of the input."""
    return (reshape(g, shape_of_x),)


@op
def unsqueeze(x: Array, axis: int) -> Array:
    """Insert an axis of length 1 before `axis` of the result.

    Derivation: unsqueeze
    """
    position = axis_index(axis, x.ndim + 1)
    return x.reshape((*x.shape[:position], 1, *x.shape[position:]))


@unsqueeze.vjp
def unsqueeze_vjp(g: Array, _out: Array, shape_of_x: Any, *, axis: int) -> Cotangents:
    r""":math:`\bar x = g` in the shape of the input."""
    return (reshape(g, shape_of_x),)


@op
def flatten(x: Array, start_dim: int = 0, end_dim: int = -1) -> Array:
    """Merge the axes from `start_dim` to `end_dim` into one.

    Derivation: flatten
    """
    if x.ndim == 0:
        return x.reshape((1,))
    start, end = axis_index(start_dim, x.ndim), axis_index(end_dim, x.ndim)
    if start > end:
        raise ValueError(f"start_dim {start_dim} comes after end_dim {end_dim}")
    merged = math.prod(x.shape[start : end + 1])
    return x.reshape((*x.shape[:start], merged, *x.shape[end + 1 :]))


@flatten.vjp
def flatten_vjp(
    g: Array, _out: Array, shape_of_x: Any, *, start_dim: int, end_dim: int
) -> Cotangents:
    r""":math:`\bar x = g` in the shape of the input."""
    return (reshape(g, shape_of_x),)


@op
def to_device(x: Array, device: str) -> Array:
    """Copy to another device.

    Derivation: to_device
    """
    return backend.to_device(x, device)


@to_device.vjp
def to_device_vjp(g: Array, _out: Array, x: Array, *, device: str) -> Cotangents:
    r""":math:`\bar x = g`, copied back."""
    return (to_device(g, backend.device_of(x if backend.is_array(x) else x.array)),)


def axis_index(axis: int, ndim: int) -> int:
    """Return `axis` counted from the front.

    Raises
    ------
    IndexError
        If there is no such axis.
    """
    if not -ndim <= axis < ndim:
        raise IndexError(f"axis {axis} is out of range for {ndim} axes")
    return axis % ndim


@op
def getitem(x: Array, index: Any) -> Array:
    """Pick elements: ``x[index]``, with slices, integers, None, ``...`` and arrays.

    Derivation: getitem
    """
    return x[as_index(index)]


@getitem.vjp
def getitem_vjp(g: Array, _out: Array, shape_of_x: Any, *, index: Any) -> Cotangents:
    r""":math:`\bar x` is zero but where elements were picked; picked twice, it gets both."""
    return (put(g, index, shape_of_x),)


@op
def put(x: Array, index: Any, shape: Shape) -> Array:
    """Add the elements of `x` at `index` into zeros of `shape`: the adjoint of `getitem`.

    Derivation: put
    """
    xp = namespace(x)
    index = as_index(index)
    if _is_basic(index):
        out = xp.zeros(as_shape(shape), x.dtype)
        out[index] = x
        return out
    many = xp is np and x.dtype.kind == "f" and x.size > DEPTH  # and one element may get them all
    summands = x.astype(np.float64, copy=False) if many else x
    out = xp.zeros(as_shape(shape), summands.dtype)
    xp.add.at(out, index, summands)
    return out.astype(x.dtype, copy=False)


@put.vjp
def put_vjp(g: Array, _out: Array, _x: Array, *, index: Any, shape: Shape) -> Cotangents:
    r""":math:`\bar x` is what `getitem` picks from g."""
    return (getitem(g, index),)


def _is_basic(index: Any) -> bool:
    """Tell whether an index picks each element at most once: no arrays in it."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None or part is Ellipsis or isinstance(part, int | slice | np.integer)
        for part in parts
    )


@op
def concatenate(*arrays: Array, axis: int = 0) -> Array:
    """Join arrays along an axis that exists: the op behind `cat` and `stack`.

    Derivation: concatenate
    """
    return namespace(*arrays).concatenate(promote_all(arrays), axis=axis)


@concatenate.vjp
def concatenate_vjp(g: Array, _out: Array, *shapes_of_arrays: Any, axis: int) -> Cotangents:
    r"""Each input's cotangent is its slice of g."""
    lead = (slice(None),) * axis_index(axis, g.ndim)
    ends = np.cumsum([shape[axis] for shape in shapes_of_arrays]).tolist()
    starts = [0, *ends[:-1]]
    return tuple(
        getitem(g, (*lead, slice(start, end))) for start, end in zip(starts, ends, strict=True)
    )


@composed
def cat(tensors: Sequence[Array], axis: int = 0) -> Any:
    """Join tensors along an axis that exists; ``dim`` is PyTorch's name of it.

    Raises
    ------
    ValueError
        If there are none, or shapes differ along another axis.

    Derivation: concatenate
    """
    if not tensors:
        raise ValueError("cat: no tensors to join")
    return concatenate(*tensors, axis=axis)


@composed
def stack(tensors: Sequence[Array], axis: int = 0) -> Any:
    """Join tensors of one shape along a new axis; ``dim`` is PyTorch's name of it.

    Raises
    ------
    ValueError
        If there are none, or shapes differ.

    Derivation: concatenate
    """
    shapes = {tuple(x.shape) for x in tensors}
    if len(shapes) != 1:
        raise ValueError(f"stack: tensors of one shape are needed, got {sorted(shapes)}")
    return concatenate(*[unsqueeze(x, axis) for x in tensors], axis=axis)


@op
def pad(x: Array, pad: Sequence[int], mode: str = "constant", value: float = 0.0) -> Array:
    """Add elements around the last axes.

    Parameters
    ----------
    x : Tensor or array
        Any shape.
    pad : sequence of int
        Pairs (before, after) from the last axis backwards, as PyTorch has them: ``(left, right,
        top, bottom)`` for images; lengths are not negative.
    mode : {"constant", "reflect", "replicate", "circular"}
        Whether to add `value`, the elements mirrored at the border element, the border element
        itself, or those of the other end.
    value : float, default 0
        What to add in mode ``"constant"``.

    Raises
    ------
    ValueError
        If `pad` does not fit, if a mirror or the other end has fewer elements than are to be added,
        if there is nothing to replicate, or if a `value` is given that the mode does not use.

    Derivation: pad, pad.modes
    """
    widths = _pad_widths(pad, x.ndim)
    if mode == "constant":
        return namespace(x).pad(x, widths, constant_values=value)
    if mode not in _PADDING:
        raise ValueError(f"mode {mode!r} is none of 'constant', {', '.join(map(repr, _PADDING))}")
    if value:
        raise ValueError(f"value {value} belongs to mode 'constant', not to {mode!r}")
    numpys_name, least = _PADDING[mode]
    for length, width in zip(x.shape, widths, strict=True):
        if max(width) and length < least(max(width)):
            raise ValueError(
                f"mode {mode!r} adds at most as many elements as it finds: an axis of "
                f"{least(max(width))} or more is expected for a padding of {width}, got {length}"
            )
    return namespace(x).pad(x, widths, mode=numpys_name)


@pad.vjp
def pad_vjp(
    g: Array, _out: Array, shape_of_x: Any, *, pad: Sequence[int], mode: str, value: float
) -> Cotangents:
    r""":math:`\bar x` is g without the padding, whose cotangents go to what was copied there."""
    widths = _pad_widths(pad, g.ndim)
    if mode == "constant":
        inner = tuple(slice(lo, lo + n) for (lo, _), n in zip(widths, shape_of_x, strict=True))
        return (getitem(g, inner),)
    for axis, (before, after) in enumerate(widths):
        if before or after:
            g = _unpad(g, axis, before, shape_of_x[axis], mode)
    return (g,)


_PADDING: Final[dict[str, tuple[str, Callable[[int], int]]]] = {
    "reflect": ("reflect", lambda width: width + 1),
    "replicate": ("edge", lambda _width: 1),
    "circular": ("wrap", lambda width: width),
}
"""NumPy's names of the modes that copy, and the least length of an axis for a width."""


def _unpad(g: Array, axis: int, before: int, length: int, mode: str) -> Array:
    """Add the cotangents of what was copied around an axis to those of what it is a copy of."""
    first = _along(g, axis, slice(0, before))
    inner = _along(g, axis, slice(before, before + length))
    last = _along(g, axis, slice(before + length, None))
    after = last.shape[axis]
    if mode == "circular":
        places = length - before, 0
    elif mode == "reflect":
        first, last = (_along(part, axis, slice(None, None, -1)) for part in (first, last))
        places = 1, length - 1 - after
    else:
        one = (*g.shape[:axis], 1, *g.shape[axis + 1 :])
        first, last = sum_to_size(first, one), sum_to_size(last, one)
        places = 0, length - 1
    for part, place in zip((first, last), places, strict=True):
        if part.shape[axis]:
            around = (place, length - place - part.shape[axis])
            inner = inner + pad(part, (*(0, 0) * (g.ndim - 1 - axis), *around))
    return inner


def _along(x: Array, axis: int, chosen: slice) -> Array:
    """Return a part along one axis."""
    return getitem(x, (*(slice(None),) * axis, chosen))


def _pad_widths(pad: Sequence[int], ndim: int) -> list[tuple[int, int]]:
    """Return (before, after) an axis, first axis first."""
    if len(pad) % 2 or len(pad) > 2 * ndim or any(n < 0 for n in pad):
        raise ValueError(
            f"pad {tuple(pad)} must hold pairs (before, after), not negative, "
            f"for at most {ndim} axes, from the last axis backwards"
        )
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
    return [(0, 0)] * (ndim - len(pairs)) + pairs[::-1]
