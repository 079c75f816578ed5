from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.checker.numeric import STEP, derivative, scale_of, step_for
from minigen.checker.settings import Settings

Array = npt.NDArray[np.float64]
SETTINGS = Settings()


def slope(f: Any, x: float, settings: Settings = SETTINGS, step: float = STEP) -> float:
    def along(t: float) -> Array:
        with np.errstate(all="ignore"):
            return np.array([f(x + t)])

    return float(derivative(along, along(0.0), step, settings).slope[0])


@pytest.mark.derivation("gradcheck.richardson")
@given(st.lists(st.floats(-3, 3), min_size=1, max_size=6), st.floats(-2, 2))
def test_polynomials_are_differentiated_to_rounding(coefficients: list[float], x: float) -> None:
    polynomial = np.polynomial.Polynomial(coefficients)
    exact = float(polynomial.deriv()(x))
    magnitude = float(np.polynomial.Polynomial(np.abs(coefficients))(abs(x)))
    assert slope(polynomial, x) == pytest.approx(exact, abs=1e-10 * (1 + magnitude))


@pytest.mark.parametrize("scale", [1e-6, 1e-4, 1e-2, 1.0, 1e2])
def test_functions_that_bend_fast_get_a_finer_step(scale: float) -> None:
    found = slope(lambda x: math.sin(x / scale), 0.3 * scale)
    assert found == pytest.approx(math.cos(0.3) / scale, rel=1e-6)


def test_the_step_grows_with_the_point() -> None:
    x = np.array([0.0, 1.0, -1000.0])
    assert (scale_of(x) == [1, 1, 1000]).all()
    assert (step_for(x, None) == STEP * np.array([1, 1, 1000])).all()
    assert (step_for(x, 0.1) == 0.1).all()
    assert slope(lambda x: x**2, 1e6, step=STEP * 1e6) == pytest.approx(2e6, rel=1e-10)


def test_a_chosen_step_is_kept_though_the_function_bends_fast() -> None:
    chosen = Settings(eps=0.1)
    assert slope(lambda x: math.sin(50 * x), 0.0, chosen, 0.1) != pytest.approx(50, rel=1e-2)


def test_no_derivative_is_given_where_the_function_is_not_finite() -> None:
    assert math.isnan(slope(np.log, 0.0))


def test_rounding_is_taken_neither_for_a_kink_nor_for_curvature() -> None:
    calls = []

    def rounded(t: float) -> Array:
        calls.append(t)
        return np.array([1e9 + t])

    found = derivative(rounded, rounded(0.0), STEP, SETTINGS)
    assert found.kink is None
    assert found.slope[0] == pytest.approx(1.0, abs=1e-2)
    assert len(calls) == 5


def test_a_kink_in_one_of_many_outputs_is_found() -> None:
    def along(t: float) -> Array:
        return np.array([math.sin(t), t**2, abs(t - 1e-5), math.exp(t)])

    kink = derivative(along, along(0.0), STEP, SETTINGS).kink
    assert kink is not None
    assert kink.output == 2
    assert kink.offset == pytest.approx(1e-5, rel=1e-3)
