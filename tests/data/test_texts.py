from __future__ import annotations

import numpy as np
import pytest

from minigen.data import Texts, UnknownTokenError
from minigen.data.texts import UNKNOWN, encode_texts, make_text_vocabulary, read_texts, tokens_of


@pytest.mark.parametrize("by", ["characters", "words"])
def test_texts_come_back_from_their_numbers(by: str) -> None:
    texts = ["a cat sat", "", "sat a"]
    vocabulary = make_text_vocabulary(texts, by)
    assert tokens_of(vocabulary) == by
    numbers = encode_texts(texts, vocabulary, 12)
    assert numbers.shape == (3, 12)
    assert read_texts(numbers, vocabulary) == texts


def test_seldom_words_are_one_unknown_word() -> None:
    vocabulary = make_text_vocabulary(["a b", "a c"], "words", least=2)
    assert vocabulary == ("", UNKNOWN, "a")
    assert encode_texts(["c a d"], vocabulary).tolist() == [[1, 2, 1]]


def test_what_stands_behind_the_end_of_a_text_is_not_read() -> None:
    assert read_texts(np.array([[1, 0, 2]]), ("", "a", "b")) == ["a"]


def test_an_unknown_character_is_named_with_those_that_are_known() -> None:
    with pytest.raises(UnknownTokenError, match=r"'é' in 'é' is not known; known are: ' ' a"):
        encode_texts(["é"], ("", " ", "a"))


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(UnknownTokenError, match="at most 2 characters is expected, got 3 in 'aaa'"):
        encode_texts(["aaa"], ("", "a"), 2)


@pytest.mark.parametrize(
    ("tokens", "vocabulary", "message"),
    [
        (np.zeros((2, 3)), ("", "a"), "int64 and of shape"),
        (np.zeros(3, np.int64), ("", "a"), "int64 and of shape"),
        (np.full((2, 3), 2), ("", "a"), "values from 0 to 1 wanted"),
        (np.zeros((2, 3), np.int64), ("a", "b"), "begins with the empty text"),
        (np.zeros((2, 3), np.int64), ("",), "begins with the empty text"),
    ],
)
def test_what_is_no_set_of_texts_is_refused(
    tokens: np.ndarray, vocabulary: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=f"Texts 'x'.*{message}"):
        Texts("x", "train", tokens, vocabulary)


def test_tokens_are_read_only() -> None:
    texts = Texts("x", "train", np.zeros((1, 2), np.int64), ("", "a"))
    with pytest.raises(ValueError, match="read-only"):
        texts.tokens[0, 0] = 1
