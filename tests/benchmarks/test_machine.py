from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import benchmarks
from benchmarks import machine
from benchmarks.machine import TUNED_MALLOC
from minigen.engine import allocator


def test_every_library_is_told_the_same_number_of_threads() -> None:
    environment = machine.worker_environment(3, tuned_malloc=False)
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    assert [environment[name] for name in names] == ["3", "3", "3"]


def test_the_allocators_settings_reach_those_workers_alone_that_are_to_have_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MALLOC_TOP_PAD_", "12345")
    plain = machine.worker_environment(1, tuned_malloc=False)
    tuned = machine.worker_environment(1, tuned_malloc=True)
    assert not plain.keys() & TUNED_MALLOC.keys()
    assert {name: tuned[name] for name in TUNED_MALLOC} == TUNED_MALLOC


def test_no_library_is_held_back_from_instructions_of_the_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in machine.KERNEL_VARIABLES:
        monkeypatch.setenv(name, "old")
    assert not machine.worker_environment(1, tuned_malloc=True).keys() & set(
        machine.KERNEL_VARIABLES
    )


def test_the_allocators_settings_are_those_that_minigen_makes_itself() -> None:
    assert sorted(map(int, TUNED_MALLOC.values())) == sorted(allocator.SETTINGS.values())


def test_workers_find_this_repository_before_anything_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    first, *others = machine.worker_environment(1, tuned_malloc=False)["PYTHONPATH"].split(
        os.pathsep
    )
    assert Path(first) == Path(benchmarks.__path__[0]).parent
    assert others == ["elsewhere"]
    monkeypatch.delenv("PYTHONPATH")
    assert machine.worker_environment(1, tuned_malloc=False)["PYTHONPATH"] == first


_GROWING = """
import json
from benchmarks.machine import memory
sizes = [memory()]
block = bytearray(b"x") * (200 * 2**20)
sizes.append(memory())
del block
sizes.append(memory())
print(json.dumps(sizes))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell the peak alone")
def test_memory_that_is_touched_is_counted_and_its_peak_remembered() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _GROWING],
        env=machine.worker_environment(1, tuned_malloc=False),
        capture_output=True,
        text=True,
        check=True,
    )
    before, during, after = json.loads(done.stdout)
    assert during["resident"] - before["resident"] > 190 * 2**20
    assert after["resident"] < during["resident"] - 190 * 2**20
    assert after["peak"] > during["resident"] - 2**20  # Linux counts them a little late
    assert before["peak"] < 190 * 2**20  # nothing of the process that started it


def test_without_linux_status_file_the_peak_is_asked_of_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Path, "exists", lambda _self: False)
    found = machine.memory()
    assert list(found) == ["peak"]
    assert 2**23 < found["peak"] < 2**40


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux can do it")
def test_a_process_is_kept_on_as_many_cores_as_it_may_use() -> None:
    allowed = os.sched_getaffinity(0)
    try:
        machine.use_cores(1)
        assert machine.available_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)
    assert machine.available_cores() == len(allowed)


def test_the_stolen_share_is_of_the_time_since_the_block_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = iter(["cpu 100 0 0 100 0 0 0 10 0 0\ncpu0 1", "cpu 140 0 5 150 0 0 0 15 9 9\ncpu0 2"])
    monkeypatch.setattr(Path, "exists", lambda _self: True)
    monkeypatch.setattr(Path, "read_text", lambda _self: next(ticks))
    monkeypatch.setattr(os, "getloadavg", lambda: (0.5, 9.0, 9.0))
    with machine.watched() as since:
        found = since()
    assert found == machine.Disturbance(load_before=0.5, load_after=0.5, stolen=0.05)
    assert str(found) == "load 0.50 before, 0.50 after; stolen time 5.0%"


def test_what_the_system_does_not_tell_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda _self: False)
    monkeypatch.delattr(os, "getloadavg")
    with machine.watched() as since:
        found = since()
    assert found == machine.Disturbance(None, None, None)
    assert str(found) == "load unknown before, unknown after; stolen time unknown"


@pytest.mark.parametrize("text", ["", "intr 5\n", "cpu 1 2 3 4\n"])
def test_a_file_of_another_form_tells_nothing_of_stolen_time(text: str) -> None:
    assert machine.parse_ticks(text) is None


def test_the_description_names_processor_versions_and_blas() -> None:
    found = machine.describe()
    assert found["cpu"]
    assert found["versions"]["numpy"] == np.__version__
    assert {"python", "minigen"} <= found["versions"].keys()
    assert found["cores"] >= 1
    assert found["blas"]
