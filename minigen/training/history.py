"""What is known of a run's epochs: records, one an epoch, and how they are written."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

Record: TypeAlias = dict[str, Any]
"""What is known of a finished epoch: its number under ``"epoch"``, counted from 1; the averages of
the model's terms over the training and the test examples under ``"train"`` and ``"test"``; and
under ``"watch"`` what the model measures to see how its training stands."""


def best_epoch(history: Sequence[Record]) -> int | None:
    """Return the epoch after which the loss of the test examples was least, the first of several.

    Examples
    --------
    >>> losses = (3.0, 2.5, 2.75)
    >>> best_epoch([{"epoch": n, "test": {"loss": x}} for n, x in enumerate(losses, 1)])
    2
    """
    losses = {record["epoch"]: next(iter(record["test"].values())) for record in history}
    return min(losses, key=lambda epoch: (losses[epoch], epoch)) if losses else None


def to_json_lines(history: Sequence[Record]) -> str:
    """Return the text of ``metrics.jsonl``: a record a line."""
    return "".join(json.dumps(record) + "\n" for record in history)


def from_json_lines(text: str) -> list[Record]:
    """Read the text of ``metrics.jsonl``; a line that is no record is a `ValueError`."""
    history = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            record = json.loads(line)
            int(record["epoch"])
        except (ValueError, TypeError, LookupError) as error:
            raise ValueError(f"line {number} is no record of an epoch: {line[:60]!r}") from error
        history.append(record)
    return history


def values(record: Record, separator: str = ".") -> dict[str, float]:
    """Return every value of a record by one name.

    Examples
    --------
    >>> values({"epoch": 2, "train": {"loss": 3.5}, "test": {"loss": 4.0}})
    {'epoch': 2, 'train.loss': 3.5, 'test.loss': 4.0}
    """
    return {separator.join(path): value for path, value in _leaves(record)}


def to_csv(history: Sequence[Record]) -> str:
    """Return a table of all values as CSV: names in the first line, then a line an epoch.

    What was not measured in an epoch is left empty.

    Examples
    --------
    >>> history = [{"epoch": 1, "test": {"loss": 3.5}}, {"epoch": 2, "test": {"loss": 3.25}}]
    >>> print(to_csv(history), end="")
    epoch,test.loss
    1,3.5
    2,3.25
    """
    rows = [values(record) for record in history]
    text = io.StringIO()
    writer = csv.DictWriter(text, _names(rows), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def table(history: Sequence[Record]) -> str:
    """Return a table of the training and test terms for people: a line an epoch.

    Examples
    --------
    >>> print(table([{"epoch": 1, "train": {"loss": 3.5}, "test": {"loss": 4.0}}]))
    epoch  train loss  test loss
        1        3.50       4.00
    """
    rows = [values(record, " ") for record in history]
    names = [name for name in _names(rows) if name.startswith(("train ", "test "))]
    lines = [["epoch", *(name.replace("_", " ") for name in names)]]
    for row in rows:
        terms = (f"{row[name]:.2f}" if name in row else "" for name in names)
        lines.append([str(row["epoch"]), *terms])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.rjust, line, widths)) for line in lines)


def _names(rows: Sequence[dict[str, float]]) -> list[str]:
    """Return the names of all values, in the order in which they first come."""
    return list(dict.fromkeys(name for row in rows for name in row)) or ["epoch"]


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Iterate over the values in nested dicts, each with its path."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    else:
        yield path, value
