"""Making published figures again: run by run, so that what was interrupted goes on."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from minigen.files import write_atomically
from minigen.results.published import Row, Table

EVALUATION = "evaluation.json"
"""The file in a run's folder that holds what was measured, once it was."""


class Commands(Protocol):
    """What trains and what evaluates, with the words that follow ``minigen``."""

    def train(self, arguments: Sequence[str], folder: Path) -> None:
        """Train a run into a folder; if it holds the run already, finish it."""

    def evaluate(self, folder: Path, arguments: Sequence[str]) -> dict[str, Any]:
        """Return what ``evaluate --json`` writes of a finished run."""


@dataclass(frozen=True)
class Reproduction:
    """What was measured, beside what is published.

    Attributes
    ----------
    table : Table
        What was made again.
    values : dict
        By row and by column's key, the values of the seeds that were run.
    """

    table: Table
    values: Mapping[str, Mapping[str, Mapping[int, float]]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[tuple[Row, str, Mapping[int, float], bool]]:
        """Iterate over rows and columns: the row, the key, the values by seed, and if they hold."""
        for row in self.table.rows:
            for key in self.table.columns:
                values = self.values.get(row.name, {}).get(key, {})
                if values:
                    yield row, key, values, self.table.holds(row, key, values)

    @property
    def holds(self) -> bool:
        """Whether every mean is the published one."""
        return all(holds for *_, holds in self)

    def markdown(self) -> str:
        """Return a table for documents: means over seeds, and the published ones."""
        lines = [
            f"# {self.table.title}",
            "",
            "| | what | seeds | measured | range | published | holds |",
            f"|{' --- |' * 7}",
        ]
        for row, key, values, holds in self:
            found = list(values.values())
            lines.append(
                f"| {row.name} | {self.table.columns[key]} | {', '.join(map(str, values))} "
                f"| {np.mean(found):.4g} | {min(found):.4g} to {max(found):.4g} "
                f"| {row.mean(key, list(values)):.4g} | {'yes' if holds else '**no**'} |"
            )
        lines += ["", f"Means may differ by {self.table.tolerance:.0%}.", ""]
        lines += [f"- `minigen train {row.train}`" for row in self.table.rows]
        return "\n".join([*lines, f"- `minigen evaluate DIR --json {self.table.evaluate}`", ""])


def reproduce(
    table: Table,
    folder: Path,
    commands: Commands,
    *,
    seeds: Sequence[int] | None = None,
    report: Callable[[str], None] = print,
) -> Reproduction:
    """Make a table's figures again; what a folder holds of them already is not made twice.

    Parameters
    ----------
    table : Table
        What is to be made.
    folder : Path
        Where runs go, each into a folder of its own, and the table, ``table.md``, after each.
    commands : Commands
        What trains and what evaluates.
    seeds : sequence of int, optional
        Which of the published seeds; all by default.
    report : callable
        Is told, in a sentence, which run comes next.

    Raises
    ------
    ValueError
        If a seed is not among those of any row.
    """
    known = sorted({seed for row in table.rows for seed in row.seeds})
    unknown = [seed for seed in seeds or () if seed not in known]
    if unknown:
        raise ValueError(f"seed {unknown[0]} was not published; {table.name} has {known}")
    runs = [
        (row, seed) for row in table.rows for seed in row.seeds if seeds is None or seed in seeds
    ]
    values: dict[str, dict[str, dict[int, float]]] = {}
    made = Reproduction(table, values)
    for number, (row, seed) in enumerate(runs, 1):
        report(
            f"run {number} of {len(runs)}, about {row.minutes:g} min: "
            f"minigen train {shlex.join(row.arguments(seed))}"
        )
        found = _evaluated(
            table, row, seed, folder / f"{_in_a_path(row.name)}-seed-{seed}", commands
        )
        for key in table.columns:
            values.setdefault(row.name, {}).setdefault(key, {})[seed] = _at(found, key)
        write_atomically(folder / "table.md", made.markdown().encode())
    return made


def _evaluated(
    table: Table, row: Row, seed: int, folder: Path, commands: Commands
) -> dict[str, Any]:
    """Return what was measured of a run: now, or when this was asked before."""
    file, asked = folder / EVALUATION, [row.train, table.evaluate]
    if file.is_file():
        before: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if before["asked"] == asked:
            return dict(before["found"])
    commands.train(row.arguments(seed), folder)
    found = commands.evaluate(folder, shlex.split(table.evaluate))
    write_atomically(file, json.dumps({"asked": asked, "found": found}).encode())
    return found


def _at(found: Mapping[str, Any], key: str) -> float:
    """Return a value by its way: names, and places in lists, joined by dots.

    Examples
    --------
    >>> _at({"mse": {"the model": [0.1, 0.2]}}, "mse.the model.1")
    0.2
    """
    value: Any = found
    for name in key.split("."):
        value = value[int(name)] if isinstance(value, list) else value[name]
    return float(value)


def _in_a_path(name: str) -> str:
    """Return a row's name as a folder can be called.

    Examples
    --------
    >>> _in_a_path("k = 5")
    'k-5'
    """
    words = "".join(letter if letter.isalnum() else " " for letter in name).split()
    return "-".join(words).lower()
