"""CUDA graphs on the stand-in: what is captured is done later; what a card refuses is refused."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from minigen.kernels.cuda.source import Kernel
from tests.strict.array import upload
from tests.strict.counters import counting
from tests.strict.cuda import Device
from tests.strict.graphs import Graph, MemoryPool, using_allocator
from tests.strict.inventory import OWNERS
from tests.strict.refusal import Refused
from tests.strict.streams import Stream, thread

pytestmark = pytest.mark.usefixtures("cupy")

ADD = Kernel("add_one", "Number* x, Index n", "for (EACH(i, n)) x[i] += 1;")


@contextlib.contextmanager
def capture(pool: MemoryPool | None = None) -> Iterator[list[Graph]]:
    """Capture what is done inside a ``with`` block; the graph is in the list afterwards."""
    stream, found = Stream(non_blocking=True), list[Graph]()
    Device().synchronize()
    with stream, using_allocator((pool or lasting_pool()).malloc):
        stream.begin_capture()
        try:
            yield found
        finally:
            found.append(stream.end_capture())
    thread.stream.wait_event(stream.record())


POOLS: list[MemoryPool] = []


def lasting_pool() -> MemoryPool:
    """Return a pool that stays alive."""
    POOLS.append(MemoryPool())
    return POOLS[-1]


def ones(*shape: int) -> Any:
    return upload(np.ones(shape, np.float32))


def test_what_is_captured_is_done_at_each_launch_and_not_before(cupy: Any) -> None:
    x = ones(3)
    total = x.sum()
    with capture() as found:
        y = x * 2 + 1
        x += 1
        x[0] = 0
        ADD.launch(cupy, "float32", 3, x, 3)
        total = (x + y).sum()
    assert np.isnan(total.get())
    assert x.get().tolist() == [1, 1, 1]
    found[0].launch()
    assert (x.get().tolist(), y.get().tolist(), total.get()) == ([1, 3, 3], [3, 3, 3], 16)
    found[0].launch()
    assert (x.get().tolist(), y.get().tolist()) == ([1, 5, 5], [3, 7, 7])


def test_views_indices_and_methods_in_place_are_repeated_too(cupy: Any) -> None:
    x: Any = upload(np.arange(4.0))
    places = upload(np.array([3, 1]))
    with capture() as found:
        chosen, halves = x[places], cupy.split(x * 2, 2)
        cupy.add.at(x, places, 1.0)
        x[:2].fill(7)
    for _ in range(2):
        found[0].launch()
    assert x.get().tolist() == [7, 7, 2, 5]
    assert chosen.get().tolist() == [4, 7]
    assert halves[1].get().tolist() == [4, 8]


def test_a_launch_counts_as_one(cupy: Any) -> None:
    x = ones(3)
    with counting() as counters, capture() as found:
        x * 2 + 1
    assert counters.launches == []
    assert [launch.name for launch in found[0].launches] == ["multiply", "add"]
    with counting() as counters:
        found[0].launch()
    assert [launch.kind for launch in counters.launches] == ["graph"]
    assert counters.total() == 1


REFUSED: dict[str, tuple[Callable[[Any, Any], object], type[Exception], str]] = {
    "reading": (lambda _, x: x.sum().item(), Refused, "a copy to the host while"),
    "waiting": (lambda _, x: Device().synchronize(), Refused, "a wait for the device while"),
    "a mask": (lambda _, x: x[x > 0], Refused, "a wait for the device while"),
    "a copy from the host": (lambda cupy, _: cupy.asarray(np.ones(2)), Refused, "from the host"),
    "cuBLAS": (lambda _, x: x @ x, NotImplementedError, "calling cuBLAS API during stream"),
    "cuFFT": (lambda cupy, x: cupy.fft.fft(x), NotImplementedError, "calling cuFFT API"),
    "a sort": (lambda cupy, x: cupy.argsort(x), RuntimeError, "argsort waits for the card"),
    "a second capture": (lambda *_: Stream().begin_capture(), Refused, "a second capture while"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_card_would_refuse_is_refused(name: str, cupy: Any) -> None:
    work, kind, message = REFUSED[name]
    x = ones(2)
    with capture(), pytest.raises(kind, match=message):
        work(cupy, x)
    assert (x + 1).get().tolist() == [2, 2]  # the stream stopped being captured


def test_work_on_another_stream_is_refused() -> None:
    x, other = ones(2), Stream(non_blocking=True)
    with capture(), other, pytest.raises(Refused, match="beside the captured one"):
        x + 1


def test_memory_from_elsewhere_than_the_graphs_pool_is_refused() -> None:
    x = ones(2)
    with (
        capture(),
        using_allocator(MemoryPool().malloc),
        pytest.raises(Refused, match="new memory from outside the captured graph's pool"),
    ):
        x + 1


def test_memory_of_a_graphs_pool_serves_nothing_else() -> None:
    x, pool = ones(2), MemoryPool()
    with capture(pool):
        x + 1
    with using_allocator(pool.malloc), pytest.raises(Refused, match="handed to others"):
        x + 1
    with pytest.raises(Refused, match="with the memory pool of another graph"), capture(pool):
        pass


def test_a_graph_without_its_pool_is_refused() -> None:
    x, pool = ones(2), MemoryPool()
    with capture(pool) as found:
        x += 1
    del pool
    with pytest.raises(Refused, match="the memory pool of a graph is gone"):
        found[0].launch()


def test_a_capture_needs_a_stream_and_a_pool_of_its_own() -> None:
    with pytest.raises(RuntimeError, match="cannot capture on the default"):
        Stream(null=True).begin_capture()
    with pytest.raises(Refused, match="without a memory pool of its own"):
        Stream(non_blocking=True).begin_capture()
    with pytest.raises(RuntimeError, match="the stream is not captured"):
        Stream(non_blocking=True).end_capture()


def test_a_stream_tells_whether_it_is_captured() -> None:
    stream = Stream(non_blocking=True)
    with stream, using_allocator(lasting_pool().malloc):
        stream.begin_capture()
        assert stream.is_capturing()
        stream.end_capture()
    assert not stream.is_capturing()


def test_a_launch_waits_for_nothing_by_itself() -> None:
    x, other = ones(2), Stream(non_blocking=True)
    with capture() as found:
        x += 1
    with other, pytest.raises(Refused, match="while another stream may still use it"):
        found[0].launch()


@pytest.mark.parametrize("kind", [Graph, MemoryPool, Stream])
def test_cupy_has_what_the_stand_in_has(kind: type) -> None:
    own = [name for name, thing in vars(kind).items() if callable(thing) and name[0] != "_"]
    extra = {"keep", "record", "uses"} if kind is Graph else set()
    assert set(own) - extra <= set(OWNERS[f"cupy.cuda.{kind.__name__}"])
