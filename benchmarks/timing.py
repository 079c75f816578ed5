"""Minima, medians and ratios of times that were taken in turns."""

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


@dataclass(frozen=True)
class Ratio:
    """How two lists of times compare."""

    minima: float
    """The ratio of the shortest times: that of the two programs, disturbed least."""

    medians: float
    """The ratio of the medians: that of the turns as they came."""


def ratio(values: Sequence[float], baseline: Sequence[float]) -> Ratio:
    """Return the ratio of two minima and that of two medians.

    Whatever else a machine does makes a turn longer, never shorter.

    Raises
    ------
    ValueError
        If the turns are not as many: of more turns, the shortest is shorter.

    Examples
    --------
    >>> ratio([1.0, 4.0, 2.0], [2.0, 4.0, 8.0])
    Ratio(minima=0.5, medians=0.5)
    """
    if len(values) != len(baseline):
        raise ValueError(f"ratio: {len(values)} turns beside {len(baseline)}")
    return Ratio(
        min(values) / min(baseline), statistics.median(values) / statistics.median(baseline)
    )


def steps_for(seconds: float, step: float, least: int) -> int:
    """Return how many steps fill a turn of so many seconds, and at least `least`.

    Examples
    --------
    >>> steps_for(0.5, step=0.005, least=5), steps_for(0.5, step=1.0, least=5)
    (100, 5)
    """
    return max(least, round(seconds / step))


def whole_periods(steps: int, period: int) -> int:
    """Return the least multiple of a period that is not under so many steps.

    Examples
    --------
    >>> whole_periods(17, period=8), whole_periods(5, period=1)
    (24, 5)
    """
    return -(-steps // period) * period
