"""The stand-in's streams and events: the order in which a card may do what it is told.

All is done at once here, in the program's order. A card keeps the order of each stream alone, and
across streams what events ask for. So that nothing rests on luck, every stream knows what is sure
to be done before its next work (a vector clock), every array's memory knows what was done to it,
and is refused

- to be read by a stream that has not waited for what wrote it,
- to be written, or handed out again once it is free, while another stream may still use it.

Blocking streams wait for the null stream, and it for them, by themselves. That is not modelled: the
library has to say it.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from time import perf_counter
from typing import Final, Self

from tests.strict.captured import state
from tests.strict.counters import note_synchronisation
from tests.strict.graphs import Graph, begin, end, new_block, note_memory
from tests.strict.refusal import Refused, library_line

Progress = dict[int, int]
"""Of each queue, by its number, how much of its work."""

_numbers = itertools.count()

_waited_for: Progress = {}
"""What the program has waited for, so that it is done before all that is queued from now on."""


_queued: Progress = {}
"""All work that there is."""


def _add(progress: Progress, other: Mapping[int, int]) -> None:
    for number, length in other.items():
        progress[number] = max(progress.get(number, 0), length)


class Queue:
    """The work of a stream, in order."""

    def __init__(self) -> None:
        self.number = next(_numbers)
        self.length = 0
        self.known: Progress = {}
        """What is done before the next work in this queue."""

        self.freed: Progress = {}
        """What was done to the memory that was allocated here, and is free again."""

    def append(self) -> Progress:
        """Queue some work; return what it is known by."""
        self.length += 1
        self.known[self.number] = _queued[self.number] = self.length
        return {self.number: self.length}

    def knows(self, work: Mapping[int, int]) -> bool:
        """Tell whether some work is done before the next in this queue."""
        return all(
            length <= max(self.known.get(number, 0), _waited_for.get(number, 0))
            for number, length in work.items()
        )


class Memory:
    """What an array and its views share."""

    __slots__ = ("_home", "_used", "_written", "block")

    def __init__(self) -> None:
        self.block = new_block()
        queue = thread.stream.queue
        if not queue.knows(queue.freed):
            raise Refused(
                "memory of an array that nobody holds is handed out again, and a stream may still "
                f"be using it, at {library_line()}"
            )
        queue.freed = {}
        self._home = queue
        self._written = queue.append()
        self._used = dict(self._written)

    def read(self) -> None:
        """Take note that the current stream reads it."""
        note_memory(self, thread.stream)
        queue = thread.stream.queue
        if not queue.knows(self._written):
            raise Refused(
                "an array that was written on another stream is used without waiting for that, "
                f"at {library_line()}"
            )
        _add(self._used, queue.append())

    def write(self) -> None:
        """Take note that the current stream writes into it."""
        note_memory(self, thread.stream)
        queue = thread.stream.queue
        if not queue.knows(self._used):
            raise Refused(
                f"an array is written while another stream may still use it, at {library_line()}"
            )
        self._written = queue.append()
        _add(self._used, self._written)

    def __del__(self) -> None:
        home = getattr(self, "_home", None)  # none, where it was refused
        if home is not None:
            _add(home.freed, self._used)


class Stream:
    """A queue of work."""

    __module__ = "cupy.cuda"

    def __init__(
        self,
        null: bool = False,
        non_blocking: bool = False,
        ptds: bool = False,
        priority: int | None = None,
    ) -> None:
        self.queue = _NULL if null else Queue()
        self.done = True
        self._outer: list[Stream] = []

    def use(self) -> Self:
        """Make it the current stream of this thread."""
        thread.stream = self
        return self

    def synchronize(self) -> None:
        """Wait for its work."""
        note_synchronisation()
        wait_for(self.queue.known)

    def begin_capture(self, mode: int | None = None) -> None:
        """Record from now on what it is told, and do none of it."""
        begin(self, self.queue is _NULL)

    def end_capture(self) -> Graph:
        """Return what it was told."""
        return end(self)

    def is_capturing(self) -> bool:
        """Tell whether it is captured."""
        return state.stream is self

    def record(self, event: Event | None = None) -> Event:
        """Return an event that happens when all work so far is done."""
        event = event or Event()
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """Let later work wait for an event, not the program."""
        _add(self.queue.known, event.work)

    def __enter__(self) -> Self:
        self._outer.append(thread.stream)
        return self.use()

    def __exit__(self, *_: object) -> None:
        thread.stream = self._outer.pop()


class Event:
    """A mark in a stream."""

    __module__ = "cupy.cuda"

    def __init__(
        self, block: bool = False, disable_timing: bool = False, interprocess: bool = False
    ) -> None:
        self.done = True
        self.time = 0.0
        self.work: Progress = {}

    def record(self, stream: Stream | None = None) -> None:
        """Put the mark behind all work so far."""
        self.time = perf_counter()
        self.work = dict((stream or thread.stream).queue.known)

    def synchronize(self) -> None:
        """Wait for the mark."""
        note_synchronisation()
        wait_for(self.work)


def wait_for(work: Mapping[int, int]) -> None:
    """Let the program wait: whatever it queues from now on comes after."""
    _add(_waited_for, work)


def wait_for_all() -> None:
    """Let the program wait for all work of all streams."""
    wait_for(_queued)


class _Thread(threading.local):
    """Each thread has a current stream."""

    def __init__(self) -> None:
        self.stream = Stream(null=True)


_NULL: Final = Queue()
thread: Final = _Thread()
