"""Explanations at a terminal: mathematics in Unicode, code in colour, the checks as a table."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

from markdown_it.token import Token
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markdown import Markdown, MarkdownElement
from rich.padding import Padding
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from minigen.explanation.explanation import Check, Explained
from minigen.explanation.formulas import display, inline
from minigen.explanation.pages import Cell, Result, Section, all_pages, parser
from minigen.explanation.subjects import Source

WIDTH: Final = 100
"""Lines are no longer than so many columns, however wide the terminal."""

_INDENT: Final = 4


def as_text(explanation: Explained, *, width: int = 88, full: bool = False) -> str:
    """Return what is shown at a terminal of some width, without colours."""
    out = io.StringIO()
    show(explanation, Console(file=out, width=width, color_system=None), full=full)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def show(explanation: Explained, console: Console, *, full: bool = False) -> None:
    """Write an explanation to a console.

    If `full`, with docstrings, and with the code that compares with the definitions.
    """
    for part in _parts(explanation, full):
        console.print(part, width=min(console.width, WIDTH))


def _parts(explanation: Explained, full: bool) -> Iterator[RenderableType]:
    """Yield what is shown, from top to bottom."""
    yield Text.assemble((explanation.name, "bold"), f" ({explanation.kind})\n")
    yield _heading("Derivation")
    yield ""
    if not explanation.derivation:
        yield "There is none: it has no gradient, or is put together of what has one.\n"
    page = ""
    for section in explanation.derivation:
        if section.page != page:
            page = section.page
            yield Text(f"{_inline_text(all_pages()[page].title)}  {page}.md\n", style="dim")
        yield from _section(section, full)
    yield _heading("Code")
    yield ""
    for source in explanation.code:
        yield from _source(source, full)
    yield _heading("Check")
    yield ""
    yield _table(explanation.checks) if explanation.checks else "Nothing was checked."
    for check in explanation.checks:
        if not check.passed:
            yield Text(f"\n{check.failure}", style="red")


def _heading(title: str) -> Rule:
    return Rule(title, align="left", style="dim", characters="─")


def _section(section: Section, full: bool) -> Iterator[RenderableType]:
    yield Text(f"{_inline_text(section.title)}\n", style="bold")
    for block in section.blocks:
        match block:
            case Cell(code):
                yield _code(code) if full else Text("▸ code of the page (--full)", style="dim")
            case Result():
                yield Text(block.identifier, style="bold green")
                yield _Prose(block.shapes)
                yield _Formula(block.formula, style="bold")
                if block.remark:
                    yield _Prose(block.remark)
            case _:
                yield _Prose(block.markdown)
        yield ""


def _source(source: Source, full: bool) -> Iterator[RenderableType]:
    yield Text.assemble((source.role, "bold"), (f"  {source.path}:{source.line}", "dim"))
    yield _code(source.code if full else source.body)
    yield ""


def _code(code: str) -> Padding:
    highlighted = Syntax(
        code.rstrip(), "python", theme="ansi_dark", background_color="default", word_wrap=True
    )
    return Padding(highlighted, (0, 0, 0, _INDENT))


def _table(checks: Sequence[Check]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("checked", overflow="fold")
    table.add_column("against")
    table.add_column("error", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for check in checks:
        verdict = "[green]right[/]" if check.passed else "[bold red]WRONG[/]"
        table.add_row(Text(check.title), check.against, check.measured, verdict)
    return table


def _inline_text(markdown: str) -> str:
    """Return a heading's Markdown as text."""
    (token,) = parser().parseInline(markdown)
    return "".join(_plain(child) for child in token.children or ())


def _plain(token: Token) -> str:
    return inline(token.content) if token.type.startswith("math_inline") else token.content


class _Formula:
    """A formula on lines of its own, in two dimensions."""

    def __init__(self, latex: str, style: str = "") -> None:
        self._latex = latex
        self._style = style

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        lines = display(self._latex, options.max_width - _INDENT)
        indented = "\n".join(" " * _INDENT + line for line in lines)
        yield Text(indented, style=self._style, no_wrap=True, overflow="ignore")


class _Display(MarkdownElement):
    """A formula between two dollar signs, within Markdown."""

    def __init__(self, latex: str) -> None:
        self._latex = latex

    @classmethod
    def create(cls, _markdown: Markdown, token: Token) -> _Display:
        return cls(token.content)

    def __rich_console__(self, _console: Console, _options: ConsoleOptions) -> RenderResult:
        yield _Formula(self._latex)


class _Prose(Markdown):
    """Markdown with formulas, in the dialect of the pages."""

    elements: ClassVar[dict[str, type[Any]]] = {**Markdown.elements, "math_block": _Display}

    def __init__(self, markdown: str) -> None:
        super().__init__(markdown, code_theme="ansi_dark", hyperlinks=False)
        self.parsed = parser().parse(markdown)
        for token in self.parsed:
            for child in token.children or ():
                if child.type.startswith("math_inline"):
                    child.content, child.type, child.tag = inline(child.content), "text", ""
