r"""Coloured shapes: a shape of a named colour on a ground that shades from one colour to another.

Colour pictures of 32x32 pixels, or of 64x64, in which all lengths are twice as many pixels. There
are five shapes, as in `SHAPES`, and four colours, as in `COLOURS`: twenty classes. With numbers
that are uniform on these ranges,

- the longer side of an upright shape is 12 to 21 pixels long;
- it is turned by up to 30 degrees to either side;
- it lies anywhere where it is a pixel or more from the edge;
- red, green and blue of its colour differ by up to 0.07 from that named, of 1;
- the light comes from the upper left: across the picture, from there, a shape darkens by a quarter;
- it throws a soft shadow to the lower right;
- the ground shades linearly, in any direction, between two greys from 0.2 to 0.95, each tinted by
  up to 0.1.

Every class is as frequent in training and test. The two parts are different draws of all of these
numbers.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from minigen.data.dataset import Dataset
from minigen.data.drawn import Kept, between, kept_pictures, rotation, variations
from minigen.data.outlines import CURVE, LINE, MOVE, Numbers, Polygon, coverage, fitted
from minigen.data.publication import PublishedFile

if TYPE_CHECKING:
    from minigen.data.locations import FolderPath

SHAPES: Final = ("circle", "square", "triangle", "star", "heart")
COLOURS: Final = {
    "red": (0.89, 0.20, 0.20),
    "yellow": (0.97, 0.79, 0.16),
    "green": (0.20, 0.67, 0.33),
    "blue": (0.17, 0.42, 0.87),
}
"""Red, green and blue of each colour, from 0 to 1."""

_CLASSES: Final = tuple(map(" ".join, itertools.product(COLOURS, SHAPES)))
_SIDE: Final = 32  # of the pictures in whose pixels lengths are given
_MARGIN: Final = 1
_STEP: Final = 1 / 40
_NUMBERS: Final = 17  # that decide how a picture is drawn
_AT_ONCE: Final = 50
_HALF_TURN: Final = 2 - math.sqrt(3)  # the tangent of 15 degrees, half of the most that is turned


@dataclass(frozen=True)
class ColouredShapesSource(Kept):
    """Coloured shapes, drawn at their first use.

    Parameters
    ----------
    name, files
        As of `Kept`.
    copies : mapping of str to int
        How many pictures of each class a part has.
    side : int
        The height and width of pictures.
    seed : int
        Where the numbers that vary start.
    """

    name: str
    files: Mapping[str, PublishedFile]
    copies: Mapping[str, int]
    side: int
    seed: int

    def load(self, split: str, _root: FolderPath | None = None) -> Dataset:
        """Draw one split, or read it from the cache: see `minigen.data.load`."""
        grid = len(_CLASSES), self.copies[split]
        seed = self.seed, list(self.copies).index(split)
        shares, order = variations(seed, grid, _NUMBERS)
        images = kept_pictures(
            self.name,
            self.files[split],
            (len(order), 3, self.side, self.side),
            lambda: _draw_all(shares, self.side)[order],
        )
        labels = np.indices(grid)[0].ravel()[order]
        return Dataset(self.name, split, images, labels.astype(np.int64), _CLASSES)


def _draw_all(shares: Numbers, side: int) -> npt.NDArray[np.uint8]:
    """Draw pictures of each class, one class after another, of numbers (17, classes, copies)."""
    _, classes, copies = shares.shape
    images = np.empty((classes, copies, 3, side, side), np.uint8)
    for label, (colour, shape) in enumerate(itertools.product(COLOURS, SHAPES)):
        for start in range(0, copies, _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            images[label, some] = draw(shape, colour, shares[:, label, some], side)
    return images.reshape(-1, 3, side, side)


def draw(shape: str, colour: str, shares: Numbers, side: int = _SIDE) -> npt.NDArray[np.uint8]:
    """Draw variations of one class.

    Parameters
    ----------
    shape, colour : str
        Of `SHAPES` and `COLOURS`.
    shares : array of float64, shape (17, N)
        Where each variation lies in the ranges at the top of this file: from 0, the lower end, to
        1. They are the size, the rotation, the position across and down; red, green and blue; and
        of the ground the direction, across and down, the grey and the tint in red, green and blue
        at one end, and these at the other.
    side : int, default 32
        The height and width of pictures, 32 or a multiple.

    Returns
    -------
    array of uint8, shape (N, 3, side, side)
    """
    inside = _placed(polygon(shape), side, *shares[:4])[:, np.newaxis]
    right, down = _rulers(side)
    light = 1.1 - 0.25 * (right + down) / 2
    paint = np.array(COLOURS[colour])[:, np.newaxis] + 0.14 * (shares[4:7] - 0.5)
    painted = _columns(paint) * light
    ground = _shaded(shares[7:], side) * (1 - 0.4 * _softened(inside, side // _SIDE))
    picture = ground + inside * (painted - ground)
    return np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)


def _rulers(side: int) -> tuple[Numbers, Numbers]:
    """Return how far to the right and how far down each pixel's middle lies, from 0 to 1."""
    along = (np.arange(side) + 0.5) / side
    return along, along[:, np.newaxis]


def _placed(
    polygon: Polygon, side: int, size: Numbers, turn: Numbers, across: Numbers, down: Numbers
) -> Numbers:
    """Return which part of each pixel shapes cover, (N, side, side)."""
    x, y = polygon.points.T
    cosine, sine = rotation(between(-_HALF_TURN, _HALF_TURN, turn))
    scale = between(12, 21, size) * (side // _SIDE)
    x, y = scale * (cosine * x - sine * y), -scale * (sine * x + cosine * y)
    return coverage(_moved(x, across, side), _moved(y, down, side), polygon.following, side)


def _moved(values: Numbers, share: Numbers, side: int) -> Numbers:
    """Move each row of values within the picture: by 0 to its one end, by 1 to the other."""
    low, high = values.min(axis=1), values.max(axis=1)
    margin = _MARGIN * (side // _SIDE)
    room = side - 2 * margin - (high - low)
    moved: Numbers = values + (margin - low + share * room)[:, np.newaxis]
    return moved


def _shaded(shares: Numbers, side: int) -> Numbers:
    """Return grounds (N, 3, side, side) of ten numbers each."""
    to_right, to_bottom = _rulers(side)
    across, down = (between(-1, 1, share)[..., np.newaxis, np.newaxis] for share in shares[:2])
    greys, tints = shares[[2, 6]], shares[[3, 4, 5, 7, 8, 9]].reshape(2, 3, -1)
    first, last = 0.2 + 0.75 * greys[:, np.newaxis] + 0.2 * (tints - 0.5)
    along = 0.5 + (across * (to_right - 0.5) + down * (to_bottom - 0.5)) / 2
    return _columns(first) + along * _columns(last - first)


def _softened(inside: Numbers, pixel: int) -> Numbers:
    """Return how deep each pixel lies in the shadow, 0 to 1: the shape moved, and smoothed.

    It is moved by one and by two steps of `pixel` pixels.
    """
    shadow = np.zeros_like(inside)
    for right, down in itertools.product((pixel, 2 * pixel), repeat=2):
        shadow[..., down:, right:] += inside[..., :-down, :-right] / 4
    return shadow


def _columns(colours: Numbers) -> Numbers:
    """Return colours (3, N) as pictures of one pixel, (N, 3, 1, 1)."""
    return colours.T[..., np.newaxis, np.newaxis]


# ------------------------------------------------------------------------------------------- shapes

_H: Final = math.sqrt(0.5)
_COMPASS: Final = ((1, 0), (_H, _H), (0, 1), (-_H, _H), (-1, 0), (-_H, -_H), (0, -1), (_H, -_H))
_Points = list[tuple[float, float]]


@functools.cache
def polygon(shape: str) -> Polygon:
    """Return the polygon of an upright shape, about the origin, with the longer side 1."""
    vertices, codes = _OUTLINES[shape]()
    return fitted(np.array(vertices), np.array(codes, np.uint8), _STEP)


def _circle() -> tuple[_Points, list[int]]:
    return [(1.0, 0.0), *_arc((0, 0), 0, 8)], [MOVE, *[CURVE] * 16]


def _square() -> tuple[_Points, list[int]]:
    return _straight([(-1, -1), (1, -1), (1, 1), (-1, 1)])


def _triangle() -> tuple[_Points, list[int]]:
    return _straight([(-1, 0), (1, 0), (0, math.sqrt(3))])


def _star() -> tuple[_Points, list[int]]:
    """Return a star with five points, whose inner corners are 0.45 as far out as its points."""
    cosine_72, sine_72 = (math.sqrt(5) - 1) / 4, math.sqrt(10 + 2 * math.sqrt(5)) / 4
    cosine_36, sine_36 = (math.sqrt(5) + 1) / 4, math.sqrt(10 - 2 * math.sqrt(5)) / 4
    points = [(0, 1), (-sine_72, cosine_72), (-sine_36, -cosine_36), (sine_36, -cosine_36)]
    points.append((sine_72, cosine_72))
    corners = []
    for number, point in enumerate(points):
        x, y = points[(number + 3) % 5]  # opposite to the next inner corner
        corners += [point, (-0.45 * x, -0.45 * y)]
    return _straight(corners)


def _heart() -> tuple[_Points, list[int]]:
    """Return a square on its corner, with half a disc on each of its upper sides."""
    corner = 2 * _H
    right, left = _arc((_H, _H), 7, 4), _arc((-_H, _H), 1, 4)
    vertices = [(0, -corner), (corner, 0), *right, *left, (0, -corner)]
    return vertices, [MOVE, LINE, *[CURVE] * 16, LINE]


def _straight(corners: _Points) -> tuple[_Points, list[int]]:
    return [*corners, corners[0]], [MOVE, *[LINE] * len(corners)]


def _arc(centre: tuple[float, float], first: int, eighths: int) -> _Points:
    """Return the curves of a circle with radius 1, anticlockwise from a point of the compass."""
    arc = []
    for number in range(first, first + eighths):
        (x, y), (end_x, end_y) = _COMPASS[number % 8], _COMPASS[(number + 1) % 8]
        meet = 1 + _H  # the tangents at both ends meet at their sum, divided by this
        for right, up in (((x + end_x) / meet, (y + end_y) / meet), (end_x, end_y)):
            arc.append((centre[0] + right, centre[1] + up))
    return arc


_OUTLINES: Final = dict(zip(SHAPES, (_circle, _square, _triangle, _star, _heart), strict=True))

COLOURED_SHAPES: Final = ColouredShapesSource(
    "coloured_shapes",
    copies={"train": 2000, "test": 500},
    side=_SIDE,
    seed=6,
    files={
        "train": PublishedFile(
            "train.bin",
            122_880_000,
            "e038b3df479844d844eca2065a7ea01e176d8812077063ebb280166280c2781f",
        ),
        "test": PublishedFile(
            "test.bin",
            30_720_000,
            "611d5a4fb6641fc63f9e195d3cf2c60e3d86884665f529aa5d5a22a9a05bbb7e",
        ),
    },
)

COLOURED_SHAPES_64: Final = ColouredShapesSource(
    "coloured_shapes_64",
    copies={"train": 500, "test": 250},
    side=2 * _SIDE,
    seed=7,
    files={
        "train": PublishedFile(
            "train.bin",
            122_880_000,
            "ef39a4a192a98e578c48fb3c2861dd393f15f282cc5925520cde383f69fb4dab",
        ),
        "test": PublishedFile(
            "test.bin",
            61_440_000,
            "b1192c44214b0c80edf4dfa929249dc969be02958c68c78f0494e422a5b5b3e7",
        ),
    },
)
