r"""Printed digits and capital letters: twenty typefaces, each picture another variation.

Grey pictures of 28x28 pixels as MNIST's, white on black, drawn from the outlines in
`minigen.data.typefaces`. A character in a typeface is drawn, with numbers that are uniform on these
ranges,

1. bolder: every side of its outline moves outwards by up to 0.04 of its longer side;
2. 0.85 to 1.15 times as wide;
3. slanted: a line that was upright leans 0.1 to the left to 0.2 to the right, for each 1 upwards;
4. turned by up to 7 degrees to either side;
5. 17 to 21 pixels large: so long is the longer side of its bounding box then;
6. with the middle of that box up to a pixel from the picture's, to the left or right, up or down.

Every character occurs equally often in each typeface, in training and test. The two parts are
different draws of all of these numbers: the test part holds typefaces that were trained on, and no
picture that was. To leave out typefaces altogether, choose by `PrintedCharacters.faces`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
import numpy.typing as npt

from minigen.data import typefaces
from minigen.data.dataset import Dataset, check_range, read_only
from minigen.data.drawn import Kept, between, kept_pictures, rotation, variations
from minigen.data.outlines import Numbers, Polygon, coverage
from minigen.data.publication import PublishedFile

if TYPE_CHECKING:
    from minigen.data.locations import FolderPath

_SIDE: Final = 28
_NUMBERS: Final = 7  # that decide how a character is drawn
_AT_ONCE: Final = 50  # pictures: their corners stay in the processor's cache


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PrintedCharacters(Dataset):
    """A `Dataset` of printed characters that knows the typeface of each.

    Parameters
    ----------
    faces : array of int64, shape (N,)
        For each image its typeface: an index into `face_names`.

    Examples
    --------
    >>> import minigen.data
    >>> test = minigen.data.load("printed_digits", "test")
    >>> test
    PrintedCharacters('printed_digits', 'test', 10,000 images of shape (1, 28, 28), values 0 to 255, 10 classes)
    >>> test.face_names[8:10]
    ('STIX', 'STIX Bold')
    >>> typewritten = test.images[test.faces == test.face_names.index("Computer Modern Typewriter")]
    >>> len(typewritten)
    500
    """  # noqa: E501

    faces: npt.NDArray[np.int64]

    face_names: ClassVar[tuple[str, ...]] = tuple(face.name for face in typefaces.FACES)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.faces.dtype != np.int64 or self.faces.shape != self.labels.shape:
            raise ValueError(
                f"{self._title}: faces of int64, one for each of {len(self):,} images, wanted, "
                f"got {self.faces.dtype} of shape {self.faces.shape}"
            )
        check_range(f"{self._title}: faces", self.faces, len(self.face_names) - 1)
        object.__setattr__(self, "faces", read_only(self.faces))


@dataclass(frozen=True)
class PrintedSource(Kept):
    """Printed characters, drawn at their first use.

    Parameters
    ----------
    name : str
        Of the data set.
    classes : tuple of str
        The characters.
    copies : mapping of str to int
        How many pictures each part has of a character in a typeface.
    seed : int
        Where the bits start.
    files : mapping of str to PublishedFile
        As of `Kept`.
    """

    name: str
    classes: tuple[str, ...]
    copies: Mapping[str, int]
    seed: int
    files: Mapping[str, PublishedFile]

    def load(self, split: str, _root: FolderPath | None = None) -> PrintedCharacters:
        """Draw one split, or read it from the cache: see `minigen.data.load`."""
        grid = len(self.classes), len(typefaces.FACES), self.copies[split]
        seed = self.seed, list(self.copies).index(split)
        shares, order = variations(seed, grid, _NUMBERS)
        labels, faces, _ = np.indices(grid).reshape(3, -1)[:, order]
        images = kept_pictures(
            self.name,
            self.files[split],
            (len(order), 1, _SIDE, _SIDE),
            lambda: self._draw(shares)[order],
        )
        return PrintedCharacters(
            name=self.name,
            split=split,
            images=images,
            labels=labels.astype(np.int64),
            classes=self.classes,
            faces=faces.astype(np.int64),
        )

    def _draw(self, shares: Numbers) -> npt.NDArray[np.uint8]:
        """Draw characters in the order of the grid, of numbers (7, classes, faces, copies)."""
        _, classes, faces, copies = shares.shape
        images = np.empty((classes, faces, copies, _SIDE, _SIDE), np.uint8)
        for label, character in enumerate(self.classes):
            for face in range(faces):
                polygon = typefaces.glyph(face, character)
                for start in range(0, copies, _AT_ONCE):
                    some = slice(start, start + _AT_ONCE)
                    images[label, face, some] = draw(polygon, shares[:, label, face, some])
        return images.reshape(-1, 1, _SIDE, _SIDE)


def draw(polygon: Polygon, shares: Numbers) -> npt.NDArray[np.uint8]:
    """Draw variations of one character.

    Parameters
    ----------
    polygon : Polygon
        From `minigen.data.typefaces.glyph`.
    shares : array of float64, shape (7, N)
        Where each variation lies in the ranges at the top of this file, in their order: from 0, the
        lower end, to 1.

    Returns
    -------
    array of uint8, shape (N, 28, 28)
    """
    bolder = between(0, 0.04, shares[0])
    (x, y), (outwards, upwards) = polygon.points.T, polygon.outward.T
    x, y = x + bolder * outwards, y + bolder * upwards
    x = between(0.85, 1.15, shares[1]) * x + between(-0.1, 0.2, shares[2]) * y
    cosine, sine = rotation(between(-0.06, 0.06, shares[3]))
    x, y = cosine * x - sine * y, sine * x + cosine * y
    (width, x), (height, y) = _centred(x), _centred(y)
    scale = between(17, 21, shares[4]) / np.maximum(width, height)
    across, down = (between(-1, 1, share) + _SIDE / 2 for share in shares[5:])
    inside = coverage(across + scale * x, down - scale * y, polygon.following, _SIDE)
    return np.rint(255 * inside).astype(np.uint8)


def _centred(values: Numbers) -> tuple[Numbers, Numbers]:
    """Return how far each row's values reach, and the values about their middle."""
    low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    return high - low, values - (low + high) / 2


PRINTED_DIGITS: Final = PrintedSource(
    "printed_digits",
    typefaces.DIGITS,
    copies={"train": 300, "test": 50},
    seed=4,
    files={
        "train": PublishedFile(
            "train.bin",
            47_040_000,
            "6c00b945a4831b0148f87a1230bde13cf61bdb6404ff9c9d06d4b7cfd61ff557",
        ),
        "test": PublishedFile(
            "test.bin",
            7_840_000,
            "4eb889d0eead62259bc75106950567be520d8be38d5b77f7b1d6ad7c9c131dc3",
        ),
    },
)
PRINTED_LETTERS: Final = PrintedSource(
    "printed_letters",
    typefaces.CAPITALS,
    copies={"train": 100, "test": 20},
    seed=5,
    files={
        "train": PublishedFile(
            "train.bin",
            40_768_000,
            "a6b251af175a3ac57b7e1b5440bf154d83a95cbceeaafa823e182fdc010e08ab",
        ),
        "test": PublishedFile(
            "test.bin",
            8_153_600,
            "10d8db9eb78780415905219a4501edae225d7cfdb3787a770172d020503de0d5",
        ),
    },
)
