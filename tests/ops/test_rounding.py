"""Rounding, and what lies between whole numbers."""

from __future__ import annotations

import numpy as np
import pytest

import minigen
import minigen.functional as F


@pytest.mark.parametrize(
    ("decimals", "expected"),
    [(0, [2.0, -4.0]), (1, [2.2, -3.9]), (-1, [0.0, -0.0])],
)
def test_numbers_are_rounded_to_as_many_digits(decimals: int, expected: list[float]) -> None:
    rounded = minigen.tensor([2.25, -3.875]).round(decimals=decimals)
    np.testing.assert_allclose(rounded.numpy(), np.array(expected, np.float32))


def test_halves_go_to_even_numbers_and_integers_stay_integers() -> None:
    assert minigen.tensor([0.5, 1.5, 2.5]).round().tolist() == [0.0, 2.0, 2.0]
    rounded = minigen.tensor([14, 16]).round(decimals=-1)
    assert rounded.tolist() == [10, 20]
    assert rounded.dtype == np.int64


def test_truncation_goes_towards_zero_and_leaves_the_fraction() -> None:
    x = minigen.tensor([1.75, -1.75])
    assert x.trunc().tolist() == [1.0, -1.0]
    assert x.frac().tolist() == [0.75, -0.75]


def test_what_fmod_leaves_has_the_sign_of_the_dividend() -> None:
    x = minigen.tensor([5.0, -5.0], requires_grad=True)
    y = F.fmod(x, minigen.tensor([3.0, 3.0]))
    assert y.tolist() == [2.0, -2.0]
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1.0, 1.0]
