"""English words, part of the package: those of the texts of Python's own help.

They were collected by ``python -m minigen.data.collect_words`` from the module
`pydoc_data.topics` of Python 3.11.7, which is Python's reference in plain text. Copyright 2001-2023
Python Software Foundation, PSF License Version 2: see files/LICENSE-words.txt.

A word is half known to whoever has seen its relatives, as *assigned* to who knows *assign* and
*assigning*. So words that begin with the same four letters are a family, which is in the training
part or in the test part as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from minigen.data.collection import place
from minigen.data.locations import Availability, FolderPath
from minigen.data.texts import Texts, encode_texts, make_text_vocabulary

FILE: Final = Path(__file__).with_name("files") / "words.txt"

BEGINNING: Final = 4
"""How many first letters make a family."""

TEST_SHARE: Final = 0.15
"""Which share of the families, about, is the test part."""


@dataclass(frozen=True)
class WordsSource:
    """The words in the package, which need neither a folder nor a network."""

    name: str = "words"

    def load(self, split: str, _root: FolderPath | None = None) -> Texts:
        """Read one split: see `minigen.data.load`."""
        words = FILE.read_text("ascii").split()
        vocabulary = make_text_vocabulary(words)
        length = max(map(len, words)) + 1
        chosen = [word for word in words if (_family(word) < TEST_SHARE) == (split == "test")]
        chosen.sort(key=place)  # so that the first words are a fair sample
        _, families = np.unique([word[:BEGINNING] for word in chosen], return_inverse=True)
        return Texts(
            self.name,
            split,
            encode_texts(chosen, vocabulary, length),
            vocabulary,
            groups=families.astype(np.int64),
        )

    def availability(self, _root: FolderPath | None = None) -> Availability:
        """Tell where the file is: see `minigen.data.available`."""
        return Availability(self.name, True, FILE.parent, "part of minigen")


def _family(word: str) -> float:
    """Return where in [0, 1) a word's family lies."""
    return place(word[:BEGINNING])


WORDS: Final = WordsSource()
