r"""Picking elements by their places: extremes, orders, what stands at given indices.

All of it rests on one pair of ops: `getitem` picks elements, and `put`, its adjoint, adds them
where they were picked. So whatever is picked here sends its cotangent to the element that it came
from, and can be differentiated as often as wanted. The places are integers and carry none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, overload

import numpy as np

from minigen.engine.backend import CPU, Array, array_of, device_of, is_array, namespace
from minigen.engine.op import composed, op
from minigen.engine.tensor import Tensor
from minigen.ops import arithmetic
from minigen.ops.arithmetic import where
from minigen.ops.reduction import Axis, amax, amin, argmax, argmin
from minigen.ops.shaping import axis_index, broadcast_to, getitem, reshape, squeeze

__all__ = [
    "argsort", "gather", "masked_select", "max", "min", "nonzero", "sort", "take_along_dim", "topk",
]  # fmt: skip


class ValuesIndices(NamedTuple):
    """Elements picked along an axis, and where they were: PyTorch's ``torch.return_types``.

    Examples
    --------
    >>> import minigen
    >>> values, indices = minigen.tensor([3.0, 5.0, 4.0]).max(dim=0)
    >>> values.item(), indices.item()
    (5.0, 1)
    """

    values: Any
    indices: Any


# ------------------------------------------------------------------------------ elements at indices


@composed
def gather(x: Array, axis: int, index: Array) -> Any:
    r"""Pick along an axis the elements whose indices are given.

    Along axis 1 of a matrix, :math:`y_{ij} = x_{i,\, k_{ij}}`, and along the others alike.

    Parameters
    ----------
    x : Tensor or array
        Any shape.
    axis : int
        Along which axis the indices count; ``dim`` is PyTorch's name of it.
    index : Tensor or array of int
        From 0 to n - 1, where n is the length of the axis. As many axes as `x`, and along the
        others no longer than it.

    Returns
    -------
    Tensor or array, shape of `index`

    Raises
    ------
    TypeError
        If the indices are not integers.
    ValueError
        If the shapes do not fit.
    IndexError
        If an index on the CPU is out of range. (On a GPU the check would have to wait for the
        device, and is left out.)

    Examples
    --------
    The log-probability of each example's class:

    >>> import minigen
    >>> import minigen.functional as F
    >>> log_probability = minigen.tensor([[-1.0, -2.0], [-3.0, -4.0]])
    >>> F.gather(log_probability, 1, minigen.tensor([[1], [0]])).tolist()
    [[-2.0], [-3.0]]

    Derivation: gather, gather.grad
    """
    return getitem(x, places_along("gather", x, axis, index))


@composed
def take_along_dim(x: Array, indices: Array, axis: int | None = None) -> Any:
    """Pick along an axis the elements whose indices are given, with broadcasting: see `gather`.

    Parameters
    ----------
    x : Tensor or array
        Any shape.
    indices : Tensor or array of int
        As for `gather`, but the other axes broadcast with those of `x`, and an index may count from
        the end. What ``argsort`` gives is such an array.
    axis : int, optional
        Along which axis the indices count; ``dim`` is PyTorch's name of it. Without it, they count
        the elements in one row.

    Raises
    ------
    TypeError, ValueError, IndexError
        As for `gather`.

    Examples
    --------
    >>> import minigen
    >>> x = minigen.tensor([[3.0, 1.0, 2.0]])
    >>> x.take_along_dim(x.argsort(dim=1), dim=1).tolist()
    [[1.0, 2.0, 3.0]]

    Derivation: gather, gather.grad
    """
    if axis is None:
        return take_along_dim(reshape(x, (-1,)), reshape(indices, (-1,)), 0)
    axis = axis_index(axis, x.ndim)
    index = array_of(indices)
    if index.ndim != x.ndim:
        raise ValueError(
            f"take_along_dim: indices with {x.ndim} axes, those of {tuple(x.shape)}, are expected, "
            f"got {tuple(index.shape)}"
        )
    one = [1 if a == axis else n for a, n in enumerate(x.shape)]
    others = np.broadcast_shapes(
        tuple(one), tuple(1 if a == axis else n for a, n in enumerate(index.shape))
    )
    stretched = [
        tuple(length if a == axis else n for a, n in enumerate(others))
        for length in (x.shape[axis], index.shape[axis])
    ]
    index = broadcast_to(index, stretched[1])
    return gather(
        broadcast_to(x, stretched[0]), axis, where(index < 0, index + x.shape[axis], index)
    )


@composed
def masked_select(x: Array, mask: Array) -> Any:
    """Return the elements for which a mask is true, in one row: ``x[mask]``, with broadcasting.

    A GPU is waited for, since only it knows how many there are.

    Raises
    ------
    TypeError
        If the mask is not of Booleans.

    Examples
    --------
    >>> import minigen
    >>> x = minigen.tensor([[1.0, -2.0], [-3.0, 4.0]])
    >>> x.masked_select(x > 0).tolist()
    [1.0, 4.0]

    Derivation: getitem
    """
    chosen = array_of(mask)
    if chosen.dtype != bool:
        raise TypeError(f"masked_select: a mask of Booleans is expected, got {chosen.dtype}")
    shape = np.broadcast_shapes(tuple(x.shape), tuple(chosen.shape))
    return getitem(broadcast_to(x, shape), broadcast_to(chosen, shape))


def places_along(name: str, x: Array, axis: int, index: Any) -> tuple[Array, ...]:
    """Return, axis by axis, where in `x` the elements stand that an index along one axis means."""
    index = array_of(index)
    if not is_array(index) or index.dtype.kind not in "iu":
        kind = getattr(index, "dtype", type(index).__name__)
        raise TypeError(f"{name}: an array of integers is expected as index, got {kind}")
    chosen = axis_index(axis, x.ndim)
    lengths = tuple(x.shape)
    fits = index.ndim == x.ndim and all(
        n <= m for a, (n, m) in enumerate(zip(index.shape, lengths, strict=True)) if a != chosen
    )
    if not fits:
        raise ValueError(
            f"{name}: an index with the axes of {lengths}, and no longer along any but axis "
            f"{chosen}, is expected, got {tuple(index.shape)}"
        )
    if device_of(index) == CPU and index.size:
        low, high = int(index.min()), int(index.max())
        if low < 0 or high >= lengths[chosen]:
            raise IndexError(
                f"{name}: indices from 0 to {lengths[chosen] - 1} are expected along axis {chosen} "
                f"of shape {lengths}, got {low} to {high}"
            )
    xp = namespace(index)
    return tuple(
        index if a == chosen else xp.arange(n).reshape(-1, *(1,) * (index.ndim - 1 - a))
        for a, n in enumerate(index.shape)
    )


# ------------------------------------------------------------------------------------------- orders


@op(differentiable=False)
def argsort(x: Array, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """Indices that sort along an axis; NaN counts as the largest of all.

    Equal elements keep their order, whatever PyTorch's parameter `stable` says.
    """
    xp, axis = namespace(x), axis_index(axis, x.ndim)
    if not descending:
        return xp.argsort(x, axis=axis, kind="stable")
    backwards = xp.argsort(xp.flip(x, axis), axis=axis, kind="stable")
    return x.shape[axis] - 1 - xp.flip(backwards, axis)


@composed
def sort(x: Array, axis: int = -1, descending: bool = False, stable: bool = True) -> ValuesIndices:
    r"""Sort along an axis.

    Parameters
    ----------
    x : Tensor or array
        Any shape; NaN counts as the largest of all.
    axis : int, default -1
        Along which axis; ``dim`` is PyTorch's name of it.
    descending : bool, default False
        Whether the largest comes first.
    stable : bool, default True
        PyTorch's parameter: equal elements keep their order in either case.

    Returns
    -------
    ValuesIndices
        ``values`` and ``indices``, of the shape of `x`; the gradient flows through the values.

    Examples
    --------
    >>> import minigen
    >>> values, indices = minigen.tensor([3.0, 1.0, 2.0]).sort()
    >>> values.tolist(), indices.tolist()
    ([1.0, 2.0, 3.0], [1, 2, 0])

    Derivation: sort
    """
    indices = argsort(x, axis, descending, stable)
    return ValuesIndices(gather(x, axis, indices), indices)


@composed
def topk(
    x: Array,
    k: int,
    axis: int = -1,
    largest: bool = True,
    sorted: bool = True,
) -> ValuesIndices:
    r"""Pick the k largest elements along an axis, the largest first.

    Parameters
    ----------
    x : Tensor or array
        Any shape.
    k : int
        How many, from 0 to the length of the axis.
    axis : int, default -1
        Along which axis; ``dim`` is PyTorch's name of it.
    largest : bool, default True
        False picks the smallest, the smallest first.
    sorted : bool, default True
        PyTorch's parameter: the elements are sorted in either case.

    Returns
    -------
    ValuesIndices
        ``values`` and ``indices``, of length k along the axis.

    Raises
    ------
    ValueError
        If there are fewer than k elements, or k is negative.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([3.0, 1.0, 2.0]).topk(2).indices.tolist()
    [0, 2]

    Derivation: topk
    """
    axis = axis_index(axis, x.ndim)
    if not 0 <= k <= x.shape[axis]:
        raise ValueError(
            f"topk: k from 0 to {x.shape[axis]}, the length of axis {axis}, is expected, got {k}"
        )
    order = argsort(x, axis, descending=largest)
    indices = order[(*(slice(None),) * axis, slice(k))]
    return ValuesIndices(gather(x, axis, indices), indices)


# ----------------------------------------------------------------------------------------- extremes


@overload
def max(x: Array, *, dim: int, keepdim: bool = ...) -> ValuesIndices: ...


@overload
def max(
    x: Array, *other: Any, axis: Axis = ..., keepdim: bool = ..., keepdims: bool = ...
) -> Tensor: ...


@composed(names=False)
def max(
    x: Array,
    *other: Any,
    dim: int | None = None,
    axis: Axis = None,
    keepdim: bool = False,
    keepdims: bool = False,
) -> Any:
    r"""Largest element: of all, along an axis with or without its place, or of two arrays.

    Parameters
    ----------
    x : Tensor or array
        Any shape.
    *other : Tensor or array, optional
        Something to compare with: then it is `maximum`, element by element. A number here is an
        error, since PyTorch and NumPy mean different things by it.
    dim : int, optional
        PyTorch's name of an axis: the result is PyTorch's, the values with their indices. The
        gradient goes to the element that is pointed at, the first of several equal ones.
    axis : int or sequence of int, optional
        NumPy's name: the result is NumPy's, the values alone, as `amax` gives them. Equal elements
        share the gradient.
    keepdim, keepdims : bool, default False
        Whether the axis stays, with length 1: PyTorch's name and NumPy's.

    Returns
    -------
    Tensor or array, or ValuesIndices with ``dim``

    Raises
    ------
    TypeError
        If a number is given by position, or both ``dim`` and ``axis``.
    ValueError
        If there are no elements to choose from.

    Examples
    --------
    >>> import minigen
    >>> logits = minigen.tensor([[1.0, 5.0, 2.0], [7.0, 0.0, 1.0]])
    >>> logits.max(dim=1).indices.tolist(), logits.max(axis=1).tolist(), logits.max().item()
    ([1, 0], [5.0, 7.0], 7.0)

    Derivation: max.first, max
    """
    return _extreme(_MAX, x, other, dim, axis, keepdim or keepdims)


@overload
def min(x: Array, *, dim: int, keepdim: bool = ...) -> ValuesIndices: ...


@overload
def min(
    x: Array, *other: Any, axis: Axis = ..., keepdim: bool = ..., keepdims: bool = ...
) -> Tensor: ...


@composed(names=False)
def min(
    x: Array,
    *other: Any,
    dim: int | None = None,
    axis: Axis = None,
    keepdim: bool = False,
    keepdims: bool = False,
) -> Any:
    r"""Smallest element: of all, along an axis with or without its place, or of two arrays.

    Parameters, results and errors are those of `max`.

    Examples
    --------
    >>> import minigen
    >>> logits = minigen.tensor([[1.0, 5.0, 2.0], [7.0, 0.0, 1.0]])
    >>> logits.min(dim=1).indices.tolist(), logits.min(axis=1).tolist(), logits.min().item()
    ([0, 1], [1.0, 0.0], 0.0)

    Derivation: min.first, min
    """
    return _extreme(_MIN, x, other, dim, axis, keepdim or keepdims)


class _Extreme(NamedTuple):
    """What `max` is made of, and `min` alike."""

    name: str
    of_two: Any  # of two arrays, element by element
    value: Any  # along axes
    position: Any  # along an axis


_MAX = _Extreme("max", arithmetic.maximum, amax, argmax)
_MIN = _Extreme("min", arithmetic.minimum, amin, argmin)


def _extreme(ops: _Extreme, x: Array, other: Sequence[Any], dim: Any, axis: Any, keep: bool) -> Any:
    """Decide by how it was called what is asked for."""
    if other:
        if _is_operand(ops.name, other, dim=dim, axis=axis, keep=keep):
            return ops.of_two(x, other[0])
        axis = other[0]
    if dim is None:
        return ops.value(x, axis, keep)
    _expect_one_name(ops.name, dim, axis)
    return _at(x, ops.position, dim, keep)


def _is_operand(name: str, other: Sequence[Any], *, dim: Any, axis: Any, keep: bool) -> bool:
    """Tell whether what was given by position is to be compared with; else it is axes, or None.

    Several axes mean the same to everybody, since PyTorch takes them only in its ``amax``.
    """
    first, alone = other[0], len(other) == 1 and dim is None and axis is None
    if alone and not keep and (isinstance(first, Tensor) or is_array(first)):
        return True
    if alone and (first is None or isinstance(first, tuple | list)):
        return False
    if alone and isinstance(first, float | np.floating):
        raise TypeError(
            f"{name}: a number among the operands, {first}: {name}imum(x, {first}) compares with it"
        )
    given = ", ".join(repr(each) for each in other)
    raise TypeError(
        f"{name}: x.{name}({given}) could mean two things: x.{name}(dim={first!r}) gives values "
        f"and indices, as in PyTorch, and x.{name}(axis={first!r}) the values alone, as in NumPy"
    )


def _expect_one_name(name: str, dim: Any, axis: Any) -> None:
    if axis is not None:
        raise TypeError(
            f"{name}: dim={dim!r} asks for values and indices, axis={axis!r} for the values alone: "
            "give one of them"
        )
    if not isinstance(dim, int | np.integer):
        raise TypeError(
            f"{name}: dim is one axis, got {dim!r}; a{name}(x, axis) takes several, and gives the "
            "values alone"
        )


def _at(x: Array, position: Any, dim: int, keepdim: bool) -> ValuesIndices:
    """Return the elements at the positions that a function finds along an axis, and these."""
    axis = axis_index(dim, x.ndim)
    if not x.shape[axis]:
        name = position.name.removeprefix("arg")
        raise ValueError(
            f"{name}: axis {dim} of shape {tuple(x.shape)} has no elements to choose from"
        )
    indices = position(x, axis, keepdims=True)
    values = gather(x, axis, indices)
    if keepdim:
        return ValuesIndices(values, indices)
    return ValuesIndices(squeeze(values, axis), squeeze(indices, axis))


@op(differentiable=False)
def nonzero(x: Array) -> Array:
    """Indices of the elements that are not zero: a row each, shape (count, ndim).

    ``where(x != 0)`` gives the same as an array an axis, which is an index.
    """
    return namespace(x).argwhere(x)
