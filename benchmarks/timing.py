"""Medians, ranges and ratios of times that were taken in turns."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """The middle of several numbers, and the range they lie in."""

    median: float
    low: float
    high: float


def summarize(values: Sequence[float]) -> Summary:
    """Return the median and the range.

    Examples
    --------
    >>> summarize([3.0, 1.0, 2.0, 10.0])
    Summary(median=2.5, low=1.0, high=10.0)
    """
    return Summary(statistics.median(values), min(values), max(values))


def ratio(values: Sequence[float], baseline: Sequence[float]) -> Summary:
    """Return the ratio of two medians, and the range of the ratios turn by turn.

    Values of one turn were taken right after each other, so that what slowed the machine down for a
    while slowed both.

    Raises
    ------
    ValueError
        If the turns are not as many.

    Examples
    --------
    >>> ratio([1.0, 4.0, 2.0], [2.0, 4.0, 4.0])
    Summary(median=0.5, low=0.5, high=1.0)
    """
    if len(values) != len(baseline):
        raise ValueError(f"ratio: {len(values)} turns beside {len(baseline)}")
    each = [a / b for a, b in zip(values, baseline, strict=True)]
    middle = statistics.median(values) / statistics.median(baseline)
    return Summary(middle, min(each), max(each))


def steps_for(seconds: float, step: float, least: int) -> int:
    """Return how many steps fill a turn of so many seconds, and at least `least`.

    Examples
    --------
    >>> steps_for(0.5, step=0.005, least=5), steps_for(0.5, step=1.0, least=5)
    (100, 5)
    """
    return max(least, round(seconds / step))
