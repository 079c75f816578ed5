r"""Letters in two styles: filled with a grey, and as white outlines.

White and grey on black, 32x32 pixels, drawn at their first use from DejaVu Sans Bold, which comes
with matplotlib, as `minigen.data.outlines` draws: at four times the size, as black or white
points, of which the mean over 4x4 is a pixel. The em is 28 pixels, and the middle of each letter's
bounding box that of the picture. An outline lies inside the letter and is 1.25 pixels wide: what is
left of the letter when all points are taken away that are farther from its edge. A filled letter
has a grey of its own, from 0.35 to 1, which a hash of its name decides; an outline is always white.
So nothing of that grey is left in the outline.

Of all letters in the font those are taken that fit into the picture, and that look like no earlier
one. By a hash of names they fall into three parts. The test part, 15%, holds true pairs: a letter
filled, and the same as an outline. The training part does not: half of what is left is there filled
alone, the other half as outlines alone, so that no training letter is known in both styles.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from minigen.data.collection import place
from minigen.data.drawn import Kept, kept_pictures
from minigen.data.fonts import open_font, outline
from minigen.data.outlines import coverage, flatten
from minigen.data.publication import PublishedFile
from minigen.data.styles import TwoStyles

if TYPE_CHECKING:
    from minigen.data.locations import FolderPath

SIDE: Final = 32
EM: Final = 28
FONT: Final = "DejaVuSans-Bold"
FINENESS: Final = 4
"""How many points a pixel is wide and high."""

LINE: Final = 5
"""How many points an outline is wide."""

DARKEST: Final = 0.35
"""The least grey of filled letters, of 1."""

TEST_SHARE: Final = 0.15

_STEP: Final = 0.5 * FINENESS  # points: how long the sides of a letter's polygon are at most

Points = npt.NDArray[np.bool_]
Picture = npt.NDArray[np.uint8]

RECORD: Final = np.dtype(
    [
        ("letter", "<u4"),
        ("filled", "u1", (1, SIDE, SIDE)),
        ("outlined", "u1", (1, SIDE, SIDE)),
    ]
)
"""A letter in the cache: its code point, and both pictures."""

FILE: Final = PublishedFile(
    "letters.bin",
    5_604_012,
    "f37c33c7fd40d28a428fb581b9aefc3f2813b3e6e5a150e347eaea86f5fe7223",
)

_COUNT: Final = FILE.size // RECORD.itemsize


@dataclass(frozen=True)
class OutlinedLettersSource(Kept):
    """The letters, in pairs to test, and to train those of one style beside others of the other."""

    name: str = "outlined_letters"
    files: Mapping[str, PublishedFile] = field(default_factory=lambda: {"all": FILE})

    def load(self, split: str, _root: FolderPath | None = None) -> TwoStyles:
        """Draw one split, or read it from the cache: see `minigen.data.load`."""
        kept = kept_pictures(self.folder, FILE, (_COUNT, RECORD.itemsize), draw_letters)
        letters = kept.view(RECORD)[:, 0]
        places = np.array([place(_name(code)) for code in letters["letter"]])
        order = places.argsort()
        tests = int(np.searchsorted(places[order], TEST_SHARE))
        if split == "test":
            first = second = letters[order[:tests]]
        else:  # one after the other goes to either side: as many to both
            first, second = letters[order[tests::2]], letters[order[tests + 1 :: 2]]
            first = first[: len(second)]
        return TwoStyles(
            self.name,
            split,
            np.ascontiguousarray(second["outlined"]),
            inputs=np.ascontiguousarray(first["filled"]),
            paired=split == "test",
        )


def _name(code: int) -> str:
    return unicodedata.name(chr(code))


# -------------------------------------------------------------------------------------- how drawn


def draw_letters(codes: Iterable[int] | None = None) -> Picture:
    """Draw letters, by default all: bytes of `RECORD`, a row for each that is taken.

    Parameters
    ----------
    codes : iterable of int, optional
        Code points of letters; of those that look the same the first is taken.
    """
    font = open_font(FONT)
    rows: dict[bytes, tuple[int, Picture, Picture]] = {}
    for code in letters_of(font) if codes is None else codes:
        inside = draw_letter(font, code)
        if inside is None or (white := _averaged(inside).tobytes()) in rows:
            continue
        lines = inside & ~eroded(inside, LINE)
        rows[white] = code, _averaged(inside, grey_of(code)), _averaged(lines)
    return np.array([*rows.values()], RECORD).view(np.uint8).reshape(len(rows), RECORD.itemsize)


def letters_of(font: Any) -> list[int]:
    """Return the code points of a font's letters, in their order."""
    return [
        code for code in sorted(font.get_charmap()) if unicodedata.category(chr(code))[0] == "L"
    ]


def grey_of(code: int) -> float:
    """Return the grey that a letter is filled with, of 1: by a hash of its name."""
    return DARKEST + (1 - DARKEST) * place(f"the grey of {_name(code)}")


def draw_letter(font: Any, code: int) -> Points | None:
    """Draw a character as points, shape (128, 128); None if it has no outline, or does not fit.

    Parameters
    ----------
    font : FT2Font
        From `minigen.data.fonts.open_font`.
    code : int
        The character's code point.
    """
    vertices, codes = outline(font, code)
    if not len(codes):
        return None
    side = SIDE * FINENESS
    polygon = flatten(vertices * (EM * FINENESS / font.units_per_EM), codes, _STEP)
    x, y = polygon.points.T
    if max(np.ptp(x), np.ptp(y)) > side:
        return None
    x, y = x + (side - x.min() - x.max()) / 2, (side + y.min() + y.max()) / 2 - y
    inside = coverage(x[np.newaxis], y[np.newaxis], polygon.following, side)
    points: Points = inside.reshape(side, side) > 0.5
    return points


def eroded(inside: Points, distance: int) -> Points:
    """Return those points whose neighbours at that distance are inside, too, in all directions.

    Parameters
    ----------
    inside : array of bool, shape (H, W)
        All that is outside the array is outside.
    distance : int

    Examples
    --------
    >>> square = np.zeros((9, 9), np.bool_)
    >>> square[1:8, 1:8] = True
    >>> eroded(square, 2).sum()
    np.int64(9)
    """
    height, width = inside.shape
    padded = np.pad(inside, distance)
    left = inside.copy()
    for down, right in _circle(distance):
        left &= padded[distance + down :, distance + right :][:height, :width]
    return left


def _circle(radius: int) -> list[tuple[int, int]]:
    """Return the points of a grid that lie on a circle about the origin, to half a step."""
    along = range(-radius, radius + 1)
    return [(y, x) for y in along for x in along if abs(x * x + y * y - radius**2) <= radius]


def _averaged(points: Points, grey: float = 1.0) -> Picture:
    """Return points as a picture (1, 32, 32), of which white has some grey."""
    blocks = points.reshape(1, SIDE, FINENESS, SIDE, FINENESS).sum(axis=(2, 4))
    picture: Picture = np.rint(blocks * (255 * grey / FINENESS**2)).astype(np.uint8)
    return picture


OUTLINED_LETTERS: Final = OutlinedLettersSource()
