"""What layers ask of their inputs, so that a wrong one is refused by the layer that got it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from minigen.engine.backend import Array, is_array
from minigen.engine.tensor import Tensor

if TYPE_CHECKING:
    from minigen.nn.module import Module


def check_dtype(layer: Module, x: Array, held: Tensor | None) -> None:
    """Refuse an input that is no tensor, or of another dtype than the tensors of the layer.

    NumPy would promote float32 with float64 and make everything after this layer twice as slow.

    Raises
    ------
    TypeError
        Names the layer, and both dtypes.
    """
    if not isinstance(x, Tensor) and not is_array(x):
        raise TypeError(f"{layer!r}: a tensor or an array is expected, got {type(x).__name__}")
    if held is not None and x.dtype != held.dtype:
        raise TypeError(
            f"{layer!r}: {held.dtype} is expected as its parameters are, got {x.dtype}; convert "
            f"the input, x.astype('{held.dtype}'), or the model, model.to('float64')"
        )


def wrong_shape(layer: Module, expected: str, x: Array) -> ValueError:
    """Return the error that names the layer, the shape expected and the one got."""
    return ValueError(f"{layer!r}: an input of shape {expected} is expected, got {tuple(x.shape)}")


def positive(layer: str, **sizes: int) -> None:
    """Refuse sizes that are not positive integers.

    Raises
    ------
    ValueError
        Names the layer, the argument and its value.
    """
    for role, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            raise ValueError(f"{layer}: {role} must be a positive integer, got {size!r}")


@contextmanager
def named(layer: Module) -> Iterator[None]:
    """Say which layer it was when an op refuses an input's shape."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{layer!r}: {error}") from error
