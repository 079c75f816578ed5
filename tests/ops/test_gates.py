"""Activations with a weight, and activations that one half of a tensor gates."""

from __future__ import annotations

import numpy as np
import pytest

import minigen
import minigen.functional as F
from tests.numeric import leaf, slopes


@pytest.mark.derivation("prelu", "prelu.grad")
def test_each_channel_has_its_slope_which_learns_below_zero_alone() -> None:
    x, weight = leaf(np.array([[[-1.0, 2.0], [-3.0, -4.0]]])), leaf(np.array([0.5, 0.25]))
    y = F.prelu(x, weight)
    assert y.tolist() == [[[-0.5, 2.0], [-0.75, -1.0]]]
    of_x, of_weight = slopes(y, x, weight)
    assert of_x.tolist() == [[[0.5, 1.0], [0.25, 0.25]]]
    assert of_weight.tolist() == [-1.0, -7.0]


def test_one_slope_serves_all_elements_of_any_shape() -> None:
    for shape in ((), (3,), (3, 2), (3, 2, 4)):
        x, weight = leaf(-np.ones(shape)), leaf(np.array([0.5]))
        y = F.prelu(x, weight)
        assert y.shape == shape
        assert (y.array == -0.5).all()
        (of_weight,) = slopes(y, weight)
        assert of_weight.tolist() == [-x.size]


def test_infinity_passes_beside_a_slope_of_zero() -> None:
    x, weight = leaf(np.array([np.inf, -1.0])), leaf(np.array([0.0]))
    y = F.prelu(x, weight)
    assert y.tolist() == [np.inf, 0.0]
    assert slopes(y, weight)[0].tolist() == [-1.0]


@pytest.mark.parametrize("shape", [(2,), (1, 3)])
def test_other_numbers_of_slopes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="prelu: one slope, or one for each of 3 channels"):
        F.prelu(minigen.ones(4, 3), minigen.ones(*shape))


def test_half_the_channels_gate_the_others() -> None:
    x = minigen.tensor([[1.0, 2.0], [0.0, 100.0]])
    assert F.glu(x, dim=0).tolist() == [[0.5, 2.0]]
    assert F.glu(x).tolist() == [[float(F.sigmoid(np.float32(2.0)))], [0.0]]
    with pytest.raises(ValueError, match="glu: an even length of axis 1 is expected, got 3"):
        F.glu(minigen.ones(2, 3), 1)
