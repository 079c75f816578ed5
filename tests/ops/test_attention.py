"""Attention: masks, dropout, scale."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import minigen.functional as F
from minigen import Generator
from tests.numeric import assert_gradients, draw

Q, K, V = draw(2, 3, 4), draw(2, 5, 4), draw(2, 5, 2)
MASK = draw(2, 3, 5, seed=1) < 0.3
MASK[0, 1] = False


@pytest.mark.derivation("attention", "attention.scale")
def test_it_is_a_softmax_of_scaled_products_over_keys_that_are_seen() -> None:
    scores = np.where(MASK, Q @ K.swapaxes(1, 2) / 2, -np.inf)
    scores[0, 1] = 0
    expected: Any = F.softmax(scores, -1) @ V
    expected[0, 1] = 0
    found: Any = F.scaled_dot_product_attention(Q, K, V, MASK)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    added: Any = F.scaled_dot_product_attention(Q, K, V, np.where(MASK, 0.0, -np.inf))
    np.testing.assert_allclose(added, expected, rtol=1e-12)


@pytest.mark.derivation("attention.grad_query", "attention.grad_value", "attention.grad_scores")
def test_gradients_of_both_orders() -> None:
    kept = (draw(2, 3, 5) > 0) * 2.0
    assert_gradients(lambda q, k, v: F.attention(q, k, v, mask=MASK, kept=kept, scale=0.7), Q, K, V)
    assert_gradients(F.attention, Q[:, None], K[0], V[0], draw(1, 5))


def test_a_causal_query_sees_nothing_that_comes_after_it_and_a_mask_holds_too() -> None:
    later = K.copy()
    later[:, 2:] = 9
    found: Any = F.scaled_dot_product_attention(Q, K, V, is_causal=True)
    other: Any = F.scaled_dot_product_attention(Q, later, V, is_causal=True)
    np.testing.assert_array_equal(found[:, :2], other[:, :2])
    assert (found[:, 2] != other[:, 2]).all()
    both: Any = F.scaled_dot_product_attention(Q, K, V, MASK, is_causal=True)
    expected: Any = F.scaled_dot_product_attention(Q, K, V, MASK & np.tri(3, 5, dtype=bool))
    np.testing.assert_array_equal(both, expected)


def test_scores_of_any_size_give_weights() -> None:
    found: Any = F.attention(Q * 1e4, K, V)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[0, 0], V[0, (Q[0, 0] @ K[0].T).argmax()], rtol=1e-12)


def test_dropout_keeps_the_mean_and_a_generator_decides() -> None:
    q, k, v = np.zeros((400, 5, 4)), np.zeros((400, 5, 4)), np.ones((400, 5, 1))
    found, same = (
        F.scaled_dot_product_attention(q, k, v, dropout_p=0.4, generator=Generator(0))
        for _ in range(2)
    )
    np.testing.assert_array_equal(found, same)
    mean: Any = F.mean(found)
    assert abs(float(mean) - 1) < 0.03
    assert float(F.var(found)) > 0.05


def test_float32_stays() -> None:
    q, k, v = (x.astype(np.float32) for x in (Q, K, V))
    assert F.scaled_dot_product_attention(q, k, v, MASK).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.attention(Q, K[..., :3], V), ValueError, "query of shape (..., L, E), key"),
        (
            lambda: F.scaled_dot_product_attention(Q, K, V[:, :4]),
            ValueError,
            "got (2, 3, 4), (2, 5, 4) and (2, 4, 2)",
        ),
        (
            lambda: F.scaled_dot_product_attention(Q, K, V, dropout_p=1.0),
            ValueError,
            "dropout_p must lie in [0, 1), got 1.0",
        ),
        (
            lambda: F.scaled_dot_product_attention(Q, K, V, MASK.astype(int)),
            TypeError,
            "a mask of bool (True: seen) or of floats (added to the scores)",
        ),
    ],
)
def test_what_means_nothing_is_refused(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call()
