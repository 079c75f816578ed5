"""How much memory a model will need, before it takes it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from minigen.engine.backend import CPU, Array, DTypeLike
from minigen.engine.random import Generator, Shape

ARRAYS: Final = 4
"""Of each weight training keeps the value, the gradient and two moments."""


class WeighingGenerator(Generator):
    """A generator that counts the bytes it draws, and refuses more than there may be.

    Initial weights are drawn, so it knows how large a model is while the model is being made.

    Examples
    --------
    >>> generator = WeighingGenerator(0)
    >>> with generator.at_most(1000):
    ...     _ = generator.normal((10, 10))
    ...     _ = generator.normal((100, 10))
    Traceback (most recent call last):
    MemoryError: 0.0 GiB would be needed at least, and there are 0.0
    """

    _drawn = 0
    _most = math.inf

    @contextmanager
    def at_most(self, count: float) -> Iterator[None]:
        """Refuse, with a `MemoryError`, to draw more than so many bytes in this block."""
        self._drawn, self._most = 0, count
        try:
            yield
        finally:
            self._most = math.inf

    def normal(
        self,
        shape: Shape,
        dtype: DTypeLike = np.float32,
        device: str = CPU,
        *,
        batch_axis: int = 0,
    ) -> Array:
        """Draw from the standard normal distribution N(0, 1)."""
        self._weigh(shape, dtype)
        return super().normal(shape, dtype, device, batch_axis=batch_axis)

    def uniform(
        self,
        shape: Shape,
        dtype: DTypeLike = np.float32,
        device: str = CPU,
        *,
        batch_axis: int = 0,
    ) -> Array:
        """Draw uniformly from [0, 1)."""
        self._weigh(shape, dtype)
        return super().uniform(shape, dtype, device, batch_axis=batch_axis)

    def _weigh(self, shape: Any, dtype: DTypeLike) -> None:
        sizes = (shape,) if np.ndim(shape) == 0 else shape
        self._drawn += math.prod(map(int, sizes)) * np.dtype(dtype).itemsize
        if self._drawn > self._most:
            needed, there = (bytes / 2**30 for bytes in (self._drawn, self._most))
            raise MemoryError(
                f"{needed:,.1f} GiB would be needed at least, and there are {there:,.1f}"
            )


def memory() -> float:
    """Return how many bytes of memory this machine has; infinity if it does not say."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):  # as on Windows
        return math.inf
