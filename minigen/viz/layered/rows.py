"""The first step of a layered drawing: which row each box stands in."""

from __future__ import annotations

from collections.abc import Sequence

Arrow = tuple[int, int]
"""From which box to which."""


def assign_rows(count: int, arrows: Sequence[Arrow]) -> list[int]:
    """Return each box's row, from 0 at the top: arrows lead downwards, and are short.

    A box stands one row below the lowest of those that lead to it. One that has fewer arrows coming
    in than going out is then lowered as far as its arrows allow; those that come from boxes without
    any arrows coming in don't count, since such boxes follow.

    Raises
    ------
    ValueError
        If the arrows make a cycle.

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
    order = _downwards(above, below)
    rows = [0] * count
    for box in order:
        rows[box] = 1 + max((rows[source] for source in above[box]), default=-1)
    for box in reversed(order):
        anchors = sum(bool(above[source]) for source in above[box])
        if anchors < len(below[box]):
            rows[box] = min(rows[target] for target in below[box]) - 1
    number = {row: number for number, row in enumerate(sorted(set(rows)))}
    return [number[row] for row in rows]


def _downwards(above: Sequence[Sequence[int]], below: Sequence[Sequence[int]]) -> list[int]:
    """Return the boxes in an order in which every arrow leads onwards."""
    waiting = [len(sources) for sources in above]
    order = [box for box, sources in enumerate(above) if not sources]
    for box in order:  # grows while it is walked through
        for target in below[box]:
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    if len(order) < len(above):
        raise ValueError("a layered drawing needs a graph without cycles")
    return order
