r"""Scenes: two coloured shapes on a light ground, and a sentence that says what is where.

"a small red circle above a large blue square": colour pictures of 32x32 pixels, drawn at their
first use. Each of the two things has one of three shapes, four colours and two sizes, as in
`SHAPES`, `minigen.data.coloured.COLOURS` and `SIZES`, and they stand one above the other or side by
side. That makes 24 times 24 times 2 combinations, each of which two sentences tell: of the circle
above the square, or of the square below the circle.

A sixth of the combinations, 192 of 1,152, are the test part: none of their pictures and neither of
their sentences is in the training part, but every word, every thing and every place is. What has
learnt the sentences by heart fails; what has learnt the words does not.

With numbers that are uniform on these ranges,

- the longer side of a shape is 7 to 8.5 pixels long if it is small, 12.5 to 14 if it is large;
- of the room that the two leave on their line, but for a pixel between them and at both ends, a
  quarter to a half is before the first, and as much behind the second;
- across that line each centre is up to 2 pixels from the middle of the picture;
- red, green and blue of a colour are 0.85 to 1 of those named, all three alike;
- the ground is a grey from 0.8 to 1;
- either sentence is as likely as the other.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from minigen.data.captioned import CaptionedImages, encode_sentences
from minigen.data.coloured import COLOURS, polygon
from minigen.data.drawn import Kept, between, kept_pictures, uniform, variations
from minigen.data.outlines import Numbers, coverage
from minigen.data.publication import PublishedFile

if TYPE_CHECKING:
    from minigen.data.locations import FolderPath

SIDE: Final = 32
SHAPES: Final = ("circle", "square", "triangle")
SIZES: Final = {"small": (7.0, 8.5), "large": (12.5, 14.0)}
"""How long the longer side of a shape is, in pixels: from, to."""

PLACES: Final = (("above", "below"), ("left of", "right of"))
"""Where the first thing is, in the order of the picture, from above or from the left; and where
the second is."""

THINGS: Final = tuple(map(" ".join, itertools.product(SIZES, COLOURS, SHAPES)))
"""All that can be seen, such as "small red circle"."""

_WORDS: Final = ["a", "above", "below", "left", "right", "of"]
VOCABULARY: Final = ("", *sorted([*_WORDS, *SHAPES, *COLOURS, *SIZES]))

_COMBINATIONS: Final = (len(PLACES), len(THINGS), len(THINGS))
_TESTS: Final = 192
_NUMBERS: Final = 10  # that decide how a picture is drawn and told
_MARGIN: Final = 1
_ACROSS: Final = 2
_AT_ONCE: Final = 500

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Scenes(CaptionedImages):
    """`CaptionedImages` that know the combination that each shows.

    Parameters
    ----------
    combinations : array of int64, shape (N, 3)
        The place, of `PLACES`; and of `THINGS` the one above or at the left, and the other.
    """

    combinations: Rows


@functools.cache
def _meanings() -> dict[str, tuple[int, int, int]]:
    every = np.indices(_COMBINATIONS).reshape(3, -1).T
    return {
        sentence: (combination[0], combination[1], combination[2])
        for turned in (False, True)
        for sentence, combination in zip(
            tell(every, [turned] * len(every)), every.tolist(), strict=True
        )
    }


def understand(sentences: Sequence[str]) -> Rows:
    """Return the combination that each sentence tells, (N, 3), as `Scenes` has them.

    Raises
    ------
    ValueError
        If a sentence is none that `tell` says.

    Examples
    --------
    >>> understand(["a small red circle above a large blue square",
    ...             "a large blue square below a small red circle"]).tolist()
    [[0, 0, 22], [0, 0, 22]]
    """
    known = _meanings()
    for sentence in sentences:
        if sentence not in known:
            raise ValueError(f"understand: {sentence!r} is no sentence about a scene")
    return np.array([known[sentence] for sentence in sentences], np.int64).reshape(-1, 3)


@dataclass(frozen=True)
class ScenesSource(Kept):
    """Scenes, drawn at their first use.

    Parameters
    ----------
    name, files
        As of `Kept`.
    copies : mapping of str to int
        How many pictures of each combination a part has.
    seed : int
        Where the numbers that vary start.
    """

    name: str
    files: Mapping[str, PublishedFile]
    copies: Mapping[str, int]
    seed: int

    def load(self, split: str, _root: FolderPath | None = None) -> Scenes:
        """Draw one split, or read it from the cache: see `minigen.data.load`."""
        chosen = combinations_of(split)
        grid = len(chosen), self.copies[split]
        shares, order = variations((self.seed, list(self.copies).index(split)), grid, _NUMBERS)
        combinations = np.repeat(chosen, grid[1], axis=0)[order]
        shares = shares.reshape(_NUMBERS, -1)[:, order]
        images = kept_pictures(
            self.name,
            self.files[split],
            (len(order), 3, SIDE, SIDE),
            lambda: draw_scenes(combinations, shares[1:]),
        )
        told = tell(combinations, shares[0] < 0.5)
        return Scenes(
            self.name,
            split,
            images,
            sentences=encode_sentences(told, VOCABULARY, length=_LONGEST),
            vocabulary=VOCABULARY,
            combinations=combinations,
        )


def combinations_of(split: str) -> Rows:
    """Return the combinations of a part, as `Scenes` has them: the same for everybody."""
    every = np.indices(_COMBINATIONS).reshape(3, -1).T
    order = np.argsort(uniform((8,), len(every), 1)[0], kind="stable")
    chosen = order[:_TESTS] if split == "test" else order[_TESTS:]
    return every[np.sort(chosen)].astype(np.int64)


def tell(combinations: Rows, turned: Sequence[bool] | npt.NDArray[np.bool_]) -> list[str]:
    r"""Say in a sentence what each combination is; `turned` ones begin with the second thing.

    Examples
    --------
    >>> circle, square = THINGS.index("small red circle"), THINGS.index("large blue square")
    >>> print(*tell(np.array([[0, circle, square]] * 2), [False, True]), sep="\n")
    a small red circle above a large blue square
    a large blue square below a small red circle
    """
    sentences = []
    for (place, first, second), backwards in zip(combinations.tolist(), turned, strict=True):
        one, other = (second, first) if backwards else (first, second)
        where = PLACES[place][int(backwards)]
        sentences.append(f"a {THINGS[one]} {where} a {THINGS[other]}")
    return sentences


def draw_scenes(combinations: Rows, shares: Numbers) -> npt.NDArray[np.uint8]:
    """Draw a picture of each combination.

    Parameters
    ----------
    combinations : array of int64, shape (N, 3)
        As `Scenes` has them.
    shares : array of float64, shape (9, N)
        Where each picture lies in the ranges at the top of this file: from 0, the lower end, to 1.
        They are both sizes, both brightnesses, the ground, and two each that tell where the things
        are on their line and across it.

    Returns
    -------
    array of uint8, shape (N, 3, 32, 32)
    """
    parts = [slice(start, start + _AT_ONCE) for start in range(0, len(combinations), _AT_ONCE)]
    return np.concatenate([_draw(combinations[part], shares[:, part]) for part in parts])


def _draw(combinations: Rows, shares: Numbers) -> npt.NDArray[np.uint8]:
    place, things = combinations[:, 0], combinations[:, 1:]
    size, colour, shape = np.unravel_index(things, (len(SIZES), len(COLOURS), len(SHAPES)))
    low, high = np.moveaxis(np.array([*SIZES.values()])[size], -1, 0)
    lengths = low + (high - low) * shares[0:2].T
    along = _along(lengths, shares[5:7])
    across = SIDE / 2 + _ACROSS * (2 * shares[7:9].T - 1)
    above = (place == 0)[:, np.newaxis]
    right, down = np.where(above, across, along), np.where(above, along, across)
    paint = np.array([*COLOURS.values()])[colour] * between(0.85, 1, shares[2:4].T.ravel()).reshape(
        -1, 2, 1
    )
    picture = np.broadcast_to(
        between(0.8, 1, shares[4])[..., np.newaxis, np.newaxis], (len(place), 3, SIDE, SIDE)
    )
    for thing in range(2):
        inside = covered(shape[:, thing], lengths[:, thing], right[:, thing], down[:, thing])
        picture = picture + inside[:, np.newaxis] * (
            paint[:, thing, :, np.newaxis, np.newaxis] - picture
        )
    return np.rint(255 * picture).astype(np.uint8)


def _along(lengths: Numbers, shares: Numbers) -> Numbers:
    """Return how far the middles of two things are on their line, (N, 2).

    What they leave of the line, but for a pixel between them and at both ends, is divided at random
    among before, between and behind, with a quarter to a half of it at either end.
    """
    room = SIDE - 3 * _MARGIN - lengths.sum(axis=1)
    before, behind = 0.25 + 0.25 * shares
    first = _MARGIN + room * before + lengths[:, 0] / 2
    second = SIDE - _MARGIN - room * behind - lengths[:, 1] / 2
    return np.stack([first, second], axis=1)


def covered(shape: Rows, length: Numbers, right: Numbers, down: Numbers) -> Numbers:
    """Return which part of each pixel shapes cover, (N, 32, 32).

    Parameters
    ----------
    shape : array of int64, shape (N,)
        Numbers of `SHAPES`.
    length, right, down : array of float64, shape (N,)
        Of each the longer side, and where the middle of the box around it is, in pixels.
    """
    inside = np.empty((len(shape), SIDE, SIDE))
    for number, name in enumerate(SHAPES):
        chosen = np.flatnonzero(shape == number)
        if not len(chosen):
            continue
        outline = polygon(name)
        across, up = (length[chosen, np.newaxis] * values for values in outline.points.T)
        inside[chosen] = coverage(
            right[chosen, np.newaxis] + across,
            down[chosen, np.newaxis] - up,
            outline.following,
            SIDE,
        )
    return inside


_LONGEST: Final = 10  # words, as of "a small red circle left of a large blue square"

SCENES: Final = ScenesSource(
    "scenes",
    copies={"train": 32, "test": 10},
    seed=9,
    files={
        "train": PublishedFile(
            "train.bin",
            94_371_840,
            "025c7e884b3cda06d010fb24594ac60130bb5ed6775e4803860dbfbdb083355e",
        ),
        "test": PublishedFile(
            "test.bin",
            5_898_240,
            "a3e043791554e00407ff2a6aafa83c0446bf21bfee0bee646797c8e6dead62d3",
        ),
    },
)
