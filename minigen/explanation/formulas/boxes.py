"""Rectangles of text, of which formulas in two dimensions are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from rich.cells import cell_len

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


@dataclass(frozen=True)
class Box:
    """Lines of one width, of which one is the line of writing.

    Attributes
    ----------
    lines : tuple of str
        Padded with blanks.
    base : int
        Which line neighbours are lined up with.
    """

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
