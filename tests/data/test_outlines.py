from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest

from minigen.data.outlines import CURVE, LINE, MOVE, Polygon, coverage, fitted, flatten

Array = npt.NDArray[np.float64]

TRIANGLE = np.array([[1.0, 1.0], [9.0, 2.0], [4.0, 8.0], [1.0, 1.0]])
STRAIGHT = np.array([MOVE, LINE, LINE, LINE], np.uint8)
LENS = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0], [1.0, -1.0], [0.0, 0.0]])
CURVED = np.array([MOVE, CURVE, CURVE, CURVE, CURVE], np.uint8)


def drawn(polygon: Polygon, side: int = 10) -> Array:
    """Return the coverage of a polygon whose y is upwards."""
    x, y = polygon.points.T
    picture: Array = coverage(x[np.newaxis], side - y[np.newaxis], polygon.following, side)[0]
    return picture


def shares_by_points(corners: Array, side: int, points: int = 40) -> Array:
    """Return how many of a pixel's points are to the left of all sides of a convex polygon."""
    places = (np.arange(side * points) + 0.5) / points
    x, y = np.meshgrid(places, side - places)
    inside = np.ones_like(x, bool)
    for (x0, y0), (x1, y1) in itertools.pairwise(corners):
        inside &= (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) > 0
    shares: Array = inside.reshape(side, points, side, points).mean(axis=(1, 3))
    return shares


@pytest.mark.parametrize("step", [0.05, 0.2])
def test_a_pixel_is_as_bright_as_the_part_that_is_covered(step: float) -> None:
    shares = shares_by_points(TRIANGLE, 10)
    np.testing.assert_allclose(drawn(flatten(TRIANGLE, STRAIGHT, step)), shares, atol=0.03)
    assert ((shares > 0.1) & (shares < 0.9)).any()  # an edge is smooth


@pytest.mark.parametrize("step", [0.05, 0.7, 3.0])
def test_what_is_covered_adds_up_to_the_area(step: float) -> None:
    assert drawn(flatten(TRIANGLE, STRAIGHT, step)).sum() == pytest.approx(26.5, rel=1e-12)


def test_the_parts_of_each_row_add_up_whatever_the_sides_are() -> None:
    fine, coarse = (drawn(flatten(TRIANGLE, STRAIGHT, step)) for step in (0.01, 20.0))
    np.testing.assert_allclose(coarse.sum(axis=1), fine.sum(axis=1), rtol=1e-9)


def test_a_curve_is_its_polynomial() -> None:
    points = flatten(LENS, CURVED, 0.01).points
    upper = points[points[:, 1] > 1e-9]
    np.testing.assert_allclose(upper[:, 1], upper[:, 0] * (2 - upper[:, 0]) / 2, atol=1e-12)


@pytest.mark.parametrize("step", [0.01, 0.3])
def test_no_side_is_longer_than_the_step(step: float) -> None:
    for vertices, codes in ((TRIANGLE, STRAIGHT), (LENS, CURVED)):
        polygon = flatten(vertices, codes, step)
        sides = polygon.points[polygon.following] - polygon.points
        lengths = np.hypot(*sides.T)
        assert lengths.min() > 0
        assert lengths.max() <= step * (1 + 1e-12)


def test_the_area_of_a_lens_is_that_of_its_parabolas() -> None:
    polygon = flatten(4 * LENS + [1, 5], CURVED, 0.01)
    assert drawn(polygon).sum() == pytest.approx(16 * 4 / 3, rel=1e-4)


def ring(inner: float) -> tuple[Array, npt.NDArray[np.uint8]]:
    """Return a square of 6 pixels with a square hole, whose contours run in opposite directions."""
    square = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0]])
    codes = np.array([MOVE, *[LINE] * 4] * 2, np.uint8)
    return np.concatenate([3 * square, inner * square[::-1]]) + 5, codes


def test_a_contour_in_the_other_direction_is_a_hole() -> None:
    picture = drawn(flatten(*ring(1.0), 0.3))
    assert picture.sum() == pytest.approx(36 - 4)
    assert picture[5, 5] == pytest.approx(0, abs=1e-12)
    assert picture[2, 2] == pytest.approx(1)


def test_two_contours_over_one_another_cover_once() -> None:
    vertices, codes = ring(1.0)
    vertices[5:] = vertices[:4:-1]
    assert drawn(flatten(vertices, codes, 0.3)).max() == 1


@pytest.mark.parametrize("backwards", [False, True])
def test_sides_move_outwards_whatever_the_direction_of_the_contours(backwards: bool) -> None:
    vertices, codes = ring(1.0)
    polygon = flatten(vertices[::-1] if backwards else vertices, codes, 10.0)
    bolder = Polygon(polygon.points + 0.25 * polygon.outward, polygon.following, polygon.outward)
    assert drawn(bolder).sum() == pytest.approx(6.5**2 - 1.5**2)


def test_a_sharp_corner_is_cut() -> None:
    needle = np.array([[0.0, 0.0], [10.0, -0.1], [10.0, 0.1], [0.0, 0.0]])
    outward = flatten(needle, STRAIGHT, 20.0).outward
    assert np.hypot(*outward.T).max() < 2


def test_a_fitted_polygon_lies_about_the_origin_with_the_longer_side_one() -> None:
    polygon = fitted(300 * LENS + 70, CURVED, 0.01)
    np.testing.assert_allclose(polygon.points.max(axis=0), [0.5, 0.25], rtol=1e-6)
    np.testing.assert_allclose(polygon.points.min(axis=0), [-0.5, -0.25], rtol=1e-6)


@pytest.mark.parametrize("moved", [-1.5, 1.5, math.nan])
def test_corners_outside_of_the_picture_are_refused(moved: float) -> None:
    x, y = TRIANGLE[np.newaxis, :3, 0] + moved, TRIANGLE[np.newaxis, :3, 1]
    with pytest.raises(ValueError, match="coverage: corners from 0 to 10 pixels are expected"):
        coverage(x, y, np.array([1, 2, 0]), 10)


def test_pictures_drawn_together_are_those_drawn_alone() -> None:
    polygon = flatten(TRIANGLE, STRAIGHT, 0.2)
    x, y = polygon.points.T
    several_x, several_y = (np.stack([each, each * 0.5, each * 0.9 + 0.7]) for each in (x, y))
    together = coverage(several_x, several_y, polygon.following, 10)
    for number in range(3):
        alone = coverage(
            several_x[number : number + 1], several_y[number : number + 1], polygon.following, 10
        )
        np.testing.assert_array_equal(together[number], alone[0])
