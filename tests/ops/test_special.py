"""Exponentials, logarithms to other bases, the error function, angles."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen.engine.backend import to_numpy


def test_small_numbers_keep_their_digits() -> None:
    x = np.array([1e-12, -1e-12])
    np.testing.assert_allclose(F.expm1(x), x, rtol=1e-11)
    np.testing.assert_allclose(F.erf(x), x * 2 / math.sqrt(math.pi), rtol=1e-15)


def test_the_error_function_is_exact_everywhere() -> None:
    x = np.concatenate([np.linspace(-7, 7, 4001), np.logspace(-300, 1, 100)])
    expected = np.array([math.erf(value) for value in x.tolist()])
    np.testing.assert_allclose(F.erf(x), expected, rtol=5e-16, atol=0)
    single = F.erf(x.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, rtol=5e-7, atol=1e-37)


def test_the_error_function_of_what_is_not_finite() -> None:
    x = minigen.tensor([math.inf, -math.inf, math.nan, -0.0])
    assert str(x.erf().tolist()) == "[1.0, -1.0, nan, -0.0]"


@pytest.mark.parametrize("name", ["expm1", "log2", "log10", "erf"])
def test_integers_give_float32(name: str) -> None:
    y = getattr(minigen.tensor([1, 2]), name)()
    assert y.dtype == np.float32
    expected = {"expm1": math.expm1, "log2": math.log2, "log10": math.log10, "erf": math.erf}
    np.testing.assert_allclose(to_numpy(y.array)[1], expected[name](2), rtol=1e-6)


def test_angles_of_the_four_axes() -> None:
    heights, widths = minigen.tensor([0.0, 1.0, 0.0, -1.0]), minigen.tensor([1.0, 0.0, -1.0, 0.0])
    quarters = heights.atan2(widths) * (2 / math.pi)
    np.testing.assert_allclose(to_numpy(quarters.array), [0, 1, 2, -1], rtol=1e-6)
