"""Texts of one's own as a data set: the lines of a text file, or a column of a table.

A text falls into the training part or the test part by a hash of itself, so that equal texts are in
one part, and adding texts moves none. Each part is in the order of the hash.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from minigen.data.collection import place
from minigen.data.own import OwnData
from minigen.data.publication import AmbiguousDataError, DataFileError, EmptyPartError
from minigen.data.texts import Texts, encode_texts, make_text_vocabulary, split_text

SUFFIXES: Final = (".txt", ".csv")
"""How the names of files end that hold texts."""

WINDOW: Final = 100
"""How many characters or words a text has at most unless somebody says: more are cut off it, and
are texts of their own."""

LEAST: Final = 2
"""How often a word has to occur to be learnt; others are one, the unknown word."""

_NAMED: Final = 10  # columns that a message names


def is_text(path: Path) -> bool:
    """Tell whether a path is that of a file of texts."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


@dataclass(frozen=True)
class TextCollection:
    """All texts of a file, before they are divided into two parts.

    Parameters
    ----------
    name : str
        What the set is called.
    images : tuple of str
        The texts, in the order of `minigen.data.collection.place`, cut where they are too long.
    by : {"characters", "words"}
        What they are sequences of.
    cut : int
        How many lines were too long, and are several texts.
    """

    name: str
    images: tuple[str, ...]
    by: str
    cut: int = 0
    bad: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> str:
        """The SHA-256 of all texts, and of what they are sequences of."""
        return hashlib.sha256(json.dumps([self.by, self.images]).encode()).hexdigest()

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """All characters, or the words that occur twice."""
        return make_text_vocabulary(self.images, self.by, 1 if self.by == "characters" else LEAST)

    def count_tests(self, test_share: float = 0.1) -> int:
        """Return how many texts fall into the test part."""
        return sum(place(text) < test_share for text in self.images)

    def part(self, split: str, test_share: float = 0.1) -> Texts:
        """Return the training part or the test part; one without a text is an `EmptyPartError`."""
        if split not in {"train", "test"}:
            raise ValueError(f"split: train or test is expected, got {split!r}")
        tests = self.count_tests(test_share)
        chosen = self.images[:tests] if split == "test" else self.images[tests:]
        if not chosen:
            what = {"train": "training", "test": "test"}[split]
            raise EmptyPartError(
                f"{self.name}: of {len(self.images):,} texts none falls into the {what} part, by a "
                f"hash and with a test share of {test_share:g}: add lines, or choose another "
                "test_share (--test-share)"
            )
        vocabulary = self.vocabulary
        longest = max(len(split_text(text, self.by)) for text in self.images)
        tokens = encode_texts(chosen, vocabulary, longest + (not self.cut))
        return Texts(self.name, split, tokens, vocabulary)


def read_texts_of(own: OwnData) -> TextCollection:
    """Read the texts of a ``.txt`` or ``.csv`` file.

    Of a ``.txt`` file each line that is not blank is a text; of a ``.csv`` file, whose first row
    names the columns, each cell of the column ``own.column``, of the only one, or of the one called
    text. Longer ones than ``own.window`` are cut.

    Raises
    ------
    DataFileError
        If the file is not in UTF-8, or holds no text.
    AmbiguousDataError
        If a table has several columns, and none is named.
    """
    path = own.located
    lines = _cells(path, own.column) if path.suffix.lower() == ".csv" else _lines(path, own.column)
    texts = [line.strip() for line in lines if line.strip()]
    if not texts:
        raise DataFileError(f"{path} holds no text: at least two lines are expected")
    window = own.window or WINDOW
    pieces = [_pieces(text, window, own.by) for text in texts]
    cut = sum(len(of) > 1 for of in pieces)
    found = sorted((piece for of in pieces for piece in of), key=place)
    return TextCollection(own.name, tuple(found), own.by, cut)


def _lines(path: Path, column: str | None) -> list[str]:
    if column is not None:
        raise DataFileError(f"{path} has no columns: column (--column) is for .csv files")
    return _decoded(path).splitlines()


def _cells(path: Path, column: str | None) -> list[str]:
    """Return a column of a table."""
    rows = list(csv.reader(_decoded(path).splitlines(keepends=True)))
    head, *body = rows or [[]]
    names = [name.strip() for name in head]
    if column is None and len(names) > 1:
        if "text" not in names:
            raise AmbiguousDataError(
                f"{path} has {len(names)} columns, {', '.join(names[:_NAMED])}: name the one with "
                "the texts, column (--column)"
            )
        column = "text"
    if column is not None and column not in names:
        raise DataFileError(
            f"{path} has no column {column!r}: its first row names {', '.join(names[:_NAMED])}"
        )
    number = 0 if column is None else names.index(column)
    return [" ".join(row[number].split()) for row in body if len(row) > number]


def _decoded(path: Path) -> str:
    """Return what is in a file as text; another encoding than UTF-8 is refused."""
    contents = path.read_bytes()
    try:
        return contents.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = contents[: error.start].count(b"\n") + 1
        raise DataFileError(
            f"{path}, line {line}: a text in UTF-8 is expected, got the byte "
            f"0x{contents[error.start]:02x}; save the file as UTF-8, or convert it: "
            f"iconv -f latin1 -t utf-8 {path.name}"
        ) from error


def _pieces(text: str, window: int, by: str) -> Sequence[str]:
    """Cut a text into pieces of at most so many tokens."""
    tokens = split_text(text, by)
    joint = "" if by == "characters" else " "
    starts = range(0, len(tokens), window)
    return [joint.join(tokens[start : start + window]) for start in starts]
