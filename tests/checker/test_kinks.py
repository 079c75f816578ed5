from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigen import functional as F
from minigen.checker import FailureKind, gradcheck
from minigen.checker.numeric import STEP, Kink, find_kink


def look(f: Any, h: float = 1e-3) -> Kink | None:
    return find_kink(lambda t: np.array([f(t)]), 0, h)


@given(st.floats(-0.9, 0.9), st.floats(-10, 10), st.floats(0.01, 100))
def test_a_kink_is_found_with_its_place_and_slopes(
    place: float, slope: float, change: float
) -> None:
    h = 1e-3
    kink = look(lambda t: slope * t + change * max(0.0, t - place * h), h)
    assert kink is not None
    assert kink.offset == pytest.approx(place * h, abs=1e-3 * h)
    assert kink.left == pytest.approx(slope, abs=1e-6 * change + 1e-9)
    assert kink.right == pytest.approx(slope + change, rel=1e-6, abs=1e-9)
    assert kink.jump == 0


@given(st.floats(-0.9, 0.9), st.floats(0.1, 10))
def test_a_jump_is_found_with_its_place_and_height(place: float, height: float) -> None:
    h = 1e-3
    kink = look(lambda t: t + (height if t > place * h else 0.0), h)
    assert kink is not None
    assert kink.offset == pytest.approx(place * h, abs=0.01 * h)
    assert kink.jump == pytest.approx(height, rel=1e-2)


@pytest.mark.parametrize(
    "smooth",
    [
        math.sin,
        math.exp,
        lambda t: t**3,
        lambda t: math.log(t + 2e-3),
        lambda _: 1.0,
        lambda t: math.tanh(2000 * t),
        lambda t: 1e6 + t,
        lambda _: math.nan,
    ],
)
def test_a_smooth_function_has_no_kink(smooth: Any) -> None:
    assert look(smooth) is None


@settings(max_examples=50)
@given(st.floats(-0.95, 0.95))
def test_the_checker_finds_a_kink_anywhere_within_a_step(offset: float) -> None:
    report = gradcheck(F.relu, np.array([offset * STEP, 1.0]))
    (failure,) = report.failures
    assert (failure.kind, failure.input) == (FailureKind.KINK, "x")
    assert "the slope is 0 on the left and 1 on the right" in failure.message
    assert "move the input away" in failure.message


@settings(max_examples=20)
@given(st.floats(1.01, 1e3), st.sampled_from([-1, 1]))
def test_a_kink_beyond_the_step_does_no_harm(distance: float, side: int) -> None:
    assert gradcheck(F.abs, np.array([side * distance * STEP]), order=2)


def test_a_kink_is_reported_and_the_other_elements_are_compared() -> None:
    report = gradcheck(F.abs, np.array([0.0, 1.0, 0.0]))
    assert [failure.kind for failure in report.failures] == [FailureKind.KINK]
    assert "x[0] = 0 (and near 1 more of its elements), for out[0]," in report.failures[0].message
    assert report.inputs[0].relative_error < 1e-9


def test_nothing_is_compared_where_every_element_is_at_a_kink() -> None:
    report = gradcheck(F.abs, np.zeros(2))
    assert [failure.kind for failure in report.failures] == [FailureKind.KINK]
    assert math.isnan(report.inputs[0].error)
    assert math.isnan(report.worst_relative_error)
    assert "?" in str(report)


def test_a_kink_along_a_direction_is_reported() -> None:
    report = gradcheck(F.abs, np.zeros(3), mode="directional")
    assert [failure.kind for failure in report.failures] == [FailureKind.KINK]
    assert "along a random direction" in report.failures[0].message


def test_a_kink_of_the_gradient_is_found_at_second_order() -> None:
    def smooth_once(x: Any) -> Any:
        return F.relu(x) * F.relu(x)

    x = np.array([1e-6, 1.0])
    assert gradcheck(smooth_once, x, rtol=1e-3, atol=1e-3)
    report = gradcheck(F.elu, x, order=2)
    assert [(f.kind, f.order) for f in report.failures] == [(FailureKind.KINK, 2)]
