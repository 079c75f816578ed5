"""Workers in one process: they take turns, meet, and end together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen.distributed import Communicator, DistributedError, Processes, run_workers
from minigen.engine.random import default_generator


def run(work: Any, workers: int = 3) -> Any:
    return run_workers(work, workers, Processes())


def test_workers_get_what_all_have_handed_in() -> None:
    assert run(lambda world: world.gather(world.rank * 10)) == [0, 10, 20]
    assert run(lambda world: world.any(world.rank == 2)) is True
    assert run(lambda world: world.of_root(lambda: "root's")) == "root's"


def test_one_worker_runs_at_a_time_in_the_order_of_ranks() -> None:
    seen: list[int] = []

    def work(world: Communicator) -> None:
        for _ in range(3):
            seen.append(world.rank)
            world.gather(None)

    run(work)
    assert seen == [0, 1, 2] * 3


def test_what_a_worker_writes_into_a_sum_is_its_own() -> None:
    def work(world: Communicator) -> Any:
        total = world.sum(np.ones(2))
        total *= world.rank + 1
        return world.gather(total.tolist())

    assert run(work) == [[3.0, 3.0], [6.0, 6.0], [9.0, 9.0]]


def test_each_worker_has_a_default_generator_of_its_own() -> None:
    before = default_generator().get_state()
    drawn = run(lambda world: world.gather(default_generator().normal(2).tolist()))
    assert drawn[0] == drawn[1] == drawn[2]
    assert default_generator().get_state() == before


@pytest.mark.parametrize("faulty", [0, 1, 2])
@pytest.mark.parametrize("late", [False, True])
def test_an_error_of_one_ends_the_others(faulty: int, late: bool) -> None:
    def work(world: Communicator) -> None:
        if late:
            world.gather(None)
        if world.rank == faulty:
            raise OSError("the disk is gone")
        for _ in range(5):
            world.gather(None)

    with pytest.raises(OSError, match="the disk is gone"):
        run(work)


def test_workers_that_exchange_different_things_are_told_so() -> None:
    def work(world: Communicator) -> None:
        if world.rank:
            world.gather(1)
        else:
            world.sum(np.ones(1))

    with pytest.raises(RuntimeError, match="different things: gather, sum"):
        run(work)


def test_a_worker_that_waits_for_one_that_is_done_does_not_hang() -> None:
    def work(world: Communicator) -> None:
        if world.rank == 2:
            world.gather(None)

    with pytest.raises(RuntimeError, match="is done"):
        run(work)


def test_a_batch_of_fewer_rows_than_workers_is_refused() -> None:
    def work(world: Communicator) -> None:
        with world.shard(2):
            pass

    with pytest.raises(DistributedError, match="2 rows can't be divided among 3 workers"):
        run(work)


def test_packs_are_not_divided() -> None:
    def work(world: Communicator) -> Any:
        with world.shard(10, unit=2) as shard:
            return world.gather((shard.start, shard.stop))

    assert run(work) == [(0, 4), (4, 8), (8, 10)]
