r"""How likely held-out texts are, beside n-grams, and how many samples are copies."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from minigen.engine.modes import no_grad
from minigen.metrics.ngrams import NGrams, Tokens
from minigen.metrics.samples import BATCH_SIZE, measuring, minibatches
from minigen.models.language import IGNORED, targets

if TYPE_CHECKING:
    from minigen.engine.random import Generator
    from minigen.models.language import LanguageModel, TextModel
    from minigen.models.text_vae import TextVAE

SAMPLES: Final = 1000
"""How many samples are looked up among the texts that were trained on."""


@dataclass(frozen=True)
class LanguageReport:
    """What a language model makes of held-out texts, beside n-grams.

    Parameters
    ----------
    count, tokens : int
        How many texts there are, and tokens in them, with the end of each.
    nats : float
        Of a token, by the model.
    additive, interpolated : list of float
        The same by n-grams of order 1, 2 and so on, smoothed in two ways: see `NGrams`.
    """

    count: int
    tokens: int
    nats: float
    additive: list[float]
    interpolated: list[float]

    @property
    def best(self) -> float:
        """The nats of a token by the best of all n-grams."""
        return min(*self.additive, *self.interpolated)

    def to_dict(self) -> dict[str, Any]:
        """Return all values by name, as JSON can hold them."""
        return {**dataclasses.asdict(self), "best_ngram": self.best}


def count_tokens(texts: Tokens) -> int:
    """Return how many tokens texts (N, L) have, with the end of each.

    Examples
    --------
    >>> count_tokens(np.array([[1, 2, 0, 0], [1, 2, 2, 1]]))
    7
    """
    return int((targets(texts) != IGNORED).sum())


def nats_per_token(model: LanguageModel, texts: Tokens, batch_size: int = BATCH_SIZE) -> float:
    """Return the negative log-likelihood of texts (N, L) in nats a token, their ends counted."""
    total = 0.0
    with measuring(model):
        for batch, _ in minibatches(model, texts, batch_size):
            total += float(model.nll(batch).sum().item())
    return total / count_tokens(texts)


def judge_language(
    model: LanguageModel, texts: Tokens, train: Tokens, validation: Tokens
) -> LanguageReport:
    """Measure how likely texts are by a model, and by n-grams of the texts that it was trained on.

    Parameters
    ----------
    model : LanguageModel
        Anything with ``nll(x)`` of shape (N,), and a vocabulary.
    texts : array of int64, shape (N, L)
        Held-out texts.
    train, validation : array of int64, shape (N, L)
        What n-grams are counted in, and what their smoothing is chosen by.

    Raises
    ------
    ValueError
        If there is no text in one of the three.
    """
    for what, given in (("texts", texts), ("train", train), ("validation", validation)):
        if not len(given):
            raise ValueError(f"judge_language: {what}: at least one text is expected, got none")
    ngrams = NGrams(train, validation, len(model.vocabulary))
    return LanguageReport(
        len(texts),
        count_tokens(texts),
        nats_per_token(model, texts),
        ngrams.additive(texts),
        ngrams.interpolated(texts),
    )


@dataclass(frozen=True)
class Rebuilding:
    """How much of texts comes back from their codes, beside codes that say nothing of them.

    Parameters
    ----------
    count : int
        How many texts there are.
    tokens, texts : float
        Shares of tokens, the ends among them, that stand where they did; and of whole texts.
    tokens_of_others : float
        The share of tokens that do so when each text is rebuilt from the code of another.
    """

    count: int
    tokens: float
    texts: float
    tokens_of_others: float

    def to_dict(self) -> dict[str, Any]:
        """Return all values by name, as JSON can hold them."""
        return dataclasses.asdict(self)


def judge_rebuilding(model: TextVAE, texts: Tokens, batch_size: int = BATCH_SIZE) -> Rebuilding:
    """Rebuild texts (N, L) from the means of their posteriors, each without a look at the text.

    One wrong character moves none behind it, but what is left out or added does, so that few of
    them stand where they did. Each text is also rebuilt from the code of the next one.
    """
    with measuring(model):
        parts = minibatches(model, texts, batch_size)
        made = np.concatenate([model.reconstruct(batch).numpy() for batch, _ in parts])
    said, given = targets(texts), texts.shape[1]
    right = made[:, :given] == said
    wrong = np.roll(made, 1, axis=0)[:, :given] == said
    tokens = count_tokens(texts)
    whole = (right | (said == IGNORED)).all(axis=1)
    return Rebuilding(
        len(texts),
        float(right.sum() / tokens),
        float(whole.mean()),
        float(wrong.sum() / tokens),
    )


@dataclass(frozen=True)
class Copies:
    """How many of `count` samples differ, and which shares stand among known texts.

    Parameters
    ----------
    count, different : int
        How many samples there are, and different ones.
    trained_on, held_out : float
        Shares of the samples that stand among the texts trained on, and among held-out ones.
    """

    count: int
    different: int
    trained_on: float
    held_out: float

    def to_dict(self) -> dict[str, Any]:
        """Return all values by name, as JSON can hold them."""
        return dataclasses.asdict(self)


def judge_copies(
    model: TextModel,
    train: Tokens,
    held_out: Tokens,
    count: int = SAMPLES,
    *,
    generator: Generator | None = None,
) -> Copies:
    """Draw samples, and look them up among the texts that were trained on, and held-out ones."""
    writer: Any = model
    with no_grad(), measuring(model):
        drawn = writer.sample(count, generator=generator).numpy()
    made, known, other = (list(_rows(texts)) for texts in (drawn, train, held_out))
    trained_on, elsewhere = set(known), set(other)
    return Copies(
        count,
        len(set(made)),
        sum(text in trained_on for text in made) / count,
        sum(text in elsewhere for text in made) / count,
    )


def _rows(texts: Tokens) -> Iterable[tuple[int, ...]]:
    """Return texts (N, L) without their ends."""
    return (tuple(token for token in row if token) for row in texts.tolist())
