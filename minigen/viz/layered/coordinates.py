"""The third step of a layered drawing: where in its row each place stands.

Source: U. Brandes, B. Köpf, "Fast and simple horizontal coordinate assignment", Graph Drawing
(2001): places are chained to blocks that stand one below the other, the blocks pushed together;
that is done from each of the four corners, and the four drawings are averaged.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence

from minigen.viz.layered.order import Links, Rows

Columns = dict[int, float]
"""Where the middle of each place is."""


def assign_coordinates(
    rows: Rows,
    above: Links,
    below: Links,
    *,
    widths: Sequence[float],
    bends: Collection[int],
    gap: float,
) -> Columns:
    """Return where the middle of each place is, from left to right.

    Parameters
    ----------
    rows : list of list of int
        The places of each row, in order.
    above, below : mapping from a place to places
        What each place wants to stand below and above of, in the rows next to it.
    widths : sequence of float
        By place.
    bends : collection of int
        The places that are bends of an arrow: between two of them it is to be straight.
    gap : float
        The least space between two places.
    """
    crossed = _crossing_straight_ones(rows, above, bends)
    drawings = []
    for upwards, leftwards in itertools.product((False, True), repeat=2):
        view = [row[::-1] if leftwards else list(row) for row in (rows[::-1] if upwards else rows)]
        blocks = _align(view, below if upwards else above, crossed)
        columns = _push_together(view, blocks, widths, gap)
        sign = -1 if leftwards else 1
        drawings.append({place: sign * x for place, x in columns.items()})
    return _average(drawings)


def _crossing_straight_ones(
    rows: Rows, above: Links, bends: Collection[int]
) -> set[tuple[int, int]]:
    """Return the pairs whose line would cross one between two bends, which is to be straight."""
    crossed = set()
    for upper, lower in itertools.pairwise(rows):
        column = {place: number for number, place in enumerate(upper)}
        straight = [
            (column[source], number)
            for number, place in enumerate(lower)
            if place in bends
            for source in above.get(place, ())
            if source in bends
        ]
        for number, place in enumerate(lower):
            for source in above.get(place, ()):
                start = column[source]
                if any((start - a) * (number - b) < 0 for a, b in straight):
                    crossed.add((source, place))
    return crossed


def _align(view: Rows, before: Links, crossed: Collection[tuple[int, int]]) -> dict[int, int]:
    """Chain places to blocks, each known by its first: a place to the median of those before it."""
    block = {place: place for row in view for place in row}
    taken = set()  # the places that have one below them in their block already
    for earlier, row in itertools.pairwise(view):
        column = {place: number for number, place in enumerate(earlier)}
        passed = -1
        for place in row:
            for other in _medians(sorted(before.get(place, ()), key=column.__getitem__)):
                free = other not in taken and column[other] > passed
                if free and (other, place) not in crossed and (place, other) not in crossed:
                    block[place] = block[other]
                    taken.add(other)
                    passed = column[other]
                    break
    return block


def _medians(others: Sequence[int]) -> Sequence[int]:
    """Return the one in the middle, or the two."""
    return others[(len(others) - 1) // 2 : len(others) // 2 + 1]


def _push_together(
    view: Rows, block: dict[int, int], widths: Sequence[float], gap: float
) -> Columns:
    """Put every block as far to the left as it goes, then as near to its right neighbours."""
    apart: dict[tuple[int, int], float] = {}
    for row in view:
        for a, b in itertools.pairwise(row):
            pair = block[a], block[b]
            distance = (widths[a] + widths[b]) / 2 + gap
            apart[pair] = max(apart.get(pair, 0.0), distance)
    left: dict[int, list[int]] = {first: [] for first in block.values()}
    right: dict[int, list[int]] = {first: [] for first in left}
    for a, b in apart:
        left[b].append(a)
        right[a].append(b)
    order = _rightwards(left, right)
    x: dict[int, float] = {}
    for b in order:
        x[b] = max((x[a] + apart[a, b] for a in left[b]), default=0.0)
    for a in reversed(order):
        if right[a]:
            x[a] = min(x[b] - apart[a, b] for b in right[a])
    return {place: x[first] for place, first in block.items()}


def _rightwards(left: dict[int, list[int]], right: dict[int, list[int]]) -> list[int]:
    """Return the blocks in an order in which each comes after its left neighbours."""
    waiting = {b: len(others) for b, others in left.items()}
    order = [b for b, others in left.items() if not others]
    for a in order:  # grows while it is walked through
        for b in right[a]:
            waiting[b] -= 1
            if not waiting[b]:
                order.append(b)
    return order


def _average(drawings: Sequence[Columns]) -> Columns:
    """Lay the drawings over the narrowest, each by the side it was pushed to; take the middles."""
    ends = [(min(drawing.values()), max(drawing.values())) for drawing in drawings]
    low, high = min(ends, key=lambda pair: pair[1] - pair[0])
    moved = [
        {place: x + (high - most if number % 2 else low - least) for place, x in drawing.items()}
        for number, (drawing, (least, most)) in enumerate(zip(drawings, ends, strict=True))
    ]
    return {
        place: sum(sorted(drawing[place] for drawing in moved)[1:3]) / 2 for place in drawings[0]
    }
