r"""Formulas in two dimensions: fractions with a bar, limits of sums above and below, frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from minigen.explanation.formulas import boxes, linear, symbols
from minigen.explanation.formulas.boxes import Box
from minigen.explanation.formulas.reader import read
from minigen.explanation.formulas.spacing import Placed, spaced
from minigen.explanation.formulas.tree import (
    Accent,
    Boxed,
    Delimited,
    Fraction,
    Grid,
    Kind,
    Labelled,
    Root,
    Row,
    Scripts,
    Symbol,
    Thing,
    kind_of,
)

_LINES: Final = {"\u0304", "\u0305"}
"""Marks that are lines: a bar, an overline."""

_SHORT: Final = 3
"""Scripts of so many letters are set in Unicode's own, if it has them; others on another line."""

_INDENT: Final = 4


def display(latex: str, width: int = 100) -> list[str]:
    r"""Set a formula in as many lines as it needs, of at most so many columns if it can be broken.

    Long formulas are broken before relations such as =, then before + and -.

    Raises
    ------
    FormulaError
        If the formula can't be read.

    Examples
    --------
    >>> from minigen.explanation.formulas import display
    >>> print("\n".join(display(r"y = \frac{1}{1 + e^{-x}}")))
           1
    y = ───────
        1 + e⁻ˣ
    """
    return [line.rstrip() for line in _fitted(read(latex), width).lines]


def _fitted(row: Row, width: int) -> Box:
    """Lay a row out, in several lines if one is too wide."""
    whole = _row(row, width)
    if whole.width <= width:
        return whole
    lines = list(_broken(spaced(row), width))
    return _below(
        [
            line if i == 0 else boxes.beside([boxes.blank(_INDENT), line])
            for i, line in enumerate(lines)
        ]
    )


def _below(lines: Sequence[Box], tall: int = 2) -> Box:
    """Put lines below one another; tall ones a blank line apart."""
    apart = any(line.height >= tall for line in lines)
    parts = [part for line in lines for part in ((line, boxes.blank(0)) if apart else (line,))]
    parts = parts[:-1] if apart else parts
    return boxes.above(parts, parts[0].base, "left")


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
            parts.append(boxes.blank(thing.gap))
        parts.append(_box(thing.node, width))
    return boxes.beside(parts)


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
            return boxes.delimited(left, _row(body, width), right)
        case Boxed(body):
            return boxes.framed(_fitted(body, width - 4))
        case Labelled(body, label):
            return _labelled(_row(body, width), _row(label, width))
        case Grid():
            return _grid(node, width)


def _scripts(node: Scripts, width: int) -> Box:
    base = _box(node.base, width)
    if kind_of(node.base) in {Kind.LARGE, Kind.EXTREMUM}:
        over = [_limit(node.above, width)] if node.above else []
        under = [_limit(node.below, width)] if node.below else []
        return boxes.above([*over, base, *under], sum(box.height for box in over) + base.base)
    low = linear.text_of(node.below, tight=True) if node.below else ""
    high = linear.text_of(node.above, tight=True) if node.above else ""
    small_low, small_high = _small(low, symbols.subscript), _small(high, symbols.superscript)
    if small_low is None and len(low) == 1:
        small_low = f"_{low}"
    if base.height > 1:
        inner = [""] * (base.height - 2)
        column = [high if small_high is None else small_high, *inner]
        return boxes.beside(
            [base, Box.of([*column, low if small_low is None else small_low], base.base)]
        )
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
    return Box((linear.text_of(row, tight=True),))


def _fraction(node: Fraction, width: int) -> Box:
    over, under = _row(node.numerator, width), _row(node.denominator, width)
    bar = Box(("─" * max(over.width, under.width),))
    return boxes.above([over, bar, under], over.height)


def _root(body: Box) -> Box:
    if body.height == 1 and body.width == 1:
        return Box((f"√{body.lines[0]}",))
    signs = Box((*("│" for _ in body.lines[1:]), "√"), body.base)
    return boxes.beside([signs, _overlined(body)])


def _overlined(body: Box) -> Box:
    """Draw a line over a body: the low lines of the row above."""
    return Box(("_" * body.width, *body.lines), body.base + 1)


def _accent(mark: str, body: Box) -> Box:
    if mark in _LINES and (body.width > 1 or body.height > 1):
        return _overlined(body)
    first = linear.marked(mark, body.lines[body.base])
    lines = (first if at == body.base else line for at, line in enumerate(body.lines))
    return Box(tuple(lines), body.base)


def _labelled(body: Box, label: Box) -> Box:
    half = max(body.width - 3, 0)
    brace = Box((f"╰{'─' * (half // 2)}┬{'─' * (half - half // 2)}╯",))
    return boxes.above([body, brace, label], body.base)


def _grid(grid: Grid, width: int) -> Box:
    match grid.environment:
        case "aligned":
            return _aligned(grid, width)
        case "cases":
            return boxes.delimited("{", _table(grid, width, ("left",), 3), "")
        case "pmatrix":
            return boxes.delimited("(", _table(grid, width, ("centre",), 2), ")")
        case _:
            return _table(grid, width, ("centre",), 0)


def _aligned(grid: Grid, width: int) -> Box:
    """Line equations up; where they are too wide so, each goes on lines of its own."""
    lined_up = _table(grid, width, ("right", "left"), 1)
    if lined_up.width <= width:
        return lined_up
    rows = [Row(tuple(item for cell in row for item in cell.items)) for row in grid.rows]
    return _below([_fitted(row, width) for row in rows])


def _table(grid: Grid, width: int, aligns: Sequence[boxes.Align], gap: int) -> Box:
    """Lay out cells in columns, whose alignments take turns; between turns the gap is wide."""
    cells = [[_row(cell, width) for cell in row] for row in grid.rows]
    columns = range(max(map(len, cells)))
    widths = [max(row[i].width for row in cells if i < len(row)) for i in columns]
    rows = []
    for row in cells:
        parts = []
        for i, cell in enumerate(row):
            wide = 4 if i and len(aligns) == 2 and i % 2 == 0 else gap
            parts.append(boxes.blank(wide if i else 0))
            parts.append(boxes.widened(cell, widths[i], aligns[i % len(aligns)]))
        rows.append(boxes.beside(parts))
    if len(rows) == 2 and grid.environment in {"cases", "pmatrix"}:
        rows.insert(1, boxes.blank(0))  # the line of writing, which belongs to neither
    table = _below(rows, tall=3)
    return Box(table.lines, (table.height - 1) // 2)
