"""The logarithm and the powers of loops are as exact as NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from minigen.kernels.compiled.compilation import Loop
from minigen.kernels.compiled.exponentials import decay, log1p_of_decay, power_of_two

from .helpers import Array

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")


@Loop
def logarithms(d: Array, out: Array) -> None:
    for i in range(d.size):
        out[i] = log1p_of_decay(d[i])


def test_the_logarithm_is_exact_to_little_more_than_a_unit_of_the_last_place() -> None:
    d = np.concatenate([np.geomspace(1e-44, 1, 5000), np.linspace(0, 1, 5000)]).astype("float32")
    out = np.empty_like(d)
    logarithms(d, out)
    exact = np.log1p(d.astype("float64"))
    assert (np.abs(out - exact) <= 1.3 * np.spacing(out)).all()


@Loop
def powers(x: Array, out: Array) -> None:
    for i in range(x.size):
        out[i] = power_of_two(x[i])


def test_a_power_of_two_is_exact_to_little_more_than_a_unit_of_the_last_place() -> None:
    x = np.concatenate([np.linspace(-126, 127, 20_001), np.arange(-126, 128), [1e-45, -1e-45]])
    x = x.astype("float32")
    out = np.empty_like(x)
    powers(x, out)
    exact = np.exp2(x.astype("float64"))
    assert (np.abs(out - exact) <= 1.5 * np.spacing(out)).all()
    whole = x == np.rint(x)
    np.testing.assert_array_equal(out[whole], exact[whole])


def test_the_power_of_nan_is_nan() -> None:
    x, out = np.full(3, np.nan, np.float32), np.zeros(3, np.float32)
    powers(x, out)
    assert np.isnan(out).all()


def test_the_logarithm_of_nan_is_nan() -> None:
    d, out = np.full(3, np.nan, np.float32), np.zeros(3, np.float32)
    logarithms(d, out)
    assert np.isnan(out).all()


def test_a_decay_is_that_of_the_magnitude() -> None:
    x = np.array([-np.inf, -3, -0.0, 0, 3, np.inf, np.nan], np.float32)
    out = np.empty_like(x)
    decay(x, out)
    np.testing.assert_array_equal(out, np.exp(-np.abs(x)))
