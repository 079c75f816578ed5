"""Random numbers: always from an explicit generator, with a default that `manual_seed` seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import CPU, Array, DTypeLike, to_device
from minigen.engine.shards import drawn_for_all

Shape = int | Sequence[int]

LEAST_LIMIT: Final = 0.01
"""Where a normal distribution can be truncated at the closest, in standard deviations."""


class Generator:
    """A stream of random numbers whose state can be saved and restored.

    Numbers are drawn on the host by NumPy's PCG64 and moved to the device asked for, so one seed
    gives the same initial weights, shuffles and noise on every device.

    Where workers share a batch (see `minigen.engine.shards`), each draws for the whole batch and
    hands out the rows of its shard; `batch_axis` is the axis of the examples.

    Parameters
    ----------
    seed : int or sequence of int, optional
        Where the stream starts. Without it, the operating system's entropy decides.

    Examples
    --------
    >>> generator = Generator(0)
    >>> state = generator.get_state()
    >>> first = generator.normal((2, 3))
    >>> generator.set_state(state)
    >>> bool((generator.normal((2, 3)) == first).all())
    True
    """

    def __init__(self, seed: int | Sequence[int] | None = None) -> None:
        self._numpy = np.random.Generator(np.random.PCG64(seed))

    def manual_seed(self, seed: int) -> Generator:
        """Restart the stream from `seed`; return the generator itself."""
        self._numpy = np.random.Generator(np.random.PCG64(seed))
        return self

    def normal(
        self,
        shape: Shape,
        dtype: DTypeLike = np.float32,
        device: str = CPU,
        *,
        batch_axis: int = 0,
    ) -> Array:
        """Draw from the standard normal distribution N(0, 1)."""
        whole, part = drawn_for_all(shape, batch_axis)
        drawn = self._numpy.standard_normal(whole, dtype=_drawn(dtype))
        return self._deliver(drawn, dtype, device, part)

    def truncated_normal(
        self, shape: Shape, limit: float, dtype: DTypeLike = np.float32, device: str = CPU
    ) -> Array:
        """Draw from N(0, 1), and again what lies outside [-limit, limit] until nothing does.

        Raises
        ------
        ValueError
            If `limit` is under 0.01: of a hundred draws and more one would lie inside.

        Examples
        --------
        >>> drawn = Generator(0).truncated_normal((1000,), 0.7)
        >>> bool(abs(drawn).max() <= 0.7), round(float(drawn.std()), 1)
        (True, 0.4)
        """
        if not limit >= LEAST_LIMIT:
            raise ValueError(f"truncated_normal: limit must be at least {LEAST_LIMIT}, got {limit}")
        precision = _drawn(dtype)
        whole, part = drawn_for_all(shape, 0)
        drawn = np.asarray(self._numpy.standard_normal(whole, dtype=precision))
        while count := int((outside := np.abs(drawn) > limit).sum()):
            drawn[outside] = self._numpy.standard_normal(count, dtype=precision)
        return self._deliver(drawn, dtype, device, part)

    def uniform(
        self,
        shape: Shape,
        dtype: DTypeLike = np.float32,
        device: str = CPU,
        *,
        batch_axis: int = 0,
    ) -> Array:
        """Draw uniformly from [0, 1)."""
        whole, part = drawn_for_all(shape, batch_axis)
        drawn = np.asarray(self._numpy.random(whole, dtype=_drawn(dtype)))
        below_one = np.nextafter(np.ones((), dtype), np.zeros((), dtype))
        return self._deliver(np.minimum(drawn.astype(dtype), below_one), dtype, device, part)

    def bernoulli(
        self,
        probability: float,
        shape: Shape,
        dtype: DTypeLike = np.float32,
        device: str = CPU,
        *,
        batch_axis: int = 0,
    ) -> Array:
        """Draw ones with `probability` and zeros otherwise."""
        if not 0 <= probability <= 1:
            raise ValueError(f"bernoulli: probability must lie in [0, 1], got {probability}")
        whole, part = drawn_for_all(shape, batch_axis)
        drawn = self._numpy.random(whole, dtype=np.float32) < probability
        return self._deliver(drawn, dtype, device, part)

    def integers(
        self, low: int, high: int, shape: Shape, *, batch_axis: int = 0
    ) -> npt.NDArray[np.int64]:
        """Draw integers uniformly from [low, high)."""
        whole, part = drawn_for_all(shape, batch_axis)
        drawn: npt.NDArray[np.int64] = self._numpy.integers(low, high, whole)
        return drawn if part is ... else drawn[part]

    def permutation(self, n: int) -> npt.NDArray[np.int64]:
        """Return the numbers 0 to n - 1 in random order; of a shared batch, the shard's part."""
        whole, part = drawn_for_all(n, 0)
        drawn = self._numpy.permutation(n if part is ... else whole[0])
        return drawn if part is ... else drawn[part]

    def get_state(self) -> dict[str, Any]:
        """Return the state as plain integers and strings, which JSON can hold."""
        return dict(self._numpy.bit_generator.state)

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue from a state that `get_state` returned."""
        self._numpy.bit_generator.state = state

    @staticmethod
    def _deliver(drawn: Array, dtype: DTypeLike, device: str, part: Any = ...) -> Array:
        if part is not ...:
            drawn = np.ascontiguousarray(np.asarray(drawn)[part])
        return to_device(np.asarray(drawn).astype(dtype, copy=False), device)


def _drawn(dtype: DTypeLike) -> type[np.float32] | type[np.float64]:
    """NumPy draws float32 and float64; any other dtype is drawn as float32 and converted."""
    if np.dtype(dtype).kind != "f":
        raise TypeError(
            f"random numbers of dtype {np.dtype(dtype)} would be rounded: ask for a float"
        )
    return np.float64 if np.dtype(dtype) == np.float64 else np.float32


_default = Generator()
_own_default: ContextVar[Generator | None] = ContextVar("default generator", default=None)


def manual_seed(seed: int) -> Generator:
    """Seed the default generator, which serves every call that names none; return it.

    Examples
    --------
    >>> import minigen
    >>> _ = minigen.manual_seed(0)
    >>> a = minigen.randn(3)
    >>> _ = minigen.manual_seed(0)
    >>> bool((minigen.randn(3) == a).all())
    True
    """
    return default_generator().manual_seed(seed)


def default_generator() -> Generator:
    """Return the generator that serves every call that names none."""
    return _own_default.get() or _default


@contextmanager
def own_default_generator() -> Iterator[Generator]:
    """Have a default generator of one's own in this context, which begins as the other one is.

    Examples
    --------
    >>> before = default_generator().get_state()
    >>> with own_default_generator() as own:
    ...     _ = default_generator().normal(3)
    >>> default_generator().get_state() == before
    True
    """
    generator = Generator()
    generator.set_state(default_generator().get_state())
    token = _own_default.set(generator)
    try:
        yield generator
    finally:
        _own_default.reset(token)
