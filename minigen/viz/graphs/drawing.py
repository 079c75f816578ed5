"""A sketch as SVG: outlines say what a symbol is, without colours, and in light as in dark."""

from __future__ import annotations

import hashlib
import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from minigen.viz.graphs.layout import Point, layout
from minigen.viz.graphs.sketch import KINDS, Arrow, Kind, Sketch, Symbol

FONT: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_CHARACTER: Final = 0.605
"""The width of a character of these fonts, as a share of their size: of none is it more."""

_LABEL: Final = 13.0
_TEXT: Final = 11.0
_LEADING: Final = 15.5
_PADDING: Final = 11.0
_POINT: Final = 9.0
"""How far a parameter's outline is pointed at either end."""

_DOUBLE: Final = 3.0
"""The space between the two outlines of the output."""

_STACKED: Final = 4.0
"""How far several ops stand out behind one another, to the right and above."""

_EDGES: Final = {
    Kind.PARAMETER: (_POINT, _POINT, 0.0, 0.0),
    Kind.OUTPUT: (_DOUBLE, _DOUBLE, _DOUBLE, _DOUBLE),
    Kind.CHAIN: (0.0, _STACKED, _STACKED, 0.0),
    Kind.REST: (0.0, _STACKED, _STACKED, 0.0),
}
"""What an outline takes at the left, the right, above and below, if it takes anything."""

_NO_EDGES: Final = (0.0, 0.0, 0.0, 0.0)

_MARGIN: Final = 22.0
_SAMPLE: Final = (30.0, 16.0)
"""The width and height of an outline in the legend."""

_REMARK: Final = 80
"""How many characters a line of a remark has."""


@dataclass(frozen=True)
class Colours:
    """What a picture is painted with; `kinds` are the fill and the outline of each symbol."""

    paper: str
    ink: str
    quiet: str
    arrow: str
    kinds: dict[Kind, tuple[str, str]]


COLOURS: Final = Colours(
    paper="#ffffff",
    ink="#16202e",
    quiet="#465263",
    arrow="#77838f",
    kinds={
        Kind.OP: ("#e9f1fb", "#3a6ea5"),
        Kind.OUTPUT: ("#e2f4e9", "#23784a"),
        Kind.PARAMETER: ("#fdf0db", "#a9660b"),
        Kind.CONSTANT: ("#f5f5f4", "#76716b"),
        Kind.CHAIN: ("#f0ebfa", "#6d4fa8"),
        Kind.REST: ("#eef0f2", "#5f6b78"),
    },
)

_DARK: Final = Colours(
    paper="#12171d",
    ink="#eef2f7",
    quiet="#b9c4d0",
    arrow="#8592a1",
    kinds={
        Kind.OP: ("#17293f", "#6ea4dc"),
        Kind.OUTPUT: ("#143325", "#5fc48d"),
        Kind.PARAMETER: ("#3a2a10", "#e0a54a"),
        Kind.CONSTANT: ("#26282b", "#a3a09b"),
        Kind.CHAIN: ("#2b2340", "#ab90e6"),
        Kind.REST: ("#22272d", "#93a0ae"),
    },
)


def _style() -> str:
    """Return the style sheet: links show themselves under the pointer; the colours of the dark."""
    rules = {
        ".paper": f"fill: {_DARK.paper}",
        ".label": f"fill: {_DARK.ink}",
        ".text": f"fill: {_DARK.quiet}",
        ".tip": f"fill: {_DARK.arrow}",
        ".arrows": f"stroke: {_DARK.arrow}",
        **{
            f".{kind} .outline": f"fill: {fill}; stroke: {stroke}"
            for kind, (fill, stroke) in _DARK.kinds.items()
        },
    }
    dark = " ".join(f".minigen-graph {name} {{ {rule} }}" for name, rule in rules.items())
    link = ".minigen-graph a:hover .label { text-decoration: underline }"
    return f"{link} @media (prefers-color-scheme: dark) {{ {dark} }}"


STYLE: Final = _style()


def draw(sketch: Sketch, title: str = "") -> str:
    """Return an SVG document that shows a sketch.

    The colours of a light page are attributes of the shapes, which every program understands; where
    the reader prefers dark pages, a style sheet replaces them.
    """
    drawing = layout(
        [size(symbol) for symbol in sketch.symbols],
        [(arrow.source, arrow.target) for arrow in sketch.arrows],
        side=[symbol.is_leaf for symbol in sketch.symbols],
    )
    legend, legend_width, legend_height = _draw_legend(sketch)
    inner = max(drawing.width, legend_width)
    width, height = inner + 2 * _MARGIN, drawing.height + legend_height + 3 * _MARGIN
    pairs = zip(sketch.arrows, drawing.lines, strict=True)
    arrows = "\n".join(_draw_arrow(sketch, arrow, line) for arrow, line in pairs)
    symbols = "\n".join(map(draw_symbol, sketch.symbols, drawing.centres))
    title, words = title or f"Recorded graph: {sketch.count}", sketch.describe()
    key = "graph-" + hashlib.sha256(f"{title}{words}{arrows}".encode()).hexdigest()[:8]
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" class="minigen-graph" width="{width:.0f}" \
height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" font-family="{FONT}" \
role="graphics-document" aria-labelledby="{key}-title" aria-describedby="{key}-words">
<title id="{key}-title">{xml_text(title)}</title>
<desc id="{key}-words">{xml_text(words)}</desc>
<style>{STYLE}</style>
<defs><marker id="{key}-tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" \
markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">\
<path class="tip" d="M0 0.8L8 4L0 7.2z" fill="{COLOURS.arrow}"/></marker></defs>
<rect class="paper" width="100%" height="100%" rx="8" fill="{COLOURS.paper}"/>
<g transform="translate({_MARGIN + (inner - drawing.width) / 2:.1f} {_MARGIN:.1f})">
<g class="arrows" fill="none" stroke="{COLOURS.arrow}" marker-end="url(#{key}-tip)">
{arrows}
</g>
{symbols}
</g>
<g transform="translate({_MARGIN + (inner - legend_width) / 2:.1f} \
{drawing.height + 2 * _MARGIN:.1f})">
{legend}
</g>
</svg>
"""


def _draw_arrow(sketch: Sketch, arrow: Arrow, line: Sequence[Point]) -> str:
    """Return a line that goes down through rows and swings aside between them."""
    source, target = sketch.symbols[arrow.source], sketch.symbols[arrow.target]
    (x, y), *further = [(round(x, 1), round(y, 1)) for x, y in line]
    path = [f"M{x} {y}"]
    for next_x, next_y in further:
        middle = round((y + next_y) / 2, 1)
        if next_x != x:
            path.append(f"C{x} {middle} {next_x} {middle} {next_x} {next_y}")
        elif next_y != y:  # a stretch without a length would turn the arrow's tip
            path.append(f"V{next_y}")
        x, y = next_x, next_y
    role = f"{arrow.role} of {target.label}" if arrow.role else target.label
    words = f"{source.label} is {role}" if arrow.role else f"{source.label} goes to {role}"
    thickness = 1.1 if source.is_leaf else 1.7
    return (
        f'<path d="{"".join(path)}" stroke-width="{thickness}"><title>{xml_text(words)}</title>'
        "</path>"
    )


def _draw_legend(sketch: Sketch) -> tuple[str, float, float]:
    """Return what the outlines mean, and the remarks; and the width and height of both."""
    shown = {symbol.kind for symbol in sketch.symbols}
    parts, x = [], 0.0
    wide, high = _SAMPLE
    for kind in (kind for kind in Kind if kind in shown):
        words = KINDS[kind]
        outline = draw_outline(kind, (x + wide / 2, high / 2), _SAMPLE)
        parts.append(f'<g class="{kind}">{outline}</g>')
        parts.append(draw_text(words, (x + wide + 8, high / 2), anchor="start"))
        x += wide + 8 + text_width(words) + 22
    width, y = x - 22, high
    for line in (line for remark in sketch.remarks for line in textwrap.wrap(remark, _REMARK)):
        y += 18
        parts.append(draw_text(line, (0, y), anchor="start"))
        width = max(width, text_width(line))
    return "\n".join(parts), width, y


def xml_text(text: str) -> str:
    """Return text as XML may hold it."""
    return escape("".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text))


def text_width(text: str, font_size: float = _TEXT) -> float:
    """Return how wide a text is: ideographs count as two characters."""
    cells = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return cells * _CHARACTER * font_size


def size(symbol: Symbol) -> tuple[float, float]:
    """Return the width and height of a symbol, which hold its text."""
    below = symbol.lines
    widest = max([text_width(symbol.label, _LABEL), *map(text_width, below)])
    left, right, above, under = _EDGES.get(symbol.kind, _NO_EDGES)
    height = _LEADING * (1 + len(below)) + _PADDING
    return widest + 2 * _PADDING + left + right, height + above + under


def draw_symbol(symbol: Symbol, centre: Point) -> str:
    """Return a symbol's outline and text, as a link if it has a derivation."""
    below = symbol.lines
    left, right, above, under = _EDGES.get(symbol.kind, _NO_EDGES)
    x = centre[0] + (left - right) / 2
    y = centre[1] + (above - under - _LEADING * len(below)) / 2
    texts = [draw_text(symbol.label, (x, y), label=True)]
    texts += [
        draw_text(line, (x, y + _LEADING * number)) for number, line in enumerate(below, start=1)
    ]
    drawn = (
        f'<g class="{symbol.kind}"><title>{xml_text(symbol.tooltip)}</title>'
        f"{draw_outline(symbol.kind, centre, size(symbol))}{''.join(texts)}</g>"
    )
    return drawn if symbol.link is None else f"<a href={quoteattr(symbol.link)}>{drawn}</a>"


def draw_outline(kind: Kind, centre: Point, extent: tuple[float, float]) -> str:
    """Return the outline that tells a kind of symbol from the others, without its colour."""
    (x, y), (width, height) = centre, extent
    left, top = x - width / 2, y - height / 2
    fill, stroke = COLOURS.kinds[kind]
    paint = f'class="outline" fill="{fill}" stroke="{stroke}"'

    def box(
        cut: tuple[float, float, float, float] = _NO_EDGES, radius: float = 7.0, more: str = ""
    ) -> str:
        return (
            f'<rect x="{left + cut[0]:.1f}" y="{top + cut[2]:.1f}" '
            f'width="{width - cut[0] - cut[1]:.1f}" height="{height - cut[2] - cut[3]:.1f}" '
            f'rx="{radius:g}" {paint}{more}/>'
        )

    match kind:
        case Kind.PARAMETER:
            return f'<polygon points="{_pointed(centre, extent)}" stroke-linejoin="round" {paint}/>'
        case Kind.CONSTANT:
            return box(radius=0, more=' stroke-dasharray="4 3"')
        case Kind.CHAIN | Kind.REST:
            behind = box((_STACKED, 0, 0, _STACKED))
            return behind + box(_EDGES[kind], more=' stroke-dasharray="1 3"' * (kind is Kind.REST))
        case Kind.OUTPUT:
            return box() + box(_EDGES[kind], radius=4.5)
        case Kind.OP:
            return box()


def _pointed(centre: Point, extent: tuple[float, float]) -> str:
    """Return the corners of a box whose left and right edges are points."""
    (x, y), (width, height) = centre, extent
    point = min(_POINT, height / 2)
    corners = [
        (side * (width / 2 - cut), up * height / 2)
        for side, up, cut in (
            *((-1, 0, 0), (-1, -1, point), (1, -1, point)),
            *((1, 0, 0), (1, 1, point), (-1, 1, point)),
        )
    ]
    return " ".join(f"{x + a:.1f},{y + b:.1f}" for a, b in corners)


def draw_text(text: str, place: Point, *, anchor: str = "middle", label: bool = False) -> str:
    """Return a line of text whose middle is at the height of a place."""
    x, y = place
    name, colour = ("label", COLOURS.ink) if label else ("text", COLOURS.quiet)
    font_size = _LABEL if label else _TEXT
    weight = ' font-weight="600"' if label else ""
    return (
        f'<text class="{name}" x="{x:.1f}" y="{y + 0.35 * font_size:.1f}" '
        f'font-size="{font_size:g}"{weight} text-anchor="{anchor}" fill="{colour}">'
        f"{xml_text(text)}</text>"
    )
