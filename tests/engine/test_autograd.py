"""`minigen.grad`: several outputs and inputs, intermediates, higher derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Tensor
from tests.numeric import counting_op, draw, leaf, spying_op


def values(gradients: tuple[Tensor | None, ...]) -> list[Any]:
    return [None if g is None else g.tolist() for g in gradients]


def single(gradients: tuple[Tensor | None, ...]) -> Tensor:
    (gradient,) = gradients
    assert gradient is not None
    return gradient


def test_grad_returns_a_tuple_and_fills_no_grad() -> None:
    x = leaf([1.0, 2.0])
    found = minigen.grad((x * x).sum(), x)
    assert isinstance(found, tuple)
    assert values(found) == [[2, 4]]
    assert x.grad is None


def test_several_inputs_keep_their_order() -> None:
    x, y, z = leaf(1.0), leaf(2.0), leaf(3.0)
    out = x * y + z * 5
    assert values(minigen.grad(out, [z, x, y], retain_graph=True)) == [5, 2, 1]
    assert values(minigen.grad(out, (y, z))) == [1, 5]


def test_gradients_of_several_outputs_are_summed() -> None:
    x, y = leaf([1.0, 2.0]), leaf(3.0)
    outputs = [(x * x).sum(), x * y, y * y]
    cotangents = [None, np.array([1.0, 10.0]), np.array(2.0)]
    assert values(minigen.grad(outputs, [x, y], cotangents)) == [[2 + 3, 4 + 30], 1 + 20 + 12]


def test_an_output_given_twice_counts_twice() -> None:
    x = leaf(3.0)
    y = x * x
    assert values(minigen.grad([y, y], x)) == [12]
    assert values(minigen.grad([x, x], x)) == [2]


def test_an_output_may_be_an_input() -> None:
    x = leaf([1.0, 2.0])
    y = x * 2
    cotangent = np.array([5.0, 6.0], np.float32)
    found = minigen.grad([y, x], [y, x], [cotangent, cotangent])
    assert values(found) == [[5, 6], [15, 18]]
    for gradient in found:
        assert gradient is not None
        assert not np.shares_memory(gradient.array, cotangent)


def test_intermediate_results_may_be_inputs() -> None:
    x = leaf([1.0, 2.0])
    h = x * 3
    y = (h * h).sum()
    assert values(minigen.grad(y, h, retain_graph=True)) == [[6, 12]]
    assert values(minigen.grad(y, [x, h], retain_graph=True)) == [[18, 36], [6, 12]]
    k = h.exp()
    assert values(minigen.grad(k.sum() + h.sum(), [k, h], retain_graph=True))[0] == [1, 1]


def test_all_contributions_to_an_intermediate_input_arrive() -> None:
    x = leaf(2.0)
    h = x * 1
    y = h * h + h.exp() * 0 + h * 5
    assert values(minigen.grad(y, h)) == [9]


def test_an_intermediate_does_not_stop_gradients_behind_it() -> None:
    x = leaf(2.0)
    h = x * 3
    assert values(minigen.grad(h * x, [h, x])) == [2, 12]


@pytest.mark.parametrize("create_graph", [False, True])
def test_an_input_given_twice_gets_two_gradients_that_share_no_memory(create_graph: bool) -> None:
    x = leaf([1.0, 2.0])
    first, second = minigen.grad((x * x).sum(), [x, x], create_graph=create_graph)
    assert first is not None
    assert second is not None
    assert first.tolist() == second.tolist() == [2, 4]
    assert not np.shares_memory(first.array, second.array)


def test_an_unused_input_is_an_error_unless_allowed() -> None:
    x, y = leaf([1.0]), leaf([2.0, 3.0])
    out = (x * 2).sum()
    with pytest.raises(RuntimeError, match=r"no output depends on input 1 \(shape \(2,\)\).*allow"):
        minigen.grad(out, [x, y], retain_graph=True)
    assert values(minigen.grad(out, [x, y], allow_unused=True)) == [[2], None]


def test_an_input_hidden_behind_detach_is_unused() -> None:
    x = leaf([1.0])
    y = leaf([1.0])
    assert values(minigen.grad(y * (x * 2).detach(), [x, y], allow_unused=True)) == [None, [2]]


def test_an_input_that_requires_no_gradient_is_an_error() -> None:
    x = leaf([1.0])
    with pytest.raises(RuntimeError, match="grad: input 1 does not require a gradient"):
        minigen.grad(x * 2, [x, minigen.ones(1)])


def test_an_output_outside_any_graph_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="grad: the tensor does not require a gradient"):
        minigen.grad(minigen.ones(()), leaf([1.0]))


def test_the_number_of_cotangents_must_fit() -> None:
    x = leaf([1.0])
    with pytest.raises(ValueError, match="grad: 2 grad_outputs for 1 outputs"):
        minigen.grad(x * 2, x, [None, None])
    with pytest.raises(ValueError, match=r"grad: the cotangent has shape \(3,\)"):
        minigen.grad(x * 2, x, np.ones(3))


@pytest.mark.parametrize("cotangent", [np.array([1.0, 2.0]), minigen.tensor([1.0, 2.0])])
def test_one_cotangent_needs_no_list(cotangent: Any) -> None:
    x = leaf([1.0, 2.0])
    assert values(minigen.grad(x * 2, x, cotangent)) == [[2, 4]]


def test_the_graph_is_freed_unless_kept() -> None:
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    minigen.grad(y, x, retain_graph=True)
    minigen.grad(y, x, create_graph=True)
    minigen.grad(y, x)
    with pytest.raises(RuntimeError, match="already freed"):
        minigen.grad(y, x)


def test_only_the_part_between_outputs_and_inputs_is_walked() -> None:
    product, counts = counting_op()
    x, w = leaf(2.0), leaf(3.0)
    before = product(x, x)
    beside = product(w, w)
    h = product(before, before)
    y = product(h, beside)
    assert values(minigen.grad(y, h)) == [9]
    assert counts == {"rule": 1, "a": 1, "b": 0}


def test_the_part_behind_the_inputs_stays_usable() -> None:
    x = leaf([1.0, 2.0])
    h = x * x
    y = (h * h).sum()
    (gradient,) = minigen.grad(y, h)
    h.backward(gradient)
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), 4 * np.array([1, 2]) ** 3)


def test_the_part_behind_the_inputs_may_have_been_freed() -> None:
    x = leaf([1.0, 2.0])
    h = x * x
    h.sum().backward()
    assert values(minigen.grad((h * h).sum(), h)) == [[2, 8]]


# --- higher derivatives ---------------------------------------------------------------------------


def derivatives(function: Any, at: float, orders: int) -> list[float]:
    x = leaf(np.array(at))
    y = function(x)
    found = [y.item()]
    for _ in range(orders):
        y = single(minigen.grad(y, x, create_graph=True))
        found.append(y.item())
    return found


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x**4, [16, 32, 48, 48, 24]),
        (lambda x: x * x * x * x, [16, 32, 48, 48, 24]),
        (lambda x: x.exp(), [np.exp(2.0)] * 5),
        (lambda x: x.log(), [np.log(2), 1 / 2, -1 / 4, 2 / 8, -6 / 16]),
        (lambda x: 1 / x, [1 / 2, -1 / 4, 2 / 8, -6 / 16, 24 / 32]),
        (lambda x: x.sin(), [np.sin(2), np.cos(2), -np.sin(2), -np.cos(2), np.sin(2)]),
        (lambda x: x.sqrt(), [2**0.5, 2**-0.5 / 2, -(2**-1.5) / 4, 3 / 8 * 2**-2.5]),
        (lambda x: 3**x, [9 * np.log(3) ** k for k in range(5)]),
    ],
)
def test_derivatives_of_third_order_and_beyond(function: Any, expected: list[float]) -> None:
    np.testing.assert_allclose(derivatives(function, 2.0, len(expected) - 1), expected, rtol=1e-12)


def test_third_derivatives_of_an_activation_equal_closed_forms() -> None:
    t = np.tanh(0.7)
    d1 = 1 - t**2
    expected = [t, d1, -2 * t * d1, -2 * d1 * (1 - 3 * t**2)]
    np.testing.assert_allclose(derivatives(lambda x: x.tanh(), 0.7, 3), expected, rtol=1e-12)
    s = 1 / (1 + np.exp(-0.7))
    expected = [
        s,
        s * (1 - s),
        s * (1 - s) * (1 - 2 * s),
        s * (1 - s) * (1 - 6 * s + 6 * s**2),
    ]
    np.testing.assert_allclose(derivatives(lambda x: x.sigmoid(), 0.7, 3), expected, rtol=1e-12)


@pytest.mark.derivation("autograd.second_order")
def test_the_hessian_of_a_quadratic_form() -> None:
    matrix = draw(3, 3)
    x = leaf(draw(3, seed=1))
    slope = single(minigen.grad(x @ (matrix @ x), x, create_graph=True))
    rows = [single(minigen.grad(slope[i], x, retain_graph=True)).numpy() for i in range(3)]
    np.testing.assert_allclose(np.stack(rows), matrix + matrix.T, rtol=1e-12)


def test_a_gradient_penalty_trains_the_weights() -> None:
    weight, x = leaf(draw(1, 4)), leaf(draw(5, 4, seed=1))
    slope = single(minigen.grad(F.linear(x, weight).tanh().sum(), x, create_graph=True))
    norms = (slope * slope).sum(axis=1).sqrt()
    ((norms - 1) ** 2).mean().backward()
    assert weight.grad is not None

    def penalty(w: Any) -> float:
        rate = (1 - np.tanh(x.numpy() @ w.T) ** 2) * w
        return float(((np.sqrt((rate**2).sum(1)) - 1) ** 2).mean())

    for i in range(4):
        step = np.zeros((1, 4))
        step[0, i] = 1e-6
        numeric = (penalty(weight.numpy() + step) - penalty(weight.numpy() - step)) / 2e-6
        assert weight.grad.numpy()[0, i] == pytest.approx(numeric, rel=1e-6)


def test_gradients_are_linear_in_the_cotangent_and_differentiable_in_it() -> None:
    x, v = leaf(draw(3)), leaf(draw(3, seed=1))
    pulled = single(minigen.grad(x.exp(), x, v, create_graph=True))
    pushed = single(minigen.grad(pulled, v, np.array([1.0, 2.0, 3.0])))
    np.testing.assert_allclose(pushed.numpy(), np.exp(x.numpy()) * [1, 2, 3], rtol=1e-12)


def test_without_create_graph_gradients_are_constants() -> None:
    x = leaf([1.0])
    gradient = single(minigen.grad((x**3).sum(), x))
    assert not gradient.requires_grad
    assert gradient.is_leaf


def test_a_constant_gradient_has_no_graph_even_if_asked_for() -> None:
    x = leaf([1.0, 2.0])
    gradient = single(minigen.grad(x.sum(), x, create_graph=True))
    assert gradient.tolist() == [1, 1]
    y = leaf([1.0])
    with pytest.raises(RuntimeError, match=r"no output depends on|does not require a gradient"):
        minigen.grad(gradient.sum(), y)


@pytest.mark.parametrize("inside", [minigen.no_grad, minigen.enable_grad])
def test_create_graph_decides_and_not_the_mode_around_it(inside: Any) -> None:
    x = leaf([2.0])
    y = (x**3).sum()
    with inside():
        assert not single(minigen.grad(y, x, retain_graph=True)).requires_grad
        slope = single(minigen.grad(y, x, create_graph=True))
    assert slope.requires_grad
    assert single(minigen.grad(slope.sum(), x)).tolist() == [12]


def test_the_mode_is_restored_after_a_pass_that_failed() -> None:
    @minigen.op
    def failing(x: Any) -> Any:
        return x * 1

    @failing.vjp
    def failing_vjp(g: Any, _out: Any, _x: Any) -> Any:
        raise ZeroDivisionError

    for create_graph in (False, True):
        with pytest.raises(ZeroDivisionError):
            failing(leaf([1.0])).backward(create_graph=create_graph)
        assert minigen.is_grad_enabled()


def test_the_second_order_pass_computes_only_what_is_asked() -> None:
    product, counts = counting_op()
    x, w = leaf([2.0]), leaf([3.0])
    slope = single(minigen.grad(product(x, w), x, create_graph=True))
    assert counts == {"rule": 1, "a": 1, "b": 0}
    assert single(minigen.grad(slope, w)).tolist() == [1]


def test_gradients_keep_the_dtype_of_each_input() -> None:
    x, y = leaf([1.0, 2.0]), leaf(np.array([3.0, 4.0]))
    spied, seen = spying_op()
    first, second = minigen.grad((spied(x) * y).sum(), [x, y])
    assert first is not None
    assert second is not None
    assert first.dtype == np.float32
    assert second.dtype == np.float64
    assert first.tolist() == [3, 4]
    assert second.tolist() == [1, 2]
    assert [g.shape for g in seen] == [(2,)]
