from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from minigen import metrics
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.metrics.language import count_tokens
from minigen.metrics.ngrams import ADDED, STRENGTHS
from minigen.models import CharGRU, TextVAE
from tests.texts import VOCABULARY, names

TRAIN, TEST = (names(split).tokens for split in ("train", "test"))
TOKENS = len(VOCABULARY)


def test_bigrams_are_what_one_counts_by_hand() -> None:
    texts = np.array([[1, 2, 0], [1, 1, 0]])  # "ab" and "aa"
    found = metrics.NGrams(texts, texts, tokens=3, orders=2)
    added, strength = found.added[1], found.strengths[1]
    assert added in ADDED
    # From the start: a twice. After a: b, a and the end. After b: the end.
    p = [(2 + added) / (2 + 3 * added)] * 2 + [(1 + added) / (3 + 3 * added)] * 3
    p += [(1 + added) / (1 + 3 * added)]
    assert found.additive(texts)[1] == pytest.approx(-np.log(p).mean())
    unigrams = {
        token: (count + found.strengths[0] / 3) / (6 + found.strengths[0])
        for token, count in {0: 2, 1: 3, 2: 1}.items()
    }
    q = [(2 + strength * unigrams[1]) / (2 + strength)] * 2
    q += [(1 + strength * unigrams[token]) / (3 + strength) for token in (2, 1, 0)]
    q += [(1 + strength * unigrams[0]) / (1 + strength)]
    assert found.interpolated(texts)[1] == pytest.approx(-np.log(q).mean())


def test_probabilities_of_all_tokens_sum_to_one() -> None:
    ngrams = metrics.NGrams(TRAIN, TEST, TOKENS, orders=3)
    prefix = TEST[:1, :2]
    # A text of no more than its first characters, each followed by one token.
    rows = np.concatenate([np.repeat(prefix, TOKENS, axis=0), np.arange(TOKENS)[:, None]], axis=1)
    for nats in (ngrams.additive, ngrams.interpolated):
        shared = nats(np.concatenate([prefix], axis=1))
        each = np.array([nats(row[None]) for row in rows])
        probabilities = np.exp(-(3 * each - 2 * np.array(shared)))
        np.testing.assert_allclose(probabilities.sum(axis=0), 1, rtol=1e-6)


def test_smoothing_is_chosen_on_validation_texts() -> None:
    known = metrics.NGrams(TRAIN, TRAIN, TOKENS)
    held_out = metrics.NGrams(TRAIN, TEST, TOKENS)
    assert known.added[-1] == min(ADDED)
    assert held_out.added[-1] > known.added[-1]
    assert held_out.strengths[-1] > known.strengths[-1] >= min(STRENGTHS)


def test_longer_interpolated_ngrams_know_more() -> None:
    nats = metrics.NGrams(TRAIN, TEST, TOKENS).interpolated(TEST)
    assert nats[0] > nats[1] > nats[2]
    assert nats[0] < math.log(TOKENS)


def test_a_model_is_judged_beside_ngrams() -> None:
    model = CharGRU((5,), VOCABULARY, hidden=4, generator=Generator(0))
    report = metrics.judge_language(model, TEST, TRAIN, TEST)
    assert report.count == len(TEST)
    assert report.tokens == count_tokens(TEST)
    total = float(model.eval().nll(TEST).sum().item())
    assert report.nats == pytest.approx(total / report.tokens, rel=1e-5)
    assert report.to_dict()["best_ngram"] == min(*report.additive, *report.interpolated)
    with pytest.raises(ValueError, match="validation: at least one text is expected, got none"):
        metrics.judge_language(model, TEST, TRAIN, TEST[:0])


def test_copies_are_counted() -> None:
    class Copying(CharGRU):
        def sample(self, count: int, *_: Any, **__: Any) -> Tensor:
            return Tensor(np.concatenate([TRAIN[:5], TRAIN[:3], TEST[:2]])[:count])

    model = Copying((5,), VOCABULARY, hidden=4)
    found = metrics.judge_copies(model, TRAIN, TEST, 10)
    assert found.to_dict() == {"count": 10, "different": 7, "trained_on": 0.8, "held_out": 0.2}


def test_rebuilding_counts_what_stands_in_its_place() -> None:
    class Half(TextVAE):
        def reconstruct(self, x: Any, *_: Any) -> Tensor:
            made = np.array(x)
            made[:, 0] = 0
            return Tensor(made)

    model = Half((5,), VOCABULARY, hidden=4)
    found = metrics.judge_rebuilding(model, TEST)
    tokens = count_tokens(TEST)
    assert found.tokens == pytest.approx((tokens - len(TEST)) / tokens)
    assert found.texts == 0
    assert found.tokens_of_others < found.tokens
