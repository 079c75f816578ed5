"""Messages from card to card, by NCCL, as CuPy offers it.

MPI sends what lies in the host's memory. With NCCL, arrays go from one card to another, between
machines too, and the program does not wait: messages are queued in the current stream behind what
makes them, and what is computed of them after that, as every kernel is. MPI remains for all that is
no array on a card, and tells the ranks how to find each other.
"""

from __future__ import annotations

import importlib
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from minigen.engine.backend import Array, use_device

SUMMED: Final = {
    "int32": "NCCL_INT32",
    "int64": "NCCL_INT64",
    "float16": "NCCL_FLOAT16",
    "float32": "NCCL_FLOAT32",
    "float64": "NCCL_FLOAT64",
}
"""NCCL's names of the dtypes of arrays that it adds up."""


class Cards:
    """The cards of all ranks: each rank has one, and has called this with the same `unique_id`.

    Parameters
    ----------
    library : module
        CuPy, whose current card this rank's is.
    nccl : module
        Its ``cupy.cuda.nccl``.
    rank, size : int
        The number of this rank, and how many there are.
    unique_id
        What rank 0 got of ``nccl.get_unique_id()``: bytes, or integers in older versions of CuPy.
    """

    def __init__(self, library: Any, nccl: Any, rank: int, size: int, unique_id: Any) -> None:
        self._library, self._nccl, self._rank = library, nccl, rank
        self._communicator = nccl.NcclCommunicator(size, unique_id, rank)

    def sum(self, array: Array) -> Array:
        """Return the sum of all ranks' arrays, added in the order that NCCL chooses.

        It depends on the number of ranks, on how the cards are connected, and on NCCL's version.

        Raises
        ------
        TypeError
            If NCCL does not add up numbers of that dtype.
        """
        if str(array.dtype) not in SUMMED:
            raise TypeError(
                f"a sum over cards of {array.dtype}: NCCL adds {', '.join(SUMMED)}: convert it "
                "first, x.astype(...)"
            )
        code = getattr(self._nccl, SUMMED[str(array.dtype)])
        own = self._library.ascontiguousarray(array)
        total = self._library.empty(own.shape, own.dtype)
        self._communicator.allReduce(
            own.data.ptr, total.data.ptr, own.size, code, self._nccl.NCCL_SUM, self._stream
        )
        return total

    def swap(self, outgoing: Sequence[Array], lengths: Sequence[int]) -> list[Array]:
        """Send each rank an array, and return what each has sent to this one, flat.

        Nothing is added: whatever the dtype, messages are bytes. `lengths` are those of what comes.
        """
        library, communicator = self._library, self._communicator
        sent = [library.ascontiguousarray(array).reshape(-1) for array in outgoing]
        received = [library.empty(length, sent[0].dtype) for length in lengths]
        received[self._rank] = sent[self._rank]
        with self._together():
            for peer, (goes, comes) in enumerate(zip(sent, received, strict=True)):
                if peer == self._rank:
                    continue
                if goes.size:
                    communicator.send(goes.data.ptr, goes.nbytes, self._byte, peer, self._stream)
                if comes.size:
                    communicator.recv(comes.data.ptr, comes.nbytes, self._byte, peer, self._stream)
        return received

    @property
    def _byte(self) -> int:
        code: int = self._nccl.NCCL_UINT8
        return code

    @property
    def _stream(self) -> int:
        """The stream that CuPy computes in now."""
        pointer: int = self._library.cuda.get_current_stream().ptr
        return pointer

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Begin all messages of the block at its end, as otherwise each would wait for its peer."""
        self._nccl.groupStart()
        try:
            yield
        finally:
            self._nccl.groupEnd()


def connect(world: Any, device: str) -> Cards | None:
    """Connect the ranks' cards; None if that can't be, and the host's memory has to do.

    So it is where a rank's CuPy has no NCCL, as on Windows, or where two ranks share a card, which
    NCCL refuses.

    Parameters
    ----------
    world : mpi4py.MPI.Comm
        All ranks, which call this together.
    device : str
        The card, as this rank names it: ``"cuda:0"``.
    """
    library = use_device(device)
    nccl = load_nccl()
    card = library.cuda.Device(int(device.partition(":")[2]))
    places = world.allgather(None if nccl is None else (platform.node(), card.pci_bus_id))
    if None in places or len(set(places)) < len(places):
        return None
    assert nccl is not None
    unique_id = world.bcast(nccl.get_unique_id() if world.Get_rank() == 0 else None)
    return Cards(library, nccl, world.Get_rank(), world.Get_size(), unique_id)


def load_nccl() -> Any:
    """Return CuPy's module for NCCL, which has to be imported by itself; None without NCCL."""
    try:
        nccl = importlib.import_module("cupy.cuda.nccl")
    except ImportError:
        return None
    return nccl if nccl.available else None
