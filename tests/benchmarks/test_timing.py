from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.timing import Ratio, ratio, steps_for, summarize, whole_periods

times = st.floats(1e-6, 1e3)
turns = st.integers(1, 9).flatmap(
    lambda n: st.tuples(*(st.lists(times, min_size=n, max_size=n) for _ in range(2)))
)


@given(st.lists(times, min_size=1))
def test_the_median_lies_in_the_range(values: list[float]) -> None:
    found = summarize(values)
    assert found.low == min(values)
    assert found.high == max(values)
    assert found.low <= found.median <= found.high
    assert sum(v <= found.median for v in values) * 2 >= len(values)
    assert sum(v >= found.median for v in values) * 2 >= len(values)


def test_a_ratio_is_that_of_the_minima_and_that_of_the_medians() -> None:
    assert ratio([3.0, 1.0, 8.0], [2.0, 2.0, 4.0]) == Ratio(minima=0.5, medians=1.5)


@given(turns)
def test_a_machine_that_slows_down_does_not_change_the_ratio_of_the_minima(
    pair: tuple[list[float], list[float]],
) -> None:
    ours, theirs = pair
    slowed = ratio([*ours, 8 * max(ours)], [*theirs, 8 * max(theirs)])
    assert slowed.minima == ratio(ours, theirs).minima


def test_turns_that_were_not_taken_by_both_are_refused() -> None:
    with pytest.raises(ValueError, match="2 turns beside 1"):
        ratio([1.0, 2.0], [1.0])


@given(times, times, st.integers(1, 20))
def test_a_turn_has_the_least_number_of_steps_or_fills_its_time(
    seconds: float, step: float, least: int
) -> None:
    steps = steps_for(seconds, step, least)
    assert steps >= least
    assert steps == least or abs(steps * step - seconds) <= step


@given(st.integers(1, 100), st.integers(1, 16))
def test_a_turn_has_whole_periods(steps: int, period: int) -> None:
    found = whole_periods(steps, period)
    assert found % period == 0
    assert steps <= found < steps + period
