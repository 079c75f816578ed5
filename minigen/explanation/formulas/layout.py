r"""Formulas set in Unicode: in one line, as within a sentence, or in two dimensions.

In a line, scripts are Unicode's where it has them, and otherwise ``x_(n,c)`` and ``e^(−u²/2)``. In
two dimensions, fractions have a bar, sums their limits above and below, and results a frame: they
are put together of rectangles of text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from rich.cells import cell_len

from minigen.explanation.formulas.reader import read
from minigen.explanation.formulas.signs import (
    Accent,
    Boxed,
    Delimited,
    Fraction,
    Grid,
    Kind,
    Labelled,
    Placed,
    Root,
    Row,
    Scripts,
    Symbol,
    Thing,
    kind_of,
    spaced,
    subscript,
    superscript,
)

_OVERLINE: Final = "\u0305"

_APART: Final = {Kind.RELATION, Kind.BINARY, Kind.PUNCTUATION, Kind.TEXT}
"""Beside these, a fraction needs no parentheses."""


_LINES: Final = {"\u0304", "\u0305"}
"""Marks that are lines: a bar, an overline."""

_SHORT: Final = 3
"""Scripts of so many letters are set in Unicode's own, if it has them; others on another line."""

_INDENT: Final = 4


Align: TypeAlias = Literal["left", "centre", "right"]

_TALL: Final = {
    "(": "⎛⎜⎝",
    ")": "⎞⎟⎠",
    "[": "⎡⎢⎣",
    "]": "⎤⎥⎦",
    "⌊": "⎢⎢⎣",
    "⌋": "⎥⎥⎦",
    "⌈": "⎡⎢⎢",
    "⌉": "⎤⎥⎥",
    "|": "│││",
    "‖": "║║║",
    "{": "⎧⎪⎩",
    "}": "⎫⎪⎭",
}
"""A delimiter's top, its middle as often as needed, and its bottom."""


def inline(latex: str) -> str:
    r"""Write a formula in a line; one that can't be read is a `FormulaError`.

    Examples
    --------
    >>> from minigen.explanation.formulas import inline
    >>> inline(r"\tfrac12 \left[ \mu^2 + \sigma^2 - 1 - \ln \sigma^2 \right]")
    '½ [μ² + σ² − 1 − ln σ²]'
    >>> inline(r"y_{n,o} = \frac{1}{N+1} \sum_{i=1}^n x_i")
    'y_(n,o) = (1/(N + 1)) ∑ᵢ₌₁ⁿ xᵢ'
    """
    return text_of(read(latex))


def text_of(row: Row, *, tight: bool = False) -> str:
    """Write a row in a line; tight as a script."""
    things = spaced(row, tight=tight)
    befores = [Kind.PUNCTUATION, *(thing.ends for thing in things)]
    afters = [*(thing.begins for thing in things[1:]), Kind.PUNCTUATION]
    parts = []
    for thing, before, after in zip(things, befores, afters, strict=False):
        text = _text(thing.node, tight)
        stands_free = before in {*_APART, Kind.OPEN} and after in {*_APART, Kind.CLOSE}
        if isinstance(thing.node, Fraction) and not stands_free:
            text = f"({text})"
        parts.append(" " * thing.gap + text)
    return unicodedata.normalize("NFC", "".join(parts))


def marked(mark: str, text: str) -> str:
    """Put a mark on a letter; a line on every letter, other marks on the first."""
    if mark == _OVERLINE:
        return "".join(c if c.isspace() else c + mark for c in text)
    return unicodedata.normalize("NFC", text[:1] + mark + text[1:])


def _text(node: Thing, tight: bool) -> str:
    match node:
        case Symbol(text):
            return text
        case Row():
            return text_of(node, tight=tight)
        case Scripts(base, below, above):
            return _scripted(base, below, above, tight)
        case Fraction(numerator, denominator):
            over, under = text_of(numerator, tight=tight), text_of(denominator, tight=tight)
            return f"{_grouped(over)}/{_grouped(under, divides=True)}"
        case Root(body):
            inside = text_of(body, tight=tight)
            return f"√{inside}" if _is_one(inside) else f"√({inside})"
        case Accent(mark, body):
            return marked(mark, text_of(body, tight=tight))
        case Delimited(left, body, right):
            return f"{left}{text_of(body, tight=tight)}{right}"
        case Boxed(body):
            return text_of(body)
        case Labelled(body, label):
            return f"{text_of(body)} ({text_of(label)})"
        case Grid(_, rows):
            return "; ".join(" ".join(text_of(cell) for cell in row) for row in rows)


def _scripted(base: Thing, below: Row | None, above: Row | None, tight: bool) -> str:
    text = _text(base, tight)
    if isinstance(base, Row | Fraction) and not _is_one(text):
        text = f"({text})"
    if below is not None:
        script = text_of(below, tight=True)
        text += subscript(script) or f"_{_bracketed(script)}"
    if above is not None:
        script = text_of(above, tight=True)
        text += superscript(script) or f"^{_bracketed(script)}"
    return text


def _bracketed(script: str) -> str:
    return script if _is_one(script) else f"({script})"


def _is_one(text: str) -> bool:
    """Tell whether a text is one letter, with its marks."""
    return sum(not unicodedata.combining(c) for c in text) == 1


def _grouped(text: str, *, divides: bool = False) -> str:
    """Put what is a sum in parentheses; below a line, a product as well."""
    is_sum = any(sign in text for sign in " +−") and not text.startswith(("(", "∂", "−"))
    is_product = divides and not (_is_one(text) or text.isdigit() or text[:1] in "∂(")
    has_script = divides and is_product and _is_one(text.rstrip("₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ²³ᵀ′"))
    return f"({text})" if is_sum or (is_product and not has_script) else text


@dataclass(frozen=True)
class Box:
    """Lines of one width, padded with blanks; by `base`, the line of writing, they are lined up."""

    lines: tuple[str, ...]
    base: int = 0

    @classmethod
    def of(cls, lines: Sequence[str], base: int = 0) -> Box:
        """Make a box of lines of any widths, aligned on the left."""
        width = max(map(cell_len, lines), default=0)
        return cls(tuple(_padded(line, width) for line in lines), base)

    @property
    def width(self) -> int:
        """In columns of a terminal: marks on letters take none."""
        return cell_len(self.lines[0])

    @property
    def height(self) -> int:
        """In lines."""
        return len(self.lines)

    @property
    def below(self) -> int:
        """How many lines are below the line of writing."""
        return self.height - 1 - self.base


def _padded(line: str, width: int, align: Align = "left") -> str:
    missing = width - cell_len(line)
    before = {"left": 0, "right": missing, "centre": missing // 2}[align]
    return " " * before + line + " " * (missing - before)


def beside(boxes: Sequence[Box]) -> Box:
    """Line boxes up by their lines of writing."""
    if not boxes:
        return Box(("",))
    base = max(box.base for box in boxes)
    height = base + 1 + max(box.below for box in boxes)
    columns = []
    for box in boxes:
        blank = " " * box.width
        before = base - box.base
        columns.append([blank] * before + [*box.lines] + [blank] * (height - before - box.height))
    return Box(tuple("".join(parts) for parts in zip(*columns, strict=True)), base)


def above(boxes: Sequence[Box], base: int, align: Align = "centre") -> Box:
    """Put boxes below one another; `base` is the line of writing, counted over all."""
    width = max(box.width for box in boxes)
    lines = [_padded(line, width, align) for box in boxes for line in box.lines]
    return Box(tuple(lines), base)


def widened(box: Box, width: int, align: Align) -> Box:
    """Make a box wider."""
    return Box(tuple(_padded(line, width, align) for line in box.lines), box.base)


def blank(width: int) -> Box:
    """Make a gap."""
    return Box((" " * width,))


def delimited(left: str, body: Box, right: str) -> Box:
    """Put a body between delimiters of its height."""
    return beside([_delimiter(left, body), body, _delimiter(right, body)])


def _delimiter(sign: str, body: Box) -> Box:
    if body.height == 1 or sign not in _TALL:
        return Box((sign,))
    top, middle, bottom = tuple(_TALL[sign])
    if sign in "{}" and body.height > 2:
        centre = {"{": "⎨", "}": "⎬"}[sign]
        inner = [centre if line == body.base else middle for line in range(1, body.height - 1)]
        return Box((top, *inner, bottom), body.base)
    return Box((top, *(middle for _ in range(body.height - 2)), bottom), body.base)


def framed(body: Box) -> Box:
    """Draw a frame around a body."""
    bar = "─" * (body.width + 2)
    return Box((f"╭{bar}╮", *(f"│ {line} │" for line in body.lines), f"╰{bar}╯"), body.base + 1)


def display(latex: str, width: int = 100) -> list[str]:
    r"""Set a formula in as many lines as it needs, of at most so many columns if it can be broken.

    Long formulas are broken before relations such as =, then before + and -.

    One that can't be read is a `FormulaError`.
    """
    return [line.rstrip() for line in _fitted(read(latex), width).lines]


def _fitted(row: Row, width: int) -> Box:
    """Lay a row out, in several lines if one is too wide."""
    whole = _row(row, width)
    if whole.width <= width:
        return whole
    lines = list(_broken(spaced(row), width))
    return _below(
        [line if i == 0 else beside([blank(_INDENT), line]) for i, line in enumerate(lines)]
    )


def _below(lines: Sequence[Box], tall: int = 2) -> Box:
    """Put lines below one another; tall ones a blank line apart."""
    apart = any(line.height >= tall for line in lines)
    parts = [part for line in lines for part in ((line, blank(0)) if apart else (line,))]
    parts = parts[:-1] if apart else parts
    return above(parts, parts[0].base, "left")


def _broken(things: Sequence[Placed], width: int) -> Iterator[Box]:
    """Fill lines with pieces of a row, as many as fit in each."""
    line: list[Placed] = []
    room = width
    for piece in _pieces(things, width - _INDENT):
        if line and _things([*line, *piece], width).width > room:
            yield _things(line, room)
            line, room = [], width - _INDENT
        line += piece
    yield _things(line, room)


def _pieces(things: Sequence[Placed], width: int) -> Iterator[list[Placed]]:
    """Cut a row at wide gaps; what is still too wide, before relations; then before its terms."""
    for piece in _cut(things, lambda thing: thing.gap > 1):
        if _things(piece, width).width <= width:
            yield piece
            continue
        for part in _cut(piece, lambda thing: thing.begins is Kind.RELATION):
            if _things(part, width).width <= width:
                yield part
            else:
                yield from _terms(part, width)


def _terms(things: Sequence[Placed], width: int) -> Iterator[list[Placed]]:
    """Cut a row before its terms; where one is too wide, inside of its flat delimiters, too."""
    terms = list(_cut(things, lambda thing: thing.begins is Kind.BINARY))
    if all(_things(term, width).width <= width for term in terms):
        yield from terms
    else:
        opened = [part for thing in things for part in _opened(thing, width)]
        yield from _cut(opened, lambda thing: thing.begins in {Kind.BINARY, Kind.RELATION})


def _opened(thing: Placed, width: int) -> list[Placed]:
    """Take delimiters and what is between them apart, unless they have to grow with it."""
    node = thing.node
    if not isinstance(node, Delimited) or _box(node, width).height > 1:
        return [thing]
    left = Placed(Symbol(node.left), thing.gap, Kind.OPEN, Kind.OPEN)
    right = Placed(Symbol(node.right), 0, Kind.CLOSE, Kind.CLOSE)
    return [left, *spaced(node.body), right]


def _cut(things: Sequence[Placed], begins: Callable[[Placed], bool]) -> Iterator[list[Placed]]:
    piece: list[Placed] = []
    for thing in things:
        if piece and begins(thing):
            yield piece
            piece = []
        piece.append(thing)
    yield piece


def _row(row: Row, width: int) -> Box:
    return _things(spaced(row), width)


def _things(things: Sequence[Placed], width: int) -> Box:
    """Lay out things side by side; the gap before the first is dropped."""
    parts = []
    for position, thing in enumerate(things):
        if thing.gap and position:
            parts.append(blank(thing.gap))
        parts.append(_box(thing.node, width))
    return beside(parts)


def _box(node: Thing, width: int) -> Box:
    """Lay out one thing; `width` is what frames and grids have to keep to."""
    match node:
        case Symbol(text):
            return Box((text,))
        case Row():
            return _row(node, width)
        case Scripts():
            return _scripts(node, width)
        case Fraction():
            return _fraction(node, width)
        case Root(body):
            return _root(_row(body, width))
        case Accent(mark, body):
            return _accent(mark, _row(body, width))
        case Delimited(left, body, right):
            return delimited(left, _row(body, width), right)
        case Boxed(body):
            return framed(_fitted(body, width - 4))
        case Labelled(body, label):
            return _labelled(_row(body, width), _row(label, width))
        case Grid():
            return _grid(node, width)


def _scripts(node: Scripts, width: int) -> Box:
    base = _box(node.base, width)
    if kind_of(node.base) in {Kind.LARGE, Kind.EXTREMUM}:
        over = [_limit(node.above, width)] if node.above else []
        under = [_limit(node.below, width)] if node.below else []
        return above([*over, base, *under], sum(box.height for box in over) + base.base)
    low = text_of(node.below, tight=True) if node.below else ""
    high = text_of(node.above, tight=True) if node.above else ""
    small_low, small_high = _small(low, subscript), _small(high, superscript)
    if small_low is None and len(low) == 1:
        small_low = f"_{low}"
    if base.height > 1:
        inner = [""] * (base.height - 2)
        column = [high if small_high is None else small_high, *inner]
        return beside([base, Box.of([*column, low if small_low is None else small_low], base.base)])
    indent = " " * base.width
    lines = [base.lines[0] + (small_low or "") + (small_high or "")]
    raised = [indent + high] if small_high is None else []
    lowered = [indent + low] if small_low is None else []
    return Box.of([*raised, *lines, *lowered], len(raised))


def _small(script: str, alphabet: Callable[[str], str | None]) -> str | None:
    """Set a short script in Unicode's small letters, if it has them all."""
    return alphabet(script) if len(script) <= _SHORT else None


def _limit(row: Row, width: int) -> Box:
    """Lay out a limit: in a line, but for what is stacked."""
    if len(row.items) == 1 and isinstance(row.items[0], Grid):
        return _grid(row.items[0], width)
    return Box((text_of(row, tight=True),))


def _fraction(node: Fraction, width: int) -> Box:
    over, under = _row(node.numerator, width), _row(node.denominator, width)
    bar = Box(("─" * max(over.width, under.width),))
    return above([over, bar, under], over.height)


def _root(body: Box) -> Box:
    if body.height == 1 and body.width == 1:
        return Box((f"√{body.lines[0]}",))
    signs = Box((*("│" for _ in body.lines[1:]), "√"), body.base)
    return beside([signs, _overlined(body)])


def _overlined(body: Box) -> Box:
    """Draw a line over a body: the low lines of the row above."""
    return Box(("_" * body.width, *body.lines), body.base + 1)


def _accent(mark: str, body: Box) -> Box:
    if mark in _LINES and (body.width > 1 or body.height > 1):
        return _overlined(body)
    first = marked(mark, body.lines[body.base])
    lines = (first if at == body.base else line for at, line in enumerate(body.lines))
    return Box(tuple(lines), body.base)


def _labelled(body: Box, label: Box) -> Box:
    half = max(body.width - 3, 0)
    brace = Box((f"╰{'─' * (half // 2)}┬{'─' * (half - half // 2)}╯",))
    return above([body, brace, label], body.base)


def _grid(grid: Grid, width: int) -> Box:
    match grid.environment:
        case "aligned":
            return _aligned(grid, width)
        case "cases":
            return delimited("{", _table(grid, width, ("left",), 3), "")
        case "pmatrix":
            return delimited("(", _table(grid, width, ("centre",), 2), ")")
        case _:
            return _table(grid, width, ("centre",), 0)


def _aligned(grid: Grid, width: int) -> Box:
    """Line equations up; where they are too wide so, each goes on lines of its own."""
    lined_up = _table(grid, width, ("right", "left"), 1)
    if lined_up.width <= width:
        return lined_up
    rows = [Row(tuple(item for cell in row for item in cell.items)) for row in grid.rows]
    return _below([_fitted(row, width) for row in rows])


def _table(grid: Grid, width: int, aligns: Sequence[Align], gap: int) -> Box:
    """Lay out cells in columns, whose alignments take turns; between turns the gap is wide."""
    cells = [[_row(cell, width) for cell in row] for row in grid.rows]
    columns = range(max(map(len, cells)))
    widths = [max(row[i].width for row in cells if i < len(row)) for i in columns]
    rows = []
    for row in cells:
        parts = []
        for i, cell in enumerate(row):
            wide = 4 if i and len(aligns) == 2 and i % 2 == 0 else gap
            parts.append(blank(wide if i else 0))
            parts.append(widened(cell, widths[i], aligns[i % len(aligns)]))
        rows.append(beside(parts))
    if len(rows) == 2 and grid.environment in {"cases", "pmatrix"}:
        rows.insert(1, blank(0))  # the line of writing, which belongs to neither
    table = _below(rows, tall=3)
    return Box(table.lines, (table.height - 1) // 2)
