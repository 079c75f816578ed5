"""The stand-in's devices, and the part of `cupy.cuda` that the library uses."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Final, Self

from tests.strict import streams
from tests.strict.counters import note_synchronisation
from tests.strict.graphs import Graph, MemoryPool, using_allocator
from tests.strict.inventory import offers
from tests.strict.refusal import Refused
from tests.strict.streams import Event, Stream

PEERS: set[bool] = set()
"""Holds True while the cards can read each other's memory: see `peer_access`."""

DEVICES: Final = 2
"""How many cards there are."""

MEMORY: Final = 8 * 2**30
"""How many bytes each has."""


@contextlib.contextmanager
def peer_access() -> Iterator[None]:
    """Let the cards read each other's memory inside a ``with`` block, as many servers' can.

    CuPy then takes arrays of any card, and computes on the current one.
    """
    PEERS.add(True)
    try:
        yield
    finally:
        PEERS.clear()


class _Thread(threading.local):
    """Each thread has a current device, as in CUDA."""

    device = 0


class Device:
    """A card, by number; a ``with`` block or `use` makes it the current one."""

    __module__ = "cupy.cuda"

    def __init__(self, device: int | None = None) -> None:
        self.id = thread.device if device is None else int(device)
        self._outer: list[int] = []

    def use(self) -> None:
        """Make it the current device of this thread."""
        if not 0 <= self.id < DEVICES:
            raise RuntimeError("cudaErrorInvalidDevice: invalid device ordinal")
        thread.device = self.id

    def synchronize(self) -> None:
        """Wait for all its work."""
        note_synchronisation()
        streams.wait_for_all()

    @property
    def mem_info(self) -> tuple[int, int]:
        """Free and total bytes."""
        return MEMORY // 2, MEMORY

    def __enter__(self) -> Self:
        self._outer.append(thread.device)
        self.use()
        return self

    def __exit__(self, *_: object) -> None:
        thread.device = self._outer.pop()

    def __int__(self) -> int:
        return self.id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and other.id == self.id

    __hash__ = None  # type: ignore[assignment] # as CuPy's

    def __repr__(self) -> str:
        return f"<CUDA Device {self.id}>"


class Runtime:
    """The part of `cupy.cuda.runtime` that the library uses."""

    def getDeviceCount(self) -> int:  # noqa: N802 - CUDA's name
        """Return how many cards there are."""
        return DEVICES

    def getDevice(self) -> int:  # noqa: N802 - CUDA's name
        """Return the current device's number."""
        return thread.device

    def getDeviceProperties(self, device: int) -> dict[str, Any]:  # noqa: N802 - CUDA's name
        """Return a card's name and memory."""
        return {"name": f"Stand-in {device}".encode(), "totalGlobalMem": MEMORY}

    def __getattr__(self, name: str) -> Any:
        raise _absent("cupy.cuda.runtime", name)


class Cuda:
    """The module `cupy.cuda`."""

    def __init__(self) -> None:
        self.Device = Device
        self.Stream = Stream
        self.Event = Event
        self.Graph = Graph
        self.MemoryPool = MemoryPool
        self.using_allocator = using_allocator
        self.runtime = Runtime()

    def get_current_stream(self, device_id: int = -1) -> Stream:
        """Return this thread's current stream."""
        return streams.thread.stream

    def get_elapsed_time(self, start_event: Event, end_event: Event) -> float:
        """Return the milliseconds between two events, by the host's clock."""
        return 1000 * (end_event.time - start_event.time)

    def is_available(self) -> bool:
        """Tell whether there is a card."""
        return self.runtime.getDeviceCount() > 0

    def __getattr__(self, name: str) -> Any:
        raise _absent("cupy.cuda", name)


def _absent(owner: str, name: str) -> Exception:
    """Say that CuPy has no such thing, or that the stand-in does not imitate it."""
    if offers(owner, name):
        return Refused(f"the stand-in does not imitate {owner}.{name}")
    return AttributeError(f"{owner} has no {name}")


thread = _Thread()
