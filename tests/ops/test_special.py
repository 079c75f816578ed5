"""Exponentials, logarithms to other bases, the error function, angles."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen.engine.backend import to_numpy
from tests.numeric import slopes


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


def test_logarithms_are_added_without_overflow_and_with_their_shares() -> None:
    a = minigen.tensor([1000.0, -1000.0, -np.inf], requires_grad=True)
    b = minigen.tensor([1000.0, -1001.0, 0.5], requires_grad=True)
    y = F.logaddexp(a, b)
    expected = [1000 + np.log(2), -1000 + np.log1p(np.exp(-1)), 0.5]
    np.testing.assert_allclose(y.array, expected, rtol=1e-6)
    of_a, of_b = slopes(y, a, b)
    share = 1 / (1 + np.exp(-1))
    np.testing.assert_allclose(of_a.array, [0.5, share, 0], rtol=1e-4)
    np.testing.assert_allclose(of_b.array, [0.5, 1 - share, 1], rtol=1e-4)


def test_the_logit_undoes_the_sigmoid_and_may_be_limited() -> None:
    x = np.linspace(-5, 5, 7)
    np.testing.assert_allclose(F.logit(F.sigmoid(x)), x, atol=1e-12)
    p = minigen.tensor([0.0, 0.5, 1.0], requires_grad=True)
    limited = p.logit(eps=0.25)
    np.testing.assert_allclose(limited.detach(), [-np.log(3), 0, np.log(3)], rtol=1e-6)
    assert slopes(limited, p)[0].tolist() == [0.0, 4.0, 0.0]


def test_a_length_does_not_overflow_and_has_no_slope_at_the_origin() -> None:
    a = minigen.tensor([3e30, 0.0], requires_grad=True)
    y = F.hypot(a, minigen.tensor([4e30, 0.0]))
    np.testing.assert_allclose(y.array, [5e30, 0.0], rtol=1e-6)
    np.testing.assert_allclose(slopes(y, a)[0].array, [0.6, 0.0], rtol=1e-6)
