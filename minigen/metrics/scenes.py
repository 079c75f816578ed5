r"""How well images of sentences show what was said, by a judge that measures scenes.

The judge needs no training, so nothing can have taught it to overlook a model's faults. It finds
what is not ground, by how far each pixel is on the way from the ground to the nearest paint; takes
the parts that hang together; and of each of the two things, which there must be,

- the colour: the paint that its sum of differences to the ground points to;
- the shape: circle, square or triangle, drawn with the same area and centre, whichever differs
  least in its squares;
- the size: whether that shape's longer side is nearer to small or to large ones.

Where the two are farther apart downwards than sideways, one is above the other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from minigen.data.captioned import read_sentences
from minigen.data.coloured import COLOURS
from minigen.data.outlines import Numbers
from minigen.data.scenes import SHAPES, SIDE, SIZES, Rows, covered, understand
from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.random import Generator
from minigen.metrics.samples import BATCH_SIZE, measuring, minibatches

if TYPE_CHECKING:
    from minigen.models.text_to_image import TextToImage

_OF_A_THING: Final = {"size": len(SIZES), "colour": len(COLOURS), "shape": len(SHAPES)}

ANSWERS: Final = ("place", *_OF_A_THING, *_OF_A_THING)
"""What each of the judge's seven answers is about; of both things, above or at the left first."""

UNREADABLE: Final = -1
"""The answer to all where there are not two things."""

_BRIGHTNESS: Final = 0.925  # of paint, in the middle of what is drawn
_INSIDE: Final = 0.6  # of a thing, a pixel that is covered so far: touching things are told apart
_LEAST: Final = 8  # pixels of a thing
_AREA: Final = {"circle": np.pi / 4, "square": 1.0, "triangle": 3**0.5 / 4}
_RISE: Final = {"circle": 0.0, "square": 0.0, "triangle": 3**0.5 / 12}
"""Of a shape whose longer side is 1: its area, and how far its middle is above its centre."""

_BETWEEN: Final = (SIZES["small"][1] + SIZES["large"][0]) / 2


# ------------------------------------------------------------------------------- reading a picture


def read_scenes(images: Array) -> Rows:
    """Return seven answers, see `ANSWERS`, of images (N, 3, 32, 32) in [0, 1]; shape (N, 7).

    They are numbers of `minigen.data.scenes.PLACES`, `SIZES`, `COLOURS` and `SHAPES`.

    Examples
    --------
    >>> import minigen.data
    >>> test = minigen.data.load("scenes", "test")
    >>> answers = read_scenes(test.scaled()[:100])
    >>> bool((answers == answers_of(test.combinations[:100])).mean() > 0.99)
    True
    """
    pixels = to_numpy(array_of(images)).astype(np.float64)
    if pixels.ndim != 4 or pixels.shape[1:] != (3, SIDE, SIDE):
        raise ValueError(
            f"read_scenes: images of shape (N, 3, {SIDE}, {SIDE}) are expected, got {pixels.shape}"
        )
    answers = np.full((len(pixels), len(ANSWERS)), UNREADABLE)
    found = [(number, pair) for number, each in enumerate(pixels) if (pair := _two_things(each))]
    if found:
        numbers, pairs = zip(*found, strict=True)
        answers[list(numbers)] = _answers([thing for pair in pairs for thing in pair])
    return answers


def answers_of(combinations: Rows) -> Rows:
    """Return the seven right answers, (N, 7), of combinations as `minigen.data.Scenes` has them.

    Examples
    --------
    >>> answers_of(understand(["a small red circle right of a large blue square"])).tolist()
    [[1, 1, 3, 1, 0, 0, 0]]
    """
    place, *things = combinations.T
    answers = [place]
    for thing in things:
        answers += np.unravel_index(thing, tuple(_OF_A_THING.values()))
    return np.stack(answers, axis=1)


@dataclass(frozen=True)
class _Thing:
    """A part of a picture: which share of each pixel it covers, (32, 32), and its colour."""

    cover: Numbers
    colour: int


def _two_things(picture: Numbers) -> list[_Thing]:
    """Return what is to be seen in a picture (3, 32, 32), if it is two things; else nothing."""
    ground = np.median(_border(picture), axis=1)
    paints = ground - _BRIGHTNESS * np.array([*COLOURS.values()])  # the way to each, (4, 3)
    differences = ground[:, np.newaxis, np.newaxis] - picture
    lengths = np.linalg.norm(paints, axis=1, keepdims=True)
    along = np.einsum("kc,cyx->kyx", paints / lengths**2, differences)
    cover = along.max(axis=0).clip(0, 1)
    parts = _parts(cover > _INSIDE)
    if len(parts) != 2:
        return []
    things = []
    for part, other in (parts, parts[::-1]):
        own = cover * _share(part, other)
        towards = (differences * own).sum(axis=(1, 2))
        things.append(_Thing(own, int((paints / lengths @ towards).argmax())))
    return things


def _answers(things: Sequence[_Thing]) -> Rows:
    """Return the answers, (N, 7), of N pairs of things, one thing after the other."""
    cover = np.array([thing.cover for thing in things])
    area, across = cover.sum(axis=(1, 2)), np.arange(SIDE) + 0.5
    down, right = (cover.sum(axis=axis) @ across / area for axis in (2, 1))
    lengths = np.sqrt(area / np.array([[_AREA[name]] for name in SHAPES])).clip(max=SIDE)
    rise = lengths * np.array([[_RISE[name]] for name in SHAPES])
    shapes = np.repeat(np.arange(len(SHAPES)), len(things))
    places = (np.clip(middle, lengths / 2, SIDE - lengths / 2) for middle in (right, down - rise))
    drawn = covered(shapes, lengths.ravel(), *(middle.ravel() for middle in places))
    wrong = np.square(drawn.reshape(len(SHAPES), *cover.shape) - cover).sum(axis=(2, 3))
    shape = wrong.argmin(axis=0)
    size = lengths[shape, np.arange(len(things))] > _BETWEEN
    each = np.stack([size, [thing.colour for thing in things], shape], axis=1).reshape(-1, 2, 3)
    apart = [np.diff(middle.reshape(-1, 2))[:, 0] for middle in (down, right)]
    beside = (abs(apart[1]) > abs(apart[0])).astype(np.int64)
    turned = np.where(beside == 1, apart[1], apart[0]) < 0
    each[turned] = each[turned, ::-1]
    return np.concatenate([beside[:, np.newaxis], each.reshape(-1, 6)], axis=1)


def _border(picture: Numbers) -> Numbers:
    """Return the outermost pixels, (3, 124)."""
    edge = np.ones((SIDE, SIDE), bool)
    edge[1:-1, 1:-1] = False
    return picture[:, edge]


def _parts(inside: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.bool_]]:
    """Return the parts of a mask that hang together by sides of pixels, but for specks."""
    labels = np.where(inside, np.arange(1, inside.size + 1).reshape(inside.shape), 0)
    while True:
        spread = np.where(inside, _neighbours(labels), 0)
        if np.array_equal(spread, labels):
            break
        labels = spread
    numbers, counts = np.unique(labels[inside], return_counts=True)
    return [labels == number for number in numbers[counts >= _LEAST]]


def _neighbours(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the largest of each pixel and the four beside it."""
    largest: npt.NDArray[Any] = values.copy()
    for to, of in ((slice(1, None), slice(-1)), (slice(-1), slice(1, None))):
        np.maximum(largest[to], values[of], out=largest[to])
        np.maximum(largest[:, to], values[:, of], out=largest[:, to])
    return largest


def _share(part: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> Numbers:
    """Return how much of each pixel's cover is a part's: all inside and at its edge.

    At the edges of both it is half.
    """
    own, others = (_neighbours(each) & ~beyond for each, beyond in ((part, other), (other, part)))
    share: Numbers = own / np.maximum(1, own + others.astype(float))
    return share


# --------------------------------------------------------------------------------------- judging


@dataclass(frozen=True)
class Shown:
    """Which share of images shows what was said.

    Attributes
    ----------
    whole : float
        Right in place, size, colour and shape of both things.
    place, size, colour, shape : float
        Right in this; of size, colour and shape, in that of both things.
    """

    whole: float
    place: float
    size: float
    colour: float
    shape: float


@dataclass(frozen=True)
class SceneReport:
    """How well images show `count` sentences, by what the images are."""

    count: int
    outcomes: Mapping[str, Shown]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as nested dictionaries of numbers, which JSON can hold."""
        return dataclasses.asdict(self)


def shown(images: Array, sentences: Sequence[str]) -> Shown:
    """Return which share of images (N, 3, 32, 32) shows what sentences about scenes say.

    Examples
    --------
    >>> import minigen.data
    >>> test = minigen.data.load("scenes", "test")
    >>> shown(test.scaled()[:100], test.captions()[:100]).whole > 0.98
    True
    """
    right = read_scenes(images) == answers_of(understand(sentences))
    of_both = {
        name: float(right[:, [answer == name for answer in ANSWERS]].all(axis=1).mean())
        for name in ("place", *_OF_A_THING)
    }
    return Shown(whole=float(right.all(axis=1).mean()), **of_both)


def judge_scenes(
    model: TextToImage,
    images: Array,
    sentences: Rows,
    others: Array,
    their_sentences: Rows,
    *,
    generator: Generator | None = None,
    batch_size: int = BATCH_SIZE,
) -> SceneReport:
    """Make an image of each sentence about a scene, and count how many show what was said.

    Beside them stand images of sentences that the model was trained on; the real images of the
    first sentences; and training images, each of the sentence that has most words in common with
    the one that is asked for, each in its place: what looking up can do.

    Parameters
    ----------
    model : TextToImage
        The model.
    images : array, shape (N, 3, 32, 32)
        Test scenes.
    sentences : array of int64, shape (N, L)
        Theirs, in the model's words.
    others, their_sentences : array, shapes (M, 3, 32, 32) and (M, L)
        Training scenes.
    generator : Generator, optional
        Draws the latent variables; seeded with 0 if not given.
    """
    source = generator or Generator(0)
    made = sample_sentences(model, sentences, source, batch_size)
    trained = their_sentences[source.permutation(len(their_sentences))[: len(sentences)]]
    again = sample_sentences(model, trained, source, batch_size)
    seen, places = np.unique(their_sentences, axis=0, return_index=True)
    nearest = to_numpy(array_of(others))[places[_most_alike(sentences, seen)]]
    said, said_again = (read_sentences(some, model.vocabulary) for some in (sentences, trained))
    outcomes = {
        "the model": shown(made, said),
        "the model, seen sentences": shown(again, said_again),
        "the nearest seen scene": shown(nearest, said),
        "the real scenes": shown(images, said),
    }
    return SceneReport(len(sentences), outcomes)


def sample_sentences(
    model: TextToImage, sentences: Rows, generator: Generator, batch_size: int = BATCH_SIZE
) -> npt.NDArray[np.float32]:
    """Return an image of each sentence (N, L), on the host."""
    with measuring(model):
        parts = [
            to_numpy(model.sample(len(some), some, generator=generator).array)
            for some, _ in minibatches(model, sentences, batch_size)
        ]
    return np.concatenate(parts)


def _most_alike(sentences: Rows, others: Rows) -> Rows:
    """Return for each sentence which other has most words in common, each in its place."""
    common = np.zeros((len(sentences), len(others)), np.int64)
    for word, other in zip(sentences.T, others.T, strict=True):
        common += word[:, np.newaxis] == other
    nearest: Rows = common.argmax(axis=1)
    return nearest
