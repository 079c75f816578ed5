from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from minigen.training import RunError, RunFolder
from minigen.training.history import from_json_lines, table, to_csv, to_json_lines, values

HISTORY = [
    {"epoch": 1, "train": {"loss": 1 / 3, "kl": 2.0}, "test": {"loss": 4.0}},
    {"epoch": 2, "train": {"loss": 0.25}, "test": {"loss": 3.0}, "watch": {"variance": 1e-9}},
]


def test_lines_are_read_as_they_were_written() -> None:
    text = to_json_lines(HISTORY)
    assert len(text.splitlines()) == 2
    assert from_json_lines(text) == HISTORY
    assert from_json_lines("") == []


@pytest.mark.parametrize("line", ["{", "3", "[]", '{"train": {}}', '{"epoch": "one"}', "null"])
def test_a_line_that_is_no_record_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 3 is no record of an epoch"):
        from_json_lines(to_json_lines(HISTORY) + line + "\n")


def test_every_value_has_one_name() -> None:
    assert values(HISTORY[1], "/") == {
        "epoch": 2, "train/loss": 0.25, "test/loss": 3.0, "watch/variance": 1e-9
    }  # fmt: skip


def test_csv_has_all_values_with_all_digits_and_leaves_empty_what_is_missing() -> None:
    first, second = csv.DictReader(io.StringIO(to_csv(HISTORY)))
    assert list(first) == ["epoch", "train.loss", "train.kl", "test.loss", "watch.variance"]
    assert float(first["train.loss"]) == 1 / 3
    assert first["watch.variance"] == second["train.kl"] == ""
    assert float(second["watch.variance"]) == 1e-9
    assert to_csv([]) == "epoch\n"


def test_a_table_shows_the_terms_and_leaves_room_for_what_is_missing() -> None:
    assert table(HISTORY).splitlines() == [
        "epoch  train loss  train kl  test loss",
        "    1        0.33      2.00       4.00",
        "    2        0.25                 3.00",
    ]
    assert table([]) == "epoch"


def test_a_run_reads_its_history(uninterrupted: Path, tmp_path: Path) -> None:
    history = RunFolder(uninterrupted).read_history()
    assert [record["epoch"] for record in history] == [1, 2, 3]
    with pytest.raises(RunError, match="holds no run"):
        RunFolder(tmp_path).read_history()
    (tmp_path / "config.json").write_bytes((uninterrupted / "config.json").read_bytes())
    with pytest.raises(RunError, match="no epoch of the run is finished yet"):
        RunFolder(tmp_path).read_history()
    (tmp_path / "metrics.jsonl").write_text("{\n")
    with pytest.raises(RunError, match=r"metrics\.jsonl can't be read: line 1"):
        RunFolder(tmp_path).read_history()
