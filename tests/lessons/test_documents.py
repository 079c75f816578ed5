"""The mended programs of documents: their notebooks are whole, and run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lessons import building, inspection
from minigen import __version__

SOURCES = building.documents()

each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)


def test_there_are_two() -> None:
    assert [source.stem for source in SOURCES] == ["keras_program", "pytorch_program"]


@each_source
def test_the_outputs_belong_to_the_present_cells(source: Path) -> None:
    notebook = building.load(building.notebook_of(source))
    assert notebook["metadata"]["minigen"] == {
        "version": __version__,
        "source": building.digest(source.read_text(encoding="utf-8")),
        "cells": building.digest_of_cells(notebook),
    }, f"run `python -m lessons build documents/{source.stem}`"


@each_source
def test_the_saved_outputs_have_no_fault_and_show_figures(source: Path) -> None:
    notebook = building.load(building.notebook_of(source))
    assert inspection.faults(notebook) == []
    assert len(inspection.figures(notebook)) >= 2


@each_source
def test_every_claim_that_is_named_is_on_the_page_of_its_document(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    page = building.FOLDER.parent / "docs" / "documents" / source.name
    claims = set(re.findall(r"^### ([A-Z]\d+) ", page.read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"\b([TK]\d+)\b", text))
    assert named
    assert named <= claims


@each_source
def test_relative_links_lead_somewhere(source: Path) -> None:
    targets = re.findall(r"\]\((\.\./[^)#\s]+)", source.read_text(encoding="utf-8"))
    assert targets
    assert [target for target in targets if not (source.parent / target).exists()] == []


@pytest.mark.slow
@each_source
def test_a_program_runs_in_fast_mode_without_a_fault(source: Path) -> None:
    pytest.importorskip("nbclient", reason="to run notebooks, install minigen-numpy[lessons]")
    pytest.importorskip("jupytext", reason="to run notebooks, install minigen-numpy[lessons]")
    notebook = building.execute(building.read(source), fast=True)
    assert inspection.faults(notebook) == []
