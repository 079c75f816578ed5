from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from benchmarks import __main__ as command
from benchmarks import checks, learning, machine, work
from benchmarks.contender import Contender, WorkerError
from benchmarks.contest import MINIGEN, DisagreementError
from benchmarks.ops import OPS

from .fakes import result


def call(*arguments: str) -> Result:
    return CliRunner().invoke(command.main, arguments)


@pytest.fixture(autouse=True)
def _no_glibc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is tuned, unless a test says so."""
    monkeypatch.setattr(machine, "has_glibc", lambda: False)


@pytest.fixture
def contests(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[Contender]]]:
    """Contests that take no time, and who took part in them."""
    held: list[tuple[str, list[Contender]]] = []

    def workload(name: str, who: list[Contender], _rules: Any, *, profile: bool) -> Any:
        held.append((name, who))
        parts = [{"part": "linear", "seconds": 0.01, "calls": 5.0, "share": 1.0}]
        return result(name=name, profile=parts if profile else [])

    def ops(names: Sequence[str], who: list[Contender], _rules: Any) -> Any:
        held.append(("ops", who))
        return (result(name=n, title=f"op {n}", peak_memory={}) for n in names)

    monkeypatch.setattr(command, "run_workload", workload)
    monkeypatch.setattr(command, "run_ops", ops)
    monkeypatch.setattr(command, "is_installed", lambda _library: True)
    return held


Contests = list[tuple[str, list[Contender]]]


def test_all_workloads_are_timed_by_default(contests: Contests) -> None:
    done = call()
    assert done.exit_code == 0, done.output
    assert [name for name, _ in contests] == ["W1", "W2", "W3", "W4", "W5"]
    assert contests[0][1] == [MINIGEN, Contender("torch")]
    assert "W5: a workload" in done.output


def test_workloads_are_chosen_by_name(contests: Contests) -> None:
    assert call("--workloads", "W3, W1,W3", "--profile").exit_code == 0
    assert [name for name, _ in contests] == ["W3", "W1"]
    assert call("--workloads", "W1", "--profile").output.count("part of minigen's step") == 1


def test_ops_alone_leave_the_workloads_out(contests: Contests) -> None:
    done = call("--ops", "--peers", "torch,jax")
    assert contests == [("ops", [MINIGEN, Contender("torch")])]
    assert all(f"op {name}" in done.output for name in OPS)


def test_ops_and_workloads_can_be_timed_together(contests: Contests, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    assert call("--ops", "--workloads", "W2", "--json", str(file)).exit_code == 0
    assert [name for name, _ in contests] == ["W2", "ops"]
    found = json.loads(file.read_text())
    assert [each["name"] for each in found["results"]] == ["W2", *OPS]


def test_torch_is_timed_with_a_tuned_malloc_beside_as_it_comes(
    contests: Contests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "has_glibc", lambda: True)
    call("--workloads", "W1", "--peers", "torch,dezero")
    call("--workloads", "W1", "--peers", "torch,dezero", "--as-it-comes")
    as_they_come = [MINIGEN, Contender("torch"), Contender("dezero")]
    tuned = Contender("torch", tuned_malloc=True)
    assert contests == [("W1", [*as_they_come, tuned]), ("W1", as_they_come)]
    monkeypatch.setattr(machine, "has_glibc", lambda: False)
    refused = call("--tuned")
    assert refused.exit_code == 2
    assert "glibc" in refused.output


def test_a_peer_takes_part_where_it_has_the_workload(contests: Contests) -> None:
    call("--workloads", "W1,W2", "--peers", "hand")
    assert contests == [("W1", [MINIGEN, Contender("hand")]), ("W2", [MINIGEN])]


def test_minigen_can_run_alone(contests: Contests) -> None:
    assert call("--workloads", "W1", "--peers", "").exit_code == 0
    assert contests == [("W1", [MINIGEN])]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workloads", "W9"], "'W9' is none of W1, W2, W3, W4, W5"),
        (["--peers", "theano"], "'theano' is none of torch, hand, compile, dezero, jax"),
        (["--threads", "4096"], "not 4096"),
        (["--json", "no-such-folder/x.json"], "there is no folder 'no-such-folder'"),
        (["--turns", "2"], "--turns"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(
    arguments: list[str], message: str, contests: Contests
) -> None:
    done = call(*arguments)
    assert done.exit_code == 2
    assert message in done.output
    assert contests == []


def test_a_peer_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "is_installed", lambda library: library != "dezero")
    done = call("--peers", "dezero")
    assert done.exit_code == 2
    assert "--peers dezero: dezero is not installed" in done.output


@pytest.mark.parametrize(
    "error", [DisagreementError("W1: 1 and 2"), WorkerError("it ended"), OSError("disk full")]
)
def test_a_contest_that_fails_ends_with_its_message(
    error: Exception, contests: Contests, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any, **_options: Any) -> Any:
        raise error

    monkeypatch.setattr(command, "run_workload", fail)
    done = call("--workloads", "W1")
    assert done.exit_code == 1
    assert str(error) in done.output


@pytest.mark.parametrize(("found", "status", "word"), [(1.05, 0, "within"), (1.2, 1, "OVER")])
def test_an_epoch_is_held_to_its_limit(
    found: float, status: int, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "time_epochs", lambda *_arguments: [found, 1.0, 2.0])
    done = call("epoch", "--dataset", "digits")
    assert (done.exit_code, word in done.output) == (status, True)
    assert f"{found:.3f} (1.000-2.000)" in done.output


def test_a_check_whose_worker_fails_ends_with_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any) -> Any:
        raise WorkerError("it ended")

    monkeypatch.setattr(checks, "time_epochs", fail)
    done = call("epoch")
    assert done.exit_code == 1
    assert done.output == "Error: it ended\n"


@pytest.mark.parametrize(("found", "status"), [(0.12, 0), (0.2, 1)])
def test_the_import_is_held_to_its_limit(
    found: float, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "time_imports", lambda processes: [found] * processes)
    assert call("import", "--processes", "3").exit_code == status


@pytest.mark.parametrize(("gained", "status"), [(10**5, 0), (10**7, 1)])
def test_growth_is_held_to_its_limit(
    gained: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {250: 0, 500: 10**8, 1000: 10**8 + gained}
    monkeypatch.setattr(checks, "measure_growth", lambda *_arguments, **_options: held)
    done = call("growth", "--steps", "1000")
    assert done.exit_code == status
    assert "after   500 steps:   100.00 MB" in done.output


def test_counts_of_work_are_compared_with_the_table_and_replace_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = work.read_table()
    changed = copy.deepcopy(table)
    changed["W2"]["forward"]["astype"] = 3
    monkeypatch.setattr(work, "TABLE", tmp_path / "work.json")
    work.write_table(table)
    monkeypatch.setattr(work, "count_work", lambda name: changed[name])
    done = call("work")
    assert done.exit_code == 1
    assert "W2, forward: astype is called 3 times, expected 0" in done.output
    assert call("work", "--write").exit_code == 0
    assert work.read_table() == changed
    assert call("work").exit_code == 0


def test_the_time_to_result_is_shown_and_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[Any] = []

    def compare(dataset: str, *rest: int) -> learning.Outcome:
        asked.append((dataset, *rest))
        moments = [learning.Moment(10, 1.0, 2.0)]
        return learning.Outcome(dataset, 100, 0.5, {"minigen": moments, "torch": moments})

    monkeypatch.setattr(learning, "compare", compare)
    monkeypatch.setattr(command, "is_installed", lambda _library: True)
    file = tmp_path / "x.json"
    names = ("--datasets", "mnist,fashion_mnist")
    done = call("result", *names, "--steps", "10", "--threads", "1", "--json", str(file))
    assert done.exit_code == 0, done.output
    assert asked == [(name, 10, 250, 10_000, 1) for name in ("mnist", "fashion_mnist")]
    assert "| 10 | 1 | 2.00 | 1 | 2.00 |" in done.output
    assert [found["dataset"] for found in json.loads(file.read_text())] == [*names[1].split(",")]


def test_the_time_to_result_is_of_grey_digits_and_clothes_with_pytorch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "'cifar10' is none of mnist" in call("result", "--datasets", "cifar10").output
    assert "no picture can be written as 'gif'" in call("result", "--figure", "curves.gif").output
    monkeypatch.setattr(command, "is_installed", lambda _library: False)
    assert "torch is not installed" in call("result").output
