"""What is said of an exercise beside its stub: how long it takes, and hints, one at a time."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from minigen.course import record

SUBJECT: Final = "hints"
"""Under what the number of hints given is remembered."""


@dataclass(frozen=True)
class Guide:
    """How many minutes an exercise takes, and its hints, each of which says more than the last."""

    minutes: int
    hints: tuple[str, ...]


def guides_in(file: Path) -> dict[str, Guide]:
    """Read a lesson's ``hints.toml``: for each exercise a table with ``minutes`` and ``hints``.

    Raises
    ------
    ValueError
        If the file is not TOML, or a table lacks one of the two.
    """
    if not file.exists():
        return {}
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        return {
            name: Guide(int(table["minutes"]), tuple(map(_unwrapped, table["hints"])))
            for name, table in tables.items()
        }
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise ValueError(f"{file}: {error}; expected minutes and hints of each exercise") from error


def given(folder: Path, exercise: str) -> int:
    """Return how many hints to an exercise were given in a working folder."""
    return int(record.read(folder).get(SUBJECT, {}).get(exercise, 0))


def next_hint(folder: Path, exercise: str, guide: Guide) -> str:
    """Return the next hint to an exercise, and remember that it was given.

    An exercise is known by its lesson and name, such as ``"01-descend"``. After the last hint, all
    are told again.
    """
    number = given(folder, exercise) + 1
    if number > len(guide.hints):
        told = [f"Hint {i}: {hint}" for i, hint in enumerate(guide.hints, 1)]
        lesson = exercise.partition("-")[0]
        end = f"There are no more hints; minigen exercise {lesson} --solutions shows the solutions."
        return "\n".join([*told, end])
    record.remember(folder, SUBJECT, exercise, number)
    return f"Hint {number} of {len(guide.hints)}: {guide.hints[number - 1]}"


def _unwrapped(text: str) -> str:
    """Join the lines of a paragraph."""
    return " ".join(text.split())
