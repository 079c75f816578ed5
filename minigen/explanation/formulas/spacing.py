"""How far apart the things in a row stand, as TeX decides it: by their kinds."""

from __future__ import annotations

from dataclasses import dataclass

from minigen.explanation.formulas.tree import (
    Fraction,
    Kind,
    Row,
    Space,
    Symbol,
    Thing,
    end_of,
    kind_of,
)

_SIGNED = {Kind.BINARY, Kind.RELATION, Kind.OPEN, Kind.PUNCTUATION, Kind.LARGE}
"""After these, and at the beginning, a minus is a sign and no difference."""

_LOOSE = {Kind.BINARY, Kind.RELATION, Kind.PUNCTUATION, Kind.OPEN, Kind.CLOSE}

_CLINGING = {Kind.ORDINARY, Kind.OPEN, Kind.CLOSE}
"""Beside these, fractions keep a distance."""

_NAMES = {Kind.NAME, Kind.EXTREMUM, Kind.LARGE}


@dataclass(frozen=True)
class Placed:
    """A thing in a row: what it is to its neighbours, and the columns before it."""

    node: Thing
    gap: int
    begins: Kind
    ends: Kind


def spaced(row: Row, *, tight: bool = False) -> list[Placed]:
    """Place the things in a row.

    A sign such as the minus of -x clings to what follows, like an opening delimiter. Scripts are
    set tight: without spaces around relations and operators.
    """
    placed: list[Placed] = []
    space = Space(0)
    for position, node in enumerate(row.items):
        if isinstance(node, Space):
            space = max(space, node, key=lambda each: (each.width, not each.soft))
            continue
        last = placed[-1] if placed else None
        begins, ends = kind_of(node), end_of(node)
        if begins is Kind.BINARY and (last is None or last.ends in _SIGNED):
            begins = ends = Kind.OPEN
        if last is None or _is_full_stop(row, position):
            gap = 0
        elif tight:
            gap = int(bool(_NAMES & {last.ends, begins}) and not _LOOSE & {last.ends, begins})
        else:
            gap = max(_between(last.ends, begins), _kept(space, last.ends, begins))
            if Fraction in (type(last.node), type(node)) and {last.ends, begins} <= _CLINGING:
                gap = max(gap, 1)
        placed.append(Placed(node, gap, begins, ends))
        space = Space(0)
    return placed


def _is_full_stop(row: Row, position: int) -> bool:
    """Tell a sentence's last sign, which clings to the formula."""
    rest = [node for node in row.items[position:] if not isinstance(node, Space)]
    return rest in ([Symbol(".")], [Symbol(",", Kind.PUNCTUATION)], [Symbol(":")])


def _kept(space: Space, left: Kind, right: Kind) -> int:
    """Return what stays of a space that was asked for: none inside of a delimiter."""
    if space.width == 1 and (left is Kind.OPEN or right in {Kind.CLOSE, Kind.PUNCTUATION}):
        return 0
    if space.soft and (Kind.TEXT in {left, right} or (left in _NAMES and right is Kind.OPEN)):
        return 0
    return space.width


def _between(left: Kind, right: Kind) -> int:
    """Return the columns between two kinds of things."""
    pair = {left, right}
    if pair & {Kind.RELATION, Kind.BINARY} or left is Kind.PUNCTUATION:
        return 0 if right is Kind.PUNCTUATION else 1
    if Kind.TEXT in pair:
        return 0
    if left is Kind.OPEN or right in {Kind.CLOSE, Kind.PUNCTUATION}:
        return 0
    if left in {Kind.NAME, Kind.EXTREMUM} and right is Kind.OPEN:
        return 0
    return 1 if pair & _NAMES else 0
