"""Texts, as the numbers of their characters or words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from minigen.data.dataset import check_range, read_only

END: Final = ""
"""The first token of every vocabulary: it ends a text, and fills it up behind its end."""

UNKNOWN: Final = "<unknown>"
"""Of texts by words: what stands for words that occur too seldom to be learnt."""

_NAMED: Final = 60  # tokens that a message names


class UnknownTokenError(ValueError):
    """A text has a character, or a word, that is not in the vocabulary, or too many of them."""


def split_text(text: str, by: str) -> list[str]:
    """Return the tokens of a text: its characters, or what blanks divide.

    Examples
    --------
    >>> split_text("a cat", "characters"), split_text("a cat", "words")
    (['a', ' ', 'c', 'a', 't'], ['a', 'cat'])
    """
    return list(text) if by == "characters" else text.split()


def make_text_vocabulary(
    texts: Iterable[str], by: str = "characters", least: int = 1
) -> tuple[str, ...]:
    """Return every token of some texts once, in order, behind `END`.

    With words, `UNKNOWN` comes second, for those that occur fewer than `least` times.

    Examples
    --------
    >>> make_text_vocabulary(["bee", "ab"])
    ('', 'a', 'b', 'e')
    >>> make_text_vocabulary(["a bee", "a cat"], "words", least=2)
    ('', '<unknown>', 'a')
    """
    counts = Counter(token for text in texts for token in split_text(text, by))
    frequent = sorted(token for token, count in counts.items() if count >= least)
    return (END, *frequent) if by == "characters" else (END, UNKNOWN, *frequent)


def tokens_of(vocabulary: Sequence[str]) -> str:
    """Return what a vocabulary is of: ``"characters"`` or ``"words"``.

    Examples
    --------
    >>> tokens_of(("", "a", "b")), tokens_of(("", "<unknown>", "a"))
    ('characters', 'words')
    """
    return "characters" if all(len(token) <= 1 for token in vocabulary) else "words"


def encode_texts(
    texts: Sequence[str], vocabulary: Sequence[str], length: int | None = None
) -> npt.NDArray[np.int64]:
    """Return the numbers of the tokens of each text, filled up with 0.

    Parameters
    ----------
    texts : sequence of str
        N texts.
    vocabulary : sequence of str
        What the tokens are numbers in; the first is `END`.
    length : int, optional
        Numbers a text; by default as many as the longest has tokens.

    Returns
    -------
    array of int64, shape (N, length)

    Raises
    ------
    UnknownTokenError
        If a token is not in the vocabulary, which the message names, and nothing stands for those
        that are not; or if a text is longer.

    Examples
    --------
    >>> encode_texts(["ab", "b"], ("", "a", "b"), length=3)
    array([[1, 2, 0],
           [2, 0, 0]])
    >>> encode_texts(["ac"], ("", "a", "b"))
    Traceback (most recent call last):
    minigen.data.texts.UnknownTokenError: the character 'c' in 'ac' is not known; known are: a b
    """
    number = {token: place for place, token in enumerate(vocabulary)}
    by = tokens_of(vocabulary)
    split = [split_text(text, by) for text in texts]
    longest = max(map(len, split), default=0) if length is None else length
    numbers = np.zeros((len(split), longest), np.int64)
    for row, tokens, text in zip(numbers, split, texts, strict=True):
        unknown = [token for token in tokens if token not in number]
        if unknown and UNKNOWN not in number:
            raise UnknownTokenError(
                f"the {by[:-1]} {unknown[0]!r} in {text!r} is not known; known are: "
                f"{_some(vocabulary[1:])}"
            )
        if len(tokens) > longest:
            raise UnknownTokenError(
                f"a text of at most {longest} {by} is expected, got {len(tokens)} in {text!r}"
            )
        row[: len(tokens)] = [number.get(token, 1) for token in tokens]
    return numbers


def read_texts(numbers: npt.NDArray[Any], vocabulary: Sequence[str]) -> list[str]:
    """Return the texts whose tokens have these numbers, shape (N, length), up to the first 0.

    Examples
    --------
    >>> read_texts(np.array([[1, 2, 0, 1], [2, 0, 0, 0]]), ("", "a", "b"))
    ['ab', 'b']
    """
    joint = "" if tokens_of(vocabulary) == "characters" else " "
    ended = np.cumsum(numbers == 0, axis=1) > 0
    return [
        joint.join(vocabulary[token] for token in row[~over])
        for row, over in zip(numbers, ended, strict=True)
    ]


def _some(tokens: Sequence[str]) -> str:
    shown = [token if token.strip() else repr(token) for token in tokens[:_NAMED]]
    more = f" and {len(tokens) - _NAMED:,} more" if len(tokens) > _NAMED else ""
    return " ".join(shown) + more


@dataclass(frozen=True, eq=False, repr=False)
class Texts:
    """One part of a set of texts.

    Parameters
    ----------
    name : str
        What the set is called.
    split : str
        ``"train"`` or ``"test"``.
    tokens : array of int64, shape (N, L)
        The numbers of each text's characters or words, filled up with 0: see `encode_texts`. A text
        that fills its row goes on behind it, as pieces of long ones do.
    vocabulary : tuple of str
        The characters or words; the first is `END`.
    groups : array of int64, shape (N,), optional
        Which texts are alike: those of one number are held out together, or not at all.

    Raises
    ------
    ValueError
        If the array has another shape or type, or a number names no token.

    Examples
    --------
    >>> vocabulary = make_text_vocabulary(["ab", "bee"])
    >>> texts = Texts("two", "train", encode_texts(["ab", "bee"], vocabulary, 4), vocabulary)
    >>> texts, texts.texts()
    (Texts('two', 'train', 2 texts of at most 4 characters, 3 different), ['ab', 'bee'])
    """

    name: str
    split: str
    tokens: npt.NDArray[np.int64]
    vocabulary: tuple[str, ...]
    groups: npt.NDArray[np.int64] | None = None

    kind: ClassVar[str] = "text"
    """The kind of data, by which models, files and terminals go."""

    labels: ClassVar[None] = None
    classes: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        what = f"Texts {self.name!r}"
        if self.tokens.dtype != np.int64 or self.tokens.ndim != 2:
            raise ValueError(
                f"{what}: tokens of int64 and of shape (N, L) wanted, got {self.tokens.dtype} of "
                f"shape {self.tokens.shape}"
            )
        if len(self.vocabulary) < 2 or self.vocabulary[0] != END:
            raise ValueError(f"{what}: a vocabulary that begins with the empty text wanted")
        check_range(f"{what}: tokens", self.tokens, len(self.vocabulary) - 1)
        object.__setattr__(self, "tokens", read_only(self.tokens))

    @property
    def length(self) -> int:
        """How many tokens a text has at most."""
        return int(self.tokens.shape[1])

    def texts(self) -> list[str]:
        """Return the texts."""
        return read_texts(self.tokens, self.vocabulary)

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.name!r}, {self.split!r}, {len(self):,} texts of at most "
            f"{self.length} {tokens_of(self.vocabulary)}, {len(self.vocabulary) - 1:,} different)"
        )
