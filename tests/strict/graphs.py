"""The stand-in's CUDA graphs: what a stream is told while it is captured is recorded, not done.

A graph repeats it: on the same memory, with the numbers that kernels were handed. What a card would
refuse, or would repeat with whatever lies in memory by then, is refused at once:

- to read, to wait, to copy from the host: the first two CUDA refuses, a copy would be repeated from
  memory that the host has used for something else,
- cuBLAS, cuFFT and cuSOLVER, which CuPy refuses, and sorts, which wait (Thrust),
- work on another stream, which is not recorded,
- memory from elsewhere than a pool that is not yet another graph's: it would be handed out again.

While a stream is captured nothing is computed: new arrays of floats hold NaN.
"""

from __future__ import annotations

import contextlib
import itertools
import weakref
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from tests.strict.captured import expect_uncaptured, state
from tests.strict.counters import Launch, note_launch
from tests.strict.refusal import Refused, library_line

UNSUPPORTED: Final = {
    **dict.fromkeys(("matmul", "dot", "vdot", "tensordot", "einsum", "inner", "outer"), "cuBLAS"),
    **dict.fromkeys(("svd", "qr", "eigh", "eigvalsh", "inv", "solve", "cholesky"), "cuSOLVER"),
    **dict.fromkeys(("fft", "ifft", "rfft", "irfft", "fft2", "ifft2", "rfft2", "irfft2"), "cuFFT"),
    **dict.fromkeys(("fftn", "ifftn", "rfftn", "irfftn"), "cuFFT"),
}
"""Functions that call a library of CUDA's whose stream CuPy sets anew each time."""

_SORTS: Final = frozenset({"sort", "argsort", "lexsort", "partition", "argpartition", "unique"})


class Block(NamedTuple):
    """A piece of memory: its address, and the pool that it is of, if any."""

    ptr: int
    pool: MemoryPool | None = None


class Allocation(NamedTuple):
    """What CuPy's allocators return."""

    mem: Block


_addresses: Final = itertools.count(1)


class MemoryPool:
    """Memory that CuPy keeps when arrays are gone, and hands out again."""

    __module__ = "cupy.cuda"

    def __init__(self) -> None:
        self.captured = False

    def malloc(self, size: int) -> Allocation:
        """Hand out memory."""
        return Allocation(Block(next(_addresses), self))


class Graph:
    """What a stream was told while it was captured."""

    __module__ = "cupy.cuda"

    def __init__(self, pool: MemoryPool) -> None:
        self.pool = weakref.ref(pool)
        self._work: list[Callable[[], object]] = []
        self._memory: dict[int, Any] = {}
        self._alive: list[Any] = []
        self.launches: list[Launch] = []

    def launch(self, stream: Any = None) -> None:
        """Do it all, as one launch."""
        expect_uncaptured("a graph's launch")
        if self.pool() is None:
            raise Refused("the memory pool of a graph is gone: others are given its memory")
        note_launch("graph", "launch")
        for memory in self._memory.values():
            memory.write()
        for work in self._work:
            work()

    def record(self, work: Callable[[], object]) -> None:
        """Add some work."""
        self._work.append(work)

    def uses(self, memory: Any) -> None:
        """Note memory that the graph reads or writes."""
        self._memory[id(memory)] = memory

    def keep(self, array: Any) -> None:
        """Keep an array's memory, which a card's pool would keep."""
        self._alive.append(array)


def capturing() -> Graph | None:
    """Return the graph that is being captured, if one is."""
    found: Graph | None = state.graph
    return found


@contextlib.contextmanager
def using_allocator(allocator: Any = None) -> Iterator[None]:
    """Take memory from an allocator, such as a pool's, inside a ``with`` block."""
    state.allocators.append(allocator)
    try:
        yield
    finally:
        state.allocators.pop()


def allocate() -> Block:
    """Return new memory, from the current allocator."""
    if not state.allocators:
        return Block(next(_addresses))
    found: Allocation = state.allocators[-1](1)
    return found.mem


def begin(stream: Any, null: bool) -> None:
    """Capture a stream."""
    if null:
        raise RuntimeError("cannot capture on the default (legacy) stream")
    pool = allocate().pool
    if pool is None:
        raise Refused("a stream is captured without a memory pool of its own")
    if pool.captured:
        raise Refused("a stream is captured with the memory pool of another graph")
    expect_uncaptured("a second capture")
    state.graph, state.stream = Graph(pool), stream


def end(stream: Any) -> Graph:
    """Stop capturing a stream; return what it was told."""
    graph = capturing()
    if graph is None or state.stream is not stream:
        raise RuntimeError("cudaErrorIllegalState: the stream is not captured")
    state.graph = state.stream = None
    pool = graph.pool()
    if pool is not None:
        pool.captured = True
    return graph


def expect_capturable(function: str) -> None:
    """Refuse a function that can't be captured, as CuPy does."""
    if state.graph is None:
        return
    if function in UNSUPPORTED:
        raise NotImplementedError(
            f"calling {UNSUPPORTED[function]} API during stream capture is currently unsupported"
        )
    if function in _SORTS:
        raise RuntimeError(f"cudaErrorStreamCaptureUnsupported: {function} waits for the card")


def note_memory(memory: Any, stream: Any) -> None:
    """Note that a captured stream uses some memory."""
    if state.graph is not None:
        if stream is not state.stream:
            raise Refused(
                f"work on a stream beside the captured one, at {library_line()}: it is not repeated"
            )
        state.graph.uses(memory)


def new_block() -> Block:
    """Return new memory; refuse what a graph's repeats would share with others."""
    block = allocate()
    if state.graph is None:
        if block.pool is not None and block.pool.captured:
            raise Refused("memory of a graph's pool is handed to others")
    elif block.pool is not state.graph.pool():
        raise Refused(f"new memory from outside the captured graph's pool, at {library_line()}")
    return block


def keep(array: Any) -> None:
    """Keep an array, if a stream is captured: the graph holds its address."""
    if state.graph is not None:
        state.graph.keep(array)


def do(work: Callable[[], object]) -> None:
    """Do some work that writes into memory; while a stream is captured, record it instead."""
    if state.graph is None:
        work()
    else:
        state.graph.record(work)
