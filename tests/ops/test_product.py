"""Products and running products."""

from __future__ import annotations

import numpy as np
import pytest

import minigen
import minigen.functional as F


def test_integers_and_truths_are_multiplied_in_int64_and_nothing_gives_one() -> None:
    for x in (np.array([2, 3], np.uint8), np.array([True, True])):
        assert F.prod(x).dtype == F.cumprod(x, 0).dtype == np.int64
    assert minigen.zeros(0, 3).prod(dim=0).tolist() == [1.0, 1.0, 1.0]
    assert minigen.zeros(0, 3).cumprod(dim=0).shape == (0, 3)


def test_the_gradient_of_nothing_has_no_elements() -> None:
    for name in ("prod", "cumprod"):
        x = minigen.zeros(0, 3, requires_grad=True)
        getattr(x, name)(dim=0).sum().backward()
        assert x.grad is not None
        assert x.grad.shape == (0, 3)


@pytest.mark.parametrize(
    ("values", "slopes"),
    [
        ([2.0, 3.0, 4.0], [12.0, 8.0, 6.0]),
        ([2.0, 0.0, 4.0], [0.0, 8.0, 0.0]),
        ([0.0, 0.0, 4.0], [0.0] * 3),
    ],
)
def test_a_slope_is_the_product_of_the_others_with_zeros_or_without(
    values: list[float], slopes: list[float]
) -> None:
    x = minigen.tensor(values, requires_grad=True)
    x.prod().backward()
    assert x.grad is not None
    assert x.grad.tolist() == slopes


def test_second_derivatives_are_right_beside_zeros() -> None:
    x = minigen.tensor([0.0, 0.0, 4.0], requires_grad=True)
    (first,) = minigen.grad(x.prod(), x, create_graph=True)
    assert first is not None
    (second,) = minigen.grad(first[0], x)
    assert second is not None
    assert second.tolist() == [0.0, 4.0, 0.0]


def test_a_running_product_of_float32_is_rounded_once() -> None:
    x = np.full(1000, 0.999, np.float32)
    exact = np.float64(np.float32(0.999)) ** 1000
    assert float(F.cumprod(x, 0)[-1]) == pytest.approx(exact, rel=6e-8)
