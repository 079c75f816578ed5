r"""Moving sprites: two white shapes on black that cross the picture and bounce at its edges.

Clips of 20 frames of 32x32 grey pixels. The idea is that of Moving MNIST (Srivastava, Mansimov and
Salakhutdinov, 2015, arXiv:1502.04681): whoever has seen a few frames can tell the next ones, and a
shape that passes behind the other has to be remembered. With numbers that are uniform on these
ranges, each of the two sprites

- is a circle, a square, a triangle, a star or a heart, of which the longer side is 9 to 14 pixels
  long before it is turned, by up to 30 degrees to either side, for the whole clip;
- begins anywhere in the picture, and moves by 0.5 to 2.5 pixels a frame across, to the left or to
  the right, and by as much up or down;
- is reflected where it touches an edge: its speed across, or down, changes its sign.

A pixel is as bright as the larger of the two parts of it that the sprites cover. Training and test
clips are different draws of all of these numbers: no test sprite has the size, the rotation or the
path of one in training.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from minigen.data.clips import Clips
from minigen.data.coloured import SHAPES, polygon
from minigen.data.drawn import Kept, between, kept_pictures, rotation, uniform
from minigen.data.outlines import Numbers, coverage
from minigen.data.publication import PublishedFile

if TYPE_CHECKING:
    from minigen.data.locations import FolderPath

FRAMES: Final = 20
"""How many frames a clip has."""

NUMBERS: Final = 7
"""How many numbers decide what a sprite is, and where it goes."""

_SIDE: Final = 32
_SPRITES: Final = 2
_SIZES: Final = (9, 14)
_SPEEDS: Final = (0.5, 2.5)
_HALF_TURN: Final = 2 - math.sqrt(3)  # the tangent of 15 degrees, half of the most that is turned
_AT_ONCE: Final = 100


@dataclass(frozen=True)
class MovingSource(Kept):
    """Clips of moving sprites, drawn at their first use.

    Parameters
    ----------
    name, files
        As of `Kept`.
    clips : mapping of str to int
        How many clips a part has.
    seed : int
        Where the numbers that vary start.
    """

    name: str
    files: Mapping[str, PublishedFile]
    clips: Mapping[str, int]
    seed: int

    def load(self, split: str, _root: FolderPath | None = None) -> Clips:
        """Draw one split, or read it from the cache: see `minigen.data.load`."""
        count, seed = self.clips[split], (self.seed, list(self.clips).index(split))
        images = kept_pictures(
            self.name,
            self.files[split],
            (count, FRAMES, 1, _SIDE, _SIDE),
            lambda: _draw_all(uniform(seed, count, _SPRITES * NUMBERS)),
        )
        return Clips(self.name, split, images)


def _draw_all(shares: Numbers) -> npt.NDArray[np.uint8]:
    """Draw a clip of each column of numbers (14, N), some at once."""
    starts = range(0, shares.shape[1], _AT_ONCE)
    return np.concatenate([draw(shares[:, start : start + _AT_ONCE]) for start in starts])


def draw(shares: Numbers, frames: int = FRAMES) -> npt.NDArray[np.uint8]:
    """Draw clips.

    Parameters
    ----------
    shares : array of float64, shape (7 S, N)
        Of each of S sprites, one after the other, where it lies in the ranges at the top of this
        file, from 0, the lower end, to 1: the shape, the size, the rotation, the place across and
        down, and the speed across and down, where less than 0.5 is to the left, or up.
    frames : int, default 20
        How many frames a clip has.

    Returns
    -------
    array of uint8, shape (N, frames, 1, 32, 32)

    Examples
    --------
    >>> draw(np.full((7, 1), 0.5), frames=3).shape
    (1, 3, 1, 32, 32)
    """
    covered: Numbers = np.zeros((shares.shape[1], frames, _SIDE, _SIDE))
    for sprite in shares.reshape(-1, NUMBERS, shares.shape[1]):
        kind = np.floor(sprite[0] * len(SHAPES))
        for number, shape in enumerate(SHAPES):
            of_it = kind == number
            if of_it.any():
                part = _moving(shape, sprite[1:, of_it], frames)
                covered[of_it] = np.maximum(covered[of_it], part)
    return np.rint(255 * covered[:, :, np.newaxis]).astype(np.uint8)


def _moving(shape: str, shares: Numbers, frames: int) -> Numbers:
    """Return which part of each pixel a shape covers in each frame, (N, frames, side, side)."""
    outline = polygon(shape)
    size, turn, *places_and_speeds = shares
    x, y = outline.points.T
    cosine, sine = rotation(between(-_HALF_TURN, _HALF_TURN, turn))
    scale = between(*_SIZES, size)
    turned = scale * (cosine * x - sine * y), -scale * (sine * x + cosine * y)
    across, down = (
        _bouncing(values, place, speed, frames)
        for values, place, speed in zip(
            turned, places_and_speeds[:2], places_and_speeds[2:], strict=True
        )
    )
    covered = coverage(across, down, outline.following, _SIDE)
    return covered.reshape(-1, frames, _SIDE, _SIDE)


def _bouncing(values: Numbers, place: Numbers, speed: Numbers, frames: int) -> Numbers:
    r"""Return the corners (N, P) of sprites in each frame, (N frames, P), along one axis.

    What moves at a constant speed between two walls that reflect it is where it would be without
    them, folded: a distance of p times the room between the walls leads to the share

    .. math:: 1 - \left| 1 - (|p| \bmod 2) \right|

    of the room.
    """
    low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    room = _SIDE - (high - low)
    towards = 2 * speed[:, np.newaxis] - 1
    slowest, fastest = _SPEEDS
    pixels = np.where(towards < 0, -1, 1) * (slowest + (fastest - slowest) * abs(towards))
    walked = place[:, np.newaxis] + pixels / room * np.arange(frames)
    share = 1 - abs(1 - np.mod(abs(walked), 2))
    moved = (values - low)[:, np.newaxis] + (share * room)[..., np.newaxis]
    inside: Numbers = np.clip(moved.reshape(-1, values.shape[1]), 0, _SIDE)
    return inside


CLIPS: Final = MovingSource(
    "clips",
    clips={"train": 2000, "test": 500},
    seed=19,
    files={
        "train": PublishedFile(
            "train.bin",
            40_960_000,
            "3335b5aabcc373baf3c91dc3dbb3c252c29eeba7d5bf0f0c73d570b3c0f1843a",
        ),
        "test": PublishedFile(
            "test.bin",
            10_240_000,
            "71ef23758d1d9151caba47417841e7b2d3f92178d239bd59d24b11f09af955f1",
        ),
    },
)
