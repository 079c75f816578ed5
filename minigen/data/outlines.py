r"""Filled outlines, drawn with smooth edges: a pixel is as bright as it is covered.

An outline is a set of closed contours of straight lines and quadratic Bézier curves, as fonts have
them. It is flattened into a polygon with short sides, which may be moved, turned and made bolder;
then each side adds, in its row of pixels, the area to the right of it, upwards or downwards. What
the sides of a closed contour add up to is the area inside (Green's theorem)

.. math:: A = \oint x \, dy,

pixel by pixel. Everything is made of sums, products, quotients and square roots, which IEEE 754
rounds correctly: the same outlines give the same pixels, to the last bit, on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

MOVE, LINE, CURVE = 1, 2, 3
"""What a vertex is: the start of a contour, the end of a line, or one of a curve's other two."""

_SHARPEST: Final = 0.5  # of 1 + cos of the angle turned: corners sharper than 120 degrees are cut


@dataclass(frozen=True)
class Polygon:
    """Closed contours of short straight sides; the inside is to the left of each, seen along it.

    Parameters
    ----------
    points : array of float64, shape (P, 2)
        The corners, x to the right and y upwards.
    following : array of int64, shape (P,)
        For each corner the index of the next one of its contour.
    outward : array of float64, shape (P, 2)
        Where each corner goes if every side moves outwards by 1.
    """

    points: Numbers
    following: npt.NDArray[np.int64]
    outward: Numbers


def flatten(vertices: Numbers, codes: npt.NDArray[np.uint8], step: float) -> Polygon:
    r"""Make a polygon of an outline, with sides no longer than `step`.

    A curve with the ends :math:`p_0, p_2` and the control point :math:`p_1` is

    .. math:: p(t) = (1 - t)^2 p_0 + 2 t (1 - t) p_1 + t^2 p_2, \qquad 0 \le t \le 1,

    whose speed is at most twice the longer of the control polygon's two sides. A line is a curve
    whose control point lies in its middle.

    Parameters
    ----------
    vertices : array of float64, shape (N, 2)
        Of one contour after another: its start, then the end of each line, and the control point
        and the end of each curve. Every contour ends where it starts.
    codes : array of uint8, shape (N,)
        Of each vertex `MOVE`, `LINE` or `CURVE`.
    step : float
        In the unit of the vertices.

    Examples
    --------
    >>> corners = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    >>> square = flatten(corners, np.array([MOVE, LINE, LINE, LINE, LINE], np.uint8), step=0.5)
    >>> len(square.points)
    8
    >>> square.outward[:2]  # of the corner (0, 0), and of the middle of the lower side
    array([[-1., -1.],
           [ 0., -1.]])
    """
    curved = codes == CURVE
    control = curved & (np.cumsum(curved) % 2 == 1)  # its two vertices: this one, and the end
    last = np.flatnonzero((codes == LINE) | (curved & ~control))
    start, end = vertices[last - np.where(curved[last], 2, 1)], vertices[last]
    middle = np.where(curved[last][:, np.newaxis], vertices[last - 1], (start + end) / 2)
    longer = np.maximum(_length(middle - start), _length(end - middle))
    counts = np.ceil(2 * longer / step).astype(np.int64)  # none of a line to where it starts
    points = _curves(start, middle, end, counts)
    contour = np.cumsum(codes == MOVE)[last] - 1
    sizes = np.bincount(contour, counts).astype(np.int64)
    sizes = sizes[sizes > 0]  # some fonts have contours of a single point
    following = _around(sizes)
    if _area(points, following) < 0:  # the outer contours run clockwise: walk them the other way
        points = points[_backwards(sizes)]
    return Polygon(points, following, _outward(points, following))


def fitted(vertices: Numbers, codes: npt.NDArray[np.uint8], step: float) -> Polygon:
    """Make a polygon as `flatten` does, about the origin, of which the longer side is 1.

    That is its bounding box, which a curve's control points may be outside of. `step` is in that
    unit.
    """
    longest = float(np.ptp(vertices, axis=0).max())
    points = flatten(vertices, codes, step * longest).points
    low, high = points.min(axis=0), points.max(axis=0)
    return flatten((vertices - (low + high) / 2) / (high - low).max(), codes, step)


def _curves(
    start: Numbers, control: Numbers, end: Numbers, counts: npt.NDArray[np.int64]
) -> Numbers:
    """Return as many points of each curve as `counts` says, from its start, without its end."""
    firsts = np.cumsum(counts) - counts
    step = np.arange(counts.sum()) - np.repeat(firsts, counts)
    t = (step / np.repeat(counts, counts))[:, np.newaxis]
    start, control, end = (np.repeat(each, counts, axis=0) for each in (start, control, end))
    return (1 - t) * (1 - t) * start + 2 * t * (1 - t) * control + t * t * end


def _around(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return for each corner the next one, in contours of some sizes that lie one after another."""
    following = np.arange(1, sizes.sum() + 1)
    following[np.cumsum(sizes) - 1] = np.cumsum(sizes) - sizes
    return following


def _backwards(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the corners' indices, each contour in the opposite direction."""
    ends = np.cumsum(sizes)
    return np.repeat(2 * ends - sizes - 1, sizes) - np.arange(sizes.sum())


def _length(vectors: Numbers) -> Numbers:
    x, y = vectors[..., 0], vectors[..., 1]
    return np.sqrt(x * x + y * y)


def _area(points: Numbers, following: npt.NDArray[np.int64]) -> float:
    """Return the area inside, negative if the contours run clockwise: the shoelace formula."""
    (x, y), (next_x, next_y) = points.T, points[following].T
    return float(np.sum(x * next_y - next_x * y)) / 2


def _outward(points: Numbers, following: npt.NDArray[np.int64]) -> Numbers:
    """Return where corners go if every side moves outwards by 1: to where two sides then meet."""
    sides = points[following] - points
    normals = np.stack([sides[:, 1], -sides[:, 0]], axis=1) / _length(sides)[:, np.newaxis]
    before = np.empty_like(normals)
    before[following] = normals
    cosine = before[:, 0] * normals[:, 0] + before[:, 1] * normals[:, 1]
    return (before + normals) / np.maximum(1 + cosine, _SHARPEST)[:, np.newaxis]


def coverage(x: Numbers, y: Numbers, following: npt.NDArray[np.int64], side: int) -> Numbers:
    """Return which part of each pixel is inside polygons, from 0 to 1.

    A pixel that two contours cover is covered once. What a polygon covers of each row adds up
    exactly; within its row, the part of a side counts in the pixel where its middle is.

    Parameters
    ----------
    x, y : array of float64, shape (N, P)
        The corners of N polygons, in pixels from the upper left corner to the right and downwards,
        from 0 to `side`.
    following : array of int64, shape (P,)
        For each corner the index of the next one of its contour.
    side : int
        The height and width of the picture.

    Returns
    -------
    array of float64, shape (N, side, side)

    Raises
    ------
    ValueError
        If a corner is outside the picture.

    Examples
    --------
    >>> x, y = np.array([[0.5, 0.5, 2.0, 2.0]]), np.array([[0.0, 1.0, 1.0, 0.0]])
    >>> coverage(x, y, np.array([1, 2, 3, 0]), side=2)
    array([[[0.5, 1. ],
            [0. , 0. ]]])
    """
    _expect_inside(x, y, side)
    next_x, next_y = x[:, following], y[:, following]
    height = next_y - y
    slope = (next_x - x) / np.where(height == 0, 1, height)
    row = np.floor(y)
    onwards = np.where(height < 0, -1, 1)
    first = np.arange(len(x))[:, np.newaxis] * side  # row of each picture, all below one another
    areas = np.zeros(len(x) * side * (side + 1))
    for _ in range(int(abs(np.floor(next_y) - row).max()) + 1):
        start, end = (np.minimum(np.maximum(each, row), row + 1) for each in (y, next_y))
        middle = x + slope * ((start + end) / 2 - y)
        # Where a side does not reach into the row its part has no height, wherever it would be.
        row_inside, column = (np.clip(each, 0, side - 1) for each in (row, np.floor(middle)))
        place = ((first + row_inside) * (side + 1) + column).astype(np.intp).ravel()
        right = (end - start) * (middle - column)
        areas += np.bincount(place, (end - start - right).ravel(), len(areas))
        areas += np.bincount(place + 1, right.ravel(), len(areas))
        row = row + onwards
    inside = np.cumsum(areas.reshape(len(x), side, side + 1), axis=2)[..., :side]
    return np.minimum(abs(inside), 1)


def _expect_inside(x: Numbers, y: Numbers, side: int) -> None:
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    if not (low >= 0 and high <= side):
        raise ValueError(
            f"coverage: corners from 0 to {side} pixels are expected, got {low:g} to {high:g}"
        )
