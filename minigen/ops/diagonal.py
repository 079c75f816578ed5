r"""Diagonals of matrices, and matrices of them.

In a matrix with M columns, row by row, the elements of a diagonal stand M + 1 apart. So a diagonal
is a slice, and none of these functions has a rule of its own.
"""

from __future__ import annotations

from typing import Any

from minigen.engine.backend import Array
from minigen.engine.op import composed
from minigen.ops.arrangement import movedim
from minigen.ops.reduction import sum
from minigen.ops.shaping import axis_index, getitem, put, reshape

__all__ = ["diag", "diagonal", "trace"]


@composed
def diagonal(x: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """Return a diagonal of matrices, as their last axis.

    Parameters
    ----------
    x : Tensor or array, of two axes or more
        Matrices.
    offset : int, default 0
        Which diagonal: 0 is the main one, positive ones lie above it, negative ones below.
    dim1, dim2 : int
        The axes of rows and of columns.

    Raises
    ------
    ValueError
        If the two axes are one.

    Examples
    --------
    >>> import minigen
    >>> minigen.arange(6).reshape(2, 3).diagonal(offset=1).tolist()
    [1, 5]

    Derivation: diagonal
    """
    rows, columns = axis_index(dim1, x.ndim), axis_index(dim2, x.ndim)
    if rows == columns:
        raise ValueError(f"diagonal: two different axes are expected, got {dim1} and {dim2}")
    matrices = movedim(x, (rows, columns), (-2, -1))
    *others, height, width = matrices.shape
    place = _on_diagonal(height, width, offset)
    return getitem(reshape(matrices, (*others, height * width)), (..., place))


@composed
def diag(x: Array, diagonal: int = 0) -> Any:
    """Return a diagonal of a matrix, or a matrix with a vector on its diagonal and zeros elsewhere.

    Parameters
    ----------
    x : Tensor or array, shape (N,) or (N, M)
        A vector or a matrix.
    diagonal : int, default 0
        Which diagonal: 0 is the main one, positive ones lie above it, negative ones below.

    Raises
    ------
    ValueError
        If it is neither; `diagonal` takes more axes.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([1, 2]).diag().tolist()
    [[1, 0], [0, 2]]
    >>> minigen.tensor([[1, 2], [3, 4]]).diag().tolist()
    [1, 4]

    Derivation: diagonal
    """
    if x.ndim == 2:
        return _diagonal(x, diagonal)
    if x.ndim != 1:
        raise ValueError(f"diag: a vector or a matrix is expected, got shape {tuple(x.shape)}")
    side = len(x) + abs(diagonal)
    return reshape(put(x, _on_diagonal(side, side, diagonal), (side * side,)), (side, side))


_diagonal = diagonal  # which is a parameter's name, too


@composed
def trace(x: Array) -> Any:
    r"""Sum the main diagonal of a matrix: :math:`y = \sum_i x_{ii}`.

    Raises
    ------
    ValueError
        If there are not two axes.

    Examples
    --------
    >>> import minigen
    >>> minigen.tensor([[1.0, 2.0], [3.0, 4.0]]).trace().item()
    5.0

    Derivation: diagonal
    """
    if x.ndim != 2:
        raise ValueError(f"trace: a matrix is expected, got shape {tuple(x.shape)}")
    return sum(diagonal(x))


def _on_diagonal(height: int, width: int, offset: int) -> slice:
    """Return where in a matrix, row by row, a diagonal stands."""
    row, column = max(-offset, 0), max(offset, 0)
    length = max(min(height - row, width - column), 0)
    first = row * width + column if length else 0
    return slice(first, first + length * (width + 1), width + 1)
