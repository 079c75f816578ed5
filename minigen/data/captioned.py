"""Images with a sentence each, and sentences as numbers of their words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from minigen.data.dataset import Images, check_range, read_only

PADDING: Final = ""
"""The first word of every vocabulary: it fills sentences up that are shorter than others."""

_NAMED: Final = 40  # words that a message names


class UnknownWordError(ValueError):
    """A sentence has a word that is not in the vocabulary, or none at all, or too many."""


def split_words(sentence: str) -> list[str]:
    """Return the words of a sentence, in small letters, without what stands between them.

    Examples
    --------
    >>> split_words("A small, red circle -- don't ask!")
    ['a', 'small', 'red', 'circle', "don't", 'ask']
    """
    return re.findall(r"\w+(?:['’]\w+)*", sentence.casefold())


def make_vocabulary(sentences: Iterable[str]) -> tuple[str, ...]:
    """Return every word of some sentences once, in the order of the alphabet, after the padding.

    Examples
    --------
    >>> make_vocabulary(["a red circle", "A blue circle"])
    ('', 'a', 'blue', 'circle', 'red')
    """
    words = {word for sentence in sentences for word in split_words(sentence)}
    return (PADDING, *sorted(words))


def encode_sentences(
    sentences: Sequence[str], vocabulary: Sequence[str], length: int | None = None
) -> npt.NDArray[np.int64]:
    """Return the numbers of the words of each sentence, filled up with 0.

    Parameters
    ----------
    sentences : sequence of str
        N sentences.
    vocabulary : sequence of str
        What the words are numbers in; the first is the padding.
    length : int, optional
        Numbers a sentence; by default as many as the longest has words.

    Returns
    -------
    array of int64, shape (N, length)

    Raises
    ------
    UnknownWordError
        If a word is not in the vocabulary, which the message names; or a sentence has no word, or
        more than `length`.

    Examples
    --------
    >>> vocabulary = ("", "a", "circle", "red")
    >>> encode_sentences(["A red circle.", "a circle"], vocabulary)
    array([[1, 3, 2],
           [1, 2, 0]])
    >>> encode_sentences(["a purple circle"], vocabulary)
    Traceback (most recent call last):
    minigen.data.captioned.UnknownWordError: the word 'purple' is not known in 'a purple circle';
    known are: a, circle, red
    """
    number = {word: place for place, word in enumerate(vocabulary)}
    split = [split_words(sentence) for sentence in sentences]
    longest = max(map(len, split), default=0) if length is None else length
    numbers = np.zeros((len(split), longest), np.int64)
    for row, words, sentence in zip(numbers, split, sentences, strict=True):
        for word in words:
            if word not in number:
                raise UnknownWordError(
                    f"the word {word!r} is not known in {sentence!r}; known are: "
                    f"{_some(vocabulary[1:])}"
                )
        if not 0 < len(words) <= longest:
            raise UnknownWordError(
                f"a sentence of 1 to {longest} words is expected, got {len(words)} in {sentence!r}"
            )
        row[: len(words)] = [number[word] for word in words]
    return numbers


def read_sentences(numbers: npt.NDArray[np.int64], vocabulary: Sequence[str]) -> list[str]:
    """Return the sentences whose words have these numbers, shape (N, length).

    Examples
    --------
    >>> read_sentences(np.array([[1, 3, 2], [1, 2, 0]]), ("", "a", "circle", "red"))
    ['a red circle', 'a circle']
    """
    return [" ".join(vocabulary[word] for word in row if word) for row in numbers.tolist()]


def _some(words: Sequence[str]) -> str:
    more = f" and {len(words) - _NAMED:,} more" if len(words) > _NAMED else ""
    return ", ".join(words[:_NAMED]) + more


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CaptionedImages(Images):
    """`Images` with a sentence each.

    Parameters
    ----------
    name, split, images, maximum, files
        As of `Images`.
    sentences : array of int64, shape (N, L)
        The numbers of each sentence's words, filled up with 0: see `encode_sentences`.
    vocabulary : tuple of str
        The words; the first is the padding.

    Raises
    ------
    ValueError
        If there is not a sentence for each image, or a number names no word; or as of `Images`.

    Examples
    --------
    >>> import numpy as np
    >>> vocabulary = make_vocabulary(["black", "a square"])
    >>> CaptionedImages(
    ...     "squares", "train", np.zeros((2, 1, 8, 8), np.uint8), vocabulary=vocabulary,
    ...     sentences=encode_sentences(["black", "a square"], vocabulary),
    ... )
    CaptionedImages('squares', 'train', 2 images of shape (1, 8, 8), values 0 to 255, 3 words)
    """

    sentences: npt.NDArray[np.int64]
    vocabulary: tuple[str, ...]

    kind: ClassVar[str] = "captioned image"

    def __post_init__(self) -> None:
        super().__post_init__()
        found = self.sentences
        if found.dtype != np.int64 or found.ndim != 2 or len(found) != len(self.images):
            raise ValueError(
                f"{self._title}: sentences of int64 and of shape ({len(self.images)}, L) wanted, "
                f"got {found.dtype} of shape {found.shape}"
            )
        check_range(f"{self._title}: sentences", found, len(self.vocabulary) - 1)
        object.__setattr__(self, "sentences", read_only(found))

    def captions(self) -> list[str]:
        """Return the sentences as text."""
        return read_sentences(self.sentences, self.vocabulary)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.name!r}, {self.split!r}, {len(self):,} images of shape "
            f"{self.image_shape}, values 0 to {self.maximum}, {len(self.vocabulary) - 1:,} words)"
        )
