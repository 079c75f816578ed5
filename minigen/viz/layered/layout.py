"""All steps of a layered drawing, from the sizes of boxes to places and lines."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from minigen.viz.layered.coordinates import Columns, assign_coordinates
from minigen.viz.layered.order import Rows, order_rows
from minigen.viz.layered.rows import Arrow, assign_rows

Point = tuple[float, float]

_LEAST_GAP: Final = 32.0
_MOST_GAP: Final = 76.0
_SLOPE: Final = 0.17
"""Between two rows there is this share of the widest step aside that a line makes there."""


@dataclass(frozen=True)
class Layout:
    """Where everything is drawn; y grows downwards, and nothing lies left of or above 0.

    Attributes
    ----------
    centres : list of (x, y)
        The middle of each box.
    lines : list of list of (x, y)
        For each arrow the points that it passes: from the lower edge of the one box to the upper
        edge of the other. Every second stretch, from the first on, is vertical.
    width, height : float
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
    """Draw boxes in rows, joined by arrows that lead downwards.

    Parameters
    ----------
    sizes : sequence of (width, height)
        Of each box.
    arrows : sequence of (source, target)
        By the boxes' numbers, without cycles. A box stands below the middle of those that lead
        to it.
    side : sequence of bool, optional
        Which boxes stand at the side: for where a box is placed they don't count, unless no
        others lead to it.
    gap : float
        The least space between two boxes of a row.
    port : float
        The space between the ends of two arrows at a box.

    Returns
    -------
    Layout

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
