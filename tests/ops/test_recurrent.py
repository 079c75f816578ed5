"""Walks over sequences, in one op and step by step."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from tests.numeric import assert_gradients, draw

GATES, STATE = {n: draw(4, 2, n * 3) for n in (3, 4)}, draw(2, 3)
WEIGHT, BIAS = {n: draw(n * 3, 3) for n in (3, 4)}, draw(9)
MASK = np.array([[1, 1, 1, 0], [1, 1, 0, 0]], bool).T


@pytest.mark.derivation("gru", "gru.step")
def test_a_walk_of_gated_units_is_as_many_steps() -> None:
    state, eye = STATE, np.eye(9)
    found: Any = F.gru_states(GATES[3], STATE, WEIGHT[3], BIAS)
    for gates, expected in zip(GATES[3], found, strict=True):
        state = F.gru_cell(gates, state, eye, WEIGHT[3], None, BIAS)
        np.testing.assert_allclose(expected, state, rtol=1e-12)


@pytest.mark.derivation("lstm", "lstm.step")
def test_a_walk_of_long_short_term_memory_is_as_many_steps() -> None:
    pair: Any = (STATE, -STATE)
    found: Any = F.lstm_states(GATES[4], STATE, -STATE, WEIGHT[4])
    for gates, *expected in zip(GATES[4], *found, strict=True):
        pair = F.lstm_cell(gates, pair, np.eye(12), WEIGHT[4])
        np.testing.assert_allclose(expected, pair, rtol=1e-12)


@pytest.mark.derivation(
    "gru.grad_gates", "gru.through_time", "gru.grad_weight",
    "lstm.grad_gates", "lstm.through_time", "lstm.grad_weight",
)  # fmt: skip
@pytest.mark.parametrize(
    "options", [{}, {"mask": MASK, "reverse": True}], ids=["plain", "padded, backwards"]
)
def test_gradients_of_both_orders(options: Any) -> None:
    gru = (GATES[3], STATE, WEIGHT[3], BIAS)
    assert_gradients(lambda *inputs: F.gru_states(*inputs, **options), *gru)
    lstm = (GATES[4], STATE, draw(2, 3, seed=1), WEIGHT[4])
    assert_gradients(lambda *inputs: F.lstm_states(*inputs, **options), *lstm)


def test_float32_stays_and_a_walk_back_is_a_walk_over_the_mirrored_sequence() -> None:
    gates, state, weight = (x.astype(np.float32) for x in (GATES[3], STATE, WEIGHT[3]))
    found: Any = F.gru_states(gates, state, weight, reverse=True)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[::-1], F.gru_states(gates[::-1], state, weight))


def test_sequences_are_told_from_their_padding() -> None:
    found = F.sequence_mask(minigen.tensor([0, 2, 3]), 3)
    assert found.tolist() == [[False] * 3, [True, True, False], [True] * 3]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: F.gru_states(GATES[4], STATE, WEIGHT[3]),
            "gru_states: gates of shape (L, N, ",
        ),
        (lambda: F.gru_states(GATES[3][:0], STATE, WEIGHT[3]), "L of at least 1"),
        (lambda: F.gru_states(GATES[3], STATE[:1], WEIGHT[3]), "(4, 2, 9), (1, 3) and (9, 3)"),
        (
            lambda: F.gru_states(GATES[3], STATE, WEIGHT[3], BIAS[:3]),
            "bias of shape (9,) is",
        ),
        (lambda: F.gru_states(GATES[3], STATE, WEIGHT[3], mask=MASK.T), "mask of shape (4, 2) is"),
        (lambda: F.lstm_states(GATES[4], STATE, STATE[:1], WEIGHT[4]), "cell of the state's shape"),
        (lambda: F.sequence_mask(np.array([[1]]), 3), "lengths of shape (N,) are expected"),
    ],
)
def test_what_means_nothing_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.host_only("to look at lengths on a device would wait for it")
def test_lengths_are_at_most_what_sequences_are_padded_to() -> None:
    with pytest.raises(ValueError, match="lengths from 0 to 3 are expected, got 4 to 4"):
        F.sequence_mask(np.array([4]), 3)


def test_lengths_are_integers() -> None:
    with pytest.raises(TypeError, match="an array of integers is expected as lengths"):
        F.sequence_mask(np.array([1.0]), 3)
