"""Explanations in a notebook."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from minigen import functional as F
from minigen.explanation import explain

from .helpers import scale_rule, whole_pages

VOID = {"br", "hr", "img"}


class Outline(HTMLParser):
    """The tags that are open, and the texts of headings; it fails on tags that don't nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"h2", "h3"}:
            self.headings.append(data)


def test_html_has_three_columns_with_formulas_for_mathjax() -> None:
    html = explain("softmax")._repr_html_()
    outline = Outline()
    outline.feed(html)
    assert outline.open == []
    assert outline.headings == ["softmax (op)", "Derivation", "Code", "Check"]
    assert r'<span class="math inline">$\bar y$</span>' in html
    assert r"$$\boxed{\bar x_i = y_i \Bigl(\bar y_i" in html
    assert html.count('<div class="result">') == 2
    assert "minigen/ops/activation.py:" in html
    assert "<summary>How <code>softmax.grad</code> is checked</summary>" in html
    assert "<td>right</td>" in html


def test_formulas_are_escaped() -> None:
    html = explain("maximum", check=False)._repr_html_()
    assert "$a &gt; b$" in html or "&lt;" in html


def test_html_and_markdown_of_every_page_are_whole() -> None:
    for page in whole_pages():
        outline = Outline()
        outline.feed(page._repr_html_())
        assert outline.open == [], page.name
        assert "](" not in page._repr_markdown_(), page.name
        assert "{derivation}" not in page._repr_html_() + page._repr_markdown_(), page.name


def test_markdown_has_all_parts() -> None:
    markdown = explain("softmax")._repr_markdown_()
    assert markdown.startswith("# softmax (op)\n\n## Softmax\n\n*Softmax and log-sum-exp*\n\n")
    assert "**`softmax.grad`**\n\n**Shapes:**" in markdown
    assert "## Forward\n\n`minigen/ops/activation.py:" in markdown
    assert "## Gradient rule\n\n" in markdown
    assert "```python\n@softmax.vjp\ndef softmax_vjp(" in markdown
    assert "| softmax.grad | its definition, " in markdown


def test_links_to_pages_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    explanation = explain("elementwise", check=False)
    assert "the chain rule (autograd.md)" in explanation._repr_markdown_()
    assert "the chain rule (autograd.md)" in explanation._repr_html_()
    assert "href" not in explanation._repr_html_()


def test_a_failure_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    scale_rule(monkeypatch, F.tanh, 2.0)
    explanation = explain("tanh")
    assert '<span class="wrong">WRONG</span>' in explanation._repr_html_()
    assert "gradcheck of tanh FAILED" in explanation._repr_html_()
    assert "| **WRONG** |" in explanation._repr_markdown_()
    assert "```\ngradcheck of tanh FAILED" in explanation._repr_markdown_()


def test_what_was_not_checked_and_not_derived_says_so() -> None:
    explanation = explain("argmax")
    assert "<p>There is none.</p>" in explanation._repr_html_()
    assert "<p>Nothing was checked.</p>" in explanation._repr_html_()
    assert "## Check\n\nNothing was checked." in explanation._repr_markdown_()


def test_an_error_that_was_not_measured_is_left_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("minigen.functional.tanh")
    explanation = explain("tanh.grad")
    assert "its definition, not reached |  | **WRONG** |" in explanation._repr_markdown_()
