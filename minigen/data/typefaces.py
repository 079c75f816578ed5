"""The outlines of digits and capital letters in twenty typefaces, part of the package.

They were taken from the font files that come with matplotlib by ``python -m
minigen.data.trace_typefaces``, as the fonts have them: in the fonts' own units, not rounded.

============================  =====  ================================================
family                        faces  licence
============================  =====  ================================================
DejaVu Sans, Mono and Serif   8      Bitstream Vera's licence; DejaVu's own changes
                                     are in the public domain
STIX                          7      SIL Open Font License 1.1
Computer Modern (BaKoMa)      5      BaKoMa Fonts Licence
============================  =====  ================================================

The outlines stay under the licences of their fonts, which are in ``files/LICENSE-typefaces.txt``;
pictures that are drawn with them are under none of these.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.data.outlines import Polygon, fitted

FILE: Final = Path(__file__).with_name("files") / "typefaces.npz"
DIGITS: Final = tuple("0123456789")
CAPITALS: Final = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
CHARACTERS: Final = DIGITS + CAPITALS

_STEP: Final = 1 / 40
"""How long the sides of a polygon are at most: half a pixel of a character of 20 pixels."""


@dataclass(frozen=True)
class Face:
    """A typeface: its name, its font's file, and where its characters are in the font.

    STIX General holds several faces, as mathematicians use them: `first_digit` and `first_capital`
    are the code points at which those of this face begin.
    """

    name: str
    file: str
    first_digit: int = ord("0")
    first_capital: int = ord("A")

    def code_point(self, character: str) -> int:
        """Return where one of `CHARACTERS` is in the font."""
        if character in DIGITS:
            return self.first_digit + DIGITS.index(character)
        return self.first_capital + CAPITALS.index(character)


FACES: Final = (
    Face("DejaVu Sans", "DejaVuSans"),
    Face("DejaVu Sans Bold", "DejaVuSans-Bold"),
    Face("DejaVu Sans Mono", "DejaVuSansMono"),
    Face("DejaVu Sans Mono Bold", "DejaVuSansMono-Bold"),
    Face("DejaVu Serif", "DejaVuSerif"),
    Face("DejaVu Serif Bold", "DejaVuSerif-Bold"),
    Face("DejaVu Serif Italic", "DejaVuSerif-Italic"),
    Face("DejaVu Serif Bold Italic", "DejaVuSerif-BoldItalic"),
    Face("STIX", "STIXGeneral"),
    Face("STIX Bold", "STIXGeneralBol"),
    Face("STIX Italic", "STIXGeneralItalic"),
    Face("STIX Bold Italic", "STIXGeneralBolIta"),
    Face("STIX Sans", "STIXGeneral", 0x1D7E2, 0x1D5A0),
    Face("STIX Sans Bold", "STIXGeneral", 0x1D7EC, 0x1D5D4),
    Face("STIX Monospace", "STIXGeneral", 0x1D7F6, 0x1D670),
    Face("Computer Modern Roman", "cmr10"),
    Face("Computer Modern Bold", "cmb10"),
    Face("Computer Modern Sans", "cmss10"),
    Face("Computer Modern Typewriter", "cmtt10"),
    Face("Computer Modern Italic", "cmti10"),
)


@functools.cache
def glyph(face: int, character: str) -> Polygon:
    """Return the polygon of a character in a face of `FACES`, given by its index.

    Its bounding box has the longer side 1, and its middle at the origin.

    Examples
    --------
    >>> points = glyph(0, "H").points
    >>> points.max(axis=0).round(3)
    array([0.381, 0.5  ])
    """
    vertices, codes, ends = _outlines()
    number = face * len(CHARACTERS) + CHARACTERS.index(character)
    own = slice(ends[number - 1] if number else 0, ends[number])
    return fitted(vertices[own].astype(np.float64), codes[own], _STEP)


@functools.cache
def _outlines() -> tuple[npt.NDArray[Any], ...]:
    """Read the vertices (N, 2) and codes (N,) of all outlines, and where each one ends."""
    with np.load(FILE) as file:
        return file["vertices"], file["codes"], file["ends"]
