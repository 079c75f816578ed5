"""Grids: every pair, or more, of the elements of vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minigen.engine.backend import Array
from minigen.ops.arrangement import swapaxes
from minigen.ops.shaping import broadcast_to, reshape, stack

__all__ = ["cartesian_prod", "meshgrid"]


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Any, ...]:
    """Return the coordinates of a grid's points, an array for each of the vectors along its axes.

    Parameters
    ----------
    *tensors : Tensor or array, shape (N,)
        Vectors, or one sequence of them; a number is a vector of length 1.
    indexing : {"ij", "xy"}
        With "ij" the axes of the grid are in the order of the vectors. With "xy" the first two
        change places: the first vector runs along the columns, as in an image.

    Raises
    ------
    ValueError
        If there is no such indexing, or one has more than an axis.

    Examples
    --------
    >>> import minigen
    >>> rows, columns = minigen.meshgrid(minigen.arange(2), minigen.arange(3))
    >>> rows.tolist(), columns.tolist()
    ([[0, 0, 0], [1, 1, 1]], [[0, 1, 2], [0, 1, 2]])
    """
    vectors = _vectors("meshgrid", tensors)
    if indexing not in {"ij", "xy"}:
        raise ValueError(f"meshgrid: indexing is 'ij' or 'xy', got {indexing!r}")
    shape = tuple(len(vector) for vector in vectors)
    last = len(vectors) - 1
    grids = tuple(
        broadcast_to(reshape(vector, (-1, *(1,) * (last - axis))), shape)
        for axis, vector in enumerate(vectors)
    )
    if indexing == "xy" and last:
        return tuple(swapaxes(grid, 0, 1) for grid in grids)
    return grids


def cartesian_prod(*tensors: Any) -> Any:
    """Return every combination of the elements of vectors, a row each; the last changes fastest.

    Parameters
    ----------
    *tensors : Tensor or array, shape (N,)
        Vectors; one alone is returned as it is.

    Raises
    ------
    ValueError
        If one has more than an axis.

    Examples
    --------
    >>> import minigen
    >>> minigen.cartesian_prod(minigen.tensor([1, 2]), minigen.tensor([3, 4])).tolist()
    [[1, 3], [1, 4], [2, 3], [2, 4]]
    """
    vectors = _vectors("cartesian_prod", tensors)
    if len(vectors) == 1:
        return vectors[0]
    return reshape(stack(meshgrid(*vectors), -1), (-1, len(vectors)))


def _vectors(name: str, tensors: Sequence[Any]) -> list[Any]:
    """Return what was given one by one, or as one sequence, as vectors."""
    given: Sequence[Array] = tensors[0] if isinstance(tensors[0], list | tuple) else tensors
    shapes = [tuple(each.shape) for each in given]
    if any(len(shape) > 1 for shape in shapes):
        raise ValueError(f"{name}: vectors are expected, got shapes {shapes}")
    return [reshape(each, (-1,)) for each in given]
