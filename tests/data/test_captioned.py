from __future__ import annotations

import numpy as np
import pytest

from minigen.data import CaptionedImages, UnknownWordError
from minigen.data.captioned import (
    encode_sentences,
    make_vocabulary,
    read_sentences,
    split_words,
)
from tests.captions import SENTENCES, VOCABULARY, bars


def test_words_are_what_is_between_marks_whatever_their_case() -> None:
    assert split_words("Ein Haus, zwei HÄUSER: l'été -- 3D!") == [
        *("ein", "haus", "zwei", "häuser", "l'été", "3d")
    ]
    assert split_words(" ... ") == []


def test_sentences_are_read_again_as_they_were_told() -> None:
    assert make_vocabulary(reversed(SENTENCES)) == VOCABULARY
    numbers = encode_sentences(SENTENCES, VOCABULARY)
    assert numbers.shape == (4, 5)
    assert (numbers == 0).sum() == 2
    assert read_sentences(numbers, VOCABULARY) == SENTENCES


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("a green bar", "the word 'green' is not known in 'a green bar'; known are: a, bar, blue"),
        ("!", "a sentence of 1 to 4 words is expected, got 0 in '!'"),
        ("a bar a bar a", "of 1 to 4 words is expected, got 5"),
    ],
)
def test_what_is_no_sentence_is_refused(sentence: str, message: str) -> None:
    with pytest.raises(UnknownWordError, match=message):
        encode_sentences(["a red bar", sentence], VOCABULARY, length=4)


def test_of_many_words_the_first_are_named() -> None:
    many = ("", *(f"w{number:03}" for number in range(60)))
    with pytest.raises(UnknownWordError, match=r"w039 and 20 more$"):
        encode_sentences(["x"], many)


def test_captioned_images_know_their_sentences() -> None:
    test = bars("test")
    assert test.captions()[:4] == SENTENCES
    assert not test.sentences.flags.writeable
    assert repr(test).endswith("24 images of shape (3, 8, 8), values 0 to 255, 7 words)")


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        (np.ones((2, 3), np.int64), r"of shape \(1, L\) wanted, got int64 of shape \(2, 3\)"),
        (np.ones((1, 3), np.int32), "int64 and of shape"),
        (np.full((1, 3), 9), "sentences: values from 0 to 1 wanted, found 9 to 9"),
    ],
)
def test_sentences_that_do_not_fit_the_images_are_refused(
    sentences: np.ndarray, message: str
) -> None:
    black = np.zeros((1, 1, 4, 4), np.uint8)
    with pytest.raises(ValueError, match=message):
        CaptionedImages("x", "train", black, sentences=sentences, vocabulary=("", "a"))
