r"""Letters of two typefaces in pairs: DejaVu Sans, and the same letter in DejaVu Serif.

White on black, 32x32 pixels, drawn at their first use from the fonts that come with matplotlib, as
`minigen.data.outlines` draws: a pixel is as bright as it is covered. The em is 21 pixels, the
baseline the upper edge of row 23, and the middle of each letter's bounding box that of the picture.
No hinting moves a stroke to whole pixels, which nobody could foretell.

Of all letters that both fonts have, those are taken that fit into the picture, and that look like
no earlier one in either face, to a tenth of white in each pixel: of a Latin, a Greek and a Cyrillic
A the Latin one alone. So no picture is there twice.

There are two ways to divide them, by a hash of names:

- ``glyphs`` by the letter: no test picture was trained on, but of many test letters a relative was,
  such as the E of an E with an accent;
- ``glyphs_by_letter`` by the base letter: all that is an E, with whatever marks, is in one part.
  Base letters that look the same in DejaVu Sans, such as a Greek and a Latin A, count as one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from minigen.data.collection import place
from minigen.data.drawn import Kept, kept_pictures
from minigen.data.fonts import open_font, outline
from minigen.data.outlines import coverage, flatten
from minigen.data.pairs import Pairs
from minigen.data.publication import PublishedFile

if TYPE_CHECKING:
    from minigen.data.locations import FolderPath

SIDE: Final = 32
EM: Final = 21
BASELINE: Final = 23
FONTS: Final = ("DejaVuSans", "DejaVuSerif")
TEST_SHARE: Final = 0.15
ALIKE: Final = 25
"""By how much two pictures differ in a pixel at most, of 255, that look the same."""

_STEP: Final = 0.5  # pixels: how long the sides of a letter's polygon are at most

Picture = npt.NDArray[np.uint8]

RECORD: Final = np.dtype(
    [
        ("letter", "<u4"),
        ("base", "<u4"),
        ("sans", "u1", (1, SIDE, SIDE)),
        ("serif", "u1", (1, SIDE, SIDE)),
    ]
)
"""A letter in the cache: its code point, that of the base letter, and both pictures."""

FILE: Final = PublishedFile(
    "letters.bin",
    3_546_600,
    "88fdc5ef23b015b5d006d7b5d408d95c862b751297bff5d7434034ff89b8f238",
)

_COUNT: Final = FILE.size // RECORD.itemsize


@dataclass(frozen=True)
class GlyphsSource(Kept):
    """The letters, divided in one of two ways.

    Parameters
    ----------
    name : str
        Of the data set.
    by : {"letter", "base"}
        Whose name decides in which part a letter is.
    files
        As of `Kept`.
    """

    name: str
    by: Literal["letter", "base"]
    files: Mapping[str, PublishedFile] = field(default_factory=lambda: {"all": FILE})

    @property
    def folder(self) -> str:
        """The folder in the cache, one for both."""
        return "glyphs"

    def load(self, split: str, _root: FolderPath | None = None) -> Pairs:
        """Draw one split, or read it from the cache: see `minigen.data.load`."""
        kept = kept_pictures(self.folder, FILE, (_COUNT, RECORD.itemsize), draw_letters)
        letters = kept.view(RECORD)[:, 0]
        places = np.array([place(_name(code)) for code in letters[self.by]])
        chosen = np.flatnonzero((places < TEST_SHARE) == (split == "test"))
        order = np.array([place(_name(code)) for code in letters["letter"][chosen]]).argsort()
        part = letters[chosen[order]]
        return Pairs(
            self.name,
            split,
            np.ascontiguousarray(part["serif"]),
            inputs=np.ascontiguousarray(part["sans"]),
            files=tuple(_name(code) for code in part["letter"]),
        )


def _name(code: int) -> str:
    return unicodedata.name(chr(code))


# -------------------------------------------------------------------------------------- how drawn


def draw_letters() -> Picture:
    """Draw all letters, in the order of their code points: bytes of `RECORD`, one letter a row."""
    fonts = [open_font(file) for file in FONTS]
    common = set.intersection(*(set(font.get_charmap()) for font in fonts))
    letters = [code for code in sorted(common) if unicodedata.category(chr(code))[0] == "L"]
    fitting: dict[int, Picture] = {}
    for code in letters:
        pair = [picture for font in fonts if (picture := draw_letter(font, code)) is not None]
        if len(pair) == len(fonts):
            fitting[code] = np.stack(pair)
    pictures = np.stack([*fitting.values()], axis=1)
    alike = _alike(pictures[0]) | _alike(pictures[1])
    bases = _bases(fitting)
    kept: list[int] = []
    for number in range(len(fitting)):
        if not alike[number, kept].any():
            kept.append(number)
    codes = [*fitting]
    rows = [(codes[number], bases[codes[number]], *fitting[codes[number]]) for number in kept]
    return np.array(rows, RECORD).view(np.uint8).reshape(len(rows), RECORD.itemsize)


def _alike(pictures: Picture) -> npt.NDArray[np.bool_]:
    """Tell for all pairs of N pictures whether they look the same, shape (N, N): see `ALIKE`."""
    rows = pictures.reshape(len(pictures), -1).astype(np.float32)
    squares = np.square(rows).sum(axis=1)
    distances = squares[:, np.newaxis] + squares - 2 * (rows @ rows.T)
    # Where these are more than that, rounded as they are, some pixel differs by more.
    alike: npt.NDArray[np.bool_] = distances <= 2 * ALIKE**2 * rows.shape[1]
    first, second = np.nonzero(alike)
    alike[first, second] = np.abs(rows[first] - rows[second]).max(axis=1) <= ALIKE
    return alike


def draw_letter(font: Any, code: int) -> Picture | None:
    """Draw a character, shape (1, 32, 32); None if it has no outline, or does not fit.

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
    polygon = flatten(vertices * (EM / font.units_per_EM), codes, _STEP)
    x, y = polygon.points.T
    x, y = x + (SIDE - x.min() - x.max()) / 2, BASELINE - y
    if min(x.min(), y.min()) < 0 or max(x.max(), y.max()) > SIDE:
        return None
    inside = coverage(x[np.newaxis], y[np.newaxis], polygon.following, SIDE)
    return np.rint(255 * inside).astype(np.uint8)


def _bases(fitting: Mapping[int, Picture]) -> dict[int, int]:
    """Return for each letter the code point that stands for its base letter.

    That is the letter without its marks, as names tell, or the first one that looks the same in the
    first font; or, if there is none, the first letter with such a name.
    """
    first_alike: dict[bytes, int] = {}
    for code, (picture, _) in fitting.items():
        first_alike.setdefault(picture.tobytes(), code)
    named: dict[str, int] = {}
    bases = {}
    for code in fitting:
        name = _name(code).partition(" WITH ")[0]
        try:
            bases[code] = first_alike[fitting[ord(unicodedata.lookup(name))][0].tobytes()]
        except KeyError:  # no such letter, or none that fits
            bases[code] = named.setdefault(name, code)
    return bases


GLYPHS: Final = GlyphsSource("glyphs", "letter")
GLYPHS_BY_LETTER: Final = GlyphsSource("glyphs_by_letter", "base")
