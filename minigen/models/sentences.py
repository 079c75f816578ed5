"""Sentences for a network: a vector of each, in which it matters what stands where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import CPU, Array, array_of, device_of, namespace
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.networks import dense_layers
from minigen.models.options import Count, Options, Words


@dataclass(frozen=True)
class Captioning(Options):
    """Which sentences a model can be told.

    Parameters
    ----------
    vocabulary : sequence of str
        The words that it knows; the first is the padding, the empty text.
    sentence_length : int
        How many words a sentence has at most.
    """

    positional: ClassVar[tuple[str, ...]] = ("vocabulary", "sentence_length")
    vocabulary: Words
    sentence_length: Count

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("vocabulary", tuple(self.vocabulary))
        if len(self.vocabulary) < 2 or self.vocabulary[0]:
            raise ValueError(
                "vocabulary: the empty text and at least one word are expected, got "
                f"{self.vocabulary!r}"
            )


@dataclass(frozen=True)
class SentenceEncoders(Options):
    """How sentences become vectors.

    Parameters
    ----------
    sentence_features : int
        Length of a sentence's vector.
    """

    sentence_features: Count = 256

    def encoder(self, captioning: Captioning, source: Generator | None) -> SentenceEncoder:
        """Make the encoder of sentences."""
        return SentenceEncoder(
            len(captioning.vocabulary),
            captioning.sentence_length,
            self.sentence_features,
            generator=source,
        )


class SentenceEncoder(nn.Module):
    r"""Vectors of sentences: the sum of a vector of each word at each place.

    .. math:: s = \frac{1}{\sqrt n} \sum_{t=1}^{n} E_{t, w_t}

    A word has another vector at each place t, so "red" in second place says something else than
    "red" in seventh place: it is known which of two things is the red one. The vectors are drawn
    from N(0, 1), and with the root so are the elements of s, however many words n there are before
    0, the padding, begins.

    This is a linear layer on sentences as one-hot vectors of places and words. What words mean
    together is left to the ReLUs behind it.

    Parameters
    ----------
    words : int
        How many there are, the padding among them.
    length : int
        How many words a sentence has at most.
    features : int
        Length of the vectors s.
    generator : Generator, optional
        Draws the first vectors.

    Raises
    ------
    ValueError
        In a call, if sentences are longer.

    References
    ----------
    Bengio, Ducharme, Vincent, Jauvin (2003), "A neural probabilistic language model": a word at a
    place, through a weight of its own.

    Examples
    --------
    >>> import minigen
    >>> encoder = SentenceEncoder(words=5, length=4, features=6)
    >>> sentences = minigen.tensor([[1, 3, 2, 0], [4, 1, 2, 3]])
    >>> encoder(sentences).shape
    (2, 6)

    Derivation: embedding, sum
    """

    def __init__(
        self, words: int, length: int, features: int, *, generator: Generator | None = None
    ) -> None:
        super().__init__()
        self.words = words
        self.length = length
        self.vectors = nn.Embedding(length * words, features, generator=generator)

    def forward(self, sentences: Array) -> Tensor:
        """Return vectors (N, features) of the numbers of words (N, L), filled up with 0."""
        numbers = array_of(sentences)
        count, length = numbers.shape
        if length > self.length:
            raise ValueError(
                f"SentenceEncoder: sentences of at most {self.length} words are expected, got "
                f"numbers of shape {tuple(numbers.shape)}"
            )
        xp = namespace(numbers)
        said = (numbers != 0).astype(self.vectors.weight.dtype)
        at_places = self.vectors(numbers + self.words * xp.arange(length))
        words = xp.maximum(said.sum(axis=1), 1).reshape(count, 1)
        summed: Tensor = F.sum(at_places * said.reshape(count, length, 1), axis=1) / words**0.5
        return summed


class SentencePrior(nn.Module):
    r"""What latent variables are like under a sentence: a Gaussian of its vector s.

    .. math:: p_\psi(z \mid t) = \mathcal{N}\left(m(s(t)), \operatorname{diag} v(s(t))\right)

    Parameters
    ----------
    features : int
        Length of the vectors s.
    hidden : sequence of int
        Lengths of the dense layers between.
    latent : int
        Number of latent variables.
    generator : Generator, optional
        Draws the weights.

    References
    ----------
    Sohn, Lee, Yan (2015), "Learning structured output representation using deep conditional
    generative models": a prior that is told the condition. Ghosh et al. (2020), arXiv:1903.12436:
    one that is fitted to codes, which don't learn from it.

    Examples
    --------
    >>> import minigen
    >>> prior = SentencePrior(6, (8,), 2)
    >>> mean, logvar = prior(minigen.randn(5, 6))
    >>> mean.shape, logvar.shape
    ((5, 2), (5, 2))

    Derivation: kl.gaussian
    """

    def __init__(
        self,
        features: int,
        hidden: Sequence[int],
        latent: int,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        sizes = (features, *hidden)
        self.layers = nn.Sequential(*dense_layers(sizes, generator))
        self.to_mu = nn.Dense(sizes[-1], latent, generator=generator)
        self.to_logvar = nn.Dense(sizes[-1], latent, generator=generator)

    def forward(self, sentences: Array) -> tuple[Tensor, Tensor]:
        r"""Return m and :math:`\ln v`, each (N, latent), of vectors of sentences (N, features)."""
        told = self.layers(sentences)
        return self.to_mu(told), self.to_logvar(told)


def expect_sentences(model: str, sentences: Array | None, words: int, count: int) -> None:
    """Refuse what is not a sentence for each of `count` examples.

    Parameters
    ----------
    model : str
        What the message calls the model.
    sentences : Tensor or array of integers, shape (count, L), or None
        What was given.
    words : int
        How many the model knows, the padding among them.

    Raises
    ------
    TypeError
        If sentences are missing, or no integers.
    ValueError
        If there are more or fewer or, on the CPU, a number names no word.
    """
    if sentences is None:
        raise TypeError(f"{model} is told sentences: numbers of shape ({count}, L) are expected")
    array = array_of(sentences)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{model}: sentences must be integers, got {array.dtype}")
    if array.ndim != 2 or len(array) != count:
        raise ValueError(
            f"{model}: sentences of shape ({count}, L) are expected, got {tuple(array.shape)}"
        )
    if device_of(array) == CPU and array.size and not (array.min() >= 0 and array.max() < words):
        raise ValueError(
            f"{model}: words from 0 to {words - 1} are expected, got {array.min()} to {array.max()}"
        )
