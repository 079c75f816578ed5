from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks import __main__ as command
from benchmarks import machine, report, runs
from benchmarks.contest import MINIGEN, TORCH, TUNED_TORCH, Rules

from .fakes import result


def run_file(
    folder: Path, file_name: str, step: float, *, threads: int = 2, **changes: Any
) -> Path:
    """Write what a run may have kept in which minigen's shortest step took so many ms."""
    file = folder / file_name
    seconds = {MINIGEN: [step, 2 * step], TORCH: [0.01, 0.01], TUNED_TORCH: [0.008, 0.009]}
    peaks = dict.fromkeys(seconds, 10**6)
    found = result(
        seconds=seconds, peak_memory=peaks, figures={who: {} for who in seconds}, **changes
    )
    quiet = machine.Disturbance(0.1, 2.0, 0.0)
    report.write_json(file, [found], Rules(threads), quiet, datetime(2026, 1, 2, tzinfo=UTC))
    return file


def files(folder: Path) -> list[Path]:
    return [run_file(folder, f"{step}.json", step) for step in (0.009, 0.012, 0.010)]


def test_the_worst_ratio_of_several_runs_is_told_with_its_range(tmp_path: Path) -> None:
    (ours,) = runs.standings(runs.read(files(tmp_path)))
    assert ours.ratios == pytest.approx([0.9, 1.2, 1.0])
    assert ours.medians == pytest.approx([1.35, 1.8, 1.5])
    assert (ours.contender, ours.memory, ours.target) == ("minigen", [1.0] * 3, 0.75)
    assert ours.tuned == pytest.approx([1.125, 1.5, 1.25])


def test_the_command_prints_a_table_for_the_documents(tmp_path: Path) -> None:
    done = CliRunner().invoke(command.main, ["report", *map(str, files(tmp_path))])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == f"{machine.cpu_model()}; threads: 2; runs: 3"
    assert (
        lines.count("- 2026-01-02T00:00:00+00:00: load 0.10 before, 2.00 after; stolen time 0.0%")
        == 3
    )
    assert (
        "| a workload | minigen | **1.20** | 0.90 to 1.20 | 1.35 to 1.80 | 0.75 | 1.50 | 1.00 |"
        in lines
    )


def test_runs_that_are_not_alike_are_told_apart(tmp_path: Path) -> None:
    one = run_file(tmp_path, "one.json", 0.01)
    other = run_file(tmp_path, "other.json", 0.01, threads=1)
    with pytest.raises(runs.RunsError, match=r"runs of other threads .*one.json has 2, .* 1"):
        runs.read([one, other])
    other = run_file(tmp_path, "other.json", 0.01, name="W2")
    with pytest.raises(runs.RunsError, match="runs of other results"):
        runs.read([one, other])
    text = json.loads(one.read_text())
    text["machine"]["cpu"] = "another"
    other.write_text(json.dumps(text))
    with pytest.raises(runs.RunsError, match=r"runs of other processors .* another"):
        runs.read([one, other])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"machine": {"cpu": "x"}}', "\xff"])
def test_a_file_that_holds_no_run_ends_the_command_in_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "none.json"
    file.write_text(text, encoding="latin-1")
    done = CliRunner().invoke(command.main, ["report", str(file)])
    assert done.exit_code == 1
    assert done.output == (
        f"Error: {file} was not written by `python -m benchmarks --json`, or by that of another "
        "version\n"
    )


def test_a_run_without_pytorch_stands_to_nobody(tmp_path: Path) -> None:
    file = tmp_path / "alone.json"
    alone = result(seconds={MINIGEN: [0.01]}, peak_memory={MINIGEN: 1})
    quiet = machine.Disturbance(None, None, None)
    report.write_json(file, [alone], Rules(2), quiet, datetime.now(UTC))
    assert list(runs.standings(runs.read([file]))) == []
