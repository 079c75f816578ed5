"""What the metrics take: samples, or features of samples, as rows of numbers on the host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.tensor import Tensor

Rows = npt.NDArray[np.float64]
"""One sample a row, shape (N, D)."""

_BLOCK: Final = 4_000_000
"""How many entries of a matrix of pairs are held at once: 32 MB."""


def as_rows(metric: str, least: int, **samples: Tensor | Array) -> list[Rows]:
    """Return sets of samples as float64 on the host.

    Parameters
    ----------
    metric : str
        What error messages call the function that was called.
    least : int
        How many rows each set must have.
    samples : Tensor or array, shape (N, D)
        Each under the name that error messages give it.

    Raises
    ------
    ValueError
        If a set is not of shape (N, D) with N of at least `least`, the D differ, or a number is NaN
        or infinite.

    Examples
    --------
    >>> import numpy as np
    >>> (x,) = as_rows("my_metric", 1, x=np.zeros((3, 2), np.float32))
    >>> x.dtype
    dtype('float64')
    """
    rows = {name: to_numpy(array_of(given)) for name, given in samples.items()}
    shapes = ", ".join(f"{name} {array.shape}" for name, array in rows.items())
    if (
        any(array.ndim != 2 or len(array) < least for array in rows.values())
        or len({array.shape[1] for array in rows.values()}) != 1
        or any(array.shape[1] == 0 for array in rows.values())
    ):
        raise ValueError(
            f"{metric}: rows (N, D) of one length D are expected, N of at least {least}, "
            f"got {shapes}"
        )
    converted = [array.astype(np.float64) for array in rows.values()]
    for name, array in zip(rows, converted, strict=True):
        if not np.isfinite(array).all():
            raise ValueError(f"{metric}: {name} holds a number that is NaN or infinite")
    return converted


def expect_equal_counts(metric: str, **samples: Rows) -> None:
    """Refuse sets of different sizes, of which the metric's value would depend.

    Raises
    ------
    ValueError
        If the sets have different numbers of rows.
    """
    if len({len(rows) for rows in samples.values()}) > 1:
        counts = " and ".join(f"{len(rows):,} {name}" for name, rows in samples.items())
        raise ValueError(
            f"{metric}: equal numbers of samples are expected, for the value depends on them, got "
            f"{counts}; take as many of one as there are of the other"
        )


def blocks(rows: int, columns: int) -> Iterator[slice]:
    """Divide the rows of a matrix (rows, columns) into parts of bounded size."""
    step = max(1, _BLOCK // max(1, columns))
    for start in range(0, rows, step):
        yield slice(start, start + step)
