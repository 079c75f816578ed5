"""Small sets of texts, for tests of what is trained on such."""

from __future__ import annotations

import itertools

from minigen.data import Texts
from minigen.data.texts import encode_texts, make_text_vocabulary

NAMES = ["".join(letters) for letters in itertools.product("bdl", "aeo", "nst", ["", "a", "i"])]
"""Words of three or four letters: consonant, vowel, consonant, and mostly another vowel."""

VOCABULARY = make_text_vocabulary(NAMES)


def names(split: str) -> Texts:
    """Return 60 of them to train on, or the other 21 to test."""
    chosen = [name for number, name in enumerate(NAMES) if (number % 4 == 0) == (split == "test")]
    return Texts("names", split, encode_texts(chosen, VOCABULARY, 5), VOCABULARY)
