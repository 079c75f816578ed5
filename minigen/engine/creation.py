"""Tensors made from nothing: constants, ranges and random numbers; float32 unless asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigen.engine import backend
from minigen.engine.backend import DTypeLike
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor


def zeros(
    *shape: int | Sequence[int],
    dtype: DTypeLike = np.float32,
    device: str = backend.CPU,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of zeros; the shape one by one or as a tuple."""
    return full(_lengths(shape), 0, dtype=dtype, device=device, requires_grad=requires_grad)


def ones(
    *shape: int | Sequence[int],
    dtype: DTypeLike = np.float32,
    device: str = backend.CPU,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of ones; the shape one by one or as a tuple."""
    return full(_lengths(shape), 1, dtype=dtype, device=device, requires_grad=requires_grad)


def full(
    shape: int | Sequence[int],
    fill_value: float,
    *,
    dtype: DTypeLike = np.float32,
    device: str = backend.CPU,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor whose elements are all `fill_value`."""
    array = np.full(shape, fill_value, np.dtype(dtype))
    return Tensor(backend.to_device(array, device), requires_grad)


def zeros_like(x: Tensor) -> Tensor:
    """Make zeros of the shape, dtype and device of `x`."""
    return Tensor(backend.namespace(x.data).zeros_like(x.data))


def ones_like(x: Tensor) -> Tensor:
    """Make ones of the shape, dtype and device of `x`."""
    return Tensor(backend.namespace(x.data).ones_like(x.data))


def arange(
    start: float,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: DTypeLike | None = None,
    device: str = backend.CPU,
) -> Tensor:
    """Make the numbers from `start` (0 if one bound is given) up to `end`, which is left out."""
    low, high = (0, start) if end is None else (start, end)
    array = np.arange(low, high, step)
    kind: Any = dtype or (np.float32 if array.dtype.kind == "f" else array.dtype)
    return Tensor(backend.to_device(array.astype(kind), device))


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: DTypeLike = np.float32,
    device: str = backend.CPU,
) -> Tensor:
    """Make `steps` numbers at equal distances from `start` to `end`, both included."""
    return Tensor(backend.to_device(np.linspace(start, end, steps).astype(dtype), device))


def randn(
    *shape: int | Sequence[int],
    generator: Generator | None = None,
    dtype: DTypeLike = np.float32,
    device: str = backend.CPU,
    requires_grad: bool = False,
) -> Tensor:
    """Draw from N(0, 1), by `generator` or the default one."""
    source = generator or default_generator()
    return Tensor(source.normal(_lengths(shape), dtype, device), requires_grad)


def rand(
    *shape: int | Sequence[int],
    generator: Generator | None = None,
    dtype: DTypeLike = np.float32,
    device: str = backend.CPU,
    requires_grad: bool = False,
) -> Tensor:
    """Draw uniformly from [0, 1), by `generator` or the default one."""
    source = generator or default_generator()
    return Tensor(source.uniform(_lengths(shape), dtype, device), requires_grad)


def _lengths(shape: Sequence[Any]) -> tuple[int, ...]:
    """Read ``zeros(2, 3)`` and ``zeros((2, 3))`` alike."""
    if len(shape) == 1 and isinstance(shape[0], Sequence):
        return tuple(shape[0])
    return tuple(shape)
