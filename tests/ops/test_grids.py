"""Grids of points."""

from __future__ import annotations

import pytest

import minigen
import minigen.functional as F


def test_the_first_vector_runs_down_or_along() -> None:
    a, b = minigen.tensor([1, 2]), minigen.tensor([3, 4, 5])
    assert [grid.shape for grid in F.meshgrid(a, b)] == [(2, 3), (2, 3)]
    along, down = F.meshgrid([a, b], indexing="xy")
    assert along.tolist() == [[1, 2]] * 3
    assert down.tolist() == [[3, 3], [4, 4], [5, 5]]
    assert F.meshgrid(a, indexing="xy")[0].tolist() == [1, 2]
    assert F.meshgrid(minigen.tensor(7), b)[0].shape == (1, 3)


def test_one_vector_alone_is_its_own_product() -> None:
    assert F.cartesian_prod(minigen.tensor([1, 2])).tolist() == [1, 2]


def test_other_orders_and_matrices_are_refused() -> None:
    with pytest.raises(ValueError, match="indexing is 'ij' or 'xy', got 'ji'"):
        F.meshgrid(minigen.zeros(2), indexing="ji")
    with pytest.raises(ValueError, match="cartesian_prod: vectors are expected"):
        F.cartesian_prod(minigen.zeros(2, 2))
