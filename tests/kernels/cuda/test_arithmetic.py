"""Arithmetic on a card keeps the memory order, and is one launch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen.kernels.cuda import arithmetic as kernels
from minigen.ops.arithmetic import add, div, mul, sub
from minigen.ops.reduction import mean
from tests.kernels.cuda.helpers import DTYPES, agree, check_rule, drawn, orders, sent
from tests.strict.counters import counting

CASES: list[tuple[Any, Any]] = [
    (add, kernels.add_on_card),
    (sub, kernels.sub_on_card),
    (mul, kernels.mul_on_card),
    (div, kernels.div_on_card),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("op", "kernel"), CASES)
def test_results_are_the_ops_in_the_order_of_what_they_are_made_of(
    op: Any, kernel: Any, dtype: str
) -> None:
    for x in orders(drawn(dtype, 2, 3, 2, 4)):
        for a, b in ((x, x + 1), (x, 2.0), (2.0, x), (x, x[:1, :, :1, :1])):
            given = [sent(value) if isinstance(value, np.ndarray) else value for value in (a, b)]
            with counting() as counters:
                found = kernel(*given)
            agree(found, op.forward(a, b), dtype)
            assert len(counters.launches) == 1
    last = sent(orders(drawn(dtype, 2, 3, 2, 4))[1])
    assert kernel(last, last).strides == kernel(last, 2.0).strides == last.strides


@pytest.mark.parametrize(("op", "kernel"), CASES)
def test_integers_meet_floats_as_in_the_op(op: Any, kernel: Any) -> None:
    x, n = drawn("float32", 3), np.array([1, 2, 3])
    found, expected = kernel(sent(x), sent(n)), op.forward(x, n)
    agree(found, expected, "float32")
    whole = kernel(sent(n), sent(n))
    assert whole.dtype == op.forward(n, n).dtype


@pytest.mark.parametrize(
    ("op", "kernel"), [(mul, kernels.mul_vjp_on_card), (div, kernels.div_vjp_on_card)]
)
def test_rules_are_the_ops(op: Any, kernel: Any) -> None:
    x, y, g = (drawn("float32", 2, 3, seed=seed) for seed in range(3))
    for a, b in ((x, y), (x, y[:1])):
        check_rule(kernel, op, g, op.forward(a, b), [a, b], "float32")
    expected = op.rule(g, None, x, 2.0)[0]()
    agree(kernel(sent(g), None, sent(x), 2.0)[0](), expected, "float32")


def test_the_rule_of_a_mean_is_the_ops() -> None:
    g, options = drawn("float32", 3), {"axis": (0, 2), "keepdims": False}
    assert mean.rule is not None
    expected = mean.rule(g, None, (2, 3, 4), **options)[0]
    with counting() as counters:
        found = kernels.mean_vjp_on_card(sent(g), None, (2, 3, 4), **options)[0]
    agree(found, expected, "float32")
    assert len(counters.launches) == 1
