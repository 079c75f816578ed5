"""Figures are made again run by run; what is there already is not made twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from minigen.results import Row, Table, reproduce
from minigen.results.reproduction import EVALUATION

ROWS = (
    Row("small", "vae --hidden 8", 1.5, (0, 1), {"loss": (10.0, 12.0), "samples.modes": (8, 8)}),
    Row("k = 5", "vae --hidden 9", 2, (0,), {"loss": (20.0,), "samples.modes": (7,)}),
)
TABLE = Table("t", "A table", "--samples 5", 0.05, {"loss": "Loss", "samples.modes": "Modes"}, ROWS)


class Fake:
    """Notes what it is asked for, and gives the published figures."""

    def __init__(self, factor: float = 1.0, stop_at: int | None = None) -> None:
        self.trained: list[tuple[list[str], str]] = []
        self.asked: list[list[str]] = []
        self.factor, self.stop_at = factor, stop_at

    def train(self, arguments: Sequence[str], folder: Path) -> None:
        if len(self.trained) == self.stop_at:
            raise KeyboardInterrupt
        self.trained.append((list(arguments), folder.name))
        folder.mkdir(parents=True)
        (folder / "seed").write_text(arguments[-1])

    def evaluate(self, folder: Path, arguments: Sequence[str]) -> dict[str, Any]:
        self.asked.append(list(arguments))
        seed = int((folder / "seed").read_text())
        row = ROWS[1] if folder.name.startswith("k-5") else ROWS[0]
        values = {key: figures[seed] for key, figures in row.figures.items()}
        return {
            "loss": values["loss"] * self.factor,
            "samples": {"modes": values["samples.modes"]},
        }


def test_every_run_is_trained_by_its_command_and_evaluated(tmp_path: Path) -> None:
    commands, told = Fake(), list[str]()
    made = reproduce(TABLE, tmp_path, commands, report=told.append)
    assert made.holds
    assert commands.trained == [
        (["vae", "--hidden", "8", "--seed", "0"], "small-seed-0"),
        (["vae", "--hidden", "8", "--seed", "1"], "small-seed-1"),
        (["vae", "--hidden", "9", "--seed", "0"], "k-5-seed-0"),
    ]
    assert commands.asked == [["--samples", "5"]] * 3
    assert told[1] == "run 2 of 3, about 1.5 min: minigen train vae --hidden 8 --seed 1"


def test_the_table_has_means_and_what_is_published(tmp_path: Path) -> None:
    made = reproduce(TABLE, tmp_path, Fake(factor=1.1), report=lambda _: None)
    assert not made.holds
    text = (tmp_path / "table.md").read_text()
    assert text == made.markdown()
    assert "| small | Loss | 0, 1 | 12.1 | 11 to 13.2 | 11 | **no** |" in text
    assert "| k = 5 | Modes | 0 | 7 | 7 to 7 | 7 | yes |" in text
    assert "- `minigen train vae --hidden 9`" in text


def test_what_was_interrupted_goes_on_and_makes_nothing_twice(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        reproduce(TABLE, tmp_path, Fake(stop_at=1), report=lambda _: None)
    assert "small" in (tmp_path / "table.md").read_text()
    commands = Fake()
    made = reproduce(TABLE, tmp_path, commands, report=lambda _: None)
    assert [name for _, name in commands.trained] == ["small-seed-1", "k-5-seed-0"]
    assert made.values["small"]["loss"] == {0: 10.0, 1: 12.0}


def test_what_was_asked_otherwise_is_made_again(tmp_path: Path) -> None:
    reproduce(TABLE, tmp_path, Fake(), seeds=[1], report=lambda _: None)
    file = tmp_path / "small-seed-1" / EVALUATION
    file.write_text(json.dumps({**json.loads(file.read_text()), "asked": ["another", ""]}))
    (tmp_path / "small-seed-1").rename(tmp_path / "elsewhere")
    commands = Fake()
    reproduce(TABLE, tmp_path, commands, seeds=[1], report=lambda _: None)
    assert len(commands.trained) == 1


def test_only_the_seeds_that_are_asked_for_are_run(tmp_path: Path) -> None:
    made = reproduce(TABLE, tmp_path, Fake(), seeds=[1], report=lambda _: None)
    assert made.values == {"small": {"loss": {1: 12.0}, "samples.modes": {1: 8.0}}}
    assert made.holds


def test_a_seed_that_was_not_published_is_refused_before_anything_is_trained(
    tmp_path: Path,
) -> None:
    commands = Fake()
    with pytest.raises(ValueError, match=r"seed 7 was not published; t has \[0, 1\]"):
        reproduce(TABLE, tmp_path, commands, seeds=[0, 7])
    assert not commands.trained
