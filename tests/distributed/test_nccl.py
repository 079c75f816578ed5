"""Arrays go from card to card by NCCL, in the order of one process where that is asked for."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn, optim
from minigen.distributed import (
    Communicator,
    DistributedOptimizer,
    MPIProcesses,
    Processes,
    run_workers,
)
from minigen.distributed.nccl import connect
from minigen.distributed.processes import SMALL
from minigen.engine.backend import device_of
from tests.distributed.pretended import CODES, Nccl, World, install, run_ranks
from tests.strict.cuda import Device
from tests.strict.library import Library
from tests.strict.streams import Stream

CARD = "cuda:0"


@pytest.fixture
def nccl(monkeypatch: pytest.MonkeyPatch, cupy: Library) -> Nccl:
    return install(monkeypatch, cupy)


def numbers(rank: int, shape: Any) -> Any:
    drawn = np.random.Generator(np.random.PCG64(rank)).normal(size=shape)
    return (drawn * 10.0 ** (rank % 3)).astype(np.float32)


@pytest.mark.parametrize("ranks", [2, 3])
@pytest.mark.parametrize("length", [5, SMALL + 3])
def test_sums_in_order_are_those_of_one_process(
    nccl: Nccl, cupy: Library, ranks: int, length: int
) -> None:
    def work(world: World) -> Any:
        processes = MPIProcesses(world)
        processes.host(4, ordered=True)
        mine = np.array_split(np.arange(4), ranks)[world.Get_rank()]
        # of every second number: NCCL takes contiguous arrays alone
        arrays = [cupy.asarray(numbers(worker, (length, 2)))[:, 0] for worker in mine]
        total = processes.sum(arrays)
        assert device_of(total) == CARD
        return total.get()

    expected = Processes().sum([numbers(worker, (length, 2))[:, 0] for worker in range(4)])
    for found in run_ranks(work, ranks):
        np.testing.assert_array_equal(found, expected)
    assert {call[::2] for call in nccl.log} == {("send", "uint8")}


def test_sums_in_any_order_are_one_call(nccl: Nccl, cupy: Library) -> None:
    def work(world: World) -> Any:
        processes = MPIProcesses(world, ordered=False)
        begun = processes.begin_sum([cupy.asarray(numbers(world.Get_rank(), (3, 4))).T])
        begun.advance()
        return begun.wait().get()

    expected = sum(numbers(rank, (3, 4)) for rank in range(3)).T
    for found in run_ranks(work, 3):
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert nccl.log == [("allReduce", 12, "float32")] * 3


def test_rows_are_put_together_and_may_be_none(nccl: Nccl, cupy: Library) -> None:
    def work(world: World) -> Any:
        rows = np.full((world.Get_rank(), 2), world.Get_rank())
        return MPIProcesses(world).concatenate([cupy.asarray(rows)]).get().tolist()

    assert run_ranks(work, 3) == [[[1, 1], [2, 2], [2, 2]]] * 3


def test_messages_are_queued_in_the_stream_that_is_current(nccl: Nccl, cupy: Library) -> None:
    def work(world: World) -> Any:
        processes = MPIProcesses(world, ordered=False)
        with Stream(non_blocking=True):
            return processes.sum([cupy.asarray(numbers(0, 3))]).get()

    for found in run_ranks(work, 2):
        np.testing.assert_array_equal(found, 2 * numbers(0, 3))


def test_a_dtype_that_nccl_does_not_add_is_refused(nccl: Nccl, cupy: Library) -> None:
    def work(world: World) -> Any:
        cards = connect(world, CARD)
        assert cards is not None
        return cards.sum(cupy.asarray(np.zeros(2, np.bool_)))

    with pytest.raises(TypeError, match="a sum over cards of bool: NCCL adds int32"):
        run_ranks(work, 2)


def test_ranks_that_share_a_card_are_not_connected(
    nccl: Nccl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Device, "pci_bus_id", "0000:01")
    assert run_ranks(lambda world: connect(world, CARD), 2) == [None, None]


def test_ranks_of_which_one_has_no_nccl_are_not_connected(
    nccl: Nccl, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(world: World) -> Any:
        return connect(world, CARD)

    lacking = threading.Lock()
    monkeypatch.setattr(Nccl, "available", property(lambda _: not lacking.acquire(blocking=False)))
    assert run_ranks(work, 2) == [None, None]


def test_without_nccl_ranks_are_not_connected(
    cupy: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Device, "pci_bus_id", "0000:01", raising=False)
    assert run_ranks(lambda world: connect(world, CARD), 2) == [None, None]


def test_cupy_has_what_is_called() -> None:
    real = pytest.importorskip("cupy.cuda.nccl", reason="needs CuPy: pip install cupy-cuda12x")
    if not real.available:
        pytest.skip("needs NCCL: pip install nvidia-nccl-cu12")
    for name, (code, _) in CODES.items():
        assert getattr(real, name) == code
    assert real.NCCL_SUM == Nccl.NCCL_SUM
    assert len(real.get_unique_id()) == 128
    for name, arguments in {
        "allReduce": "sendbuf, recvbuf, count, datatype, op, stream",
        "send": "sendbuf, count, datatype, peer, stream",
        "recv": "recvbuf, count, datatype, peer, stream",
    }.items():
        told = (
            getattr(real.NcclCommunicator, name).__doc__.partition("(self, ")[2].partition(")")[0]
        )
        assert [each.split()[-1] for each in told.split(", ")] == arguments.split(", ")
    real.groupStart()
    real.groupEnd()


def learn(world: Communicator) -> list[Any]:
    """Train a network with batch norm on a card, on batches of 7 and 5."""
    minigen.manual_seed(0)
    model = nn.Sequential(nn.Dense(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dense(4, 1)).to(CARD)
    optimizer = DistributedOptimizer(optim.Adam(model.parameters(), lr=0.01), world)
    for rows in (7, 5, 7):
        x = minigen.tensor(numbers(rows, (rows, 3)), device=CARD)
        with world.shard(rows) as shard:
            optimizer.zero_grad()
            shard.backward((model(x[shard.rows]) ** 2).mean())
            optimizer.step()
    assert {parameter.device for parameter in model.parameters()} == {CARD}
    return [np.asarray(array) for array in model.state_dict().values()]


@pytest.mark.parametrize("ranks", [2, 3])
def test_ranks_with_a_card_each_train_to_the_weights_of_one_process(nccl: Nccl, ranks: int) -> None:
    def work(world: World) -> list[Any]:
        processes = MPIProcesses(world)
        processes.host(3, ordered=True)
        return run_workers(learn, 3, processes)

    expected = run_workers(learn, 3, Processes())
    for found in run_ranks(work, ranks):
        for array, of_one in zip(found, expected, strict=True):
            np.testing.assert_array_equal(array, of_one)
    assert {name for name, _, _ in nccl.log} == {"send"}
