"""One answer to whether tensors are the same."""

from __future__ import annotations

import math

import minigen
from minigen import allclose, equal, tensor


def test_tensors_are_equal_in_shape_and_elements() -> None:
    assert equal(tensor([1, 2]), tensor([1, 2]))
    assert tensor([1.0]).equal(tensor([1]))
    assert not equal(tensor([1, 2]), tensor([1, 3]))
    assert not equal(minigen.ones(2, 1), minigen.ones(2))
    assert not equal(tensor([math.nan]), tensor([math.nan]))


def test_tensors_are_close_within_tolerances() -> None:
    x = tensor([1.0, 100.0], dtype="float64")
    assert allclose(x + 1e-9, x)
    assert x.allclose(x * (1 + 0.9e-5))
    assert not allclose(x * (1 + 2e-5), x)
    assert allclose(x + 0.5, x, rtol=0, atol=0.6)
    assert not allclose(tensor([math.nan]), tensor([math.nan]))
    assert allclose(tensor([math.nan]), tensor([math.nan]), equal_nan=True)
