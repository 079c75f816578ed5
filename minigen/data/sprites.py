r"""Sprites: a white shape on black, 32x32 pixels, drawn from five known factors of variation.

The idea is that of dSprites (Matthey, Higgins, Hassabis and Lerchner, "dSprites: Disentanglement
testing sprites dataset", 2017, github.com/deepmind/dsprites-dataset): every combination of a shape,
a scale, a rotation and a position occurs exactly once, so that the factors are independent, and a
representation can be compared with the truth. These images are another set: smaller, with fewer
values of each factor, and with grey edges.

=============  ======  ===========================================================================
factor         values  meaning of value k
=============  ======  ===========================================================================
``shape``      3       square, ellipse (its axes are 2 to 1), heart
``scale``      6       the farthest point is 4 + 0.8 k pixels from the centre
``rotation``   8       turned anticlockwise by 11.25 k degrees
``x``          16      the centre of mass is that of the pixel in column 8 + k, from the left
``y``          16      likewise in row 8 + k, from the top
=============  ======  ===========================================================================

A square looks the same after a quarter turn, an ellipse after half a turn, a heart only after a
whole one. Rotations therefore stop short of a quarter turn: no two of the 36,864 combinations give
the same image, and each factor can be told from the image alone. In dSprites, with its whole turn,
that isn't so. The last rotation of a square is still close to the first, that of a heart isn't.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from minigen.data.dataset import Dataset, read_only
from minigen.data.locations import Drawn, FolderPath

_SHAPES: Final = ("square", "ellipse", "heart")
_FACTORS: Final = {"shape": 3, "scale": 6, "rotation": 8, "x": 16, "y": 16}
_SIDE: Final = 32
_RADII: Final = np.linspace(4.0, 8.0, _FACTORS["scale"])
_ANGLES: Final = np.arange(_FACTORS["rotation"]) * (math.pi / 2 / _FACTORS["rotation"])
# A pixel is as bright as the part of it that the shape covers, measured at 16 x 16 points.
_POINTS: Final = 16
_TEST_EXAMPLES: Final = 4096

_Numbers = npt.NDArray[np.float64]
_Inside = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Sprites(Dataset):
    """A `Dataset` of sprites that knows the factors each image was drawn from.

    Parameters
    ----------
    factors : array of int64, shape (N, 5)
        For each image the value of each factor, in the order of `factor_names`: from 0 to its size
        in `factor_sizes`, exclusive. The first one, the shape, is the label as well.

    Examples
    --------
    >>> import minigen.data
    >>> sprites = minigen.data.load("sprites")
    >>> sprites
    Sprites('sprites', 'train', 32,768 images of shape (1, 32, 32), values 0 to 255, 3 classes)
    >>> dict(zip(sprites.factor_names, sprites.factor_sizes))
    {'shape': 3, 'scale': 6, 'rotation': 8, 'x': 16, 'y': 16}
    >>> sprites.factors.shape
    (32768, 5)
    """

    factors: npt.NDArray[np.int64]

    factor_names: ClassVar[tuple[str, ...]] = tuple(_FACTORS)
    factor_sizes: ClassVar[tuple[int, ...]] = tuple(_FACTORS.values())

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_factors(self._title, self.factors)
        if len(self.factors) != len(self):
            raise ValueError(
                f"{self._title}: got {len(self.factors):,} rows of factors for {len(self):,} images"
            )
        if not np.array_equal(self.factors[:, 0], self.labels):
            raise ValueError(f"{self._title}: the first factor, the shape, must be the label")
        object.__setattr__(self, "factors", read_only(self.factors.astype(np.int64, copy=False)))


def draw_sprites(factors: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.uint8]:
    """Draw the image of each row of factors.

    Parameters
    ----------
    factors : array of integers, shape (N, 5)
        The shape, scale, rotation, x and y of each image, within the ranges of `Sprites.factors`.

    Returns
    -------
    array of uint8, shape (N, 1, 32, 32)
        From 0, where the shape covers nothing of the pixel, to 255, where it covers all.

    Examples
    --------
    All sizes of a heart, upright and in the middle:

    >>> import numpy as np
    >>> factors = np.array([[2, scale, 0, 8, 8] for scale in range(6)])
    >>> draw_sprites(factors).shape
    (6, 1, 32, 32)

    Every sprite there is:

    >>> everything = np.indices(Sprites.factor_sizes).reshape(5, -1).T
    >>> len(everything)
    36864
    """
    _check_factors("draw_sprites", factors)
    shape, scale, rotation, x, y = factors.T
    # A window further right on the canvas shows the shape further left.
    last_x, last_y = _FACTORS["x"] - 1, _FACTORS["y"] - 1
    windows = np.lib.stride_tricks.sliding_window_view(_canvases(), (_SIDE, _SIDE), axis=(-2, -1))
    images: npt.NDArray[np.uint8] = windows[shape, scale, rotation, last_y - y, last_x - x]
    return images[:, np.newaxis]


@dataclass(frozen=True)
class SpritesSource(Drawn):
    """The sprites, which are drawn when they are loaded."""

    name: str = "sprites"

    def load(self, split: str, _root: FolderPath | None = None) -> Sprites:
        """Draw one split: see `minigen.data.load`."""
        factors = _split_factors(split)
        return Sprites(
            name=self.name,
            split=split,
            images=draw_sprites(factors),
            labels=factors[:, 0],
            classes=_SHAPES,
            factors=factors,
        )


SPRITES: Final = SpritesSource()


def _split_factors(split: str) -> npt.NDArray[np.int64]:
    """Return the factors of one split, in a pseudo-random order that never changes.

    Combination i of the grid gets the i-th number of PCG64 with the seed 0, whose stream NumPy
    promises to keep (NEP 19); the 4,096 with the smallest numbers are the test part.
    """
    grid = np.indices(Sprites.factor_sizes).reshape(len(_FACTORS), -1).T
    order = np.argsort(np.random.PCG64(0).random_raw(len(grid)))
    chosen = order[:_TEST_EXAMPLES] if split == "test" else order[_TEST_EXAMPLES:]
    return grid[chosen].astype(np.int64)


@functools.cache
def _canvases() -> npt.NDArray[np.uint8]:
    """Draw each shape in each scale and rotation at the centre of a canvas, larger than an image.

    Positions differ by whole pixels, so every image is a window of 32x32 pixels on one of these.
    The array has the shape (3, 6, 8, 47, 47): 17 pixels that hold the shape, and 15 on either side.
    """
    margin = _FACTORS["x"] - 1
    side = _SIDE - margin
    points = (np.arange(side * _POINTS) + 0.5) / _POINTS - side / 2
    x, y = np.meshgrid(points, -points)  # rows run downwards, y upwards
    shapes = np.empty((*Sprites.factor_sizes[:3], side, side), np.uint8)
    for shape, inside in enumerate((_inside_square, _inside_ellipse, _inside_heart)):
        for scale, radius in enumerate(_RADII):
            for rotation, angle in enumerate(_ANGLES):
                cosine, sine = math.cos(angle) / radius, math.sin(angle) / radius
                # Turning the plane back is turning the shape.
                covered = inside(cosine * x + sine * y, cosine * y - sine * x)
                shapes[shape, scale, rotation] = _coverage(covered)
    canvases = np.pad(shapes, [(0, 0)] * 3 + [(margin, margin)] * 2)
    canvases.flags.writeable = False
    return canvases


def _coverage(covered: _Inside) -> npt.NDArray[np.uint8]:
    """Return the part of each pixel's points that is covered, from 0 to 255."""
    side = len(covered) // _POINTS
    share: _Numbers = covered.reshape(side, _POINTS, side, _POINTS).mean(axis=(1, 3))
    return np.rint(255 * share).astype(np.uint8)


# Each shape has its centre of mass at the origin and its farthest point at the distance 1.


def _inside_square(x: _Numbers, y: _Numbers) -> _Inside:
    """Tell which points lie in the square with the half-diagonal 1."""
    return np.maximum(abs(x), abs(y)) <= math.sqrt(0.5)


def _inside_ellipse(x: _Numbers, y: _Numbers) -> _Inside:
    """Tell which points lie in the ellipse with the semi-axes 1, along x, and 1/2."""
    return x**2 + (2 * y) ** 2 <= 1


def _inside_heart(x: _Numbers, y: _Numbers) -> _Inside:
    r"""Tell which points lie in the heart: a square on its corner, half-discs on its upper sides.

    With sides of 2 about the origin the corners are at :math:`\sqrt 2`, and the discs of radius 1
    have their centres at :math:`(\pm h, h)` with :math:`h = \sqrt{1/2}`. The half-discs' own
    centres of mass are :math:`4 / 3\pi` further out, so that of the whole, of the area
    :math:`4 + \pi`, is at the height :math:`c = \pi h (1 + 4 / 3\pi) / (4 + \pi)`; the lower
    corner is the farthest point from it.
    """
    half = math.sqrt(0.5)
    centre = math.pi * half * (1 + 4 / (3 * math.pi)) / (4 + math.pi)
    size = math.sqrt(2) + centre
    x, y = abs(x) * size, y * size + centre
    return (x + abs(y) <= math.sqrt(2)) | ((x - half) ** 2 + (y - half) ** 2 <= 1)


def _check_factors(what: str, factors: npt.NDArray[np.integer[Any]]) -> None:
    """Refuse what is not rows of integers within the factors' ranges."""
    if factors.ndim != 2 or factors.shape[1] != len(_FACTORS):
        raise ValueError(
            f"{what}: factors of shape (N, {len(_FACTORS)}) wanted, got {factors.shape}"
        )
    if not np.issubdtype(factors.dtype, np.integer):
        raise ValueError(f"{what}: factors of an integer type wanted, got {factors.dtype}")
    for (name, size), values in zip(_FACTORS.items(), factors.T, strict=True):
        if values.size and not (values.min() >= 0 and values.max() < size):
            raise ValueError(
                f"{what}: the factor {name} goes from 0 to {size - 1}, "
                f"found {values.min()} to {values.max()}"
            )
