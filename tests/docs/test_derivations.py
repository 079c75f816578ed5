"""Derivations, code and checks name one another: none is without the others."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import minigen
from minigen import derivations
from minigen.op import registry

PACKAGE = Path(minigen.__file__).parent
FOLDER = PACKAGE.parent / "docs" / "derivations"
PAGES = sorted(page for page in FOLDER.glob("*.md") if page.name != "index.md")

_RESULT = re.compile(r"^:::\{derivation\} (\S+)$(.*?)^:::$", re.MULTILINE | re.DOTALL)
_CELL = re.compile(r"^```\{code-cell\} python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"^ *Derivation: ((?:[\w.]+,\s+)*[\w.]+)$", re.MULTILINE)


def results(page: Path) -> dict[str, str]:
    """Return the boxed results of a page by their identifiers."""
    found = _RESULT.findall(page.read_text(encoding="utf-8"))
    assert len(found) == len(dict(found)), f"{page.name}: an identifier stands twice"
    return dict(found)


def named_in_code() -> set[str]:
    """Return the identifiers that docstrings of the package name."""
    texts = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    lists = [found for text in texts for found in _NAMED.findall(text)]
    return {name for found in lists for name in re.split(r",\s+", found)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_result_of_a_page_is_checked_on_it(
    page: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    passed: list[str] = []
    monkeypatch.setattr(derivations, "checked", passed)
    namespace: dict[str, Any] = {}
    for number, cell in enumerate(_CELL.findall(page.read_text(encoding="utf-8")), start=1):
        exec(compile(cell, f"{page.name}, cell {number}", "exec"), namespace)
    assert set(passed) == set(results(page))
    assert len(capsys.readouterr().out.splitlines()) >= len(passed)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_result_is_boxed_and_states_its_shapes(page: Path) -> None:
    for name, text in results(page).items():
        assert r"\boxed{" in text, name
        assert "**Shapes:**" in text, name


def test_an_identifier_belongs_to_one_page() -> None:
    counts = Counter(name for page in PAGES for name in results(page))
    assert [name for name, count in counts.items() if count > 1] == []


def test_every_result_is_named_by_code_and_every_name_in_code_is_a_result() -> None:
    on_pages = {name for page in PAGES for name in results(page)}
    assert on_pages == named_in_code()


def test_every_op_with_a_gradient_names_its_derivation() -> None:
    unnamed = [
        name
        for name, op in registry.items()
        if op.rule is not None
        and not (_NAMED.search(op.__doc__ or "") or _NAMED.search(op.rule.__doc__ or ""))
    ]
    assert unnamed == []


def test_the_index_lists_every_page() -> None:
    listed = re.findall(r"\]\((\w+\.md)\)", (FOLDER / "index.md").read_text(encoding="utf-8"))
    assert sorted(listed) == [page.name for page in PAGES]
