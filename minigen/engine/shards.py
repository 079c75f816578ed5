"""A batch that several workers share: which rows one has, and how what they compute is joined.

While a shard is *open* in a context, whatever depends on the whole batch is asked of all its
workers. Generators draw for the whole batch and hand out the shard's rows; batch norm takes its
statistics over all shards. `minigen.distributed` opens shards, ops and generators ask
`current_shard`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from minigen.engine.backend import Array, namespace


class Exchange(Protocol):
    """What a shard asks of the workers that share its batch; all must ask the same together."""

    def sum(self, array: Array) -> Array:
        """Return the sum of all workers' arrays, of one shape, as a new array: equal for all."""

    def begin_sum(self, array: Array) -> Any:
        """Begin a sum; return what has a `wait`, for the sum, and an `advance`, to help it on."""

    def concatenate(self, array: Array) -> Array:
        """Return the rows of all workers' arrays, one after the other."""


@dataclass(frozen=True)
class Shard:
    """The rows ``start`` to ``stop`` of a batch of ``total`` rows.

    Parameters
    ----------
    start, stop, total : int
        Where the rows lie in the batch.
    unit : int
        How many rows a model takes together, such as a pack of a GAN's: no shard divides one.
    exchange : Exchange
        The workers that share the batch.

    Examples
    --------
    >>> shard = Shard(4, 6, 10, exchange=None)
    >>> shard.rows, shard.share_of(2), shard.share_of(6)
    (slice(4, 6, None), (10, slice(4, 6, None)), (30, slice(12, 18, None)))
    """

    start: int
    stop: int
    total: int
    unit: int = 1
    exchange: Exchange | None = None

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def rows(self) -> slice:
        """Where the shard lies in the batch."""
        return slice(self.start, self.stop)

    @property
    def count(self) -> int:
        """How many units count in a mean over the shard."""
        return self.stop // self.unit - self.start // self.unit

    @property
    def whole_count(self) -> int:
        """How many units count in a mean over the whole batch."""
        return self.total // self.unit

    def backward(self, loss: Any) -> None:
        """Walk back from a loss that is a mean over the shard, as from its part of the batch's sum.

        Batch norm adds up what comes back to it in all shards, of which the larger ones must count
        for more: with means, a row of a small shard would count for too much.
        """
        if self.exchange is None:
            loss.backward()
        else:
            array = loss.array
            loss.backward(namespace(array).full_like(array, self.count))

    def share_of(self, length: int) -> tuple[int, slice]:
        """Return how long an axis is for the whole batch, and where the shard's part of it lies.

        Parameters
        ----------
        length : int
            How long it is for this shard: its units, its rows, or so many times the rows.

        Raises
        ------
        ValueError
            If it is none of these.
        """
        if length == self.count:
            return self.whole_count, slice(self.start // self.unit, self.stop // self.unit)
        each, rest = divmod(length, len(self))
        if rest:
            raise ValueError(
                f"a batch of {self.total} rows is shared, of which {len(self)} are here, and an "
                f"axis of length {length} does not belong to them: where random numbers are drawn, "
                "name the axis of the examples (batch_axis)"
            )
        return self.total * each, slice(self.start * each, self.stop * each)


_open: ContextVar[Shard | None] = ContextVar("shard", default=None)


def current_shard() -> Shard | None:
    """Return the shard that is open in this context; None if the batch is whole."""
    return _open.get()


@contextmanager
def open_shard(shard: Shard | None) -> Iterator[None]:
    """Let a shard be the current one; None makes the batch whole again.

    Examples
    --------
    >>> with open_shard(Shard(0, 2, 4)):
    ...     current_shard().total
    4
    >>> current_shard() is None
    True
    """
    token = _open.set(shard)
    try:
        yield
    finally:
        _open.reset(token)


def drawn_for_all(shape: int | Sequence[int], batch_axis: int) -> tuple[Any, Any]:
    """Return in which shape to draw for the whole batch, and the index of the shard's part.

    Without a shard that is the shape as it is, and everything.

    Examples
    --------
    >>> with open_shard(Shard(0, 2, 4)):
    ...     drawn_for_all((3, 2), batch_axis=1)
    ([3, 4], (slice(None, None, None), slice(0, 2, None)))
    """
    shard = _open.get()
    if shard is None:
        return shape, ...
    lengths = [shape] if isinstance(shape, int) else list(shape)
    lengths[batch_axis], part = shard.share_of(int(lengths[batch_axis]))
    return lengths, (*(slice(None),) * batch_axis, part)
