from __future__ import annotations

import math
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from benchmarks import cards
from benchmarks.cards import CupyCard, TorchCard, calls_among, card_of, count_calls, measure
from benchmarks.contest import check_agreement
from benchmarks.libraries import make_trainee
from benchmarks.worker import Session
from benchmarks.workloads import WORKLOADS
from tests.strict.counters import counting


class Clock:
    """A card on which a step takes one millisecond more than the step before."""

    def __init__(self) -> None:
        self.steps = 0
        self.waits: list[int] = []
        self.figures_after: int | None = None

    def figures(self) -> dict[str, float]:
        self.figures_after = self.steps
        return {"loss": 1.0}

    def step(self) -> None:
        self.steps += 1

    def mark(self) -> int:
        return self.steps

    def milliseconds(self, first: int, second: int) -> float:
        assert self.waits[-1] == self.steps  # no event is read before it has happened
        return sum(range(first + 1, second + 1))

    def wait(self) -> None:
        self.waits.append(self.steps)

    def held(self) -> int:
        return 1000 * self.steps


def test_every_step_after_the_warm_up_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "is_installed", lambda _library: False)
    clock = Clock()
    found = measure(clock, clock, steps=4, warm_up=3, empty=500)
    assert found == {
        "figures": {"loss": 1.0},
        "milliseconds": [4, 5, 6, 7],
        "memory": 7 * 1000 - 500,
        "launches": None,
        "sets": None,
        "copies": None,
    }
    assert clock.figures_after == 0
    assert clock.waits == [3, 7]


def test_launches_are_counted_by_pytorchs_profiler(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()

    class Profile:
        def __init__(self, activities: list[str]) -> None:
            assert activities == ["cpu", "cuda"]

        def __enter__(self) -> Profile:
            return self

        def __exit__(self, *_error: object) -> None:
            assert clock.waits == [cards.PROFILED_STEPS]

        def key_averages(self) -> list[Any]:
            counts = {"cudaLaunchKernel": 9 * clock.steps, "cudaMemcpyAsync": 5}
            return [SimpleNamespace(key=key, count=count) for key, count in counts.items()]

    profiler: Any = ModuleType("torch.profiler")
    profiler.profile = Profile
    profiler.ProfilerActivity = SimpleNamespace(CPU="cpu", CUDA="cuda")
    monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))
    monkeypatch.setitem(sys.modules, "torch.profiler", profiler)
    assert count_calls(clock, clock) == {"launches": 9, "sets": 0, "copies": 5 / 3}


@pytest.mark.parametrize(
    "name",
    ["cudaLaunchKernel", "cudaLaunchKernelExC_v11060", "cuLaunchKernel", "cuLaunchKernelEx",
     "cudaGraphLaunch", "cuGraphLaunch", "cudaLaunchCooperativeKernel"],
)  # fmt: skip
def test_calls_that_launch_are_known(name: str) -> None:
    assert calls_among({name: 2}, "launches") == 2


@pytest.mark.parametrize(
    "name", ["cudaMemcpyAsync", "cudaLaunchHostFunc", "aten::add", "cudaStreamSynchronize"]
)
def test_other_calls_are_none(name: str) -> None:
    assert calls_among({name: 2}, "launches") == 0


@pytest.mark.usefixtures("cupy")
def test_minigen_is_measured_through_cupy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "is_installed", lambda _library: False)
    session, weights = Session("minigen"), str(tmp_path / "weights.npz")
    session.save_weights("W1", weights)
    found = session.run_on_card("W1", weights, steps=2, warm_up=1)
    assert len(found["milliseconds"]) == 2
    assert all(time > 0 for time in found["milliseconds"])
    assert found["memory"] == 0  # the stand-in's is not modelled
    session.prepare_workload("W1", weights)
    check_agreement("W1", {"cpu": session.figures(), "cuda": found["figures"]})


@pytest.mark.slow
@pytest.mark.usefixtures("cupy")
def test_a_captured_step_is_measured_when_it_is_repeated() -> None:
    small = WORKLOADS["W1"]
    small = type(small)(**{**vars(small), "batch": 2, "batches": 1})
    trainee = make_trainee("captured", small, None, "cuda")
    assert all(math.isfinite(value) for value in trainee.figures().values())
    trainee.step()
    with counting() as counters:
        trainee.step()
    assert counters.total("graph") == 1
    assert counters.total("product") == 0


@pytest.mark.usefixtures("cupy")
def test_a_gan_is_trained_on_the_card(monkeypatch: pytest.MonkeyPatch) -> None:
    small = WORKLOADS["W3"]
    small = type(small)(**{**vars(small), "batch": 2, "batches": 1})
    trainee = make_trainee("minigen", small, None, "cuda")
    trainee.step()
    assert all(math.isfinite(value) for value in trainee.figures().values())


def test_pytorch_multiplies_true_float32_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    switches = [SimpleNamespace(allow_tf32=True) for _ in range(2)]
    torch: Any = ModuleType("torch")
    torch.backends = SimpleNamespace(cudnn=switches[0], cuda=SimpleNamespace(matmul=switches[1]))

    class Event:
        def __init__(self, enable_timing: bool) -> None:
            assert enable_timing

        def record(self) -> None:
            self.time = 3.0

        def elapsed_time(self, other: Event) -> float:
            return other.time - self.time

    waited: list[bool] = []
    torch.cuda = SimpleNamespace(
        Event=Event, synchronize=lambda: waited.append(True), mem_get_info=lambda: (30, 100)
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    card = card_of("graphs")
    assert isinstance(card, TorchCard)
    assert [switch.allow_tf32 for switch in switches] == [False, False]
    assert card.milliseconds(card.mark(), card.mark()) == 0
    card.wait()
    assert waited == [True]
    assert card.held() == 70


@pytest.mark.usefixtures("cupy")
def test_minigens_card_is_cupys() -> None:
    assert isinstance(card_of("minigen"), CupyCard)
