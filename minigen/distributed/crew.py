"""Several workers in one process, which take turns.

A batch is divided into K chunks, and each chunk has a worker: with n processes, each hosts K / n of
them, more or less. What a worker computes does not depend on the process that hosts it, and sums
over workers are in a fixed order: so n processes give what one gives, bit by bit.

Workers are threads of which one runs at a time: it runs until it has to wait for the others, and
hands on. So all that ops share, such as the threads that they compute with, is as it is when there
is one worker, and the order of all that happens in a process is always the same.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from minigen.distributed.communicator import Communicator
from minigen.distributed.processes import Processes, WorkerLostError
from minigen.distributed.sums import divide
from minigen.engine.random import own_default_generator

Result = TypeVar("Result")


def run_workers(
    work: Callable[[Communicator], Result], workers: int, processes: Processes
) -> Result:
    """Have so many workers do the same work, those of this process here; return the first's result.

    The first worker of a process runs in the thread that calls. An error of one ends the others,
    which get a `WorkerLostError`, and is raised.

    Examples
    --------
    >>> import numpy as np
    >>> run_workers(lambda world: world.sum(np.full(2, world.rank)), 3, Processes())
    array([3, 3])
    """
    here = divide(workers, processes.size)[processes.rank]
    crew = _Crew(here.stop - here.start, processes)
    results: list[Any] = [None] * crew.count

    def begin(seat: int) -> None:
        world = Communicator(here.start + seat, workers, lambda *handed: crew.meet(seat, *handed))
        with own_default_generator():
            results[seat] = work(world)

    threads = [
        threading.Thread(
            target=contextvars.copy_context().run,
            args=(crew.take_seat, seat, begin),
            name=f"worker {here.start + seat}",
            daemon=True,
        )
        for seat in range(1, crew.count)
    ]
    for thread in threads:
        thread.start()
    crew.take_seat(0, begin)
    for thread in threads:
        thread.join()
    if crew.error is not None:
        raise crew.error
    result: Result = results[0]
    return result


class _Crew:
    """The workers of a process, the turn among them, and what they hand in for an exchange."""

    def __init__(self, count: int, processes: Processes) -> None:
        self.count = count
        self.error: BaseException | None = None
        self._processes = processes
        self._turns = [threading.Semaphore(0) for _ in range(count)]
        self._turns[0].release()
        self._handed: list[tuple[str, Any] | None] = [None] * count
        self._outcomes: list[Any] = [None] * count
        self._left = 0

    def take_seat(self, seat: int, begin: Callable[[int], None]) -> None:
        """Work when it is this worker's turn, and leave the turn to the next at the end."""
        self._turns[seat].acquire()
        try:
            if self.error is None:
                begin(seat)
        except BaseException as error:  # noqa: BLE001 - it is raised by the thread that began
            self.error = self.error or error
        self._left += 1
        if self._left < self.count:
            self._hand_on(seat)

    def meet(self, seat: int, kind: str, value: Any) -> Any:
        """Hand in a value, let the others do so, and return what came of it."""
        if self._left:
            raise WorkerLostError("another worker is done, and will take part in no exchange")
        self._handed[seat] = kind, value
        if seat == self.count - 1:
            self._exchange()
        if self.count > 1:
            self._hand_on(seat)
            self._turns[seat].acquire()
        if self.error is not None:
            raise WorkerLostError("another worker failed") from self.error
        outcome, self._outcomes[seat] = self._outcomes[seat], None
        return outcome

    def _hand_on(self, seat: int) -> None:
        self._turns[(seat + 1) % self.count].release()

    def _exchange(self) -> None:
        """Carry out the exchange for which all have handed in a value, the last one now."""
        handed, self._handed = self._handed, [None] * self.count
        kinds = {each[0] if each is not None else "nothing" for each in handed}
        if self.error is not None:
            return
        if len(kinds) > 1:
            raise WorkerLostError(f"workers exchange different things: {', '.join(sorted(kinds))}")
        values = [each[1] for each in handed if each is not None]
        kind = kinds.pop()
        outcome = getattr(self._processes, kind)(values)
        # each worker may write into its own sum
        shared = self.count > 1 and not kind.startswith("gather")
        self._outcomes = [outcome.copy() if shared else outcome for _ in handed]
