"""Random arguments for ops: shapes, axes that fit them, and numbers that suit an op's domain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from minigen import Generator, catalogue

Shape = tuple[int, ...]
Array = npt.NDArray[Any]
Choice = TypeVar("Choice")


class Draw:
    """A source of random arguments.

    NumPy promises that the streams of its `RandomState` never change (NEP 19), so a committed
    fixture's inputs can be drawn again. Numbers are uniform, which needs no library of mathematics.
    """

    def __init__(self, seed: Sequence[int], *, shortest: int = 1, longest: int = 4) -> None:
        self.random = np.random.RandomState(np.array(seed, np.uint32))
        self.shortest = shortest
        self.longest = longest

    # Choices

    def integer(self, low: int, high: int) -> int:
        """Draw an integer from `low` to `high`, both included."""
        return int(self.random.randint(low, high + 1))

    def flag(self) -> bool:
        return self.integer(0, 1) == 1

    def choice(self, options: Sequence[Choice]) -> Choice:
        return options[self.integer(0, len(options) - 1)]

    def inputs(self, case: catalogue.Case) -> list[Array]:
        """Draw the inputs of a case of the catalogue; what is normal there is uniform here."""
        return [draw(_Uniform(self)) for draw in case.inputs]

    # Shapes and axes

    def length(self, shortest: int | None = None) -> int:
        return self.integer(self.shortest if shortest is None else shortest, self.longest)

    def shape(
        self, axes: int | None = None, *, least: int = 0, shortest: int | None = None
    ) -> Shape:
        """Draw a shape of as many axes, or of `least` to 3 axes."""
        axes = self.integer(least, 3) if axes is None else axes
        return tuple(self.length(shortest) for _ in range(axes))

    def broadcastable(self, shape: Shape) -> Shape:
        """Draw a shape that broadcasts to `shape`: fewer leading axes, and some of length 1."""
        kept = shape[self.integer(0, len(shape)) :] if self.flag() else shape
        return tuple(1 if self.integer(0, 2) == 0 else n for n in kept)

    def pair(self) -> tuple[Shape, Shape]:
        """Draw two shapes that broadcast with each other."""
        shape = self.shape()
        return self.broadcastable(shape), self.broadcastable(shape)

    def axis(self, ndim: int) -> int:
        """Draw an axis, counted from the front or from the back."""
        return self.integer(-ndim, ndim - 1)

    def axes(self, ndim: int) -> int | tuple[int, ...] | None:
        """Draw what a reduction takes: no axis named, one, or a tuple of different ones."""
        if ndim == 0 or self.integer(0, 3) == 0:
            return None
        if self.flag():
            return self.axis(ndim)
        chosen = self.order(ndim)[: self.integer(1, ndim)]
        return tuple(axis - ndim if self.flag() else axis for axis in chosen)

    def order(self, count: int) -> tuple[int, ...]:
        """Draw a permutation of 0 ... count - 1."""
        return tuple(int(i) for i in self.random.permutation(count))

    # Numbers

    def uniform(self, shape: Shape, low: float, high: float) -> Array:
        return np.asarray(self.random.uniform(low, high, shape))

    def reals(self, shape: Shape) -> Array:
        """Draw numbers of both signs."""
        return self.uniform(shape, -2.0, 2.0)

    def positives(self, shape: Shape) -> Array:
        return self.uniform(shape, 0.3, 2.5)

    def nonzeros(self, shape: Shape) -> Array:
        """Draw numbers of both signs that it is safe to divide by."""
        signs = 2 * self.integers(shape, 0, 1) - 1
        return np.asarray(self.positives(shape) * signs)

    def probabilities(self, shape: Shape) -> Array:
        return self.uniform(shape, 0.05, 0.95)

    def grid(self, shape: Shape) -> Array:
        """Draw whole numbers, as floats: zeros and ties are frequent."""
        return self.integers(shape, -2, 2).astype(np.float64)

    def integers(self, shape: Shape, low: int, high: int) -> Array:
        """Draw integers from `low` to `high`, both included."""
        return np.asarray(self.random.randint(low, high + 1, shape), np.int64)

    def booleans(self, shape: Shape) -> Array:
        return np.asarray(self.random.randint(0, 2, shape) == 1)

    def spread(self, shape: Shape, axis: int) -> Array:
        """Draw numbers whose variance along `axis` is far from zero."""
        steps = np.arange(shape[axis]).reshape([-1 if n == axis else 1 for n in range(len(shape))])
        return np.asarray(self.uniform(shape, -0.5, 0.5) + 1.5 * steps)


class _Uniform(Generator):
    """Stands in for the generator of the catalogue's draws."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def normal(self, shape: Any, *_: Any, **__: Any) -> Array:
        return self._draw.reals(shape)

    def uniform(self, shape: Any, *_: Any, **__: Any) -> Array:
        return self._draw.uniform(shape, 0.0, 1.0)

    def permutation(self, n: int) -> Array:
        return np.array(self._draw.order(n))
