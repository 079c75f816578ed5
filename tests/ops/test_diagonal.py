"""Diagonals and traces."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import minigen
import minigen.functional as F


@pytest.mark.parametrize("offset", range(-4, 5))
def test_every_diagonal_is_numpys(offset: int) -> None:
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(F.diagonal(x, offset), np.diagonal(x, offset))
    np.testing.assert_array_equal(F.diag(x, offset), np.diag(x, offset))
    np.testing.assert_array_equal(F.diag(x[0], offset), np.diag(x[0], offset))


def test_diagonals_of_many_matrices_are_the_last_axis() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(F.diagonal(x, 1, -1, 0), np.diagonal(x, 1, -1, 0))
    assert F.diagonal(np.zeros((0, 2, 2)), 0, 1, 2).shape == (0, 2)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: F.diagonal(minigen.zeros(2, 2), 0, 1, -1), "two different axes"),
        (lambda: minigen.zeros(2, 2, 2).diag(), "diag: a vector or a matrix"),
        (lambda: minigen.zeros(2).trace(), "trace: a matrix is expected"),
    ],
)
def test_what_has_no_diagonal_is_refused(call: Callable[[], object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        call()
