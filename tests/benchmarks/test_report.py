from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks import machine, report
from benchmarks.contest import MINIGEN, TORCH, TUNED_TORCH, Rules
from benchmarks.machine import Disturbance
from benchmarks.timing import Ratio

from .fakes import result

QUIET = Disturbance(load_before=0.1, load_after=1.9, stolen=0.004)


def shown(table: Any, *, colours: bool = False) -> str:
    stream = io.StringIO()
    Console(file=stream, width=120, highlight=False, force_terminal=colours).print(table)
    return stream.getvalue()


def row(table: Any, label: str) -> list[str]:
    """Return the cells of a row after its label."""
    (line,) = [line for line in shown(table).splitlines() if line.startswith(label + "  ")]
    return line.removeprefix(label).split()


def test_a_row_has_time_ratio_memory_and_targets() -> None:
    table = report.workload_table(result())
    assert row(table, "minigen") == [
        *("1.00", "2.00"),
        *("0.50", "0.50", "0.75"),
        *("50", "0.25", "0.50"),
    ]
    assert row(table, "PyTorch eager") == [
        *("2.00", "4.00", "1.00", "1.00"),
        *("200", "1.00"),
    ]
    assert "W1: a workload" in shown(table)


def test_a_target_that_is_missed_has_another_colour() -> None:
    reached = shown(report.workload_table(result()), colours=True)
    missed = shown(report.workload_table(result(target=0.4)), colours=True)
    assert "\x1b[32m0.50" in reached
    assert "\x1b[33m0.50" in missed


def test_minigen_is_compared_with_pytorch_as_it_comes_and_tuned() -> None:
    three = result(
        seconds={MINIGEN: [0.001], TORCH: [0.004], TUNED_TORCH: [0.002]},
        peak_memory=dict.fromkeys((MINIGEN, TORCH, TUNED_TORCH), 10**6),
    )
    assert report.speed_ratio(three, MINIGEN) == Ratio(0.25, 0.25)
    assert report.speed_ratio(three, MINIGEN, TUNED_TORCH) == Ratio(0.5, 0.5)
    table = report.workload_table(three)
    assert row(table, "minigen")[2:6] == ["0.25", "0.25", "0.75", "0.50"]
    assert row(table, "PyTorch eager, tuned malloc")[2:5] == ["0.50", "0.50", "1.00"]


def test_the_chip_the_load_and_the_stolen_time_are_told() -> None:
    line = report.disturbance_line(QUIET, Rules(threads=2))
    assert line.startswith(machine.cpu_model())
    assert line.endswith("threads: 2; turns: 15; load 0.10 before, 1.90 after; stolen time 0.4%")


def test_without_pytorch_there_are_no_ratios() -> None:
    alone = result(seconds={MINIGEN: [0.002]}, peak_memory={MINIGEN: 10**7})
    assert report.speed_ratio(alone, MINIGEN) is None
    assert report.memory_ratio(alone, MINIGEN) is None
    cells = row(report.workload_table(alone), "minigen")
    assert cells == ["2.00", "2.00", "0.75", "10", "0.50"]


def test_single_ops_are_shown_in_microseconds() -> None:
    op = result(title="one tiny op", seconds={MINIGEN: [1e-6], TORCH: [4e-6]}, target=0.5)
    table = report.op_table([op, replace(op, title="another", target=None)])
    assert row(table, "one tiny op") == ["1.00", "4.00", "0.25", "0.25", "0.50"]
    assert row(table, "another") == ["1.00", "4.00", "0.25", "0.25"]


def test_parts_without_weight_share_a_line_of_the_profile() -> None:
    parts = [
        {"part": "linear", "seconds": 0.01, "calls": 5.0, "share": 0.998},
        {"part": "exp", "seconds": 1e-5, "calls": 1.0, "share": 0.001},
        {"part": "mul", "seconds": 1e-5, "calls": 1.0, "share": 0.001},
    ]
    table = report.profile_table(result(profile=parts))
    assert row(table, "linear") == ["99.8%", "10.000", "5"]
    assert row(table, "2 smaller parts") == ["0.2%", "0.020"]
    assert "smaller" not in shown(report.profile_table(result(profile=parts[:1])))


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (0.754, "0.75"), (12.34, "12.3"), (432.1, "432")]
)
def test_numbers_have_about_three_digits(value: float | None, text: str) -> None:
    assert report._number(value) == text


def test_the_json_file_holds_every_turn_and_what_it_depends_on(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    when = datetime(2026, 1, 2, 4, tzinfo=timezone(timedelta(hours=1)))
    op = result(name="tiny", peak_memory={}, memory_target=None)
    report.write_json(file, [result(), op], Rules(threads=2, turns=3), QUIET, when)
    found = json.loads(file.read_text())
    assert found["date"] == datetime(2026, 1, 2, 3, tzinfo=UTC).isoformat()
    assert found["rules"] == {"threads": 2, "turns": 3, "steps": None, "steps_before": 0}
    assert found["machine"]["versions"]["numpy"]
    workload, tiny = found["results"]
    ours, theirs = workload["contenders"]
    assert (ours["library"], theirs["library"]) == ("minigen", "torch")
    assert ours["seconds_a_step"] == [0.001, 0.002, 0.003]
    assert ours["summary"] == {"median": 0.002, "low": 0.001, "high": 0.003}
    assert ours["ratio_to_torch"] == {"minima": 0.5, "medians": 0.5}
    assert ours["memory_to_torch"] == 0.25
    assert found["disturbance"] == {"load_before": 0.1, "load_after": 1.9, "stolen": 0.004}
    assert found["machine"]["cpu"]
    assert ours["peak_memory"] == 50_000_000
    assert tiny["contenders"][0]["peak_memory"] is None


def test_without_pytorch_the_json_file_holds_no_ratios(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    alone = result(seconds={MINIGEN: [0.002]}, peak_memory={MINIGEN: 10**7})
    report.write_json(file, [alone], Rules(threads=1), QUIET, datetime.now(UTC))
    (ours,) = json.loads(file.read_text())["results"][0]["contenders"]
    assert ours["ratio_to_torch"] is None
    assert ours["ratio_to_tuned_torch"] is None
    assert ours["memory_to_torch"] is None
