"""Functions of one array, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from tests.numeric import draw, gradient_of, leaf

REFERENCE: dict[str, Any] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sign": np.sign,
    "sin": np.sin,
    "cos": np.cos,
}


@pytest.mark.parametrize("name", REFERENCE)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)])
def test_values_are_numpys(name: str, shape: tuple[int, ...]) -> None:
    x = draw(*shape, low=0.2, high=2)
    expected = REFERENCE[name](x)
    for y in (getattr(F, name)(leaf(x)), getattr(leaf(x), name)()):
        np.testing.assert_array_equal(y.numpy(), expected)
        assert y.shape == shape
    np.testing.assert_array_equal(getattr(F, name)(x), expected)


def test_the_absolute_value_has_slope_zero_at_zero() -> None:
    x = leaf([-2.0, 0.0, 3.0])
    x.abs().sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [-1, 0, 1])


def test_the_sign_carries_no_gradient() -> None:
    assert not leaf([1.0]).sign().requires_grad


def test_the_absolute_value_of_integers_stays_an_integer() -> None:
    assert minigen.tensor([-2, 3]).abs().dtype == np.int64


def test_the_square_root_has_an_infinite_slope_at_zero() -> None:
    x = leaf([0.0, 4.0])
    with np.errstate(divide="ignore"):
        x.sqrt().sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [np.inf, 0.25])


def test_large_and_small_numbers_in_float32() -> None:
    x = leaf([-200.0, -100.0, 80.0])
    y = x.exp()
    np.testing.assert_allclose(y.numpy(), np.exp([-200.0, -100.0, 80.0]), rtol=1e-5, atol=1e-40)
    y.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), y.numpy())
    tiny = leaf([1e-38])
    tiny.log().sum().backward()
    np.testing.assert_allclose(gradient_of(tiny), [1e38], rtol=1e-5)
