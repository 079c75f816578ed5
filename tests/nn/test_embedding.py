"""A table of learned vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn


def test_each_index_gives_its_vector_and_only_that_learns() -> None:
    layer = nn.Embedding(4, 3)
    y = layer(minigen.tensor([[1, 3], [1, 1]]))
    np.testing.assert_array_equal(y.data, layer.weight.data[[[1, 3], [1, 1]]])
    y.sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.tolist() == [[0] * 3, [3] * 3, [0] * 3, [1] * 3]


def test_first_vectors_are_normal_and_decided_by_the_generator() -> None:
    one, same = (nn.Embedding(200, 50, generator=minigen.Generator(3)) for _ in range(2))
    np.testing.assert_array_equal(one.weight.data, same.weight.data)
    assert one.weight.data.mean() == pytest.approx(0, abs=0.05)
    assert one.weight.data.std() == pytest.approx(1, abs=0.05)
    assert nn.Embedding(2, 3, dtype=np.float64).weight.dtype == np.float64


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0), (3, 1.5)])
def test_sizes_must_be_positive(sizes: Any) -> None:
    with pytest.raises(ValueError, match=r"Embedding: \w+ must be a positive integer"):
        nn.Embedding(*sizes)


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
def test_an_index_out_of_range_is_refused() -> None:
    with pytest.raises(IndexError, match="from 0 to 3"):
        nn.Embedding(4, 3)(np.array([4]))
    assert repr(nn.Embedding(4, 3)) == "Embedding(4, 3)"
