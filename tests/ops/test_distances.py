"""Distances between points."""

from __future__ import annotations

import numpy as np
import pytest

import minigen
import minigen.functional as F
from tests.numeric import draw, leaf


@pytest.mark.parametrize("p", [1, 2, np.inf])
def test_every_point_is_compared_with_every_other(p: float) -> None:
    a, b = draw(2, 3, 4, seed=0), draw(5, 4, seed=1)
    expected = np.linalg.norm(a[:, :, None] - b, p, -1)
    np.testing.assert_allclose(F.cdist(a, b, p), expected, rtol=1e-12)


def test_the_slope_is_zero_where_points_are_one() -> None:
    x = leaf(np.array([[1.0, 2.0], [4.0, 6.0]]))
    F.cdist(x, x).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.array, [[-1.2, -1.6], [1.2, 1.6]])


@pytest.mark.parametrize("shapes", [((3,), (2, 3)), ((2, 3), (2, 4))])
def test_what_are_no_sets_of_points_is_refused(shapes: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(ValueError, match=r"cdist: points of shapes \(..., n, features\)"):
        F.cdist(*(minigen.ones(*shape) for shape in shapes))


def test_partners_are_compared_and_the_axis_may_stay() -> None:
    a, b = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([3.0, 4.0])
    np.testing.assert_allclose(F.pairwise_distance(a, b, eps=0.0), [5.0, 13**0.5])
    assert F.pairwise_distance(a, b, keepdim=True).shape == (2, 1)
