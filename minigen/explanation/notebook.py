"""Explanations in a notebook, which typesets their formulas: as Markdown, and in three columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Final

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from minigen.explanation.explanation import Check, Explained
from minigen.explanation.pages import Block, Cell, Result, Section, all_pages
from minigen.explanation.subjects import Source

_LINK = re.compile(r"\[([^\]]+)\]\((\w+\.md)[^)]*\)")

_STYLE: Final = """
<style>
.minigen-explanation { display: flex; flex-wrap: wrap; gap: 1.5em; align-items: flex-start; }
.minigen-explanation > section { flex: 1 1 24em; min-width: 0; }
.minigen-explanation .result { border: 1px solid; border-radius: 4px; padding: 0 0.8em; }
.minigen-explanation .highlight { overflow-x: auto; padding: 0.1em 0.8em; }
.minigen-explanation .wrong { color: #b00020; font-weight: bold; white-space: pre-wrap; }
.minigen-explanation td, .minigen-explanation th { text-align: left; padding-right: 1em; }
</style>
"""


def as_markdown(explanation: Explained) -> str:
    """Return an explanation in Markdown, with formulas between dollar signs."""
    parts = [f"# {explanation.name} ({explanation.kind})"]
    for section in explanation.derivation:
        parts.append(f"## {section.title}\n\n*{all_pages()[section.page].title}*")
        parts += [_markdown(block) for block in section.blocks]
    for source in explanation.code:
        parts.append(f"## {source.role.capitalize()}\n\n`{source.path}:{source.line}`")
        parts.append(f"```python\n{source.body}\n```")
    parts += ["## Check", "\n".join(_markdown_rows(explanation.checks))]
    parts += [f"```\n{check.failure}\n```" for check in explanation.checks if not check.passed]
    return "\n\n".join(parts)


def _markdown(block: Block) -> str:
    """Return a block in Markdown; of a link to another page, its text and the page's name."""
    if isinstance(block, Cell):
        return f"```python\n{block.code.rstrip()}\n```"
    return _LINK.sub(r"\1 (\2)", block.markdown)


def _markdown_rows(checks: Sequence[Check]) -> Iterator[str]:
    if not checks:
        yield "Nothing was checked."
        return
    yield "| checked | against | error | verdict |"
    yield "| --- | --- | --- | --- |"
    for check in checks:
        verdict = "right" if check.passed else "**WRONG**"
        yield f"| {check.title} | {check.against} | {check.measured} | {verdict} |"


def as_html(explanation: Explained) -> str:
    """Return an explanation in HTML: three columns, below one another where there is no room.

    Formulas stand between dollar signs, for the notebook's MathJax.
    """
    columns = {
        "Derivation": "".join(map(_section, explanation.derivation)) or "<p>There is none.</p>",
        "Code": "".join(map(_source, explanation.code)),
        "Check": _table(explanation.checks),
    }
    shown = "".join(
        f"<section><h3>{title}</h3>{content}</section>" for title, content in columns.items()
    )
    heading = f"<h2>{escape(explanation.name)} ({escape(explanation.kind)})</h2>"
    return f'{_STYLE}{heading}<div class="minigen-explanation">{shown}</div>'


def _section(section: Section) -> str:
    page = all_pages()[section.page]
    parts = [_html(f"#### {section.title}\n\n*{page.title}*")]
    for block in section.blocks:
        match block:
            case Cell(code):
                summary = "<summary>Code of the page</summary>"
                parts.append(f"<details>{summary}{_highlighted(code)}</details>")
            case Result():
                parts.append(f'<div class="result">{_html(_markdown(block))}</div>')
            case _:
                parts.append(_html(_markdown(block)))
    return "".join(parts)


def _source(source: Source) -> str:
    place = f"<code>{escape(source.path)}:{source.line}</code>"
    return f"<p>{source.role.capitalize()}, {place}</p>{_highlighted(source.body)}"


def _table(checks: Sequence[Check]) -> str:
    if not checks:
        return "<p>Nothing was checked.</p>"
    head = "<tr><th>checked</th><th>against</th><th>error</th><th>verdict</th></tr>"
    rows = "".join(map(_row, checks))
    return f"<table>{head}{rows}</table>{''.join(map(_details, checks))}"


def _row(check: Check) -> str:
    verdict = "right" if check.passed else '<span class="wrong">WRONG</span>'
    cells = [escape(check.title), escape(check.against), check.measured, verdict]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _details(check: Check) -> str:
    """Return what is wrong with a check, and the code that compares with a definition."""
    failure = "" if check.passed else f'<p class="wrong">{escape(check.failure)}</p>'
    if not check.code:
        return failure
    title = f"<summary>How <code>{escape(check.title)}</code> is checked</summary>"
    return f"{failure}<details>{title}{_highlighted(check.code)}</details>"


def _highlighted(code: str) -> str:
    """Colour code; with its own light background, on which the colours are readable."""
    formatter = HtmlFormatter(style="friendly", noclasses=True, prestyles="color: #222")
    return str(highlight(code, PythonLexer(), formatter))


def _html(markdown: str) -> str:
    dialect = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, renderer=_math)
    return str(dialect.render(markdown))


def _math(latex: str, options: dict[str, Any]) -> str:
    """Hand a formula on to MathJax, which looks for dollar signs in the text."""
    dollars = "$$" if options["display_mode"] else "$"
    return f"{dollars}{escape(latex)}{dollars}"
