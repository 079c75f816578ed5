"""Ranks that are threads, each with a card of its own: messages without MPI, NCCL or cards.

`World` has what the library asks of mpi4py, and `Nccl` takes the place of ``cupy.cuda.nccl``. It
holds the program to NCCL's rules. It takes addresses of arrays on the stand-in's card alone, which
are contiguous and long enough; dtypes are NCCL's codes; all is queued in the current stream;
messages between two ranks belong into one group, or each would wait for the other. What it leaves
out: that anything takes time, and what NCCL does when a rank is lost.
"""

from __future__ import annotations

import ctypes
import queue
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pytest

from tests.strict import streams
from tests.strict.array import ndarray
from tests.strict.cuda import Cuda, Device

Result = TypeVar("Result")

PATIENCE: Final = 20.0
"""Seconds after which a message that does not come is an error."""

CODES: Final = {
    "NCCL_UINT8": (1, "uint8"),
    "NCCL_INT32": (2, "int32"),
    "NCCL_INT64": (4, "int64"),
    "NCCL_FLOAT16": (6, "float16"),
    "NCCL_FLOAT32": (7, "float32"),
    "NCCL_FLOAT64": (8, "float64"),
}
"""NCCL's codes of dtypes, as nccl.h numbers them."""


class NcclError(RuntimeError):
    """NCCL refuses a call, or would hang."""


class Post:
    """What lies between the ranks: a box for each pair of them."""

    def __init__(self) -> None:
        self._boxes: defaultdict[Any, queue.Queue[Any]] = defaultdict(queue.Queue)

    def put(self, box: Any, value: Any) -> None:
        """Send something."""
        self._boxes[box].put(value)

    def take(self, box: Any) -> Any:
        """Wait for what was sent."""
        try:
            return self._boxes[box].get(timeout=PATIENCE)
        except queue.Empty:
            raise NcclError(f"nothing came: {box}") from None

    def exchange(self, what: str, rank: int, size: int, value: Any) -> list[Any]:
        """Return what all ranks hand in."""
        for peer in range(size):
            self.put((what, rank, peer), value)
        return [self.take((what, peer, rank)) for peer in range(size)]


class World:
    """What the library asks of an ``mpi4py.MPI.Comm``."""

    def __init__(self, post: Post, rank: int, size: int) -> None:
        self._post, self._rank, self._size = post, rank, size

    def Dup(self) -> World:  # noqa: N802 - mpi4py's name
        """Return it again: no messages of two kinds meet here."""
        return self

    def Get_rank(self) -> int:  # noqa: N802 - mpi4py's name
        """Return the number of this rank."""
        return self._rank

    def Get_size(self) -> int:  # noqa: N802 - mpi4py's name
        """Return how many there are."""
        return self._size

    def allgather(self, value: Any) -> list[Any]:
        """Return the values of all ranks."""
        return self._post.exchange("allgather", self._rank, self._size, value)

    def bcast(self, value: Any) -> Any:
        """Return the value of rank 0."""
        return self._post.exchange("bcast", self._rank, self._size, value)[0]


class Nccl:
    """The module ``cupy.cuda.nccl``, for ranks that are threads."""

    NCCL_SUM = 0
    available = True

    def __init__(self) -> None:
        self.post = Post()
        self.log: list[tuple[str, int, str]] = []
        """Each call by its name, with how many numbers of which dtype."""

        self.spans: dict[int, int] = {}
        """The addresses that arrays on cards have told, and the bytes behind each."""

        self._group = threading.local()
        for name, (code, _) in CODES.items():
            setattr(self, name, code)

    def get_unique_id(self) -> bytes:
        """Return what NCCL tells ranks to find each other by."""
        return bytes(range(128))

    def NcclCommunicator(  # noqa: N802 - CuPy's name
        self,
        ndev: int,
        commId: bytes,  # noqa: N803 - CuPy's name
        rank: int,
    ) -> Communicator:
        """Connect a rank, which waits until all are there."""
        assert commId == self.get_unique_id()
        self.post.exchange("connect", rank, ndev, None)
        return Communicator(self, rank, ndev)

    def groupStart(self) -> None:  # noqa: N802 - CuPy's name
        """Begin a group of messages."""
        self._group.waiting = []

    def groupEnd(self) -> None:  # noqa: N802 - CuPy's name
        """Carry out the group: all that is sent goes first."""
        waiting, self._group.waiting = self._group.waiting, None
        for _, act in sorted(waiting, key=lambda each: each[0] == "recv"):
            act()

    def in_group(self, kind: str, act: Callable[[], None]) -> None:
        """Keep a message for the end of the group."""
        if getattr(self._group, "waiting", None) is None:
            raise NcclError(f"{kind} outside of a group: two ranks would wait for each other")
        self._group.waiting.append((kind, act))

    def memory(self, pointer: int, count: int, code: int, stream: int) -> npt.NDArray[Any]:
        """Return what lies at an address of an array on a card, if NCCL may have it."""
        if stream != streams.thread.stream.ptr:  # type: ignore[attr-defined]
            raise NcclError("queued in another stream than the one that CuPy computes in")
        dtype = np.dtype(dict(CODES.values())[code])
        if pointer not in self.spans:
            raise NcclError("invalid argument: no address of a contiguous array on a card")
        if count * dtype.itemsize > self.spans[pointer]:
            raise NcclError(f"{count} numbers of {dtype} are more than the array has")
        of_type: Any = ctypes.c_byte * (count * dtype.itemsize)
        return np.frombuffer(of_type.from_address(pointer), dtype)


class Communicator:
    """A rank's ``NcclCommunicator``."""

    def __init__(self, nccl: Nccl, rank: int, size: int) -> None:
        self._nccl, self._rank, self._size = nccl, rank, size

    def allReduce(  # noqa: N802 - CuPy's name
        self, sendbuf: int, recvbuf: int, count: int, datatype: int, op: int, stream: int
    ) -> None:
        """Add up in an order that nobody promised: from the last rank to the first."""
        assert op == self._nccl.NCCL_SUM
        own = self._nccl.memory(sendbuf, count, datatype, stream)
        self._nccl.log.append(("allReduce", count, str(own.dtype)))
        others = self._nccl.post.exchange("allReduce", self._rank, self._size, own.copy())
        total = others[-1]
        for each in others[-2::-1]:
            total = total + each
        self._nccl.memory(recvbuf, count, datatype, stream)[:] = total

    def send(self, sendbuf: int, count: int, datatype: int, peer: int, stream: int) -> None:
        """Send to one rank, at the end of the group."""
        own = self._nccl.memory(sendbuf, count, datatype, stream)
        self._nccl.log.append(("send", count, str(own.dtype)))
        box = ("send", self._rank, peer)
        self._nccl.in_group("send", lambda: self._nccl.post.put(box, own.copy()))

    def recv(self, recvbuf: int, count: int, datatype: int, peer: int, stream: int) -> None:
        """Receive from one rank, at the end of the group."""
        own = self._nccl.memory(recvbuf, count, datatype, stream)

        def act() -> None:
            came = self._nccl.post.take(("send", peer, self._rank))
            if came.shape != own.shape:
                raise NcclError(f"{came.size} bytes came where {own.size} were expected")
            own[:] = came

        self._nccl.in_group("recv", act)


def install(monkeypatch: pytest.MonkeyPatch, library: Any) -> Nccl:
    """Give the stand-in for CuPy an NCCL, and its cards and streams what that is told of."""
    nccl = Nccl()
    tell = ndarray.data.fget  # type: ignore[attr-defined]

    def data(array: ndarray) -> Any:
        pointer = tell(array)
        if array.flags.c_contiguous:
            nccl.spans[pointer.ptr] = array.nbytes
        return pointer

    monkeypatch.setattr(ndarray, "data", property(data))
    monkeypatch.setitem(sys.modules, "cupy.cuda.nccl", nccl)
    monkeypatch.setattr(Device, "pci_bus_id", property(_bus), raising=False)
    monkeypatch.setattr(streams.Stream, "ptr", property(id), raising=False)
    assert isinstance(library.cuda, Cuda)
    return nccl


def _bus(_: Device) -> str:
    """Every rank's card is another one."""
    return f"0000:{threading.get_ident():x}"


def run_ranks(work: Callable[[World], Result], ranks: int) -> list[Result]:
    """Run the same on so many ranks, in threads; return what each returns, or raise the error."""
    post, found, errors = Post(), dict[int, Result](), list[BaseException]()

    def run(rank: int) -> None:
        try:
            found[rank] = work(World(post, rank, ranks))
        except BaseException as error:  # noqa: BLE001 - it is raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(rank,), daemon=True) for rank in range(ranks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [found[rank] for rank in range(ranks)]
