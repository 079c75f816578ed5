"""A log of writes into arrays, so that no gradient is taken through data that has changed since.

The engine has one clock. A graph's node carries the time at which it was recorded; a write through
a tensor (`tensor.data = ...`, `tensor[...] = ...`, an optimiser's step) is logged with its time,
under the array that owns the memory, so a write through a view counts for every view. A gradient
rule whose arrays were written after its node was recorded would be wrong, and is refused.

In ordinary training each graph is younger than the last write, and the check is one comparison.
"""

from __future__ import annotations

import itertools
import weakref

from minigen.engine.backend import Array, owner

tick = itertools.count(1).__next__
"""Return the next time of the engine's clock."""


class WriteLog:
    """The time of the last write into each array that is still alive."""

    def __init__(self) -> None:
        self.last = 0
        self._times: dict[int, int] = {}
        self._watch: dict[int, weakref.ref[Array]] = {}

    def note(self, array: Array) -> None:
        """Log a write into `array`'s memory, now."""
        memory = owner(array)
        key = id(memory)
        self.last = self._times[key] = tick()
        if key not in self._watch:
            self._watch[key] = weakref.ref(memory, lambda _: self._forget(key))

    def written_since(self, array: Array, time: int) -> bool:
        """Tell whether `array`'s memory was written after `time`."""
        return self._times.get(id(owner(array)), 0) > time

    def _forget(self, key: int) -> None:
        del self._times[key], self._watch[key]


writes = WriteLog()
