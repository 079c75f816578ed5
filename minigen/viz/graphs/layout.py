"""Layered drawings of directed graphs without cycles, as Sugiyama draws them, in pure Python.

Four steps: every box gets a *row*; every arrow that passes rows gets a bend in each; the boxes and
bends of a row get an *order* with few crossings; and the places in a row get *coordinates* that
keep long arrows straight.

Sources: K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system
structures", IEEE Transactions on Systems, Man, and Cybernetics 11 (1981). For the coordinates,
U. Brandes, B. Köpf, "Fast and simple horizontal coordinate assignment", Graph Drawing (2001):
places are chained to blocks that stand one below the other, the blocks pushed together; that is
done from each of the four corners, and the four drawings are averaged.
"""

from __future__ import annotations

import bisect
import itertools
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Final

Point = tuple[float, float]

Arrow = tuple[int, int]
"""From which box to which."""

Rows = list[list[int]]
"""The places of each row, from left to right."""

Links = Mapping[int, Sequence[int]]
"""For each place the places that it is joined to in the row above, or in the one below."""

Columns = dict[int, float]
"""Where the middle of each place is."""

_LEAST_GAP: Final = 32.0
_MOST_GAP: Final = 76.0
_SLOPE: Final = 0.17
"""Between two rows there is this share of the widest step aside that a line makes there."""

_ROUNDS: Final = 12
"""How often all rows are gone through, down and up; more of it hardly ever helps."""


@dataclass(frozen=True)
class Layout:
    """Where everything is drawn; y grows downwards, and nothing lies left of or above 0.

    `centres` are the middles of the boxes, `lines` the points that each arrow passes: from the
    lower edge of the one box to the upper edge of the other. Every second stretch of a line, from
    the first on, is vertical.
    """

    centres: list[Point]
    lines: list[list[Point]]
    width: float
    height: float


@dataclass(frozen=True)
class _Grid:
    """Boxes and bends in rows; the places beyond the boxes' numbers are bends."""

    rows: Rows
    paths: list[list[int]]
    """The places of each arrow, from box over bends to box."""

    above: dict[int, list[int]]
    below: dict[int, list[int]]


def layout(
    sizes: Sequence[tuple[float, float]],
    arrows: Sequence[Arrow],
    *,
    side: Sequence[bool] | None = None,
    gap: float = 18.0,
    port: float = 16.0,
) -> Layout:
    """Draw boxes of these sizes (width, height) in rows, joined by arrows that lead downwards.

    A box stands below the middle of those that lead to it. Boxes that are at the `side` don't count
    for where others are placed, unless no others lead there. `gap` is the least space between two
    boxes of a row, `port` that between the ends of two arrows at a box.

    Raises
    ------
    ValueError
        If there is no box, or the arrows make a cycle.

    Examples
    --------
    >>> drawing = layout([(40, 20), (40, 20), (60, 20)], [(0, 2), (1, 2)])
    >>> drawing.centres
    [(20.0, 10.0), (78.0, 10.0), (49.0, 62.0)]
    >>> drawing.lines[0]
    [(20.0, 20.0), (20.0, 20.0), (41.0, 52.0), (41.0, 52.0)]
    """
    if not sizes:
        raise ValueError("layout: at least one box is expected")
    grid = _grid(len(sizes), arrows)
    count = sum(map(len, grid.rows))
    widths = [width for width, _ in sizes] + [0.0] * (count - len(sizes))
    rows = order_rows(grid.rows, grid.above, grid.below)
    above, below = _leading(grid, side or [False] * len(sizes))
    bends = range(len(sizes), count)
    x = assign_coordinates(rows, above, below, widths=widths, bends=bends, gap=gap)
    left = min(x[place] - widths[place] / 2 for place in x)
    x = {place: column - left for place, column in x.items()}
    ends = _ends(grid.paths, x, sizes, port)
    spans = _spans(rows, grid.paths, x, ends, sizes)
    centres = [(x[box], sum(spans[box]) / 2) for box in range(len(sizes))]
    edges = [
        (y - height / 2, y + height / 2) for (_, y), (_, height) in zip(centres, sizes, strict=True)
    ]
    lines = [_line(path, x, end, spans, edges) for path, end in zip(grid.paths, ends, strict=True)]
    width = max(x[place] + widths[place] / 2 for place in x)
    return Layout(centres, lines, width, max(bottom for _, bottom in spans.values()))


def _grid(count: int, arrows: Sequence[Arrow]) -> _Grid:
    """Put boxes in rows, and a bend in every row that an arrow passes."""
    row_of = assign_rows(count, arrows)
    rows: Rows = [[] for _ in range(max(row_of, default=-1) + 1)]
    above, below = defaultdict(list), defaultdict(list)
    new = itertools.count(count)
    paths = []
    for source, target in arrows:
        bends = [next(new) for _ in range(row_of[source] + 1, row_of[target])]
        path = [source, *bends, target]
        for upper, lower in itertools.pairwise(path):
            above[lower].append(upper)
            below[upper].append(lower)
        paths.append(path)
        row_of += [0] * len(bends)
        for number, bend in enumerate(bends, start=row_of[source] + 1):
            row_of[bend] = number
    for place in _depth_first(count, above, below):
        rows[row_of[place]].append(place)
    return _Grid(rows, paths, dict(above), dict(below))


def _depth_first(count: int, above: dict[int, list[int]], below: dict[int, list[int]]) -> list[int]:
    """Return all places, from the lowest boxes upwards, each box's sources from left to right."""
    stack = [box for box in reversed(range(count)) if box not in below]
    seen: dict[int, None] = {}
    while stack:
        place = stack.pop()
        if place not in seen:
            seen[place] = None
            stack += reversed(above.get(place, []))
    return list(seen)


def _leading(
    grid: _Grid, side: Sequence[bool]
) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Return the joints by which places are lined up; boxes at the side count for nothing else."""
    aside = {place for path in grid.paths if side[path[0]] for place in path[:-1]}
    above = {
        place: [other for other in others if other not in aside] or others
        for place, others in grid.above.items()
    }
    below = defaultdict(list)
    for place, others in above.items():
        for other in others:
            below[other].append(place)
    return above, below


def _ends(
    paths: Sequence[Sequence[int]],
    x: Columns,
    sizes: Sequence[tuple[float, float]],
    port: float,
) -> list[float]:
    """Return where each arrow meets the upper edge of its box: beside one another, in order."""
    coming: dict[int, list[int]] = defaultdict(list)
    for arrow, path in enumerate(paths):
        coming[path[-1]].append(arrow)
    ends = [0.0] * len(paths)
    for box, arrows in coming.items():
        arrows.sort(key=lambda arrow: x[paths[arrow][-2]])
        straight = [n for n, arrow in enumerate(arrows) if abs(x[paths[arrow][-2]] - x[box]) < 0.5]
        middle = straight[len(straight) // 2] if straight else (len(arrows) - 1) / 2
        furthest = max(middle, len(arrows) - 1 - middle)
        step = min(port, (sizes[box][0] - port) / 2 / furthest) if furthest else 0.0
        for number, arrow in enumerate(arrows):
            ends[arrow] = x[box] + (number - middle) * step
    return ends


def _spans(
    rows: Rows,
    paths: Sequence[Sequence[int]],
    x: Columns,
    ends: Sequence[float],
    sizes: Sequence[tuple[float, float]],
) -> dict[int, tuple[float, float]]:
    """Return from where to where each place's row reaches.

    Rows are further apart where lines between them go far to the side.
    """
    aside: Columns = defaultdict(float)
    for path, end in zip(paths, ends, strict=True):
        columns = [*(x[place] for place in path[:-1]), end]
        for place, (a, b) in zip(path, itertools.pairwise(columns), strict=False):
            aside[place] = max(aside[place], abs(a - b))
    spans = {}
    top = 0.0
    for row in rows:
        bottom = top + max(sizes[place][1] for place in row if place < len(sizes))
        spans.update(dict.fromkeys(row, (top, bottom)))
        widest = max(aside[place] for place in row)
        top = bottom + min(_MOST_GAP, max(_LEAST_GAP, _SLOPE * widest))
    return spans


def _line(
    path: Sequence[int],
    x: Columns,
    end: float,
    spans: Mapping[int, tuple[float, float]],
    edges: Sequence[tuple[float, float]],
) -> list[Point]:
    """Return the points of an arrow: down through each row, aside between two rows."""
    source, *bends, target = path
    line = [(x[source], edges[source][1]), (x[source], spans[source][1])]
    for bend in bends:
        line += [(x[bend], y) for y in spans[bend]]
    return [*line, (end, spans[target][0]), (end, edges[target][0])]


def assign_rows(count: int, arrows: Sequence[Arrow]) -> list[int]:
    """Return each box's row, from 0 at the top: arrows lead downwards, and are short.

    A box stands one row below the lowest of those that lead to it. One that has fewer arrows coming
    in than going out is then lowered as far as its arrows allow; those that come from boxes without
    any arrows coming in don't count, since such boxes follow. A cycle is a ValueError.

    Examples
    --------
    >>> assign_rows(4, [(0, 1), (1, 3), (2, 3)])
    [0, 1, 1, 2]
    """
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for source, target in arrows:
        above[target].append(source)
        below[source].append(target)
    try:
        order = list(TopologicalSorter(dict(enumerate(above))).static_order())
    except CycleError as error:
        raise ValueError("a layered drawing needs a graph without cycles") from error
    rows = [0] * count
    for box in order:
        rows[box] = 1 + max((rows[source] for source in above[box]), default=-1)
    for box in reversed(order):
        anchors = sum(bool(above[source]) for source in above[box])
        if anchors < len(below[box]):
            rows[box] = min(rows[target] for target in below[box]) - 1
    number = {row: number for number, row in enumerate(sorted(set(rows)))}
    return [number[row] for row in rows]


def order_rows(rows: Rows, above: Links, below: Links) -> Rows:
    """Return the rows in an order with few crossings of arrows.

    Each place moves to the mean of the places that it is joined to in the row before (its
    *barycentre*), row by row, down and up in turn; the best order seen is kept, and neighbours are
    exchanged in it as long as that helps.

    Examples
    --------
    >>> order_rows([[0, 1], [2, 3]], above={2: [1], 3: [0]}, below={0: [3], 1: [2]})
    [[1, 0], [2, 3]]
    """
    current = [list(row) for row in rows]
    best, fewest = current, count_crossings(current, below)
    for number in range(_ROUNDS):
        if not fewest:
            break
        upwards = number % 2 == 0
        current = _swept(current[::-1], below)[::-1] if upwards else _swept(current, above)
        _exchange(current, above, below)
        crossings = count_crossings(current, below)
        if crossings < fewest:
            best, fewest = current, crossings
    return best


def count_crossings(rows: Sequence[Sequence[int]], below: Links) -> int:
    """Return how many pairs of arrows cross between neighbouring rows.

    Examples
    --------
    >>> count_crossings([[0, 1], [2, 3]], {0: [3], 1: [2]})
    1
    """
    total = 0
    for upper, lower in itertools.pairwise(rows):
        column = _columns(lower)
        passed: list[int] = []  # where the arrows of the places further left end
        for place in upper:
            ends = sorted(column[target] for target in below.get(place, ()))
            total += sum(len(passed) - bisect.bisect_right(passed, end) for end in ends)
            for end in ends:
                bisect.insort(passed, end)
    return total


def _columns(row: Sequence[int]) -> dict[int, int]:
    return {place: column for column, place in enumerate(row)}


def _swept(rows: Rows, joined: Links) -> Rows:
    """Order each row by the one before it; a place joined to none of it stays where it is."""
    ordered = rows[:1]
    for row in rows[1:]:
        column = _columns(ordered[-1])
        ordered.append(_by_barycentre(row, column, joined))
    return ordered


def _by_barycentre(row: Sequence[int], column: Mapping[int, int], joined: Links) -> list[int]:
    means = {
        place: sum(column[other] for other in others) / len(others)
        for place in row
        if (others := joined.get(place, ()))
    }
    moving = iter(sorted(means, key=means.__getitem__))
    return [next(moving) if place in means else place for place in row]


def _exchange(rows: Rows, above: Links, below: Links) -> None:
    """Exchange neighbours in a row, in place, while fewer arrows cross for it."""
    columns = [_columns(row) for row in rows]
    improved = True
    while improved:
        improved = False
        for number, row in enumerate(rows):
            sides = [(above, columns[number - 1])] if number else []
            sides += [(below, columns[number + 1])] if number + 1 < len(rows) else []
            for left in range(len(row) - 1):
                a, b = row[left], row[left + 1]
                if sum(_gain(a, b, joined, column) for joined, column in sides) > 0:
                    row[left], row[left + 1] = b, a
                    columns[number][b], columns[number][a] = left, left + 1
                    improved = True


def _gain(a: int, b: int, joined: Links, column: Mapping[int, int]) -> int:
    """Return how many crossings fewer there are with `a`, now at the left of `b`, at its right."""
    return sum(
        (column[x] > column[y]) - (column[x] < column[y])
        for x in joined.get(a, ())
        for y in joined.get(b, ())
    )


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

    A place wants to stand below those that it is joined to in the row above, and above those in the
    row below; between two places that are `bends` of an arrow, that arrow is to be straight. `gap`
    is the least space between two places, of which each has its width.
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
        column = _columns(upper)
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
        column = _columns(earlier)
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
    order = list(TopologicalSorter(left).static_order())
    x: dict[int, float] = {}
    for b in order:
        x[b] = max((x[a] + apart[a, b] for a in left[b]), default=0.0)
    for a in reversed(order):
        if right[a]:
            x[a] = min(x[b] - apart[a, b] for b in right[a])
    return {place: x[first] for place, first in block.items()}


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
