"""What a formula is made of, between LaTeX and what is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Kind(Enum):
    """What a symbol is to its neighbours: it decides the space between them, as in TeX."""

    ORDINARY = "ordinary"
    """A letter, number or other sign that clings to its neighbours."""
    NAME = "name"
    """A function's name in upright letters, which stands apart from letters."""
    LARGE = "large"
    """A sign like the sum's: limits go above and below."""
    EXTREMUM = "extremum"
    """A name like max, under which limits go."""
    BINARY = "binary"
    RELATION = "relation"
    OPEN = "open"
    CLOSE = "close"
    PUNCTUATION = "punctuation"
    TEXT = "text"
    """Words, which bring their own spaces."""


@dataclass(frozen=True)
class Symbol:
    """Characters that are drawn as they are."""

    text: str
    kind: Kind = Kind.ORDINARY


@dataclass(frozen=True)
class Space:
    """A gap of so many columns; a soft one is a blank of the source, which TeX would not print."""

    width: int
    soft: bool = False


@dataclass(frozen=True)
class Row:
    """Things side by side."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Scripts:
    """A base with what stands below and above to its right."""

    base: Thing
    below: Row | None = None
    above: Row | None = None


@dataclass(frozen=True)
class Fraction:
    """A numerator over a denominator."""

    numerator: Row
    denominator: Row


@dataclass(frozen=True)
class Root:
    """A square root."""

    body: Row


@dataclass(frozen=True)
class Accent:
    """A base with a mark on it: a combining character of Unicode."""

    mark: str
    body: Row


@dataclass(frozen=True)
class Delimited:
    """A body between delimiters that grow with it; an empty string stands for none."""

    left: str
    body: Row
    right: str


@dataclass(frozen=True)
class Boxed:
    """A result in its frame."""

    body: Row


@dataclass(frozen=True)
class Labelled:
    """A body with a brace under it, and a label under the brace."""

    body: Row
    label: Row


@dataclass(frozen=True)
class Grid:
    """Rows of cells; `environment` says of which sort."""

    environment: str
    rows: tuple[tuple[Row, ...], ...]


Thing: TypeAlias = (
    Symbol | Row | Scripts | Fraction | Root | Accent | Delimited | Boxed | Labelled | Grid
)
"""What is drawn."""

Node: TypeAlias = Thing | Space
"""What a row is made of."""


def kind_of(node: Thing) -> Kind:
    """Return what a node is to its neighbours on the left: the kind of its base."""
    if isinstance(node, Symbol):
        return node.kind
    if isinstance(node, Scripts):
        return kind_of(node.base)
    if isinstance(node, Row) and len(node.items) == 1 and isinstance(node.items[0], Symbol):
        return node.items[0].kind
    return Kind.OPEN if isinstance(node, Delimited) else Kind.ORDINARY


def end_of(node: Thing) -> Kind:
    """Return what a node is to its neighbours on the right."""
    if isinstance(node, Scripts):
        return end_of(node.base)
    return Kind.CLOSE if isinstance(node, Delimited) else kind_of(node)
