"""Counting elements."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

import minigen
import minigen.functional as F


def test_nan_is_not_zero() -> None:
    assert minigen.tensor([0.0, math.nan, 2.0]).count_nonzero().item() == 2


def test_different_elements_with_their_places_and_counts() -> None:
    x = minigen.tensor([[3, 1], [1, 3]])
    values, places, counts = x.unique(return_inverse=True, return_counts=True)
    assert values.tolist() == [1, 3]
    assert places.tolist() == [[1, 0], [0, 1]]
    assert counts.tolist() == [2, 2]
    rows, places = minigen.tensor([[1, 2], [0, 5], [1, 2]]).unique(return_inverse=True, dim=0)
    assert rows.tolist() == [[0, 5], [1, 2]]
    assert places.tolist() == [1, 0, 1]
    assert len(minigen.tensor([math.nan, 1.0, math.nan]).unique()) == 3


def test_weights_are_summed_in_their_dtype() -> None:
    classes = np.array([2, 0, 2])
    summed = F.bincount(classes, np.array([0.5, 1.0, 0.25], np.float32))
    assert summed.dtype == np.float32
    assert summed.tolist() == [1.0, 0.0, 0.75]
    assert F.bincount(classes, np.array([1, 2, 3])).dtype == np.float64
    assert F.bincount(np.zeros(0, np.int64), minlength=2).tolist() == [0, 0]


def test_a_histogram_has_both_ends_and_leaves_out_what_lies_outside() -> None:
    x = minigen.tensor([0.0, 0.5, 1.0, 1.5, math.nan, math.inf])
    assert x.histc(bins=2, min=0, max=1).tolist() == [1.0, 2.0]
    assert minigen.tensor([2.0, 2.0]).histc(bins=2).tolist() == [0.0, 2.0]
    assert minigen.zeros(0).histc(bins=2).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: F.bincount(np.array([0.5])), TypeError, "bincount: integers are expected"),
        (lambda: F.bincount(np.array([[1]])), ValueError, "bincount: one axis of integers"),
        (lambda: F.bincount(np.array([1]), np.ones(2)), ValueError, "as many weights"),
        (lambda: F.bincount(np.array([-1])), ValueError, "not negative are expected, got -1"),
        (lambda: F.histc(np.ones(2), bins=0), ValueError, "histc: a positive number of bins"),
        (lambda: F.histc(np.ones(2), 2, 3, 1), ValueError, "min < max"),
        (lambda: F.histc(np.array([1.0, math.nan])), ValueError, "both finite"),
    ],
)
@pytest.mark.host_only("arrays of NumPy's are handed in")
def test_what_can_not_be_counted_is_refused(
    call: Callable[[], object], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        call()
