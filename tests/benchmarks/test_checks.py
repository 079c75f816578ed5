from __future__ import annotations

from typing import Any

import pytest

from benchmarks import checks

from .fakes import FakeWorker


def test_an_epoch_takes_its_steps_and_a_little_more() -> None:
    found = checks.time_epoch("digits", 300)
    assert found["count"] == 3
    assert 0 < found["steps"] < found["epoch"]


def test_an_epoch_of_points_is_refused() -> None:
    with pytest.raises(TypeError, match="'ring' holds no images"):
        checks.time_epoch("ring", None)


def test_epochs_are_timed_in_a_worker() -> None:
    found = checks.time_epochs("digits", 256, epochs=2, threads=1)
    assert len(found) == 2
    assert all(ratio > 1 for ratio in found)


def test_imports_are_timed_in_fresh_processes() -> None:
    found = checks.time_imports(2)
    assert len(found) == 2
    assert all(0 < seconds < 30 for seconds in found)


class GrowingWorker(FakeWorker):
    """Holds a megabyte more each time it is asked."""

    held = 0

    def call(self, method: str, **arguments: Any) -> Any:
        if method != "memory":
            return super().call(method, **arguments)
        self.held += 10**6
        return {"peak": self.held, "resident": self.held}


def test_memory_is_read_every_so_many_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "Worker", GrowingWorker)
    monkeypatch.setattr(FakeWorker, "calls", [])
    held = checks.measure_growth("W1", steps=1000, every=250, threads=1)
    assert held == {250: 10**6, 500: 2 * 10**6, 750: 3 * 10**6, 1000: 4 * 10**6}
    assert [a["steps"] for _, call, a in FakeWorker.calls if call == "run"] == [249] * 4
    assert checks.growth(held) == 2 * 10**6


def test_growth_needs_a_system_that_tells_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "Worker", FakeWorker)
    with pytest.raises(OSError, match="/proc/self/status"):
        checks.measure_growth("W1", steps=500, every=250, threads=1)
