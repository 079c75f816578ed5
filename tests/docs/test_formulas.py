"""Formulas in docstrings can be typeset: what is aligned has lines that end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "minigen"
BLOCK = re.compile(r"^( *)\.\. math::(.*(?:\n(?:\1 +.*)?)*)", re.MULTILINE)


def misaligned(text: str) -> list[str]:
    r"""Return the formulas that align what isn't in lines, or a line in two places.

    Environments, such as cases, have signs of alignment of their own.
    """
    found = []
    for _, formula in BLOCK.findall(text):
        paragraphs = re.split(r"\n\s*\n", formula.strip())
        for paragraph in paragraphs[:1]:
            lines = re.sub(r"\\begin\{(\w+)\}.*?\\end\{\1\}", "", paragraph, flags=re.DOTALL)
            counts = [line.count("&") - line.count(r"\&") for line in lines.split(r"\\")]
            if max(counts) > 1 or (counts[0] and len(counts) == 1):
                found.append(paragraph)
    return found


@pytest.mark.parametrize("folder", sorted(p.name for p in PACKAGE.iterdir() if p.is_dir()))
def test_what_is_aligned_has_lines_that_end(folder: str) -> None:
    wrong = {
        path.name: found
        for path in (PACKAGE / folder).rglob("*.py")
        if (found := misaligned(path.read_text(encoding="utf-8")))
    }
    assert wrong == {}


def test_a_line_without_its_end_is_found() -> None:
    wrong = ".. math:: y &= x \\\n              z &= y\n"
    assert misaligned(wrong) == [wrong.removeprefix(".. math:: ").strip()]
    assert misaligned(wrong.replace("\\\n", "\\\\\n")) == []
