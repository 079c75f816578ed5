"""How long a lesson is: what is in sight of who follows the core path, and what there is in all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from lessons.building import Notebook, text_of
from lessons.cells import COLLAPSED, GENERATED, Cell, heading_level, is_folded, tags
from lessons.inspection import asserts

_FORMULA: Final = re.compile(r"\$\$.*?\$\$", re.DOTALL)
_BOX: Final = re.compile(r"<details>.*?</details>", re.DOTALL)
_WORD: Final = re.compile(r"\S*[^\W\d_]\S*")


@dataclass(frozen=True)
class Count:
    """What a lesson has: words of prose and lines of code, in sight and in all, and the rest."""

    words: int
    lines: int
    all_words: int
    all_lines: int
    asserts: int
    figures: int
    exercises: int


def count(notebook: Notebook) -> Count:
    """Count what a notebook has, which need not have been run."""
    cells = notebook["cells"]
    own = [cell for cell in cells if GENERATED not in tags(cell)]
    seen = list(_in_sight(own))
    return Count(
        words=sum(len(_words(_BOX.sub("", text))) for text in _prose(seen)),
        lines=sum(map(_lines, seen)),
        all_words=sum(len(_words(text)) for text in _prose(cells)),
        all_lines=sum(map(_lines, cells)),
        asserts=asserts(notebook),
        figures=sum("figure" in tags(cell) for cell in cells),
        exercises=sum(text_of(cell["source"]).startswith("check(") for cell in cells),
    )


def _in_sight(cells: Iterable[Cell]) -> Iterator[Cell]:
    """Leave out folded cells, and deeper sections with all that is below their headings."""
    deeper = 0  # the level of the section's heading
    for cell in cells:
        level = heading_level(cell)
        if COLLAPSED in cell["metadata"]:
            deeper = level
        elif deeper and 0 < level <= deeper:
            deeper = 0
        if not deeper and not is_folded(cell):
            yield cell


def _prose(cells: Iterable[Cell]) -> Iterator[str]:
    return (text_of(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def _words(text: str) -> list[str]:
    """Return what has a letter in it, formulas of their own lines apart."""
    return _WORD.findall(_FORMULA.sub("", text))


def _lines(cell: Cell) -> int:
    """Return how many lines of code a cell has, empty ones apart."""
    if cell["cell_type"] != "code":
        return 0
    return sum(bool(line.strip()) for line in text_of(cell["source"]).splitlines())
