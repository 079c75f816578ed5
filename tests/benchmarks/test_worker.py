from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.contender import Contender, Worker, WorkerError
from benchmarks.contest import MINIGEN, TORCH, initial_weights
from benchmarks.libraries.with_minigen import initial_weights as drawn
from benchmarks.machine import TUNED_MALLOC
from benchmarks.worker import Session, load_weights
from benchmarks.workloads import WORKLOADS


def test_a_worker_trains_in_a_process_of_its_own() -> None:
    with initial_weights("W1") as file, Worker(MINIGEN, threads=1) as worker:
        worker.call("prepare_workload", name="W1", weights=file)
        assert worker.call("figures").keys() == {"loss", "gradient"}
        assert 0 < worker.call("run", steps=2) < 60
        assert worker.call("memory")["peak"] > 2**24
        worker.call("prepare_op", name="tiny")
        assert worker.call("figures")["output"] > 0


def test_an_error_in_a_worker_ends_the_contest(capfd: pytest.CaptureFixture[str]) -> None:
    with Worker(MINIGEN, threads=1) as worker:
        with pytest.raises(WorkerError, match="the process of minigen ended in run with status 1"):
            worker.call("run", steps=1)
        with pytest.raises(WorkerError):
            worker.call("memory")
    assert "before it had prepared anything" in capfd.readouterr().err


def test_a_block_that_is_left_by_an_error_ends_its_process() -> None:
    with pytest.raises(KeyboardInterrupt), Worker(MINIGEN, threads=1) as worker:
        raise KeyboardInterrupt
    assert worker._process.returncode is not None


def test_contenders_are_told_apart_by_their_allocator() -> None:
    assert Contender("torch", tuned_malloc=True).label == f"{TORCH.label}, tuned malloc"
    assert MINIGEN.label == "minigen"
    assert TUNED_MALLOC.keys() == {
        "MALLOC_MMAP_THRESHOLD_",
        "MALLOC_TRIM_THRESHOLD_",
        "MALLOC_TOP_PAD_",
    }


def test_a_tuned_allocator_is_set_by_variables_and_nothing_as_it_comes() -> None:
    tuned = Contender("torch", tuned_malloc=True)
    assert TUNED_MALLOC.keys() <= tuned.environment(threads=1).keys()
    for who in (MINIGEN, TORCH):
        assert not TUNED_MALLOC.keys() & who.environment(threads=1).keys()


def test_weights_come_back_from_a_file_in_order(tmp_path: Path) -> None:
    file = str(tmp_path / "weights.npz")
    Session("minigen").save_weights("W3", file)
    for loaded, array in zip(load_weights(file), drawn(WORKLOADS["W3"]), strict=True):
        np.testing.assert_array_equal(loaded, array)


def test_a_session_does_what_requests_say() -> None:
    session = Session("minigen")
    session.handle({"call": "prepare_op", "name": "exp"})
    assert session.handle({"call": "run", "steps": 1}) > 0
    session.handle({"call": "prepare_workload", "name": "W1", "weights": None})
    assert session.handle({"call": "profile", "steps": 1})[0]["share"] > 0
    assert session.handle({"call": "memory"})["peak"] > 0
