"""Vectors looked up in a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from tests.numeric import assert_gradients, draw, gradient_of, leaf


@pytest.mark.parametrize("indices", [2, [0, 2, 2], [[1, 0], [2, 1]], np.zeros((0, 2), int)])
def test_each_index_gives_its_row(indices: Any) -> None:
    table, indices = draw(3, 4), np.array(indices)
    np.testing.assert_array_equal(F.embedding(indices, table), table[indices])
    found = F.embedding(minigen.tensor(indices), leaf(table))
    np.testing.assert_array_equal(found.numpy(), table[indices])


def test_rows_looked_up_twice_get_both_cotangents_and_others_none() -> None:
    table = leaf(np.zeros((3, 2)))
    F.embedding(np.array([2, 0, 2]), table).backward(np.array([[1.0, 2], [3, 4], [5, 6]]))
    assert gradient_of(table).tolist() == [[3, 4], [0, 0], [6, 8]]


def test_gradients_of_both_orders() -> None:
    picks = np.array([[0, 1], [1, 1]])
    assert_gradients(lambda table: F.tanh(F.embedding(picks, table)), draw(3, 2))


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
@pytest.mark.parametrize("indices", [[0, 3], [-1, 0]])
def test_indices_out_of_range_are_refused(indices: list[int]) -> None:
    with pytest.raises(IndexError, match="indices from 0 to 2 are expected, the table has 3 rows"):
        F.embedding(np.array(indices), draw(3, 2))


@pytest.mark.parametrize(
    ("indices", "got"), [(np.ones(2), "float64"), (np.ones(2, bool), "bool"), ([1, 2], "list")]
)
def test_indices_must_be_integers(indices: Any, got: str) -> None:
    with pytest.raises(TypeError, match=f"integers are expected as indices, got {got}"):
        F.embedding(indices, draw(3, 2))


def test_the_table_must_be_a_matrix() -> None:
    with pytest.raises(ValueError, match=r"weight of shape \(n, features\) is expected, got \(3,"):
        F.embedding(np.array([0]), draw(3))
