"""Explanations at a terminal."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from minigen import functional as F
from minigen.explanation import explain
from minigen.explanation.terminal import as_text, show

from .helpers import scale_rule, whole_pages


def test_derivation_code_and_check_follow_one_another() -> None:
    text = str(explain("tanh"))
    lines = text.splitlines()
    assert lines[0] == "tanh (op)"
    assert text.index("Derivation ─") < text.index("Code ─") < text.index("Check ─")
    assert "Elementwise functions and activations  elementwise.md" in lines
    assert "tanh.grad" in lines
    assert "    │ x̄ = ȳ (1 − y²) │" in lines
    assert "gradient rule  minigen/ops/activation.py:" in text
    assert "        return namespace(x).tanh(floating(x))" in lines
    row = next(line for line in lines if line.startswith("tanh.grad  "))
    assert "its definition, " in row
    assert row.split()[-1] == "right"
    assert "WRONG" not in text


def test_docstrings_and_the_pages_code_are_shown_on_request() -> None:
    explanation = explain("tanh")
    short, full = as_text(explanation), as_text(explanation, full=True)
    assert '"""' not in short
    assert "▸ code of the page (--full)" in short
    assert '"""' in full
    assert "▸" not in full
    assert 'check("tanh.grad"' in full


def test_a_failure_is_shown_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    scale_rule(monkeypatch, F.tanh, 2.0)
    text = as_text(explain("tanh"))
    assert text.count("WRONG") == 3  # two checks in the table, and one input in the report
    assert "gradcheck of tanh FAILED" in text
    assert "tanh.grad: relative error" in text


def test_what_has_no_derivation_or_check_says_so() -> None:
    text = as_text(explain("argmax"))
    assert "There is none: it has no gradient, or is put together of what has one." in text
    assert "Nothing was checked." in text


def test_a_check_that_is_not_reached_has_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("minigen.functional.tanh")
    text = as_text(explain("tanh.grad"))
    row = next(line for line in text.splitlines() if line.startswith("tanh.grad  "))
    assert row.split()[-3:] == ["not", "reached", "WRONG"]


def test_remarks_tables_lists_and_links_are_shown() -> None:
    assert "The second form holds for an integer target tₙ." in as_text(
        explain("cross_entropy", check=False)
    )
    divergence = as_text(explain("vae.identity", check=False))
    assert " • For a fixed decoder ln p(x) is fixed." in divergence
    assert "Since a divergence is never negative (kl.md)" in divergence


@pytest.mark.parametrize("width", [80, 100])
def test_no_page_leaves_latex_behind_or_is_too_wide(width: int) -> None:
    for page in whole_pages():
        lines = as_text(page, width=width).splitlines()
        assert [line for line in lines if "\\" in line or "$" in line] == []
        assert [line for line in lines if cell_len(line) > width] == []


def test_lines_stay_short_on_a_wide_terminal() -> None:
    out = io.StringIO()
    show(explain("conv2d", check=False), Console(file=out, width=200, color_system=None))
    assert max(cell_len(line.rstrip()) for line in out.getvalue().splitlines()) <= 100


def test_code_is_in_colour_where_there_is_colour() -> None:
    out = io.StringIO()
    console = Console(file=out, width=90, force_terminal=True, color_system="standard")
    show(explain("tanh", check=False), console)
    assert "\x1b[" in out.getvalue()
