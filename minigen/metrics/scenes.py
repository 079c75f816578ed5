r"""How well images of sentences show what was said, by a judge that reads scenes.

The judge is a small classifier with seven answers at once: whether the two things stand one above
the other or side by side; and of the one above or at the left, and of the other, the size, the
colour and the shape. It has never seen a sentence, and learnt from the training part alone: of the
combinations of the test part it has seen no picture either.

``python -m minigen.metrics.scenes`` trains it, writes its weights into the package, and says what
`JUDGE` has to record of them.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click
import numpy as np
import numpy.typing as npt

from minigen import data, optim
from minigen.data.captioned import read_sentences
from minigen.data.coloured import COLOURS
from minigen.data.publication import PublishedFile
from minigen.data.scenes import PLACES, SHAPES, SIZES, Rows, understand
from minigen.engine.backend import Array, to_numpy
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.metrics.features import FeatureExtractor, TrainedExtractor, read_extractor
from minigen.metrics.samples import BATCH_SIZE, measuring, minibatches
from minigen.ops.losses import cross_entropy
from minigen.optim.lr_scheduler import CosineAnnealingLR

if TYPE_CHECKING:
    from minigen.models.text_to_image import TextToImage

_OF_A_THING: Final = {"size": len(SIZES), "colour": len(COLOURS), "shape": len(SHAPES)}

ANSWERS: Final = ("place", *_OF_A_THING, *_OF_A_THING)
"""What each of the judge's seven answers is about."""

_CHOICES: Final = (len(PLACES), *_OF_A_THING.values(), *_OF_A_THING.values())
_EPOCHS: Final = 6
_BATCH: Final = 128
_RATE: Final = 2e-3

JUDGE: Final = TrainedExtractor(
    (3, 32, 32),
    (24, 32, 32),
    PublishedFile("scenes.safetensors", 0, ""),
    test_accuracy=0.0,
    classes=sum(_CHOICES),
)
"""The judge in the package. It reads the share `test_accuracy` of test scenes right in all."""


def load_scene_judge() -> FeatureExtractor:
    """Load the judge, in evaluation mode; see `minigen.metrics.load_feature_extractor`."""
    return read_extractor(JUDGE)


def answers_of(combinations: Rows) -> Rows:
    """Return the seven right answers, (N, 7), of combinations as `minigen.data.Scenes` has them.

    Examples
    --------
    >>> from minigen.data.scenes import THINGS, understand
    >>> answers_of(understand(["a small red circle right of a large blue square"])).tolist()
    [[1, 1, 3, 1, 0, 0, 0]]
    """
    place, *things = combinations.T
    answers = [place]
    for thing in things:
        answers += np.unravel_index(thing, tuple(_OF_A_THING.values()))
    return np.stack(answers, axis=1)


def read_scenes(judge: FeatureExtractor, images: Array) -> Rows:
    """Return the judge's seven answers, (N, 7), of images (N, 3, 32, 32) in [0, 1]."""
    parts = []
    with measuring(judge):
        for some, _ in minibatches(judge, images, BATCH_SIZE):
            answers = [to_numpy(logits.data).argmax(axis=1) for logits in _apart(judge(some))]
            parts.append(np.stack(answers, axis=1))
    return np.concatenate(parts)


def _apart(logits: Tensor) -> list[Tensor]:
    """Return the logits (N, choices) of each of the seven answers."""
    ends = np.cumsum(_CHOICES)
    return [logits[:, end - count : end] for end, count in zip(ends, _CHOICES, strict=True)]


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
    """How well images show sentences: `count` of them, by what made them."""

    count: int
    outcomes: Mapping[str, Shown]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as nested dictionaries of numbers, which JSON can hold."""
        return dataclasses.asdict(self)


def shown(judge: FeatureExtractor, images: Array, sentences: Sequence[str]) -> Shown:
    """Return which share of images shows what sentences about scenes say.

    Examples
    --------
    >>> import minigen.data
    >>> test = minigen.data.load("scenes", "test")
    >>> judge = load_scene_judge()
    >>> shown(judge, test.scaled()[:200], test.captions()[:200]).whole > 0.98
    True
    """
    right = read_scenes(judge, images) == answers_of(understand(sentences))
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

    Beside them stand the real images of these sentences, and the training image whose sentence has
    most words in common, each in its place: the best that looking up can do.

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
    seen, place = np.unique(their_sentences, axis=0, return_index=True)
    nearest = others[place[_most_alike(sentences, seen)]]
    again = their_sentences[source.permutation(len(their_sentences))[: len(sentences)]]
    judge, said = load_scene_judge(), read_sentences(sentences, model.vocabulary)
    outcomes = {
        "the model": shown(judge, made, said),
        "the model, sentences it was trained on": shown(
            judge,
            sample_sentences(model, again, source, batch_size),
            read_sentences(again, model.vocabulary),
        ),
        "the nearest training scene": shown(judge, nearest, said),
        "the real scenes": shown(judge, images, said),
    }
    return SceneReport(len(sentences), outcomes)


def sample_sentences(
    model: TextToImage, sentences: Rows, generator: Generator, batch_size: int = BATCH_SIZE
) -> npt.NDArray[np.float32]:
    """Return an image of each sentence (N, L), on the host."""
    with measuring(model):
        parts = [
            to_numpy(model.sample(len(some), some, generator=generator).data)
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


# -------------------------------------------------------------------------------------- training


def train_scene_judge(
    scenes: data.Scenes, *, epochs: int = _EPOCHS, seed: int = 0
) -> FeatureExtractor:
    """Train a judge: Adam on the sum of seven cross-entropies, its rate falling along a cosine."""
    source = Generator(seed)
    judge = FeatureExtractor(scenes.image_shape, JUDGE.channels, JUDGE.classes, generator=source)
    optimizer = optim.Adam(judge.parameters(), lr=_RATE)
    examples = scenes.scaled(), answers_of(scenes.combinations)
    batches = data.Batches(examples, _BATCH, shuffle=True, drop_last=True, generator=source)
    schedule = CosineAnnealingLR(optimizer, epochs * len(batches))
    for _ in range(epochs):
        for images, answers in batches:
            losses = [
                cross_entropy(logits, answers[:, number])
                for number, logits in enumerate(_apart(judge(images)))
            ]
            optimizer.zero_grad()
            sum(losses[1:], losses[0]).backward()
            optimizer.step()
            schedule.step()
    return judge.eval()


def main() -> None:
    """Train the judge, and write its weights into the package."""
    from safetensors.numpy import save

    from minigen.files import write_atomically
    from minigen.metrics.features import WEIGHTS
    from minigen.metrics.train_features import rounded

    judge = train_scene_judge(data.load("scenes"))
    judge.load_state_dict(rounded(judge))
    contents = save(rounded(judge))
    write_atomically(WEIGHTS / JUDGE.file.name, contents)
    click.echo(f"{len(contents):,} bytes, SHA-256 {hashlib.sha256(contents).hexdigest()}")
    test = data.load("scenes", "test")
    click.echo(str(shown(judge, test.scaled(), test.captions())))


if __name__ == "__main__":
    main()
