"""Vectors looked up in a table by number."""

from __future__ import annotations

from typing import Any

from minigen.engine.backend import CPU, Array, array_of, device_of
from minigen.ops.shaping import getitem


def embedding(indices: Any, weight: Array) -> Array:
    r"""Look up rows of a table: the vector of each index.

    It is `getitem`, and its gradient therefore `put`: a row looked up twice gets both cotangents, a
    row not looked up zero.

    Parameters
    ----------
    indices : Tensor or array of int, any shape
        From 0 to n - 1.
    weight : Tensor or array, shape (n, features)
        The table.

    Returns
    -------
    Tensor or array, shape (*indices.shape, features)

    Raises
    ------
    TypeError
        If the indices are not integers.
    ValueError
        If `weight` is not a matrix.
    IndexError
        If an index on the CPU is out of range. (On a GPU the check would have to wait for the
        device, and is left out: CuPy counts on from the other end.)

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> table = minigen.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> F.embedding(minigen.tensor([1, 1, 0]), table).tolist()
    [[3.0, 4.0], [3.0, 4.0], [1.0, 2.0]]

    Derivation: embedding, embedding.grad_weight
    """
    if weight.ndim != 2:
        raise ValueError(
            f"embedding: weight of shape (n, features) is expected, got {tuple(weight.shape)}"
        )
    rows = array_of(indices)
    if not hasattr(rows, "dtype") or rows.dtype.kind not in "iu":
        kind = getattr(rows, "dtype", type(rows).__name__)
        raise TypeError(f"embedding: integers are expected as indices, got {kind}")
    on_host = device_of(rows) == CPU
    if on_host and rows.size and (rows.min() < 0 or rows.max() >= weight.shape[0]):
        raise IndexError(
            f"embedding: indices from 0 to {weight.shape[0] - 1} are expected, the table has "
            f"{weight.shape[0]} rows; got {int(rows.min())} to {int(rows.max())}"
        )
    return getitem(weight, rows)
