"""The second step of a layered drawing: in which order the places of a row stand."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Mapping, Sequence
from typing import Final

Rows = list[list[int]]
"""The places of each row, from left to right."""

Links = Mapping[int, Sequence[int]]
"""For each place the places that it is joined to in the row above, or in the one below."""

_ROUNDS: Final = 12
"""How often all rows are gone through, down and up; more of it hardly ever helps."""


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
