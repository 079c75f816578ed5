"""What the build makes of the cells of a source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lessons import building, cells, counting

pytest.importorskip("jupytext")

EXERCISES = '''"""Exercises."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from minigen import Tensor

Array = npt.NDArray[Any]


def double(x: Array) -> Array:
    """Return twice x."""
    raise NotImplementedError("add x to x")


def halve(x: Tensor) -> Tensor:
    """Return half of x."""
    raise NotImplementedError("divide by two")
'''

HINTS = """[double]
minutes = 5
hints = ["Add.", "x", "x + x"]

[halve]
minutes = 20
hints = []
"""


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    """The folder of a lesson that has two exercises."""
    folder = tmp_path / "07-trial"
    folder.mkdir()
    (folder / "exercises.py").write_text(EXERCISES)
    (folder / "hints.toml").write_text(HINTS)
    return folder


def read(folder: Path, text: str) -> Any:
    source = folder / "07-trial.md"
    source.write_text(text)
    return building.read(source)


def sources(notebook: Any) -> list[str]:
    return [cell.source for cell in notebook.cells]


def test_a_deeper_section_is_folded_by_its_heading_and_ends_at_the_next(lesson: Path) -> None:
    notebook = read(
        lesson,
        "# Lesson 07: Trial\n\nWords.\n\n### Deeper: why\n\nProof.\n\n#### Step\n\nMore.\n\n"
        "### Next\n\nWords.\n",
    )
    assert sources(notebook) == [
        *("# Lesson 07: Trial\n\nWords.", "### Deeper: why", "Proof.", "#### Step\n\nMore."),
        "### Next\n\nWords.",
    ]
    folded = [cell.source for cell in notebook.cells if cells.COLLAPSED in cell.metadata]
    assert folded == ["### Deeper: why"]


def test_a_comment_in_a_block_of_code_is_no_heading(lesson: Path) -> None:
    text = "Words.\n\n```python\n# Deeper: no\nx = 1\n```\n\nWords."
    assert sources(read(lesson, text)) == [text]


def test_checks_are_folded(lesson: Path) -> None:
    (cell,) = read(lesson, "```{code-cell} python\n:tags: [check]\n\nassert 1\n```\n").cells
    assert cell.metadata["jupyter"] == {"source_hidden": True}


def test_a_directive_becomes_the_stub_and_its_check(lesson: Path) -> None:
    notebook = read(
        lesson,
        "## Exercises\n\nWrite.\n\n```{exercise} double\nTwice x,\nall of it.\n```\n\n"
        "```{exercise} halve\nHalf.\n```\n\nAfter.\n",
    )
    assert sources(notebook) == [
        "## Exercises\n\nWrite.",
        "from typing import Any\n\nimport numpy.typing as npt\n\nfrom minigen import Tensor\n"
        "from minigen.course import check, hint\n\nArray = npt.NDArray[Any]",
        "**1. `double`** (5 minutes). Twice x,\nall of it.",
        'def double(x: Array) -> Array:\n    """Return twice x."""\n'
        '    raise NotImplementedError("add x to x")',
        "check(double)",
        "**2. `halve`** (20 minutes). Half.",
        'def halve(x: Tensor) -> Tensor:\n    """Return half of x."""\n'
        '    raise NotImplementedError("divide by two")',
        "check(halve)",
        "After.",
    ]
    first = notebook.cells[1]
    assert first.metadata == {
        "tags": ["exercise", "hide-input"],
        "jupyter": {"source_hidden": True},
    }
    assert cells.tags(notebook.cells[3]) == ["exercise"]


def test_without_imports_of_the_library_what_checks_is_imported_all_the_same(lesson: Path) -> None:
    file = lesson / "exercises.py"
    file.write_text(file.read_text().replace("\nfrom minigen import Tensor\n", ""))
    first = read(lesson, "```{exercise} double\n```\n").cells[0]
    assert "as npt\n\nfrom minigen.course import check, hint\n\nArray" in first.source


@pytest.mark.parametrize(("name", "file"), [("double", "hints.toml"), ("treble", "hints.toml")])
def test_an_exercise_that_is_not_graded_is_an_error(lesson: Path, name: str, file: str) -> None:
    (lesson / "hints.toml").write_text("[halve]\nminutes = 5\nhints = []\n")
    with pytest.raises(ValueError, match=f"the exercise {name} is missing in {file}"):
        read(lesson, f"```{{exercise}} {name}\n```\n")


def test_an_exercise_without_a_stub_is_an_error(lesson: Path) -> None:
    (lesson / "hints.toml").write_text(HINTS.replace("halve", "treble"))
    with pytest.raises(ValueError, match=r"exercises\.py has no function treble"):
        read(lesson, "```{exercise} treble\n```\n")


def test_what_is_in_sight_is_counted_and_what_there_is_in_all(lesson: Path) -> None:
    notebook = read(
        lesson,
        "# Title\n\nFive words, and a formula $x$.\n\n$$a b c$$\n\n### Deeper: why\n\nOne two.\n\n"
        "```{code-cell} python\ny = 2\n```\n\n#### Step\n\nThree.\n\n### Next\n\n"
        "```{code-cell} python\n:tags: [figure]\n\nx = 1\n\nz = 2\n```\n\n"
        "```{code-cell} python\n:tags: [check]\n\nassert x\n```\n\n"
        "<details>\n<summary>Solution</summary>\n\nHidden.\n\n</details>\n\n"
        "```{exercise} double\nTwice.\n```\n",
    )
    counted = counting.count(notebook)
    assert counted.lines == 2
    assert counted.words == 8  # Title, Five words and a formula x, Next
    assert counted.all_words > counted.words
    assert counted.all_lines == 2 + 1 + 1 + 5 + 3 + 1
    assert (counted.asserts, counted.figures, counted.exercises) == (1, 1, 1)
