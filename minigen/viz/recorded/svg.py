"""Writing a sketch down as SVG: outlines say what a symbol is, in light and in dark."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Sequence
from typing import Final

from minigen.viz.layered import Point, layout
from minigen.viz.recorded.sketch import Arrow, Kind, Sketch
from minigen.viz.recorded.symbols import (
    COLOURS,
    FONT,
    STYLE,
    draw_outline,
    draw_symbol,
    draw_text,
    size,
    text_width,
    xml_text,
)
from minigen.viz.recorded.words import KINDS, count, describe

_MARGIN: Final = 22.0
_SAMPLE: Final = (30.0, 16.0)
"""The width and height of an outline in the legend."""

_REMARK: Final = 80
"""How many characters a line of a remark has."""


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
    title, words = title or f"Recorded graph: {count(sketch)}", describe(sketch)
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
