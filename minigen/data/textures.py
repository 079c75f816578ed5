r"""Textures with defects: woven cloth and brick walls, good ones to learn from, bad ones to find.

Grey pictures of 32x32 pixels, drawn at their first use. Of each texture there are good pictures for
training, and for the test as many good ones as bad ones. No two show the same place: the pattern is
moved by any part of its repeat, up to 0.06 larger or smaller, turned by up to 3.4 degrees to either
side, and every pixel has grain.

``textures_weave``
    A 2/2 twill of threads 4 pixels wide: each bright one, upright, goes over two dark ones, which
    lie across, then under two, and its neighbour does so one thread later. It repeats after 16
    pixels either way.
``textures_brick``
    Courses of bricks of 12 by 6 pixels with light joints, each course moved by half a brick, each
    brick of a shade of its own.

The defects are *structural*: a disc with a radius of 4.5 to 8 pixels in which all is as it should
be but for how it lies. The disc holds

- ``turned``: another good picture, turned by a quarter;
- ``shifted``: the same pattern, moved by 0.3 to 0.7 of its repeat (of the weave across, of the
  brick wall down), with other grain.

Its mean is that of the pixels it replaces, and its border is soft, a pixel wide. So neither
brightness nor contrast tells, as they would of a scratch or a stain: there, comparing each pixel's
surroundings with the average needs no network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from minigen.data.defects import GOOD, Defects
from minigen.data.drawn import Kept, kept_pictures, rotation, uniform
from minigen.data.publication import PublishedFile

if TYPE_CHECKING:
    from minigen.data.locations import FolderPath

SIDE: Final = 32
TURNED, SHIFTED = 1, 2
CLASSES: Final = (GOOD, "turned", "shifted")
"""What a picture may be: labels are numbers of these."""

_COUNTS: Final = {"train": 4000, "test": 1000}
_SHADES: Final = 8  # of bricks, either way, before they come again
_OF_THE_PLACE: Final = 4
_NUMBERS: Final = _OF_THE_PLACE + _SHADES**2 + SIDE**2  # that decide how a good picture is drawn
_OF_THE_DISC: Final = 4
_AT_ONCE: Final = 250

Numbers = npt.NDArray[np.float64]
Pictures = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Place:
    """Where N pictures lie on their texture, and how large it is: columns (N, 1, 1).

    Parameters
    ----------
    across, down : array
        By which part of its repeat, 0 to 1, the pattern is moved to the left and up.
    scale : array
        How large the pattern is.
    half : array
        The tangent of half the angle by which it is turned.
    """

    across: Numbers
    down: Numbers
    scale: Numbers
    half: Numbers

    def pixels(self, repeat: float) -> tuple[Numbers, Numbers]:
        """Return x and y (N, 32, 32) of the pixels' middles on a pattern as it is in `Texture`."""
        right = (np.arange(SIDE) + 0.5 - SIDE / 2) / self.scale
        below = right.swapaxes(1, 2)
        cosine, sine = rotation(self.half)
        x, y = cosine * right - sine * below, sine * right + cosine * below
        return x + repeat * (2 + self.across), y + repeat * (2 + self.down)


@dataclass(frozen=True)
class Texture:
    """How a texture is drawn.

    Parameters
    ----------
    repeat : float
        After how many pixels the pattern comes again, either way.
    shade : callable
        Returns the brightness (N, 32, 32) of pixels at x and y, of N bricks' shades (N, 8, 8).
    across : bool
        Whether a shift that is a defect goes across, and not down.
    """

    repeat: float
    shade: Callable[[Numbers, Numbers, Numbers], Numbers]
    across: bool

    def draw(self, place: Place, shades: Numbers, grain: Numbers) -> Pictures:
        """Draw good pictures (N, 32, 32); shades (N, 8, 8) and grain (N, 32, 32) are 0 to 1."""
        smooth = self.shade(*place.pixels(self.repeat), shades)
        return np.rint(255 * np.clip(smooth + 0.12 * (grain - 0.5), 0, 1)).astype(np.uint8)

    def good(self, shares: Numbers) -> Pictures:
        """Draw good pictures (N, 32, 32) of numbers (1092, N) from 0 to 1."""
        return self.draw(_place(shares), *_shades_and_grain(shares))

    def shifted(self, place: Place, by: Numbers) -> Place:
        """Return a place that is moved by part of the repeat, 0.3 to 0.7 for `by` from 0 to 1."""
        moved = 0.3 + 0.4 * by[:, np.newaxis, np.newaxis]
        if self.across:
            return replace(place, across=place.across + moved)
        return replace(place, down=place.down + moved)

    def bad(self, shares: Numbers, others: Numbers, disc: Numbers, label: int) -> Pictures:
        """Draw bad pictures and their masks, (N, 2, 32, 32).

        Parameters
        ----------
        shares, others : array of float64, shape (1092, N)
            What the pictures are drawn from, and what is to lie in their discs.
        disc : array of float64, shape (4, N)
            The radius, the middle across and down, and how far a shift goes.
        label : int
            `TURNED` or `SHIFTED`.
        """
        host = self.good(shares)
        if label == TURNED:
            inside = np.rot90(self.good(others), axes=(1, 2))
        else:
            place = self.shifted(_place(shares), disc[3])
            inside = self.draw(place, _shades_and_grain(shares)[0], _shades_and_grain(others)[1])
        return _with_discs(host, inside, disc)


def _place(shares: Numbers) -> Place:
    across, down, size, turn = shares[:_OF_THE_PLACE, :, np.newaxis, np.newaxis]
    return Place(across, down, 0.94 + 0.12 * size, 0.06 * (turn - 0.5))


def _shades_and_grain(shares: Numbers) -> tuple[Numbers, Numbers]:
    end = _OF_THE_PLACE + _SHADES**2
    shades = shares[_OF_THE_PLACE:end].T.reshape(-1, _SHADES, _SHADES)
    return shades, shares[end:].T.reshape(-1, SIDE, SIDE)


def _with_discs(host: Pictures, inside: Pictures, disc: Numbers) -> Pictures:
    """Return pictures with a disc of others in each, and their masks: (N, 2, 32, 32)."""
    radius, across, down = disc[:3, :, np.newaxis, np.newaxis]
    radius = 4.5 + 3.5 * radius
    along = np.arange(SIDE) + 0.5
    x, y = along - 6 - (SIDE - 12) * across, along[:, np.newaxis] - 6 - (SIDE - 12) * down
    weight = np.clip(radius + 0.5 - np.sqrt(x * x + y * y), 0, 1)
    mask = weight >= 0.5
    # Sums of integers are exact, in whatever order a machine takes them.
    sums = [(mask * picture.astype(np.int64)).sum(axis=(1, 2)) for picture in (host, inside)]
    brighter = (sums[0] - sums[1]) / mask.sum(axis=(1, 2))
    matched = inside + brighter[:, np.newaxis, np.newaxis]
    mixed = host + weight * (matched - host)
    return np.stack([np.rint(np.clip(mixed, 0, 255)), 255 * mask], axis=1).astype(np.uint8)


# ------------------------------------------------------------------------------------ the patterns


def _hill(share: Numbers) -> Numbers:
    """Return 0 at 0 and 1, and 1 between."""
    return 4 * share * (1 - share)


def _weave(x: Numbers, y: Numbers, _shades: Numbers) -> Numbers:
    x, y = x / 4, y / 4
    column, row = np.floor(x), np.floor(y)
    x, y = x - column, y - row
    step = (column - row) % 4  # 0 and 1 where the upright thread lies above
    upright = 0.85 * (0.5 + 0.5 * _hill(x)) * (0.6 + 0.4 * _hill((1 - step + y) / 2))
    lying = 0.55 * (0.5 + 0.5 * _hill(y)) * (0.6 + 0.4 * _hill((step - 2 + x) / 2))
    return np.where(step < 2, upright, lying)


def _brick(x: Numbers, y: Numbers, shades: Numbers) -> Numbers:
    course = np.floor(y / 6)
    x = x / 12 + (course % 2) / 2
    brick = np.floor(x)
    to_the_side, down = 12 * (x - brick), y - 6 * course
    to_the_joint = np.minimum(np.minimum(to_the_side, 12 - to_the_side), np.minimum(down, 6 - down))
    count = np.arange(len(shades))[:, np.newaxis, np.newaxis]
    own = shades[count, course.astype(int) % _SHADES, brick.astype(int) % _SHADES]
    shade: Numbers = 0.75 - (0.4 - 0.15 * own) * np.clip(to_the_joint - 0.25, 0, 1)
    return shade


WEAVE: Final = Texture(repeat=16, shade=_weave, across=True)
BRICK: Final = Texture(repeat=12, shade=_brick, across=False)


# ------------------------------------------------------------------------------------ the data sets


@dataclass(frozen=True)
class TexturesSource(Kept):
    """Good and bad pictures of a texture, drawn at their first use.

    Parameters
    ----------
    name, files
        As of `Kept`.
    texture : Texture
        How it is drawn.
    seed : int
        Where the numbers that vary start.
    """

    name: str
    files: Mapping[str, PublishedFile]
    texture: Texture
    seed: int

    def load(self, split: str, _root: FolderPath | None = None) -> Defects:
        """Draw one split, or read it from the cache: see `minigen.data.load`."""
        count = _COUNTS[split]
        labels = np.zeros(count, np.int64)
        if split == "train":
            draw, channels = lambda: draw_good(self.texture, count, (self.seed, 0)), 1
        else:
            labels = _labels(count, (self.seed, 1))
            draw, channels = lambda: draw_mixed(self.texture, labels, (self.seed, 1)), 2
        kept = kept_pictures(self.name, self.files[split], (count, channels, SIDE, SIDE), draw)
        masks = kept[:, 1:] > 0 if split == "test" else np.zeros(kept.shape, np.bool_)
        return Defects(self.name, split, kept[:, :1], labels, CLASSES, masks=masks)


def draw_good(texture: Texture, count: int, seed: tuple[int, ...]) -> Pictures:
    """Draw any number of good pictures from a seed: (count, 1, 32, 32).

    Examples
    --------
    >>> draw_good(WEAVE, 10, (0,)).shape
    (10, 1, 32, 32)
    """
    shares = uniform((*seed, 0), count, _NUMBERS)
    parts = [texture.good(shares[:, some]) for some in _blocks(count)]
    return np.concatenate(parts)[:, np.newaxis]


def draw_mixed(texture: Texture, labels: npt.NDArray[np.int64], seed: tuple[int, ...]) -> Pictures:
    """Draw pictures that are what `labels` say, and their masks: (N, 2, 32, 32).

    Examples
    --------
    >>> import numpy as np
    >>> pictures = draw_mixed(BRICK, np.array([0, 1, 2]), (0,))
    >>> (pictures[:, 1] > 0).any(axis=(1, 2)).tolist()
    [False, True, True]
    """
    count = len(labels)
    shares, others = (uniform((*seed, number), count, _NUMBERS) for number in range(2))
    disc = uniform((*seed, 2), count, _OF_THE_DISC)
    made = np.zeros((count, 2, SIDE, SIDE), np.uint8)
    made[:, 0] = draw_good(texture, count, seed)[:, 0]
    for label in (TURNED, SHIFTED):
        chosen = np.flatnonzero(labels == label)
        drawn = shares[:, chosen], others[:, chosen], disc[:, chosen]
        made[chosen] = texture.bad(*drawn, label)
    return made


def _labels(count: int, seed: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Return labels in an order that means nothing: half good, a quarter of either defect."""
    order = np.argsort(uniform((*seed, 3), count, 1)[0], kind="stable")
    return np.array([0, TURNED, 0, SHIFTED])[order % 4]


def _blocks(count: int) -> list[slice]:
    return [slice(start, start + _AT_ONCE) for start in range(0, count, _AT_ONCE)]


TEXTURES_WEAVE: Final = TexturesSource(
    "textures_weave",
    files={
        "train": PublishedFile(
            "train.bin",
            4_096_000,
            "27ea1d81abfa92f7fafe63db1f7ef816eaec53b9af0d18c9708c85799575df73",
        ),
        "test": PublishedFile(
            "test.bin",
            2_048_000,
            "d9962025a95caf01fa40e4564c504a2472f44ed86fbd86aa9621a85b9861d002",
        ),
    },
    texture=WEAVE,
    seed=9,
)

TEXTURES_BRICK: Final = TexturesSource(
    "textures_brick",
    files={
        "train": PublishedFile(
            "train.bin",
            4_096_000,
            "f7083ed9836d6b2f2f6d9db42b383fd0d4d332ab48782c9a43914546e39e075d",
        ),
        "test": PublishedFile(
            "test.bin",
            2_048_000,
            "4d0c8bd9bf93f010e6c19b1ff039fbe0f2ce8315b5615bfdfdde9a1bb0c6dfe4",
        ),
    },
    texture=BRICK,
    seed=10,
)
