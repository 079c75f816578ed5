"""A worker's view of those it trains with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from minigen.distributed.processes import (
    DistributedError,
    MPIProcesses,
    Pending,
    Processes,
    launched,
)
from minigen.distributed.sums import divide
from minigen.engine.backend import Array
from minigen.engine.shards import Shard, open_shard

Result = TypeVar("Result")

Meet = Callable[[str, Any], Any]
"""Hands in a value for an exchange of a kind, and returns what came out of it."""


class Communicator:
    """What a worker can ask of all workers; each must ask the same, in the same order.

    Parameters
    ----------
    rank, size : int
        The number of the worker, from 0, and how many there are.
    meet : callable
        Carries out an exchange, see `Meet`.

    Examples
    --------
    >>> world = Communicator(0, 1, exchange_by(Processes()))
    >>> with world.shard(10) as shard:
    ...     shard.rows
    slice(0, 10, None)
    """

    def __init__(self, rank: int, size: int, meet: Meet) -> None:
        self.rank = rank
        self.size = size
        self._meet = meet

    @property
    def is_root(self) -> bool:
        """Whether this is the worker that writes and reports."""
        return self.rank == 0

    def sum(self, array: Array) -> Array:
        """Return the sum of all workers' arrays, of one shape and dtype: equal for all."""
        total: Array = self._meet("sum", array)
        return total

    def begin_sum(self, array: Array) -> Pending:
        """Begin a sum, which may go on while this worker computes; `Pending.wait` returns it."""
        begun: Pending = self._meet("begin_sum", array)
        return begun

    def concatenate(self, array: Array) -> Array:
        """Return the rows of all workers' arrays, one after the other."""
        joined: Array = self._meet("concatenate", array)
        return joined

    def gather(self, value: Any) -> list[Any]:
        """Return the values of all workers, in their order."""
        values: list[Any] = self._meet("gather", value)
        return values

    def any(self, flag: bool) -> bool:
        """Tell whether a flag is set for any worker."""
        return any(self.gather(flag))

    def of_root(self, function: Callable[[], Result]) -> Result:
        """Return what a function returns to the root; the others sleep, and do not call it."""
        found = function() if self.is_root else None
        result: Result = self._meet("gather_at_rest", found)[0]
        return result

    @contextmanager
    def shard(self, total: int, unit: int = 1) -> Iterator[Shard]:
        """Open this worker's shard of a batch of so many rows, see `minigen.engine.shards`.

        Shards differ by one row at most, or by one `unit` of rows that belong together.

        Raises
        ------
        DistributedError
            If there are fewer rows, or units, than workers, or rows that fill no unit.
        """
        if total % unit:
            raise DistributedError(
                f"a batch of {total} rows can't be divided into packs of {unit}: take batches of a "
                f"multiple of {unit}"
            )
        if total // unit < self.size:
            raise DistributedError(
                f"a batch of {total} rows can't be divided among {self.size} workers: take larger "
                "batches, or fewer workers (--reproducible-chunks, mpiexec -n)"
            )
        part = divide(total // unit, self.size)[self.rank]
        shard = Shard(part.start * unit, part.stop * unit, total, unit, self)
        with open_shard(shard):
            yield shard


class _Alone(Communicator):
    """A single worker, which exchanges nothing and has the whole batch."""

    def __init__(self) -> None:
        super().__init__(0, 1, exchange_by(Processes()))

    @contextmanager
    def shard(self, total: int, unit: int = 1) -> Iterator[Shard]:
        """Return the whole batch; no shard is open, so that all is computed as ever."""
        yield Shard(0, total, total, unit)


def exchange_by(processes: Processes) -> Meet:
    """Return how the only worker of a process exchanges values with those of the others."""
    return lambda kind, value: getattr(processes, kind)([value])


ALONE: Final[Communicator] = _Alone()
"""The communicator of a process that trains by itself."""


def create_communicator(*, ordered: bool = False) -> Communicator:
    """Return the communicator of this process: of ``mpiexec``'s, or of one alone.

    Parameters
    ----------
    ordered : bool, default False
        Whether sums are taken in a fixed order: see `MPIProcesses`.

    Raises
    ------
    DistributedError
        If ``mpiexec`` has started it, and mpi4py is missing.

    Examples
    --------
    >>> world = create_communicator()
    >>> world.rank, world.size
    (0, 1)
    """
    if not launched():
        return ALONE
    processes = MPIProcesses(ordered=ordered)
    return Communicator(processes.rank, processes.size, exchange_by(processes))
