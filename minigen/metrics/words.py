r"""How often a judge hears the word that was asked for, in spectrograms and in the sounds of them.

Named right is not all: one good example of each word would always be. So it is measured, too, how
much examples of a word vary, and how far the judge's features of them are from those of real words.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from minigen.data.spoken import MELS, SpokenWords
from minigen.engine.backend import to_numpy
from minigen.engine.random import Generator
from minigen.metrics.distances import frechet_distance
from minigen.metrics.features import (
    TRAINED,
    FeatureExtractor,
    class_accuracy,
    extract_features,
    load_feature_extractor,
)
from minigen.metrics.samples import BATCH_SIZE, measuring, minibatches

if TYPE_CHECKING:
    from minigen.models.spoken import SpokenVAE

Spectrograms = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

JUDGE_CHANNELS: Final = (16, 32, 32)
JUDGE_EPOCHS: Final = 30


@dataclass(frozen=True)
class Heard:
    """How some spectrograms of words stand to real ones.

    Attributes
    ----------
    named : float
        The share that the judge calls what was asked for.
    variety : float
        The standard deviation of a place among examples of a word, divided by that of real ones,
        both as roots of mean squares.
    distance : float
        The Fréchet distance of the judge's features to those of real ones.
    """

    named: float
    variety: float
    distance: float


@dataclass(frozen=True)
class WordReport:
    """What `count` examples each of the model, of baselines and of real words are heard as."""

    count: int
    outcomes: Mapping[str, Heard]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as nested dictionaries of numbers, which JSON can hold."""
        return dataclasses.asdict(self)


def word_judge(train: SpokenWords) -> FeatureExtractor:
    """Return a classifier of words: that of the package if it knows the data set, or a new one.

    A new one is trained on `train`, which takes some seconds for a thousand examples.
    """
    from minigen.metrics.train_features import Recipe, train_extractor

    if train.name in TRAINED:
        return load_feature_extractor(train.name)
    judge = train_extractor(train, JUDGE_CHANNELS, Recipe(epochs=JUDGE_EPOCHS))
    return judge.eval().requires_grad_(False)


def judge_words(
    model: SpokenVAE,
    images: Spectrograms,
    labels: Labels,
    train: SpokenWords,
    *,
    generator: Generator | None = None,
) -> WordReport:
    """Say as many words as there are real ones, and count how many are heard as what they are.

    Beside the samples stand the same after a way through sound: what `minigen.data.mels.LogMel`
    sees of the WAV that it makes of them. The baselines are the mean of each word's training
    examples, and draws from the Gaussian of as many of their principal components as the model has
    latent variables. Training examples of the same words, of other voices, say what can be had.

    Parameters
    ----------
    model : SpokenVAE
        The model.
    images : array, shape (N, 1, bands, frames)
        Real words that neither model nor judge was trained on, in [0, 1]; two at least.
    labels : array of int64, shape (N,)
        Which they are.
    train : SpokenWords
        The training part.
    generator : Generator, optional
        Draws latent variables; seeded with 0 if not given.
    """
    source = generator or Generator(0)
    judge, others = word_judge(train), train.scaled()
    with measuring(model):
        made = np.concatenate(
            [
                to_numpy(model.sample(len(some), some, generator=source).array)
                for some, _ in minibatches(model, labels, BATCH_SIZE)
            ]
        )
    again = MELS.image(MELS.sound(made[:, 0]))[:, np.newaxis].astype(np.float32)
    means, drawn, spoken = (np.empty_like(made) for _ in range(3))
    for word in np.unique(labels):
        here, of_word = labels == word, others[train.labels == word]
        if not len(of_word):
            raise ValueError(f"judge_words: the training part has no {train.classes[word]!r}")
        means[here] = of_word.mean(axis=0)
        drawn[here] = _draws(of_word, model.latent, int(here.sum()), source)
        spoken[here] = of_word[np.resize(source.permutation(len(of_word)), int(here.sum()))]
    real = extract_features(judge, images)
    spread = _spread(images, labels)
    outcomes = {
        name: Heard(
            class_accuracy(judge, those, labels),
            _spread(those, labels) / max(spread, 1e-12),
            frechet_distance(extract_features(judge, those), real),
        )
        for name, those in {
            "the model": made,
            "the model, as sound": again,
            "the mean of each word": means,
            "principal components": drawn,
            "training words": spoken,
            "the real words": images,
        }.items()
    }
    return WordReport(len(labels), outcomes)


def _draws(
    examples: Spectrograms, components: int, count: int, generator: Generator
) -> Spectrograms:
    """Draw from the Gaussian of the first principal components of examples."""
    rows = examples.reshape(len(examples), -1).astype(np.float64)
    mean = rows.mean(axis=0)
    _, deviations, directions = np.linalg.svd(rows - mean, full_matrices=False)
    kept = min(components, len(deviations))
    shares = generator.normal((count, kept), np.float64) * deviations[:kept]
    drawn = mean + shares / max(1, len(rows) - 1) ** 0.5 @ directions[:kept]
    shaped: Spectrograms = drawn.clip(0, 1).reshape(count, *examples.shape[1:]).astype(np.float32)
    return shaped


def _spread(images: Spectrograms, labels: Labels) -> float:
    """Return the root of the mean variance of a place among examples of one word."""
    variances = [images[labels == word].var(axis=0).mean() for word in np.unique(labels)]
    return float(np.mean(variances) ** 0.5)
