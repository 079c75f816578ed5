"""What more machines give, by a model of a step's costs."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from benchmarks.scaling import (
    Network,
    Step,
    draw,
    predict,
    scale,
    table,
    time_network,
    time_steps,
    write_json,
)
from minigen.distributed import ALONE, Processes, run_workers

TWO = Step(2, 1, 8, 0.7, exchanges=10, bytes=1000)
HALVES = {rows: Step(1, 1, rows, rows / 8, 0, 0) for rows in (8, 4, 2)}


def test_one_machine_exchanges_nothing() -> None:
    assert predict(1.0, 1, TWO, Network(1.0, 1.0)) == 1.0


def test_latency_counts_for_each_round_of_each_exchange() -> None:
    network = Network(0.01, math.inf)
    assert predict(1.0, 2, TWO, network) == pytest.approx(1.1)
    assert predict(1.0, 5, TWO, network) == pytest.approx(1.3)


def test_a_sum_moves_each_byte_twice_less_the_own_part() -> None:
    network = Network(0.0, 1000.0)
    assert predict(0.0, 2, TWO, network) == pytest.approx(1.0)
    assert predict(0.0, 4, TWO, network) == pytest.approx(1.5)


def test_without_a_network_to_cross_machines_scale_as_their_shards() -> None:
    found = scale(HALVES, TWO, Network(0.0, math.inf), batch=8)
    assert found == {1: 1.0, 2: 0.5, 4: 0.25}
    assert table(found).splitlines()[-1] == "| 4 | 250.0 | 4.00 | 100% |"


def test_the_exchanges_of_a_step_are_counted() -> None:
    step = run_workers(lambda world: time_steps(world, 4, 1, 1), 2, Processes())
    assert step.ranks == 2
    # Each turn: the terms, the gradients, and 4 a batch norm, or 2 where there is no gradient.
    assert step.exchanges > 2 * 2
    assert step.bytes > 10_000
    assert time_network(ALONE) == Network(0.0, math.inf)


def test_workers_that_are_apart_take_a_whole_batch_each_and_send_nothing() -> None:
    step = run_workers(lambda world: time_steps(world, 4, 1, 1, apart=True), 2, Processes())
    assert step.apart
    assert (step.ranks, step.batch, step.exchanges, step.bytes) == (2, 4, 0, 0)


def test_results_are_written_and_drawn(tmp_path: Path) -> None:
    predicted = scale(HALVES, TWO, Network(1e-3, 1e6), batch=8)
    write_json(tmp_path / "found.json", [TWO], Network(1e-3, 1e6), predicted)
    assert json.loads((tmp_path / "found.json").read_text())["predicted"]["1"] == 1.0
    draw(tmp_path / "speed-up.png", [TWO], predicted)
    assert (tmp_path / "speed-up.png").stat().st_size > 1000
