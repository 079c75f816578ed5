"""The processes that train together: what one of them can ask of all, through MPI or alone."""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np

from minigen.distributed.nccl import Cards, connect
from minigen.distributed.sums import divide, tree_sum
from minigen.engine.backend import CPU, Array, device_of, namespace, to_device, to_numpy

SMALL: Final = 4096
"""Up to how many numbers every process adds up all of a sum, instead of a part: one message, not
two, and short ones cost their latency alone."""

PATIENCE: Final = 3.0
"""Seconds that a process whose work failed waits for the others to report the same failure."""

SHORTEST_PAUSE: Final = 1e-4
LONGEST_PAUSE: Final = 0.01
"""Seconds that a process sleeps before it asks again whether the others have come."""

LAUNCHERS: Final = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MPI_LOCALNRANKS")
"""Where ``mpiexec`` of MPICH, Open MPI and others tells a process how many there are."""


class DistributedError(RuntimeError):
    """Processes can't train together: MPI is missing, or they are not alike."""


class WorkerLostError(RuntimeError):
    """Another worker failed, so that what this one waits for will never come."""


class Pending:
    """A sum that has begun.

    Parameters
    ----------
    total : array
        Where it will be.
    request : mpi4py.MPI.Request, optional
        What it still waits for.
    own : array, optional
        What is being sent, which has to stay until then.
    """

    def __init__(self, total: Array, request: Any = None, own: Array | None = None) -> None:
        self._total, self._request, self._own = total, request, own

    def advance(self) -> None:
        """Have MPI look after its messages, which it does only when it is called."""
        if self._request is not None and self._request.Test():
            self._request = self._own = None

    def wait(self) -> Array:
        """Return the sum, once it is there."""
        if self._request is not None:
            self._request.Wait()
            self._request = self._own = None
        return self._total

    def copy(self) -> Pending:
        """Return a sum of one's own, to write into; of one that is there."""
        return Pending(self._total.copy())


class Processes:
    """One process alone: all that is asked of the others, it has itself.

    A process hosts one worker or several, whose arrays come as a list, in their order.

    Attributes
    ----------
    rank, size : int
        The number of this process, from 0, and how many there are.
    ordered : bool
        Whether sums are taken in the fixed order of `tree_sum`.

    Examples
    --------
    >>> import numpy as np
    >>> alone = Processes()
    >>> alone.gather(["mine"]), alone.sum([np.ones(2), np.ones(2)])
    (['mine'], array([2., 2.]))
    """

    rank = 0
    size = 1
    ordered = True

    def host(self, workers: int, *, ordered: bool) -> None:
        """Share out so many workers among the processes: here are all, and the order is fixed."""

    def gather(self, values: list[Any]) -> list[Any]:
        """Return the values of all workers, in the order of their ranks."""
        return values

    def gather_at_rest(self, values: list[Any]) -> list[Any]:
        """Return what `gather` does; who comes early sleeps, and leaves its core to the others."""
        return values

    def sum(self, arrays: Sequence[Array]) -> Array:
        """Return the sum of the arrays of all workers, all of one shape and dtype."""
        return tree_sum(arrays)

    def begin_sum(self, arrays: Sequence[Array]) -> Pending:
        """Begin a sum; return what it is asked of later."""
        return Pending(self.sum(arrays))

    def concatenate(self, arrays: Sequence[Array]) -> Array:
        """Return the rows of all workers' arrays, one after the other."""
        return namespace(arrays[0]).concatenate(arrays)

    def map_once(self, array: Array) -> Array:
        """Return an array that the processes of a machine hold once, together: here, as it is."""
        return array

    @contextmanager
    def ending_together(self) -> Iterator[None]:
        """See to it that an error in the block ends every process, and not this one alone."""
        yield


class MPIProcesses(Processes):
    """The processes that ``mpiexec`` has started.

    Parameters
    ----------
    world : mpi4py.MPI.Comm, optional
        By default all of them.
    ordered : bool, default True
        Whether sums are in the fixed order of `tree_sum`, the same for every number of processes;
        otherwise they are MPI's ``Allreduce``, which moves less and adds up as it likes.
    """

    def __init__(self, world: Any = None, *, ordered: bool = True) -> None:
        self._world = (world or load_mpi().COMM_WORLD).Dup()
        self._failures = self._world.Dup()  # so that word of a failure meets no other message
        self._cards: dict[str, Cards | None] = {}
        self.rank, self.size = self._world.Get_rank(), self._world.Get_size()
        self.host(self.size, ordered=ordered)

    def host(self, workers: int, *, ordered: bool) -> None:
        """Share out so many workers among the processes; say in which order sums are taken."""
        self.ordered = ordered
        self._hosted = [part.stop - part.start for part in divide(workers, self.size)]

    def gather(self, values: list[Any]) -> list[Any]:
        """Return the values of all workers, in the order of their ranks."""
        return [value for theirs in self._world.allgather(values) for value in theirs]

    def gather_at_rest(self, values: list[Any]) -> list[Any]:
        """Return what `gather` does; who comes early sleeps, and leaves its core to the others.

        MPI waits by asking again and again, which is right for what takes microseconds.
        """
        _sleep_until_done(self._world.Ibarrier())
        return self.gather(values)

    def sum(self, arrays: Sequence[Array]) -> Array:
        """Return the sum of the arrays of all workers, all of one shape and dtype."""
        first = arrays[0]
        if not self.ordered and len(arrays) == 1:
            return self._sum_in_any_order(first)
        library = namespace(first)
        rows = library.stack([array.reshape(-1) for array in arrays])
        length = rows.shape[1]
        if length <= SMALL:
            swapped = self._swap([rows] * self.size, [count * length for count in self._hosted])
            return tree_sum(library.concatenate(swapped).reshape(-1, length)).reshape(first.shape)
        parts = divide(length, self.size)
        mine = parts[self.rank].stop - parts[self.rank].start
        dealt = self._swap(
            [rows[:, part] for part in parts], [count * mine for count in self._hosted]
        )
        added = tree_sum(library.concatenate(dealt).reshape(-1, mine))
        collected = self._swap([added] * self.size, [part.stop - part.start for part in parts])
        return library.concatenate(collected).reshape(first.shape)

    def begin_sum(self, arrays: Sequence[Array]) -> Pending:
        """Begin a sum, which goes on while this process computes; return what it is asked of."""
        if self.ordered or len(arrays) > 1 or device_of(arrays[0]) != CPU:
            return super().begin_sum(arrays)
        own = np.ascontiguousarray(arrays[0])
        total = np.empty_like(own)
        return Pending(total, self._world.Iallreduce(own, total), own)

    def _sum_in_any_order(self, array: Array) -> Array:
        cards = self._cards_of(device_of(array))
        if cards is not None:
            return cards.sum(array)
        own = np.ascontiguousarray(to_numpy(array))
        total = np.empty_like(own)
        self._world.Allreduce(own, total)
        return to_device(total, device_of(array))

    def concatenate(self, arrays: Sequence[Array]) -> Array:
        """Return the rows of all workers' arrays, one after the other."""
        rows = namespace(arrays[0]).concatenate(arrays)
        each = math.prod(rows.shape[1:])
        counts = self._world.allgather(len(rows))
        parts = self._swap([rows] * self.size, [count * each for count in counts])
        return namespace(rows).concatenate(parts).reshape(-1, *rows.shape[1:])

    def map_once(self, array: Array) -> Array:
        """Return an array that the processes of a machine hold once, together.

        One of them writes it to a file, which all map into memory and which is then removed. If
        there is no room for the file, each keeps its own.
        """
        machine = self._world.Split_type(load_mpi().COMM_TYPE_SHARED)
        if machine.Get_size() == 1:
            return array
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            file = Path(folder, "array.npy")
            written = machine.bcast(_written(file, array) if machine.Get_rank() == 0 else None)
            mapped = array if written is None else np.asarray(np.load(written, mmap_mode="r"))
            machine.Barrier()  # until all have it open
        return mapped

    def _swap(self, outgoing: Sequence[Array], lengths: Sequence[int]) -> list[Array]:
        """Send each process an array, and return what each has sent to this one, flat.

        `lengths` are those of what comes. All other messages in a fixed order are made of this one.
        Arrays on a card go from card to card if NCCL can, and otherwise through the host.
        """
        device = device_of(outgoing[0])
        cards = self._cards_of(device)
        if cards is not None:
            return cards.swap(outgoing, lengths)
        sent = np.concatenate([to_numpy(array).reshape(-1) for array in outgoing])
        received = np.empty(sum(lengths), sent.dtype)
        self._world.Alltoallv([sent, [array.size for array in outgoing]], [received, list(lengths)])
        parts = np.split(received, np.cumsum(lengths)[:-1])
        return parts if device == CPU else [to_device(part, device) for part in parts]

    def _cards_of(self, device: str) -> Cards | None:
        """Return what connects the cards, from the first time that an array on one is sent."""
        if device == CPU:
            return None
        if device not in self._cards:
            self._cards[device] = connect(self._world, device)
        return self._cards[device]

    @contextmanager
    def ending_together(self) -> Iterator[None]:
        """Raise an error if all processes meet it; one that meets it alone ends them all.

        Then it says so on the standard error stream first.
        """
        try:
            yield
        except BaseException as error:
            if not self._all_fail():
                self._end_all(error)
            raise

    def _all_fail(self) -> bool:
        """Tell whether the other processes come here too, in a few seconds."""
        return _sleep_until_done(self._failures.Ibarrier(), PATIENCE)

    def _end_all(self, error: BaseException) -> NoReturn:
        stream = sys.__stderr__
        if stream is not None:
            name = type(error).__name__
            stream.write(f"rank {self.rank} failed, which ends the others: {name}: {error}\n")
            stream.flush()
        self._world.Abort(1)
        raise AssertionError("MPI has ended the process")


def _sleep_until_done(request: Any, patience: float = math.inf) -> bool:
    """Sleep until a request of MPI's is done, at first shortly; False if that takes too long."""
    latest, pause = time.monotonic() + patience, SHORTEST_PAUSE
    while not request.Test():
        if time.monotonic() > latest:
            return False
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
    return True


def _written(file: Path, array: Array) -> str | None:
    """Write an array to a file, and return its path; None if there is no room."""
    try:
        np.save(file, array)
    except OSError:
        return None
    return str(file)


def launched(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether ``mpiexec`` has started this process together with others.

    Examples
    --------
    >>> launched({"PMI_SIZE": "4"}), launched({})
    (True, False)
    """
    sizes = (environment.get(name, "") for name in LAUNCHERS)
    return any(size.isdecimal() and int(size) > 1 for size in sizes)


def load_mpi() -> Any:
    """Import ``mpi4py.MPI``; where it is missing, say how to get it.

    Raises
    ------
    DistributedError
        If there is no mpi4py, or no MPI library that it finds.
    """
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise DistributedError(
            "training with mpiexec needs mpi4py and an MPI library: "
            f"pip install 'minigen-numpy[distributed]' ({error})"
        ) from error
    return MPI
