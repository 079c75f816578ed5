"""The saved notebooks: their outputs are whole, and belong to the present cells."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lessons import building, inspection
from minigen import __version__
from minigen.course import lessons
from minigen.course.lesson import number_in
from tests.docs.test_glossary import TERMS

SOURCES = building.sources()
SECTIONS = (
    "The question",
    "The idea",
    "The derivation",
    "The library's code",
    "The gradient check",
    "The experiment",
    "What goes wrong",
    "Exercises",
    "Summary",
    "Where to read more",
    "What comes next",
)
"""In this order; a lesson may have others between them."""

PRIMER = "00-primer"
"""What one has to know before: no derivation stands in it, and nothing of the library."""

each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
each_lesson = pytest.mark.parametrize(
    "source",
    [source for source in SOURCES if source.stem != PRIMER],
    ids=lambda source: source.stem,
)


def saved(source: Path) -> Any:
    return building.load(building.notebook_of(source))


def prose(notebook: Any) -> str:
    cells = (cell for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    return "\n\n".join("".join(cell["source"]) for cell in cells)


def test_there_is_a_notebook_for_every_source_and_none_besides() -> None:
    notebooks = [lesson.notebook for lesson in lessons()]
    assert notebooks == [building.notebook_of(source) for source in SOURCES]
    assert [notebook.name for notebook in notebooks if not notebook.exists()] == []
    assert SOURCES


@each_source
def test_the_outputs_belong_to_the_present_cells(source: Path) -> None:
    notebook = saved(source)
    assert notebook["metadata"]["minigen"] == {
        "version": __version__,
        "source": building.digest_of_source(source),
        "cells": building.digest_of_cells(notebook),
    }, f"run `python -m lessons build {number_in(source.stem)}`"


@each_source
def test_the_saved_outputs_have_no_fault(source: Path) -> None:
    assert inspection.faults(saved(source)) == []


@each_lesson
def test_a_lesson_has_its_parts_in_their_order(source: Path) -> None:
    headings = re.findall(r"^## (.+)$", prose(saved(source)), re.MULTILINE)
    assert [heading for heading in headings if heading in SECTIONS] == list(SECTIONS)


@each_source
def test_a_lesson_says_first_what_one_can_do_after_it_in_three_points(source: Path) -> None:
    opening = prose(saved(source)).partition("\n## ")[0]
    assert re.match(r"# Lesson \d\d[a-z]?: .+\n\nAfter this lesson you can\n\n(- )", opening)
    assert len(re.findall(r"^- ", opening, re.MULTILINE)) == 3


@each_lesson
def test_a_lesson_shows_figures_and_asserts_what_it_claims(source: Path) -> None:
    notebook = saved(source)
    assert len(inspection.figures(notebook)) >= 3
    assert inspection.asserts(notebook) >= 10


def test_the_front_page_shows_figures_of_the_notebooks(tmp_path: Path) -> None:
    page = (building.FOLDER.parent / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"\(docs/images/(lesson-\d\d\.png)\)\]\(lessons/", page)
    assert len(shown) == 4
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "PICTURES", tmp_path)
        for source in SOURCES:
            building.write_picture(saved(source), source)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(shown)
    for picture in tmp_path.iterdir():
        assert picture.read_bytes() == (building.PICTURES / picture.name).read_bytes()


@each_lesson
def test_papers_on_arxiv_are_linked_by_their_numbers(source: Path) -> None:
    text = prose(saved(source))
    numbers = re.findall(r"arXiv:(\d{4}\.\d{4,5})\b", text)
    assert numbers
    for number in numbers:
        assert f"[arXiv:{number}](https://arxiv.org/abs/{number})" in text


@each_source
def test_relative_links_lead_somewhere(source: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", prose(saved(source)))
    assert [target for target in targets if not (source.parent / target).exists()] == []


@each_source
def test_a_term_that_links_to_the_glossary_stands_in_its_entry(source: Path) -> None:
    entries = {term.anchor: " ".join([term.name, *term.paragraphs]).lower() for term in TERMS}
    linked = re.findall(
        r"\[\*\*([^*]+)\*\*\]\([./\w]*glossary\.md#([\w-]+)\)", prose(saved(source))
    )
    stems = {(text, anchor): re.findall(r"\b\w{2,5}", text.lower()) for text, anchor in linked}
    strangers = [
        (text, anchor)
        for (text, anchor), found in stems.items()
        if not any(stem.removesuffix("s") in entries[anchor] for stem in found)
    ]
    assert strangers == []


@each_source
def test_no_number_at_the_beginning_of_a_line_makes_a_list_of_a_sentence(source: Path) -> None:
    lines = source.read_text(encoding="utf-8").splitlines()
    cut = [
        line
        for before, line in itertools.pairwise(lines)
        if line.startswith("1. ") and before.strip() and not before.startswith((" ", "-", "+++"))
    ]
    assert cut == []


@each_source
def test_no_step_is_skipped_by_a_word(source: Path) -> None:
    words = re.findall(
        r"\b(?:clearly|obviously|trivially|it is easy to see)\b", prose(saved(source))
    )
    assert words == []


def listings(notebook: Any) -> Iterator[str]:
    """Iterate over the code of the library that a notebook shows."""
    for cell in notebook["cells"]:
        for data in building.displayed(cell):
            text = building.text_of(data.get("text/markdown", ""))
            if "```python" in text:
                yield text


@pytest.mark.slow
@each_source
def test_a_lesson_runs_in_fast_mode_without_a_fault(source: Path) -> None:
    pytest.importorskip("nbclient", reason="to run lessons, install minigen-numpy[lessons]")
    pytest.importorskip("jupytext", reason="to run lessons, install minigen-numpy[lessons]")
    notebook = building.read(source)
    assert building.digest_of_cells(notebook) == building.digest_of_cells(saved(source))
    notebook = building.execute(notebook, fast=True)
    assert inspection.faults(notebook) == []
    # The library's code that is shown is the library's code of now.
    assert list(listings(notebook)) == list(listings(saved(source)))
    assert list(listings(notebook)) or source.stem == PRIMER
