"""Random numbers: always from an explicit generator, with a default that `manual_seed` seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import CPU, Array, DTypeLike, namespace, to_device
from minigen.engine.philox import NAME, Philox, below_one
from minigen.engine.recording import recorder
from minigen.engine.shards import drawn_for_all

Shape = int | Sequence[int]

Algorithm: TypeAlias = Literal["pcg64", "philox"]

ALGORITHMS: Final = ("pcg64", "philox")
"""How a generator may draw: with NumPy's generator on the host, or where the numbers are needed."""

LEAST_LIMIT: Final = 0.01
"""Where a normal distribution can be truncated at the closest, in standard deviations."""


class HostStream:
    """Random numbers that NumPy's PCG64 draws on the host, and that are then sent to a device."""

    def __init__(self, seed: int | Sequence[int] | None = None) -> None:
        self._numpy = np.random.Generator(np.random.PCG64(seed))

    def normal(self, shape: Shape, dtype: DTypeLike, device: str = CPU) -> Array:
        """Draw from the standard normal distribution."""
        return _sent(self._numpy.standard_normal(shape, dtype=_drawn(dtype)), dtype, device)

    def uniform(self, shape: Shape, dtype: DTypeLike, device: str = CPU) -> Array:
        """Draw uniformly from [0, 1)."""
        drawn = np.asarray(self._numpy.random(shape, dtype=_drawn(dtype)))
        return _sent(below_one(drawn.astype(dtype)), dtype, device)

    def bernoulli(
        self, probability: float, shape: Shape, dtype: DTypeLike, device: str = CPU
    ) -> Array:
        """Draw ones with a probability and zeros otherwise."""
        drawn = self._numpy.random(shape, dtype=np.float32) < probability
        return _sent(drawn, dtype, device)

    def integers(self, low: int, high: int, shape: Shape) -> npt.NDArray[np.int64]:
        """Draw integers uniformly from [low, high)."""
        return self._numpy.integers(low, high, shape)

    def permutation(self, n: int) -> npt.NDArray[np.int64]:
        """Return the numbers 0 to n - 1 in random order."""
        return self._numpy.permutation(n)

    @property
    def state(self) -> dict[str, Any]:
        """The state as integers and strings."""
        return dict(self._numpy.bit_generator.state)

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        self._numpy.bit_generator.state = state


class Generator:
    """A stream of random numbers whose state can be saved and restored.

    By default numbers are drawn on the host by NumPy's PCG64 and moved to the device asked for, so
    one seed gives the same initial weights, shuffles and noise on every device. With Philox they
    are computed on that device, and are the same on every device, too, to the last bit: see
    `minigen.engine.philox`.

    Where workers share a batch (see `minigen.engine.shards`), each draws for the whole batch and
    hands out the rows of its shard; `batch_axis` is the axis of the examples.

    Parameters
    ----------
    seed : int or sequence of int, optional
        Where the stream starts. Without it, the operating system's entropy decides.
    algorithm : {"pcg64", "philox"}
        How it draws. The two give different numbers.

    Raises
    ------
    ValueError
        If there is no such algorithm.

    Examples
    --------
    >>> generator = Generator(0)
    >>> state = generator.get_state()
    >>> first = generator.normal((2, 3))
    >>> generator.set_state(state)
    >>> bool((generator.normal((2, 3)) == first).all())
    True
    >>> Generator(0, algorithm="philox").integers(0, 1000, 3).tolist()
    [419, 288, 95]
    """

    def __init__(
        self, seed: int | Sequence[int] | None = None, algorithm: Algorithm = "pcg64"
    ) -> None:
        self._stream = _stream(seed, algorithm)

    @property
    def algorithm(self) -> Algorithm:
        """How it draws: ``"pcg64"`` or ``"philox"``."""
        return "philox" if isinstance(self._stream, Philox) else "pcg64"

    def manual_seed(self, seed: int, algorithm: Algorithm | None = None) -> Generator:
        """Restart the stream from `seed`; return the generator itself.

        It draws as before, unless an algorithm is named.
        """
        self._stream = _stream(seed, algorithm or self.algorithm)
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
        _drawn(dtype)
        whole, part = drawn_for_all(shape, batch_axis)
        return _of_shard(self._from_stream("normal", whole, dtype, device), part)

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
        drawn = self._stream.normal(whole, precision)
        while count := int((outside := np.abs(drawn) > limit).sum()):
            drawn[outside] = self._stream.normal(count, precision)
        return _sent(_of_shard(drawn, part), dtype, device)

    def uniform(
        self,
        shape: Shape,
        dtype: DTypeLike = np.float32,
        device: str = CPU,
        *,
        batch_axis: int = 0,
    ) -> Array:
        """Draw uniformly from [0, 1)."""
        _drawn(dtype)
        whole, part = drawn_for_all(shape, batch_axis)
        return _of_shard(self._from_stream("uniform", whole, dtype, device), part)

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
        return _of_shard(self._from_stream("bernoulli", probability, whole, dtype, device), part)

    def integers(
        self, low: int, high: int, shape: Shape, *, batch_axis: int = 0
    ) -> npt.NDArray[np.int64]:
        """Draw integers uniformly from [low, high)."""
        whole, part = drawn_for_all(shape, batch_axis)
        drawn: npt.NDArray[np.int64] = _of_shard(self._stream.integers(low, high, whole), part)
        return drawn

    def permutation(self, n: int) -> npt.NDArray[np.int64]:
        """Return the numbers 0 to n - 1 in random order; of a shared batch, the shard's part."""
        whole, part = drawn_for_all(n, 0)
        drawn: npt.NDArray[np.int64] = self._stream.permutation(n if part is ... else whole[0])
        return drawn if part is ... else drawn[part]

    def _from_stream(self, what: str, *arguments: Any) -> Array:
        """Draw; a captured step is given what is drawn each time: see `minigen.engine.capture`."""

        def draw() -> Array:
            return getattr(self._stream, what)(*arguments)

        recorded, (*_, shape, dtype, device) = recorder(), arguments
        if recorded is None or device == CPU:
            return draw()
        return recorded.drawn(draw, shape, dtype, device)

    def get_state(self) -> dict[str, Any]:
        """Return the state as plain integers and strings, which JSON can hold."""
        return self._stream.state

    def set_state(self, state: dict[str, Any]) -> None:
        """Continue from a state that `get_state` returned, by the algorithm that it is of."""
        stream = _stream(0, "philox" if state["bit_generator"] == NAME else "pcg64")
        stream.state = state
        self._stream = stream


def _stream(seed: int | Sequence[int] | None, algorithm: str) -> HostStream | Philox:
    if algorithm not in ALGORITHMS:
        raise ValueError(
            f"a generator's algorithm is one of {', '.join(ALGORITHMS)}, got {algorithm!r}"
        )
    return Philox(seed) if algorithm == "philox" else HostStream(seed)


def _sent(drawn: Any, dtype: DTypeLike, device: str) -> Array:
    return to_device(np.asarray(drawn).astype(dtype, copy=False), device)


def _of_shard(drawn: Array, part: Any) -> Array:
    """Return what a worker's shard has of what was drawn for the whole batch."""
    return drawn if part is ... else namespace(drawn).ascontiguousarray(drawn[part])


def _drawn(dtype: DTypeLike) -> type[np.float32] | type[np.float64]:
    """NumPy draws float32 and float64; any other dtype is drawn as float32 and converted."""
    if np.dtype(dtype).kind != "f":
        raise TypeError(
            f"random numbers of dtype {np.dtype(dtype)} would be rounded: ask for a float"
        )
    return np.float64 if np.dtype(dtype) == np.float64 else np.float32


_default = Generator()
_own_default: ContextVar[Generator | None] = ContextVar("default generator", default=None)


def manual_seed(seed: int, algorithm: Algorithm = "pcg64") -> Generator:
    """Seed the default generator, which serves every call that names none; return it.

    Parameters
    ----------
    seed : int
        Where its stream starts.
    algorithm : {"pcg64", "philox"}
        How it draws: see `Generator`.

    Examples
    --------
    >>> import minigen
    >>> _ = minigen.manual_seed(0)
    >>> a = minigen.randn(3)
    >>> _ = minigen.manual_seed(0)
    >>> bool((minigen.randn(3) == a).all())
    True
    """
    return default_generator().manual_seed(seed, algorithm)


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
