"""Medians and quantiles."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

import minigen
import minigen.functional as F


def test_the_median_is_the_lower_of_two_and_has_a_place() -> None:
    x = minigen.tensor([[4.0, 1.0, 3.0, 2.0], [1.0, 2.0, 2.0, 3.0]])
    values, places = x.median(dim=1)
    assert values.tolist() == [2.0, 2.0]
    assert places.tolist() == [3, 1]
    kept = x.median(dim=0, keepdim=True)
    assert kept.values.tolist() == [[1.0, 1.0, 2.0, 2.0]]
    assert x.median().item() == 2.0


def test_equal_medians_share_the_gradient_and_nan_is_the_median() -> None:
    x = minigen.tensor([1.0, 2.0, 2.0, 5.0, 0.0], requires_grad=True)
    x.median().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 0.5, 0.5, 0.0, 0.0]
    broken = minigen.tensor([[1.0, math.nan, 0.0, math.nan]])
    assert broken.median(dim=1).indices.tolist() == [1]
    assert math.isnan(broken.median().item())
    assert math.isnan(minigen.zeros(0).median().item())


@pytest.mark.parametrize(
    ("interpolation", "expected"),
    [("linear", 2.5), ("lower", 2.0), ("higher", 3.0), ("midpoint", 2.5), ("nearest", 3.0)],
)
def test_between_two_elements_it_is_said_which(interpolation: str, expected: float) -> None:
    x = minigen.tensor([4.0, 1.0, 3.0, 2.0])
    assert x.quantile(0.5, interpolation=interpolation).item() == expected


def test_shares_stand_along_a_first_axis() -> None:
    x = minigen.tensor([[4.0, 1.0, 3.0], [0.0, 2.0, 4.0]])
    shares = minigen.tensor([0.0, 0.5, 1.0, 0.25])
    assert x.quantile(shares, dim=1).tolist() == [[1.0, 0.0], [3.0, 2.0], [4.0, 4.0], [2.0, 1.0]]
    assert x.quantile(shares).shape == (4,)
    assert x.quantile(shares, keepdim=True).shape == (4, 1, 1)
    assert x.quantile(shares, dim=1, keepdim=True).shape == (4, 2, 1)
    assert x.quantile(0.5, dim=1, keepdim=True).shape == (2, 1)
    assert x.quantile(0.5, keepdim=True).shape == (1, 1)


def test_infinite_elements_are_quantiles_and_nan_is_all_of_them() -> None:
    x = minigen.tensor([-math.inf, 1.0, math.inf])
    assert [x.quantile(q).item() for q in (0.0, 0.5, 1.0)] == [-math.inf, 1.0, math.inf]
    assert np.isnan(
        minigen.tensor([1.0, math.nan]).quantile(minigen.tensor([0.0, 0.5])).numpy()
    ).all()


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: F.median(minigen.zeros(0, 2), 0), ValueError, "median: axis 0 .* no elements"),
        (lambda: F.quantile(minigen.zeros(0, 2), 0.5, 1), ValueError, "has no elements"),
        (lambda: F.quantile(minigen.zeros(2), 1.5), ValueError, "q from 0 to 1"),
        (lambda: F.quantile(minigen.zeros(2), minigen.zeros(1, 1)), ValueError, "one or a row"),
        (lambda: F.quantile(minigen.arange(2), 0.5), TypeError, "floats are expected, got int64"),
        (
            lambda: F.quantile(minigen.zeros(2), 0.5, interpolation="cubic"),
            ValueError,
            "one of linear, .* got 'cubic'",
        ),
    ],
)
def test_what_has_no_rank_is_refused(
    call: Callable[[], object], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        call()
