"""Numbers that are finite, and the others replaced."""

from __future__ import annotations

import math

import numpy as np

import minigen
import minigen.functional as F


def test_what_is_not_finite_is_replaced_and_has_no_gradient() -> None:
    x = minigen.tensor([math.nan, math.inf, -math.inf, 2.0], requires_grad=True)
    y = x.nan_to_num(nan=1.0, posinf=5.0, neginf=-5.0)
    assert y.tolist() == [1.0, 5.0, -5.0, 2.0]
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 0.0, 0.0, 1.0]


def test_infinities_become_the_ends_of_the_dtype_and_integers_stay() -> None:
    ends = np.finfo(np.float32)
    x = minigen.tensor([math.inf, -math.inf])
    assert x.nan_to_num().tolist() == [float(ends.max), float(ends.min)]
    assert minigen.tensor([1, 2]).nan_to_num().tolist() == [1, 2]


def test_close_numbers_are_told_one_by_one() -> None:
    a = minigen.tensor([1.0, 1.0, np.inf, np.nan])
    b = minigen.tensor([1.1, 1.000001, np.inf, np.nan])
    assert a.isclose(b).tolist() == [False, True, True, False]
    assert F.isclose(a, b, rtol=0.2, equal_nan=True).tolist() == [True] * 4
