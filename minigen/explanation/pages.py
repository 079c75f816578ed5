"""The pages of derivations, read: sections, boxed results, and the cells that check them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from minigen.derivations import PageError, page_files

_DIRECTIVE = re.compile(r"\{derivation\}\s+(?P<identifier>\S+)")
_BOX = re.compile(r"(?P<shapes>.*?)\n\$\$\n(?P<formula>.*)\n\$\$\n(?P<remark>.*)", re.DOTALL)


@dataclass(frozen=True)
class Prose:
    """Text between results, in Markdown with formulas between dollar signs."""

    markdown: str


@dataclass(frozen=True)
class Result:
    r"""A boxed result.

    Code and tests name it by its `identifier`, such as ``conv2d.grad_weight``. The `formula` is
    LaTeX, with ``\boxed``; `shapes` are the shapes and ranges of what stands in it, and `remark` is
    what is said below it, mostly nothing, both in Markdown.
    """

    identifier: str
    shapes: str
    formula: str
    remark: str = ""

    @property
    def markdown(self) -> str:
        """The result as Markdown that any reader with MathJax understands."""
        parts = [self.shapes, f"$$\n{self.formula}\n$$", self.remark]
        return "\n\n".join([f"**`{self.identifier}`**", *filter(None, parts)])


@dataclass(frozen=True)
class Cell:
    """Code that is run on the page: the definitions written naively, and their checks."""

    code: str
    number: int


Block: TypeAlias = Prose | Result | Cell


@dataclass(frozen=True)
class Section:
    """A part of a page under a heading, without the parts under headings of its own.

    `page` is the page's name, such as ``convolution``, and `title` the heading, in Markdown, whose
    `level` is 1 for the page's own, 2 for those below it, and so on.
    """

    page: str
    title: str
    level: int
    blocks: tuple[Block, ...]

    @property
    def results(self) -> tuple[Result, ...]:
        """The boxed results of this section."""
        return tuple(block for block in self.blocks if isinstance(block, Result))


@dataclass(frozen=True)
class Page:
    """A page that derives a family of results; `name` is that of the file without its ending.

    The first of its `sections` is what stands before the second heading.
    """

    name: str
    sections: tuple[Section, ...]

    @property
    def title(self) -> str:
        """The page's own heading."""
        return self.sections[0].title

    @property
    def results(self) -> tuple[Result, ...]:
        """All boxed results."""
        return tuple(result for section in self.sections for result in section.results)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All code, to be run in this order in one namespace."""
        blocks = (block for section in self.sections for block in section.blocks)
        return tuple(block for block in blocks if isinstance(block, Cell))

    def holding(self, identifier: str) -> tuple[Section, ...]:
        """Return the section of a result, after the openings of those that it is part of."""
        for position, section in enumerate(self.sections):
            if any(result.identifier == identifier for result in section.results):
                return (*self._enclosing(position), section)
        raise PageError(f"{self.name}: no result is called {identifier!r}")

    def _enclosing(self, position: int) -> list[Section]:
        """Return the sections around one, outermost first; not the page's introduction."""
        found: list[Section] = []
        level = self.sections[position].level
        for section in reversed(self.sections[:position]):
            if 1 < section.level < level:
                found.insert(0, section)
                level = section.level
        return found


@functools.cache
def all_pages() -> dict[str, Page]:
    """Return all pages by name, in the order of the alphabet."""
    return {
        name: read(name, file.read_text(encoding="utf-8")) for name, file in page_files().items()
    }


def parser() -> MarkdownIt:
    """Return a parser of the pages' Markdown: tables, formulas and directives."""
    dialect = MarkdownIt("commonmark").enable("table")
    return dialect.use(dollarmath_plugin).use(colon_fence_plugin)


def read(name: str, text: str) -> Page:
    """Read a page.

    One that does not begin with a heading, or a result that is not written as it should be, is a
    `PageError`.
    """
    tokens = parser().parse(text)
    starts = [i for i, token in enumerate(tokens) if token.type == "heading_open"]
    if not starts or starts[0] != 0:
        raise PageError(f"{name}: a page begins with its heading")
    lines = text.splitlines()
    numbers = iter(range(1, len(lines)))
    parts = [tokens[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]
    return Page(name, tuple(_section(name, part, lines, numbers) for part in parts))


def _section(
    page: str, tokens: Sequence[Token], lines: Sequence[str], numbers: Iterator[int]
) -> Section:
    """Read a heading and what is under it."""
    heading, title, _, *rest = tokens
    blocks: list[Block] = []
    for token in rest:
        if token.level or token.map is None:
            continue
        if token.type == "fence" and token.info.startswith("{code-cell}"):
            blocks.append(Cell(token.content, next(numbers)))
        elif token.type == "colon_fence":
            blocks.append(_result(page, token))
        else:
            _add_prose(blocks, "\n".join(lines[slice(*token.map)]).strip())
    return Section(page, title.content, int(heading.tag[1:]), tuple(blocks))


def _add_prose(blocks: list[Block], text: str) -> None:
    """Add a paragraph, list, table or formula to the prose before it."""
    last = blocks[-1] if blocks else None
    if isinstance(last, Prose):
        blocks[-1] = Prose(f"{last.markdown}\n\n{text}")
    else:
        blocks.append(Prose(text))


def _result(page: str, token: Token) -> Result:
    directive, box = _DIRECTIVE.fullmatch(token.info.strip()), _BOX.fullmatch(token.content)
    if directive is None or box is None:
        raise PageError(
            f"{page}: {token.info.strip()!r} should be {{derivation}} and an identifier, and hold "
            "shapes and one formula between lines of $$"
        )
    parts = (box[part].strip() for part in ("shapes", "formula", "remark"))
    return Result(directive["identifier"], *parts)
