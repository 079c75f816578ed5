"""Activations on a card agree with the ops, number by number, and are a launch each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen.kernels.cuda import activation as kernels
from minigen.ops.activation import leaky_relu, relu, sigmoid, softplus, tanh
from tests.kernels.cuda.helpers import DTYPES, EDGES, check_function, check_rule, drawn, orders
from tests.strict.counters import counting

CASES: list[tuple[Any, Any, Any, dict[str, float]]] = [
    (relu, kernels.relu_on_card, kernels.relu_vjp_on_card, {}),
    (leaky_relu, kernels.leaky_relu_on_card, kernels.leaky_relu_vjp_on_card,
     {"negative_slope": 0.2}),
    (leaky_relu, kernels.leaky_relu_on_card, kernels.leaky_relu_vjp_on_card,
     {"negative_slope": 1.5}),
    (sigmoid, kernels.sigmoid_on_card, kernels.sigmoid_vjp_on_card, {}),
    (tanh, kernels.tanh_on_card, kernels.tanh_vjp_on_card, {}),
    (softplus, kernels.softplus_on_card, kernels.softplus_vjp_on_card, {}),
]  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("op", "function", "rule", "options"), CASES)
def test_functions_and_rules_agree_with_the_op(
    op: Any, function: Any, rule: Any, options: dict[str, float], dtype: str
) -> None:
    for x in (*orders(drawn(dtype, 2, 3, 2, 4)), EDGES.astype(dtype)):
        found = check_function(function, op, [x], dtype, **options)
        with np.errstate(all="ignore"):
            out = op.forward(x, **options)
        ones = np.broadcast_to(np.asarray(2.0, dtype), x.shape)
        for g in (drawn(dtype, *x.shape, seed=1), ones):
            check_rule(rule, op, g, out, [x], dtype, **options)
    assert found.shape == EDGES.shape


def test_the_memory_order_of_images_with_the_batch_innermost_is_kept() -> None:
    x = orders(drawn("float32", 2, 3, 2, 4))[1]
    assert check_function(kernels.relu_on_card, relu, [x], "float32").strides == x.strides


@pytest.mark.parametrize(("op", "function", "rule", "options"), CASES)
def test_each_way_is_one_launch(
    op: Any, function: Any, rule: Any, options: dict[str, float]
) -> None:
    x = minigen.randn(3, 4, device="cuda", requires_grad=True)
    g = minigen.randn(3, 4, device="cuda")
    with counting() as counters:
        out = op(x, **options)
    assert len(counters.launches) == 1
    with counting() as counters:
        out.backward(g)
    assert len(counters.launches) == 1


def test_integers_are_left_to_the_op() -> None:
    assert kernels.relu_on_card(minigen.arange(3, device="cuda").array) is NotImplemented
