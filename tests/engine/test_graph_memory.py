"""What the graph holds, when it lets go, and that no two gradients share memory."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Tensor
from minigen.engine.backend import array_of
from minigen.engine.graph import Node, owned, vertex
from tests.numeric import gradient_of, leaf

# --- memory -------------------------------------------------------------------------------------


def test_backward_frees_the_arrays_of_the_graph_while_the_output_lives() -> None:
    x = leaf([1.0, 2.0])
    h = x * 2
    held = weakref.ref(h.array)
    y = (h * h).sum()
    del h
    gc.collect()
    assert held() is not None  # the rule of h * h needs it
    y.backward()
    assert held() is None


def test_a_dropped_graph_frees_its_arrays_without_the_garbage_collector() -> None:
    gc.disable()
    try:
        x = leaf([1.0, 2.0])
        h = x * 2
        held = weakref.ref(h.array)
        y = (h * h).sum()
        del h, y
        assert held() is None
    finally:
        gc.enable()


def test_an_input_that_the_rule_does_not_name_is_not_kept() -> None:
    x = leaf([1.0, 2.0])
    h = x * 2
    held = weakref.ref(h.array)
    y = h.exp()  # its rule needs the output alone
    del h
    assert held() is None
    y.sum().backward()
    np.testing.assert_allclose(gradient_of(x), 2 * np.exp([2.0, 4.0]), rtol=1e-6)


@pytest.mark.parametrize(
    "function",
    [
        lambda h: h + 1,
        lambda h: h - minigen.ones(2),
        lambda h: h.sum(),
        lambda h: h.mean(),
        lambda h: F.cat([h, h]),
        lambda h: F.pad(h, (1, 1)),
    ],
)
def test_an_input_of_which_a_rule_needs_the_shape_alone_is_not_kept(
    function: Callable[[Tensor], Tensor],
) -> None:
    x = leaf([1.0, 2.0])
    h = x * 2
    held = weakref.ref(h.array)
    y = function(h)
    del h
    assert held() is None
    y.sum().backward()
    assert gradient_of(x).shape == (2,)


def test_an_output_that_the_rule_does_not_name_is_not_kept() -> None:
    x = leaf([1.0, 2.0])
    h = x.sin()  # its rule needs the input alone
    held = weakref.ref(h.array)
    y = h.clone()
    del h
    assert held() is None
    y.sum().backward()
    np.testing.assert_allclose(gradient_of(x), np.cos([1.0, 2.0]), rtol=1e-6)


def test_constants_keep_no_graph_alive() -> None:
    x = leaf([1.0, 2.0])
    h = x * 2
    held = weakref.ref(h)
    constant = h.detach() * 3
    del h
    assert held() is None
    assert constant.tolist() == [6, 12]


def test_no_grad_holds_nothing() -> None:
    x = leaf([1.0, 2.0])
    with minigen.no_grad():
        h = x * 2
        held = weakref.ref(h.array)
        y = h * h
    del h
    assert held() is None
    assert y.is_leaf


def test_gradients_do_not_keep_the_graph_alive() -> None:
    x = leaf([1.0, 2.0])
    h = x * 2
    held = weakref.ref(h.array)
    y = (h * h).sum()
    (gradient,) = minigen.grad(y, x)
    del h, y
    assert held() is None
    assert gradient is not None


# --- aliasing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: x + y,
        lambda x, y: x - (-y),
        lambda x, y: x.reshape(4).reshape(2, 2) + y.T.T,
        lambda x, y: F.cat([x, y])[:2] + F.stack([x, y])[1],
        lambda x, y: x.broadcast_to(2, 2, 2)[0] + y.to("float64").to("float32"),
        lambda x, y: (x.sum() + y.sum()).broadcast_to(2, 2),
    ],
)
def test_gradients_of_two_leaves_share_no_memory(
    function: Callable[[Tensor, Tensor], Tensor], create_graph: bool
) -> None:
    x, y = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([[5.0, 6.0], [7.0, 8.0]])
    out = function(x, y)
    cotangent = minigen.tensor(np.ones((2, 2), np.float32))
    out.backward(cotangent, create_graph=create_graph)
    assert x.grad is not None
    assert y.grad is not None
    arrays = [x.grad.array, y.grad.array, x.array, y.array, out.array, cotangent.array]
    for i, a in enumerate(arrays[:2]):
        assert not any(np.shares_memory(a, b) for b in arrays[i + 1 :])
        a[...] = 0  # refused of a view that repeats elements


def test_a_gradient_written_in_place_changes_no_other() -> None:
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    cotangent = np.ones(2, np.float32)
    (x + y).backward(cotangent)
    assert x.grad is not None
    x.grad[...] = 100
    np.testing.assert_array_equal(gradient_of(y), [1, 1])
    np.testing.assert_array_equal(cotangent, [1, 1])


def test_a_rule_that_returns_its_own_arrays_does_not_leak_them() -> None:
    kept = np.ones(2, np.float32)

    @minigen.op
    def passed(a: Any, b: Any) -> Any:
        return a + b

    @passed.vjp
    def passed_vjp(g: Any, out: Any, a: Any, b: Any) -> Any:
        return g, g

    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    passed(x, y).backward(kept)
    assert x.grad is not None
    assert y.grad is not None
    assert not np.shares_memory(x.grad.array, y.grad.array)
    assert not np.shares_memory(x.grad.array, kept)

    @minigen.op
    def linear_in_b(a: Any, b: Any) -> Any:
        return a * b

    @linear_in_b.vjp
    def linear_in_b_vjp(g: Any, _out: Any, a: Any, b: Any) -> Any:
        return b, a[:]  # right where g = 1: an input, and a view of one

    x, y = leaf(np.array([1.0])), leaf(np.array([3.0]))
    linear_in_b(x, y).backward()
    assert x.grad is not None
    assert y.grad is not None
    assert not np.shares_memory(x.grad.array, y.array)
    assert not np.shares_memory(y.grad.array, x.array)


def test_owned_copies_what_is_a_view_or_known_elsewhere() -> None:
    array = np.ones(4)
    assert owned(array, []) is array
    assert owned(array, [array]) is not array
    assert owned(array[:2], []).base is None
    tensor = minigen.ones(2)
    assert owned(tensor, []) is tensor
    assert not np.shares_memory(owned(tensor, [tensor]).array, tensor.array)


def test_vertex_and_array_of() -> None:
    x = leaf([1.0])
    y = x * 2
    assert vertex(x) is x
    assert isinstance(vertex(y), Node)
    assert array_of(x) is x.array
    assert array_of(3) == 3
