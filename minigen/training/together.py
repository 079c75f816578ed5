"""A run that several processes train together, or several workers in one process."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from minigen.distributed import (
    ALONE,
    Communicator,
    DistributedError,
    MPIProcesses,
    Processes,
    launched,
    run_workers,
)
from minigen.distributed.communicator import exchange_by
from minigen.engine.parallel import one_thread
from minigen.models import Model
from minigen.training.config import RunConfig
from minigen.training.errors import ConfigurationError
from minigen.training.examples import Examples

Result = TypeVar("Result")


class Team:
    """The processes of a run, and how many workers they share.

    Parameters
    ----------
    processes : Processes, optional
        By default those that ``mpiexec`` has started, or this one alone.
    """

    def __init__(self, processes: Processes | None = None) -> None:
        self.processes = processes or (MPIProcesses() if launched() else Processes())
        self.workers = self.processes.size
        self._fixed = False

    def divide_batches(self, chunks: int | None) -> None:
        """Have as many workers as there are chunks; without, as many as there are processes.

        Raises
        ------
        ConfigurationError
            If there are more processes than chunks.
        """
        size = self.processes.size
        if chunks is not None and size > chunks:
            raise ConfigurationError(
                f"chunks: {size} processes can't share {chunks} chunks of a batch: start at most "
                f"{chunks} (mpiexec -n {chunks})"
            )
        self.workers, self._fixed = chunks or size, chunks is not None
        self.processes.host(self.workers, ordered=self._fixed)

    @property
    def is_root(self) -> bool:
        """Whether this process writes, and reports."""
        return self.processes.rank == 0

    @property
    def world(self) -> Communicator:
        """The processes, each as one worker."""
        return Communicator(self.processes.rank, self.processes.size, exchange_by(self.processes))

    def as_root(self, report: Callable[[str], None]) -> Callable[[str], None]:
        """Return what tells a sentence: to nobody, but on the root."""
        return report if self.is_root else lambda _: None

    def run(self, work: Callable[[Communicator], Result]) -> Result:
        """Have all workers do the same; return what the first of this process returns.

        Where the order of sums is fixed, every worker computes with one thread: what comes out of
        a product of matrices depends on how many share it.
        """
        if self.workers == 1 and not self._fixed:
            return work(ALONE)
        held: AbstractContextManager[Any] = one_thread if self._fixed else nullcontext()
        with held:
            return run_workers(work, self.workers, self.processes)

    def agree(self, prepare: Callable[[], Result]) -> Result:
        """Prepare something in every process; an error of one is raised in all of them."""
        error: Exception | None = None
        result: Any = None
        try:
            result = prepare()
        except Exception as raised:  # noqa: BLE001 - it is raised below, everywhere
            error = raised
        raised_by = [each for each in self._gather(error) if each is not None]
        if raised_by:
            raise raised_by[0]
        return result  # type: ignore[no-any-return]

    def share(self, tasks: Sequence[Callable[[], Result]]) -> list[Result]:
        """Do each task on one of the processes, in turn; return all results to every one.

        Tasks know nothing of each other. What they return has to go through a pickle.
        """
        rank, size = self.processes.rank, self.processes.size
        mine = self.agree(lambda: [task() for task in tasks[rank::size]])
        theirs = self._gather(mine)
        return [theirs[number % size][number // size] for number in range(len(tasks))]

    def by_root(self, function: Callable[[], Result]) -> Result:
        """Return to every process what a function returns to the root, or raise its error."""
        found = self.agree(lambda: function() if self.is_root else None)
        result: Result = self._gather(found)[0]
        return result

    def expect_alike(self, config: RunConfig, examples: Sequence[Examples]) -> None:
        """Refuse to begin unless all processes have the same code, options and data.

        Raises
        ------
        DistributedError
            Names the rank that differs from rank 0, and in what.
        """
        if self.processes.size == 1:
            return
        prints = self._gather(
            {
                "options": _digest(config.to_json().encode()),
                "code of minigen": _digest(*_sources()),
                "version of NumPy": np.__version__,
                "data": _digest(*(array for part in examples for array in _arrays(part))),
            }
        )
        for rank, theirs in enumerate(prints):
            differing = [name for name in prints[0] if theirs[name] != prints[0][name]]
            if differing:
                raise DistributedError(
                    f"rank {rank} differs from rank 0 in its {' and '.join(differing)}: all "
                    "processes of a run need the same"
                )

    def held_once(self, examples: Sequence[Examples]) -> list[Examples]:
        """Return the same examples, which the processes of a machine hold in memory together."""
        held = self.processes.map_once
        return [dataclasses.replace(part, images=held(part.images)) for part in examples]

    def expect_divisible(self, config: RunConfig, model: Model, examples: int) -> None:
        """Refuse a run of which a batch can't be divided among so many workers.

        Raises
        ------
        ConfigurationError
            If it has too few examples, or some that fill no pack of a GAN's.
        """
        if self.workers == 1:
            return
        unit = getattr(model, "packing", 1)
        least = min(len(batch) for batch in config.batches(examples, model))
        if least % unit:
            raise ConfigurationError(
                f"batch_size: a multiple of the model's packing, {unit}, is expected where batches "
                f"are divided among workers, got {least:,}"
            )
        if least // unit < self.workers:
            raise ConfigurationError(
                f"batch_size: an epoch has a batch of {least:,} examples, which can't be divided "
                f"among {self.workers} workers: choose another batch size, or fewer chunks or "
                "processes"
            )

    def _gather(self, value: Any) -> list[Any]:
        """Return the values of all processes."""
        return self.processes.gather_at_rest([value])


def _arrays(examples: Examples) -> list[Any]:
    """Return the images of examples, and what is told of them."""
    return [examples.images, *([] if examples.labels is None else [examples.labels])]


def _sources() -> list[bytes]:
    """Return the library's code."""
    folder = Path(__file__).parents[1]
    return [path.read_bytes() for path in sorted(folder.rglob("*.py"))]


def _digest(*contents: Any) -> str:
    """Return a digest of bytes and arrays."""
    digest = hashlib.blake2b(digest_size=16)
    for each in contents:
        digest.update(json.dumps(getattr(each, "shape", len(each))).encode())
        digest.update(np.ascontiguousarray(each).data if isinstance(each, np.ndarray) else each)
    return digest.hexdigest()
