from __future__ import annotations

import math

import pytest

from benchmarks import contest
from benchmarks.contest import (
    LEAST_STEPS,
    MINIGEN,
    TORCH,
    DisagreementError,
    Rules,
    check_agreement,
    run_ops,
    run_workload,
)
from benchmarks.ops import CHAIN

from .fakes import SECONDS, FakeWorker


@pytest.fixture(autouse=True)
def _fake_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contest, "Worker", FakeWorker)
    monkeypatch.setattr(FakeWorker, "calls", [])
    monkeypatch.setattr(FakeWorker, "figures", {})


def runs() -> list[tuple[str, int]]:
    """Return who ran how many steps, in order."""
    return [(who.library, args["steps"]) for who, call, args in FakeWorker.calls if call == "run"]


def test_contenders_take_turns_after_a_turn_to_warm_up() -> None:
    found = run_workload("W1", [MINIGEN, TORCH], Rules(threads=1, turns=3, steps=8))
    assert runs() == [("minigen", 8), ("torch", 8)] * 4
    assert found.seconds == {
        MINIGEN: [pytest.approx(SECONDS["minigen"])] * 3,
        TORCH: [pytest.approx(SECONDS["torch"])] * 3,
    }
    assert found.peak_memory == {MINIGEN: 50_000_000, TORCH: 200_000_000}
    assert found.profile == []


def test_a_turn_fills_half_a_second_unless_told_otherwise() -> None:
    assert run_workload("W1", [MINIGEN, TORCH], Rules(threads=1)).steps == 50
    assert len(runs()) == 1 + 2 * (1 + 15)


def test_steps_before_the_first_turn_are_taken_by_all() -> None:
    run_workload("W1", [MINIGEN, TORCH], Rules(1, turns=1, steps=8, steps_before=2000))
    assert runs() == [("minigen", 2008), ("torch", 2008), ("minigen", 8), ("torch", 8)]


def test_all_start_from_the_weights_of_one_file() -> None:
    run_workload("W2", [MINIGEN, TORCH], Rules(1, turns=1))
    prepared = [args["weights"] for _, call, args in FakeWorker.calls if call == "prepare_workload"]
    (saved,) = [args["file"] for _, call, args in FakeWorker.calls if call == "save_weights"]
    assert prepared == [saved, saved]


def test_nothing_is_timed_if_the_libraries_disagree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeWorker, "figures", {"torch": {"loss": 1.0002}})
    with pytest.raises(DisagreementError, match=r"minigen computes loss = 1 and PyTorch .* 1.0002"):
        run_workload("W1", [MINIGEN, TORCH], Rules(1))
    with pytest.raises(DisagreementError, match="tiny"):
        list(run_ops(["tiny"], [MINIGEN, TORCH], Rules(1)))
    assert runs() == []


def test_the_profile_is_minigens() -> None:
    found = run_workload("W1", [MINIGEN, TORCH], Rules(1, turns=1, steps=6), profile=True)
    assert found.profile[0]["part"] == "linear"
    assert (MINIGEN, "profile", {"steps": 6}) in FakeWorker.calls


def test_chained_ops_are_timed_one_by_one() -> None:
    tiny, exp = run_ops(["tiny", "exp"], [MINIGEN], Rules(1, turns=2))
    assert tiny.steps == exp.steps == max(LEAST_STEPS, 10)
    assert tiny.seconds[MINIGEN] == [pytest.approx(0.01 / CHAIN)] * 2
    assert exp.seconds[MINIGEN] == [pytest.approx(0.01)] * 2
    assert tiny.peak_memory == {}


def test_small_differences_are_rounding() -> None:
    check_agreement("W1", {"a": {"loss": 500.0}, "b": {"loss": 500.04}})
    check_agreement("W1", {"a": {"gradient": 3.0}, "b": {"gradient": 3.02}})
    check_agreement("W1", {"a": {"loss": 0.0}, "b": {"loss": 0.0}})


@pytest.mark.parametrize(
    ("figure", "ours", "theirs"),
    [
        ("loss", 500.0, 500.1),
        ("loss", 500.0, -500.0),
        ("loss", 500.0, math.nan),
        ("loss", math.nan, 500.0),
        ("loss", 500.0, math.inf),
        ("loss", math.inf, math.inf),
        ("gradient", 3.0, 3.1),
        ("gradient", 3.0, 0.0),
    ],
)
def test_larger_differences_are_not(figure: str, ours: float, theirs: float) -> None:
    with pytest.raises(DisagreementError, match=figure):
        check_agreement("W1", {"a": {figure: ours}, "b": {figure: theirs}})


def test_each_contender_is_compared_not_the_second_alone() -> None:
    same = {"loss": 1.0}
    with pytest.raises(DisagreementError, match="jax 2"):
        check_agreement("W1", {"minigen": same, "torch": same, "jax": {"loss": 2.0}})


def test_a_library_that_computes_something_else_is_noticed() -> None:
    with pytest.raises(DisagreementError, match=r"a computes \['loss'\], b \['reconstruction'\]"):
        check_agreement("W1", {"a": {"loss": 1.0}, "b": {"reconstruction": 1.0}})
