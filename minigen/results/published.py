"""What is published: tables of figures, each with the commands that made it."""

from __future__ import annotations

import functools
import importlib.resources
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Row:
    """A row of a table: one command, once for each seed.

    Attributes
    ----------
    name : str
        What stands at its beginning.
    train : str
        What follows ``minigen train``, but for seed and folder.
    minutes : float
        How long a run took on two cores of a CPU.
    seeds : sequence of int
        The seeds of the runs.
    figures : mapping of str to sequence of float
        By the column's key, a value for each seed.
    """

    name: str
    train: str
    minutes: float
    seeds: Sequence[int]
    figures: Mapping[str, Sequence[float]]

    def mean(self, key: str, seeds: Sequence[int]) -> float:
        """Return the mean of the published values of some seeds, all of which are the row's."""
        return float(np.mean([self.figures[key][self.seeds.index(seed)] for seed in seeds]))

    def arguments(self, seed: int) -> list[str]:
        """Return the words that follow ``minigen train``."""
        return [*shlex.split(self.train), "--seed", str(seed)]


@dataclass(frozen=True)
class Table:
    """A published table.

    Attributes
    ----------
    name : str
        What ``minigen reproduce`` calls it.
    title : str
        Its heading in the documentation.
    evaluate : str
        What follows ``minigen evaluate DIR --json``.
    tolerance : float
        By how much a mean over seeds may differ from the published one, relative to it.
    columns : mapping of str to str
        The heading of each column by its key: the way to a value in what ``evaluate`` writes, its
        names joined by dots.
    rows : sequence of Row
        The rows.
    """

    name: str
    title: str
    evaluate: str
    tolerance: float
    columns: Mapping[str, str]
    rows: Sequence[Row]

    @property
    def minutes(self) -> float:
        """About how long all runs take on two cores of a CPU."""
        return sum(row.minutes * len(row.seeds) for row in self.rows)

    def holds(self, row: Row, key: str, values: Mapping[int, float]) -> bool:
        """Tell whether the mean of measured values, by seed, is the published one.

        Examples
        --------
        >>> table = published()["dense-vae"]
        >>> table.holds(table.rows[0], "negative_elbo", {0: 105.2, 1: 105.0})
        True
        """
        expected = row.mean(key, list(values))
        return abs(float(np.mean(list(values.values()))) - expected) <= self.tolerance * abs(
            expected
        )


@functools.cache
def published() -> Mapping[str, Table]:
    """Return the published tables by name.

    Examples
    --------
    >>> published()["dense-vae"].rows[0].train
    'vae --dataset mnist --epochs 10'
    """
    text = importlib.resources.files(__package__).joinpath("published.toml").read_text("utf-8")
    return MappingProxyType({name: _table(name, t) for name, t in tomllib.loads(text).items()})


def _table(name: str, found: Mapping[str, Any]) -> Table:
    rows = tuple(Row(**row) for row in found["rows"])
    return Table(name=name, **{**found, "rows": rows})
