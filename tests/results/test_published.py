"""What is published stands in the documentation, and its commands can be given."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from minigen.cli.evaluate import evaluate
from minigen.cli.train import train
from minigen.results import Row, Table, published

TABLES = list(published().values())
ROWS = [
    pytest.param(table, row, id=f"{table.name}-{row.name}")
    for table in TABLES
    for row in table.rows
]

RESULTS = Path(__file__).parents[2] / "docs" / "results.md"


def section(title: str) -> str:
    """Return the text under a heading of the results, lines that go on joined."""
    text = RESULTS.read_text(encoding="utf-8").replace("\\\n", " ")
    (found,) = re.findall(
        rf"^## {re.escape(title)}\b.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
    )
    return str(found)


def commands(title: str) -> list[list[str]]:
    """Return what follows ``minigen train`` in a section, but for seed and folder."""
    found = []
    for line in re.findall(r"minigen train (.*)", section(title)):
        words = shlex.split(line)
        for option in ("--seed", "--out"):
            if option in words:
                at = words.index(option)
                del words[at : at + 2]
        found.append(words)
    return found


def written(value: float) -> set[str]:
    """Return how a document may write a number."""
    return {f"{value:.2f}", f"{value:.3f}", f"{value:.4f}", f"{100 * value:.1f}%", f"{value:g}"}


@pytest.mark.parametrize(("table", "row"), ROWS)
def test_every_published_figure_stands_in_the_documentation(table: Table, row: Row) -> None:
    cells = set(re.split(r"\s*\|\s*|,\s+|\n", section(table.title).replace("**", "")))
    missing = [
        (key, value)
        for key, values in row.figures.items()
        for value in values
        if not written(value) & cells
    ]
    assert missing == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_documentation_names_the_command_of_the_table(table: Table) -> None:
    assert any(shlex.split(row.train) in commands(table.title) for row in table.rows)


@pytest.mark.parametrize(("table", "row"), ROWS)
def test_every_command_can_be_given(table: Table, row: Row, tmp_path: Path) -> None:
    train.make_context("train", row.arguments(seed=0))
    with click.Context(evaluate):
        evaluate.make_context("evaluate", [str(tmp_path), "--json", *shlex.split(table.evaluate)])


@pytest.mark.parametrize(("table", "row"), ROWS)
def test_every_column_has_a_figure_for_every_seed(table: Table, row: Row) -> None:
    assert row.figures.keys() == table.columns.keys()
    assert {len(values) for values in row.figures.values()} == {len(row.seeds)}
    assert len(set(row.seeds)) == len(row.seeds)


def test_a_mean_holds_within_the_tolerance_and_not_beyond() -> None:
    row = Row("a", "vae", 1, (0, 1), {"x": (9.0, 11.0)})
    table = Table("t", "T", "", 0.1, {"x": "X"}, (row,))
    assert table.holds(row, "x", {0: 8.0, 1: 12.0})  # the mean counts
    assert table.holds(row, "x", {0: 9.89})
    assert not table.holds(row, "x", {0: 9.91})
    assert not table.holds(row, "x", {0: 8.0, 1: 9.9})
    assert not table.holds(row, "x", {0: float("nan")})
    assert table.minutes == 2
