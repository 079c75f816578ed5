"""Derivations, code, checks and tests name one another: none is without the others."""

from __future__ import annotations

import re

import pytest

from minigen.derivations import folder, named_in
from minigen.engine.op import registry
from minigen.explanation import Page, all_pages, implementers_of, page_of
from minigen.explanation.explanation import run_cells
from minigen.explanation.subjects import PACKAGE

PAGES = list(all_pages().values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_cell_of_a_page_runs_and_every_result_is_checked_on_it(page: Page) -> None:
    runs = list(run_cells(page))
    for run in runs:
        if run.error is not None:
            raise run.error
    assert len(runs) == len(page.cells)
    passed = {outcome.identifier for run in runs for outcome in run.passed}
    assert passed == {result.identifier for result in page.results}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_result_is_boxed_and_states_its_shapes(page: Page) -> None:
    for result in page.results:
        assert r"\boxed{" in result.formula, result.identifier
        assert result.shapes.startswith("**Shapes:**"), result.identifier


def test_every_directive_of_the_pages_is_read() -> None:
    texts = [path.read_text(encoding="utf-8") for path in folder().glob("*.md")]
    results = [result.identifier for page in PAGES for result in page.results]
    cells = sum(text.count("\n```{code-cell}") for text in texts)
    assert sorted(results) == sorted(page_of())
    assert cells == sum(len(page.cells) for page in PAGES)


def test_every_result_is_named_by_code_and_every_name_in_code_is_a_result() -> None:
    assert set(implementers_of()) == set(page_of())


def test_every_name_in_the_source_belongs_to_something_that_can_be_shown() -> None:
    texts = [
        path.read_text(encoding="utf-8")
        for path in PACKAGE.rglob("*.py")
        if "explanation" not in path.parts
    ]
    assert {name for text in texts for name in named_in(text)} == set(implementers_of())


def test_every_op_with_a_gradient_names_its_derivation() -> None:
    unnamed = [
        name
        for name, op in registry.items()
        if op.differentiable and not (named_in(op.__doc__) or named_in(op.rule.__doc__))
    ]
    assert unnamed == []


def test_the_index_lists_every_page() -> None:
    index = (folder() / "index.md").read_text(encoding="utf-8")
    listed = re.findall(r"\]\((\w+)\.md\)", index)
    assert sorted(listed) == sorted(page.name for page in PAGES)
