"""The walk back through the graph: accumulation, freeing, depth, memory and aliasing."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Tensor
from minigen.engine.backend import is_array
from tests.numeric import counting_op, draw, gradient_of, leaf, spying_op

# --- backward --------------------------------------------------------------------------------


def test_backward_of_a_scalar_fills_the_gradient_of_each_leaf() -> None:
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (x * y).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [3, 4])
    np.testing.assert_array_equal(gradient_of(y), [1, 2])
    assert x.grad is not None
    assert x.grad.shape == x.shape
    assert x.grad.dtype == x.dtype
    assert not x.grad.requires_grad


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_one_element_of_any_shape_counts_as_a_scalar(shape: tuple[int, ...]) -> None:
    x = minigen.ones(shape, requires_grad=True)
    (x * 3).backward()
    np.testing.assert_array_equal(gradient_of(x), np.full(shape, 3))


@pytest.mark.derivation("autograd.accumulation")
def test_backward_calls_accumulate() -> None:
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    first = x.grad
    (x * 3).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [5, 7])
    assert first is not None
    np.testing.assert_array_equal(first.numpy(), [2, 4])  # the old tensor was not written to


def test_intermediate_results_and_constants_get_no_gradient() -> None:
    x, constant = leaf([1.0, 2.0]), minigen.tensor([5.0, 6.0])
    h = x * constant
    (h * h).sum().backward()
    assert h.grad is None
    assert constant.grad is None


def test_a_leaf_that_is_the_output_gets_the_cotangent() -> None:
    x = leaf([1.0, 2.0])
    cotangent = np.array([3.0, 4.0], np.float32)
    x.backward(cotangent)
    np.testing.assert_array_equal(gradient_of(x), [3, 4])
    assert not np.shares_memory(x.grad.array, cotangent)  # type: ignore[union-attr]


def test_paths_that_meet_add_up() -> None:
    x = leaf([2.0])
    a = x * 3
    b = a * a  # a is used twice here and once below
    (b + a * x + x).backward()  # 9 x^2 + 3 x^2 + x
    np.testing.assert_allclose(gradient_of(x), [24 * 2 + 1])


def test_one_array_in_both_places_of_an_op_gets_both_gradients() -> None:
    x = leaf([2.0, 3.0])
    for y, slope in (
        (x * x, [4, 6]),
        (x + x, [2, 2]),
        (x - x, [0, 0]),
        (x / x, [0, 0]),
        (F.maximum(x, x), [1, 1]),
    ):
        x.zero_grad()
        y.sum().backward()
        np.testing.assert_array_equal(gradient_of(x), slope)
    x.zero_grad()
    (x @ x).backward()
    np.testing.assert_array_equal(gradient_of(x), [4, 6])


def test_a_ladder_of_diamonds_is_walked_once_a_rung() -> None:
    product, counts = counting_op()
    x = leaf(np.array(1.0))
    y = x
    for _ in range(60):  # 2^60 paths
        y = product(y, y)
    y.backward()
    assert counts == {"rule": 60, "a": 60, "b": 60}
    assert x.grad is not None
    assert x.grad.item() == 2.0**60


def test_only_the_outputs_own_history_is_walked() -> None:
    product, counts = counting_op()
    x, y = leaf([1.0]), leaf([2.0])
    used, unused = product(x, x), product(y, y)
    used.backward()
    assert counts["rule"] == 1
    assert y.grad is None
    unused.backward()
    np.testing.assert_array_equal(gradient_of(y), [4])


def test_only_gradients_that_somebody_wants_are_computed() -> None:
    product, counts = counting_op()
    x, constant = leaf([1.0, 2.0]), minigen.tensor([3.0, 4.0])
    product(x, constant).sum().backward()
    product(constant, x).sum().backward()
    product(x, np.ones(2, np.float32)).sum().backward()
    assert counts == {"rule": 3, "a": 2, "b": 1}


def test_a_part_that_needs_no_gradient_is_not_recorded() -> None:
    product, counts = counting_op()
    constant = minigen.tensor([1.0])
    for _ in range(5):
        constant = product(constant, constant)
    assert constant.is_leaf
    x = leaf([1.0])
    product(x, constant).backward()
    assert counts["rule"] == 1


def test_a_rule_runs_after_all_cotangents_of_its_output_have_arrived() -> None:
    spied, seen = spying_op()
    x = leaf([1.0])
    h = spied(x)
    early = h * 2
    for _ in range(3):
        early = early * 1
    (early + h * 3 + h).backward()
    assert [g.tolist() for g in seen] == [[6.0]]


def test_rules_get_plain_arrays_in_a_first_order_pass_and_tensors_in_a_recorded_one() -> None:
    spied, seen = spying_op()
    y = spied(leaf([1.0, 2.0])).sum()
    y.backward(retain_graph=True)
    y.backward(create_graph=True)
    assert is_array(seen[0])
    assert isinstance(seen[1], Tensor)


# --- errors of backward -------------------------------------------------------------------------


def test_backward_of_several_elements_needs_a_cotangent() -> None:
    y = leaf([1.0, 2.0]) * 2
    with pytest.raises(RuntimeError, match=r"backward: a tensor of shape \(2,\) is not a scalar"):
        y.backward()
    with pytest.raises(RuntimeError, match=r"grad: a tensor of shape \(2,\) is not a scalar"):
        minigen.grad(y, leaf([1.0]))


def test_backward_of_no_elements_needs_a_cotangent_too() -> None:
    x = minigen.zeros(0, requires_grad=True)
    with pytest.raises(RuntimeError, match="is not a scalar"):
        (x * 2).backward()
    (x * 2).backward(np.zeros(0))
    assert gradient_of(x).shape == (0,)


@pytest.mark.parametrize(
    "make",
    [
        lambda _: minigen.ones(1),
        lambda x: x.detach(),
        lambda x: (x * 2).detach() * 3,
        lambda x: x > 0,
        lambda x: x.argmax(),
        minigen.tensor,
    ],
)
def test_backward_of_a_tensor_outside_any_graph_says_why(make: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(RuntimeError, match="backward: the tensor does not require a gradient"):
        make(leaf([1.0])).backward()


@pytest.mark.parametrize("shape", [(), (3,), (1, 2), (2, 1)])
def test_a_cotangent_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    y = leaf([1.0, 2.0]) * 2
    with pytest.raises(ValueError, match=r"the cotangent has shape .*, the tensor \(2,\)"):
        y.backward(np.ones(shape))


@pytest.mark.parametrize("dtype", ["float64", "int64", "bool", "float16"])
def test_a_cotangent_of_another_dtype_is_converted_to_the_tensors(dtype: str) -> None:
    spied, seen = spying_op()
    x = leaf([1.0, 2.0])
    spied(x).backward(np.array([1, 0], dtype))
    assert seen[0].dtype == np.float32
    np.testing.assert_array_equal(gradient_of(x), [1, 0])


@pytest.mark.parametrize("given", [[1.0, 0.0], (1, 0), minigen.tensor([1.0, 0.0])])
def test_a_cotangent_may_be_a_tensor_or_a_list(given: Any) -> None:
    x = leaf([1.0, 2.0])
    (x * 2).backward(given)
    np.testing.assert_array_equal(gradient_of(x), [2, 0])


def test_a_rule_that_returns_another_shape_for_a_leaf_is_named() -> None:
    @minigen.op
    def doubled(x: Any) -> Any:
        return x * 2

    @doubled.vjp
    def doubled_vjp(g: Any, _out: Any, _x: Any) -> Any:
        return ((g * 2).sum(),)

    with pytest.raises(RuntimeError, match=r"shape \(\) for an input of shape \(2,\)"):
        doubled(leaf([1.0, 2.0])).sum().backward()


def test_a_rule_that_returns_another_shape_for_an_intermediate_is_not_let_through() -> None:
    @minigen.op
    def doubled(x: Any) -> Any:
        return x * 2

    @doubled.vjp
    def doubled_vjp(g: Any, _out: Any, x: Any) -> Any:
        return ((g * 2).sum(),)

    x = leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"shape \(\).*shape \(2,\)"):
        doubled(x.exp()).sum().backward()  # exp's rule would broadcast the wrong cotangent
    assert x.grad is None


# --- freeing and retaining ----------------------------------------------------------------------


def test_a_second_backward_through_a_freed_graph_is_refused() -> None:
    x = leaf([1.0, 2.0])
    y = (x.exp() * 2).sum()
    y.backward()
    first = gradient_of(x)
    with pytest.raises(RuntimeError, match=r"already freed.*at the op sum.*retain_graph=True"):
        y.backward()
    np.testing.assert_array_equal(gradient_of(x), first)  # nothing was added by halves


def test_a_graph_that_shares_a_freed_part_is_refused() -> None:
    x = leaf([1.0, 2.0])
    h = x.exp()
    (h * 2).sum().backward()
    with pytest.raises(RuntimeError, match=r"already freed.*at the op exp"):
        (h * 3).sum().backward()


def test_retain_graph_lets_backward_run_again() -> None:
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_array_equal(gradient_of(x), [6, 12])
    with pytest.raises(RuntimeError, match="already freed"):
        y.backward()


def test_create_graph_keeps_the_graph() -> None:
    x = leaf([2.0])
    y = (x * x * x).sum()
    y.backward(create_graph=True)
    assert x.grad is not None
    assert x.grad.requires_grad
    y.backward()
    np.testing.assert_array_equal(gradient_of(x), [24])


def test_gradients_recorded_by_backward_can_be_differentiated() -> None:
    x = leaf([2.0])
    (x**3).sum().backward(create_graph=True)
    slope = x.grad
    assert slope is not None
    x.zero_grad()
    slope.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [12])


def test_a_missing_rule_leaves_no_gradient_behind() -> None:
    @minigen.op
    def ruleless(x: Any) -> Any:
        return x * 1

    x, y = leaf([1.0]), leaf([2.0])
    with pytest.raises(NotImplementedError, match=r"ruleless has no gradient rule.*@ruleless.vjp"):
        (ruleless(x) * y).backward()
    assert x.grad is None
    assert y.grad is None


# --- depth --------------------------------------------------------------------------------------


@pytest.mark.parametrize("create_graph", [False, True])
def test_ten_thousand_chained_ops_do_not_overflow_the_stack(create_graph: bool) -> None:
    x = leaf(np.array(1.0))
    y = x
    for _ in range(10_000):
        y = y + 1e-4
    (gradient,) = minigen.grad(y, x, create_graph=create_graph)
    assert y.item() == pytest.approx(2.0)
    assert gradient is not None
    assert gradient.item() == 1


@pytest.mark.host_only("a graph is the same, wherever its arrays are")
def test_a_hundred_thousand_chained_ops_run_backward_and_are_freed_without_overflow() -> None:
    x = leaf(np.array(1.0))
    y = x
    for _ in range(100_000):
        y = -y
    y.backward()
    assert gradient_of(x) == 1
    for _ in range(100_000):  # this graph is dropped whole, never walked
        y = -x if y is x else -y
    del y
    gc.collect()


def _calls(function: Callable[[], Any]) -> int:
    """Count the function calls, Python's and C's, that a call makes."""
    count = 0

    def counted(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("kind", ["chain", "fan"])
def test_the_work_an_op_does_not_grow_with_the_graph(kind: str) -> None:
    def work(n: int) -> Callable[[], Any]:
        def run() -> None:
            x = leaf(np.array(1.0))
            y = x * 1
            for _ in range(n):
                y = y * 0.5 if kind == "chain" else y + x * 0.5
            y.backward()

        return run

    work(1)()
    small, large = _calls(work(200)), _calls(work(2000))
    assert large <= 10.5 * small


def test_a_leaf_used_many_times_costs_the_same_each_time() -> None:
    product, counts = counting_op()
    x = leaf(np.array(2.0))
    total = x * 0
    for _ in range(500):
        total = total + product(x, x)
    total.backward()
    assert counts == {"rule": 500, "a": 500, "b": 500}
    assert gradient_of(x) == 2000


# --- an independent implementation ----------------------------------------------------------------


@pytest.mark.derivation("autograd.chain_rule")
def test_a_random_program_has_the_gradient_of_forward_accumulation() -> None:
    """Random expressions, against derivatives carried forward with the values (dual numbers)."""
    rng = np.random.default_rng(0)
    for seed in range(30):
        start = draw(3, seed=seed)
        steps = rng.integers(0, 1000, (12, 3))
        for direction in np.eye(3):
            x = leaf(start)
            values: list[Tensor] = [x]
            duals: list[tuple[Any, Any]] = [(start, direction)]
            for kind, i, j in steps:
                a, b = values[i % len(values)], values[j % len(values)]
                (av, ad), (bv, bd) = duals[i % len(duals)], duals[j % len(duals)]
                match kind % 5:
                    case 0:
                        values.append(a * b)
                        duals.append((av * bv, ad * bv + av * bd))
                    case 1:
                        values.append(a + b)
                        duals.append((av + bv, ad + bd))
                    case 2:
                        values.append(a.sin())
                        duals.append((np.sin(av), np.cos(av) * ad))
                    case 3:
                        values.append(a.tanh())
                        duals.append((np.tanh(av), (1 - np.tanh(av) ** 2) * ad))
                    case _:
                        values.append(a - b * 0.5)
                        duals.append((av - bv * 0.5, ad - bd * 0.5))
            values[-1].sum().backward()
            np.testing.assert_allclose(gradient_of(x) @ direction, duals[-1][1].sum(), rtol=1e-9)
