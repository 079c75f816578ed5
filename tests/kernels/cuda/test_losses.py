"""Losses on a card agree with the ops, number by number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen.kernels.cuda import losses as kernels
from minigen.ops.losses import kl_to_standard_normal, logits_cross_entropy, squared_error
from tests.kernels.cuda.helpers import DTYPES, check_function, check_rule, drawn, orders

CASES: list[tuple[Any, Any, Any]] = [
    (
        logits_cross_entropy,
        kernels.logits_cross_entropy_on_card,
        kernels.logits_cross_entropy_vjp_on_card,
    ),
    (squared_error, kernels.squared_error_on_card, kernels.squared_error_vjp_on_card),
    (kl_to_standard_normal, kernels.kl_on_card, kernels.kl_vjp_on_card),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("op", "function", "rule"), CASES)
def test_functions_and_rules_agree_with_the_op(
    op: Any, function: Any, rule: Any, dtype: str
) -> None:
    second = drawn(dtype, 2, 3, 2, 4, seed=1)
    for x in orders(drawn(dtype, 2, 3, 2, 4)):
        check_function(function, op, [x, second], dtype)
        for g in (second, np.broadcast_to(np.asarray(0.5, dtype), x.shape)):
            check_rule(rule, op, g, None, [x, second], dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_cross_entropy_is_finite_for_every_logit(dtype: str) -> None:
    x = np.array([-1e4, -90, -1e-3, 0, 90, 1e4], dtype)
    for t in (np.zeros_like(x), np.ones_like(x)):
        check_function(kernels.logits_cross_entropy_on_card, logits_cross_entropy, [x, t], dtype)


def test_the_divergence_keeps_its_digits_near_a_variance_of_1() -> None:
    logvar = np.array([1e-3, -1e-4, 1e-6], np.float32)
    arrays = [np.zeros_like(logvar), logvar]
    found = check_function(kernels.kl_on_card, kl_to_standard_normal, arrays, "float32")
    np.testing.assert_allclose(found.get(), logvar.astype(float) ** 2 / 4, rtol=1e-3)


def test_shapes_that_differ_are_left_to_the_op() -> None:
    from tests.kernels.cuda.helpers import sent

    x, t = sent(np.ones((2, 3))), sent(np.ones(3))
    assert kernels.squared_error_on_card(x, t) is NotImplemented
    assert kernels.kl_vjp_on_card(x, None, x, t) is NotImplemented
