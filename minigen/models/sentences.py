r"""Sentences for a network: a vector of each, in which it matters what stands where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import CPU, Array, array_of, device_of, namespace
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
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
    embedding : int
        Length of a word's vector.
    window : int
        How many words next to each other are looked at together: an odd number.
    sentence_features : int
        Length of a sentence's vector.
    """

    embedding: Count = 32
    window: Count = 3
    sentence_features: Count = 128

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.window % 2 == 0:
            raise ValueError(f"window: an odd number of words is expected, got {self.window}")

    def encoder(self, captioning: Captioning, source: Generator | None) -> SentenceEncoder:
        """Make the encoder of sentences."""
        return SentenceEncoder(
            len(captioning.vocabulary),
            captioning.sentence_length,
            self.sentence_features,
            embedding=self.embedding,
            window=self.window,
            generator=source,
        )


class SentenceEncoder(nn.Module):
    r"""Vectors of sentences: words and their places, convolved, and summed over the sentence.

    .. math:: e_t = E_{w_t} + P_t, \qquad
              h_t = \mathrm{ReLU}\Big(b + \sum_{k=-r}^{r} W_k\, e_{t+k}\Big), \qquad
              s = \frac{1}{\sqrt n} \sum_{t=1}^{n} h_t

    The row of E is the word's, that of P its place's; without P it would not be known which of two
    things is the red one, but to those who look through a window of :math:`2r + 1` words. A
    sentence of n words ends where 0, the padding, begins: beyond, :math:`e_t = h_t = 0`.

    Kim takes the largest :math:`h_t` in the place of the sum, which tells each feature from one
    window alone: on scenes that learns more slowly.

    Parameters
    ----------
    words : int
        How many there are, the padding among them.
    length : int
        How many words a sentence has at most.
    features : int
        Length of the vectors s.
    embedding, window
        See `SentenceEncoders`.
    generator : Generator, optional
        Draws the first weights.

    Raises
    ------
    ValueError
        In a call, if sentences are longer.

    References
    ----------
    Kim (2014), arXiv:1408.5882; Gehring et al. (2017), arXiv:1705.03122, section 3.1: the places.

    Examples
    --------
    >>> import minigen
    >>> encoder = SentenceEncoder(words=5, length=4, features=6)
    >>> sentences = minigen.tensor([[1, 3, 2, 0], [4, 1, 2, 3]])
    >>> encoder(sentences).shape
    (2, 6)

    Derivation: embedding, conv2d, sum
    """

    def __init__(
        self,
        words: int,
        length: int,
        features: int,
        *,
        embedding: int = 32,
        window: int = 3,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        self.length = length
        self.words = nn.Embedding(words, embedding, generator=generator)
        self.places = nn.Embedding(length, embedding, generator=generator)
        self.windows = nn.Conv2d(
            embedding, features, (1, window), padding=(0, window // 2), generator=generator
        )

    def forward(self, sentences: Array) -> Tensor:
        """Return vectors (N, features) of the numbers of words (N, L), filled up with 0."""
        numbers = array_of(sentences)
        count, length = numbers.shape
        if length > self.length:
            raise ValueError(
                f"SentenceEncoder: sentences of at most {self.length} words are expected, got "
                f"numbers of shape {tuple(numbers.shape)}"
            )
        said = (numbers != 0).astype(self.words.weight.dtype).reshape(count, length, 1)
        vectors = (self.words(numbers) + self.places.weight[:length]) * said
        in_a_row = F.reshape(F.permute(vectors, (0, 2, 1)), (count, -1, 1, length))
        seen = F.relu(self.windows(in_a_row)) * said.reshape(count, 1, 1, length)
        words = namespace(said).maximum(said.sum(axis=1), 1)
        summed: Tensor = F.sum(seen, axis=(2, 3)) / words**0.5
        return summed


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
