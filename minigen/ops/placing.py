r"""Elements put at given places: written there, or added to what is there.

Each function returns a copy; tensors have methods that write in place, such as ``scatter_``. What
is written over has no share in the result, and so no gradient.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigen.engine.backend import CPU, Array, array_of, device_of, is_array, namespace
from minigen.engine.op import composed
from minigen.engine.tensor import Tensor
from minigen.ops.arithmetic import add, where
from minigen.ops.selection import places_along
from minigen.ops.shaping import axis_index, clone, getitem, put, reshape

__all__ = ["index_add", "index_copy", "index_fill", "scatter", "scatter_add"]


@composed
def scatter(
    x: Array, axis: int, index: Array, src: Array | float | None = None, value: float | None = None
) -> Any:
    r"""Write the elements of `src`, or a number, into a copy of `x`, at indices along an axis.

    Along axis 1 of a matrix, :math:`y_{i,\, k_{ij}} = s_{ij}`, and elsewhere y is x. Where several
    elements meet, one of them is written: the last one on the CPU, any on a GPU.

    Parameters
    ----------
    x : Tensor or array
        What is written over.
    axis, index
        As for `minigen.functional.gather`.
    src : Tensor, array or float
        What is written: an array of the dtype of `x` that is at least as long as `index` along
        every axis, of which no more is used, or a number.
    value : float
        PyTorch's other name for it, if it is a number.

    Raises
    ------
    TypeError, ValueError, IndexError
        As for `minigen.functional.gather`; a TypeError, too, unless there is one of `src` and
        `value`, or if the dtypes differ.

    Examples
    --------
    Classes as vectors that are 1 there and 0 elsewhere:

    >>> import minigen
    >>> import minigen.functional as F
    >>> F.scatter(minigen.zeros(2, 3), 1, minigen.tensor([[2], [0]]), 1.0).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]

    Derivation: scatter, scatter.grad
    """
    if (src is None) == (value is None):
        raise TypeError("scatter: either src or value is expected")
    source = value if src is None else src
    places = places_along("scatter", x, axis, index)
    if not _has_elements(source):
        return where(_written(x, places), _as_element(x, source), x)
    _expect_dtype("scatter", x, source)
    used = _used("scatter", source, tuple(array_of(index).shape))
    return _placed(x, places, used)


@composed
def scatter_add(x: Array, axis: int, index: Array, src: Array) -> Any:
    r"""Add the elements of `src` to a copy of `x`, at indices along an axis: `gather`'s adjoint.

    Along axis 1 of a matrix, :math:`y_{i,\, k_{ij}} \mathrel{+}= s_{ij}`; where several elements
    meet, all are added.

    Parameters
    ----------
    x : Tensor or array
        What is added to.
    axis, index
        As for `minigen.functional.gather`.
    src : Tensor or array
        What is added; at least as long as `index` along every axis, and no more of it is used.

    Raises
    ------
    TypeError, ValueError, IndexError
        As for `minigen.functional.gather`.

    Examples
    --------
    How often each class occurs:

    >>> import minigen
    >>> import minigen.functional as F
    >>> classes = minigen.tensor([2, 0, 2])
    >>> F.scatter_add(minigen.zeros(3), 0, classes, minigen.ones(3)).tolist()
    [1.0, 0.0, 2.0]

    Derivation: scatter_add, scatter_add.grad
    """
    places = places_along("scatter_add", x, axis, index)
    used = _used("scatter_add", src, tuple(array_of(index).shape))
    return add(x, put(used, places, tuple(x.shape)))


# ------------------------------------------------------------------------------------ whole slices


@composed
def index_add(x: Array, axis: int, index: Array, source: Array, *, alpha: float = 1) -> Any:
    r"""Add slices to those of a copy of `x` that a list of integers names.

    Along axis 0 of a matrix, :math:`y_{k_i} \mathrel{+}= \alpha s_i`; where several meet, all are
    added.

    Parameters
    ----------
    x : Tensor or array
        What is added to.
    axis : int
        Along which axis; ``dim`` is PyTorch's name of it.
    index : Tensor or array of int, shape (K,)
        From 0 to n - 1, where n is the length of the axis.
    source : Tensor or array
        The slices: of the shape of `x`, but of length K along the axis.
    alpha : float, default 1
        What they are multiplied with.

    Raises
    ------
    TypeError
        If the indices are not integers.
    ValueError
        If the shapes do not fit.
    IndexError
        If an index on the CPU is out of range.

    Examples
    --------
    >>> import minigen
    >>> minigen.zeros(3).index_add(0, minigen.tensor([2, 0, 2]), minigen.ones(3)).tolist()
    [1.0, 0.0, 2.0]

    Derivation: scatter_add, scatter_add.grad
    """
    places = _slices("index_add", x, axis, index)
    _expect_slices("index_add", x, places, source)
    return add(x, put(source if alpha == 1 else source * alpha, places, tuple(x.shape)))


@composed
def index_fill(x: Array, axis: int, index: Array, value: float) -> Any:
    r"""Write a number into the slices of a copy of `x` that a list of integers names.

    Parameters and errors are those of `index_add`; an index may count from the end.

    Examples
    --------
    >>> import minigen
    >>> minigen.zeros(3).index_fill(0, minigen.tensor([0, -1]), 5.0).tolist()
    [5.0, 0.0, 5.0]

    Derivation: scatter, scatter.grad
    """
    places = _slices("index_fill", x, axis, index, from_the_end=True)
    return where(_written(x, places), _as_element(x, array_of(value)), x)


@composed
def index_copy(x: Array, axis: int, index: Array, source: Array) -> Any:
    r"""Write slices over those of a copy of `x` that a list of integers names.

    Parameters and errors are those of `index_add`, and a TypeError if the dtypes differ. Where
    several slices meet, one is written: the last one on the CPU, any on a GPU.

    Examples
    --------
    >>> import minigen
    >>> minigen.zeros(3).index_copy(0, minigen.tensor([2, 0]), minigen.tensor([1.0, 2.0])).tolist()
    [2.0, 0.0, 1.0]

    Derivation: scatter, scatter.grad
    """
    places = _slices("index_copy", x, axis, index)
    _expect_slices("index_copy", x, places, source)
    _expect_dtype("index_copy", x, source)
    return _placed(x, places, source)


# ---------------------------------------------------------------------------------- how it is done


def _written(x: Any, places: Any) -> Array:
    """Return where elements are written: true there, of the shape of `x`."""
    mask = namespace(array_of(x)).zeros(tuple(x.shape), bool)
    mask[places] = True
    return mask


def _placed(x: Any, places: Any, source: Any) -> Any:
    """Write elements at their places, by picking for each place the element that comes there."""
    count = math.prod(source.shape)
    if not count:
        return clone(x)
    library = namespace(array_of(x))
    numbers = library.zeros(tuple(x.shape), np.int64)
    numbers[places] = library.arange(count).reshape(tuple(source.shape))
    return where(_written(x, places), getitem(reshape(source, (-1,)), numbers), x)


def _used(name: str, source: Any, shape: tuple[int, ...]) -> Any:
    """Return the part of a source that an index of some shape uses."""
    if source.ndim != len(shape) or any(n > m for n, m in zip(shape, source.shape, strict=True)):
        raise ValueError(
            f"{name}: src of at least the shape of index, {shape}, is expected, "
            f"got {tuple(source.shape)}"
        )
    return source if tuple(source.shape) == shape else getitem(source, tuple(map(slice, shape)))


def _slices(
    name: str, x: Any, axis: int, index: Any, from_the_end: bool = False
) -> tuple[Any, ...]:
    """Return the index of whole slices, checked, with what names them last."""
    index = array_of(index)
    if not is_array(index) or index.dtype.kind not in "iu" or index.ndim > 1:
        got = f"{index.dtype} {index.shape}" if is_array(index) else type(index).__name__
        kind = ValueError if is_array(index) and index.ndim > 1 else TypeError
        raise kind(f"{name}: one axis of integers is expected as index, got {got}")
    axis = axis_index(axis, x.ndim)
    length = x.shape[axis]
    least = -length if from_the_end else 0
    if device_of(index) == CPU and index.size:
        low, high = int(index.min()), int(index.max())
        if low < least or high >= length:
            raise IndexError(
                f"{name}: indices from {least} to {length - 1} are expected along axis {axis} of "
                f"shape {tuple(x.shape)}, got {low} to {high}"
            )
    return (*(slice(None),) * axis, index.reshape(-1))


def _expect_slices(name: str, x: Any, places: tuple[Any, ...], source: Any) -> None:
    """Refuse slices that are not as many as their indices, or of another shape."""
    *before, index = places
    lengths = list(x.shape)
    lengths[len(before)] = len(index)
    if list(source.shape) != lengths:
        raise ValueError(
            f"{name}: a source of shape {tuple(lengths)}, with a slice for each of {len(index)} "
            f"indices, is expected, got {tuple(source.shape)}"
        )


def _expect_dtype(name: str, x: Any, source: Any) -> None:
    if source.dtype != x.dtype:
        raise TypeError(
            f"{name}: a source of {x.dtype}, the dtype of what is written over, is expected, "
            f"got {source.dtype}: convert it, source.to({str(x.dtype)!r})"
        )


def _has_elements(source: Any) -> bool:
    """Tell an array, or a tensor, from a number."""
    return (isinstance(source, Tensor) or is_array(source)) and source.ndim > 0


def _as_element(x: Any, value: Any) -> Any:
    """Return a number as the dtype of `x` holds it."""
    return np.asarray(value).astype(x.dtype).item() if isinstance(value, int | float) else value
