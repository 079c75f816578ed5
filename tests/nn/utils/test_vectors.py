"""Parameters in a row."""

from __future__ import annotations

import numpy as np
import pytest

import minigen
from minigen import nn
from tests.numeric import gradient_of


def test_a_vector_goes_back_to_where_it_came_from_and_is_no_view() -> None:
    layer, other = nn.Dense(3, 2), nn.Dense(3, 2)
    vector = nn.utils.parameters_to_vector(layer.parameters())
    nn.utils.vector_to_parameters(vector, other.parameters())
    for ours, theirs in zip(layer.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(ours.detach().numpy(), theirs.detach().numpy())
    vector.data.fill_(0.0)
    assert other.weight.abs().sum().item() > 0
    assert other.weight.requires_grad


def test_gradients_flow_through_the_vector() -> None:
    layer = nn.Dense(3, 2)
    nn.utils.parameters_to_vector(layer.parameters()).sum().backward()
    np.testing.assert_array_equal(gradient_of(layer.weight), np.ones((2, 3)))


def test_a_vector_of_another_length_is_refused_and_nothing_is_written() -> None:
    layer = nn.Dense(2, 1)
    before = layer.weight.tolist()
    for size in (2, 4):
        with pytest.raises(ValueError, match=rf"a vector of 3 elements .*got shape \({size},\)"):
            nn.utils.vector_to_parameters(minigen.zeros(size), layer.parameters())
    assert layer.weight.tolist() == before
    with pytest.raises(ValueError, match="parameters_to_vector: there are no parameters"):
        nn.utils.parameters_to_vector([])
