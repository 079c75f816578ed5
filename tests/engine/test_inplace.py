"""Writing in place: what is refused, in which words, and what views know of writes.

That results and gradients are PyTorch's is tested in `tests/parity/test_inplace.py`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Tensor, nn
from tests.numeric import gradient_of, leaf

WRITES: dict[str, Callable[[Any], Any]] = {
    "+=": lambda x: x.__iadd__(1),
    "-=": lambda x: x.__isub__(1),
    "*=": lambda x: x.__imul__(2),
    "/=": lambda x: x.__itruediv__(2),
    "**=": lambda x: x.__ipow__(2),
    "//=": lambda x: x.__ifloordiv__(2),
    "%=": lambda x: x.__imod__(2),
    "add_": lambda x: x.add_(1, alpha=2),
    "sub_": lambda x: x.sub_(1, alpha=2),
    "mul_": lambda x: x.mul_(2),
    "div_": lambda x: x.div_(2),
    "pow_": lambda x: x.pow_(2),
    "clamp_": lambda x: x.clamp_(0, 1),
    "lerp_": lambda x: x.lerp_(5.0, 0.5),
    "masked_fill_": lambda x: x.masked_fill_(x > 1, 0.0),
    "copy_": lambda x: x.copy_(np.zeros(3)),
    "fill_": lambda x: x.fill_(4),
    "zero_": lambda x: x.zero_(),
    "normal_": lambda x: x.normal_(1.0, 2.0),
    "uniform_": lambda x: x.uniform_(-1.0, 1.0),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_keeps_the_object_its_memory_and_that_it_requires_a_gradient(
    write: Callable[[Any], Any],
) -> None:
    x = leaf([1.0, 2.0, 3.0])
    memory, old = x.array, x.tolist()
    with minigen.no_grad():
        assert write(x) is x
    assert x.array is memory
    assert x.tolist() != old
    assert x.requires_grad
    assert x.is_leaf


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_is_logged_and_a_rule_that_needs_the_old_values_refuses(
    write: Callable[[Any], Any],
) -> None:
    x, w = leaf([1.0, 2.0, 3.0]), leaf([4.0, 5.0, 6.0])
    y = (x * w).sum()
    with minigen.no_grad():
        write(w)
    with pytest.raises(RuntimeError, match=r"input 1 of the op mul .* changed in place"):
        y.backward()


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_leaf_and_its_views_refuse_while_ops_are_recorded(write: Callable[[Any], Any]) -> None:
    x = leaf([1.0, 2.0, 3.0])
    with pytest.raises(RuntimeError, match=r"^a leaf tensor that requires a gradient .*no_grad"):
        write(x)
    with pytest.raises(RuntimeError, match=r"^a view of a leaf tensor that requires a gradient"):
        write(x[:])
    assert x.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("view", "op"),
    [
        (lambda h: h.T, "permute"),
        (lambda h: h.reshape(-1), "reshape"),
        (lambda h: F.getitem(h, 0), "getitem"),
        (lambda h: h.unsqueeze(0), "unsqueeze"),
    ],
)
def test_views_that_were_not_taken_by_an_index_refuse_recorded_writes(
    view: Callable[[Tensor], Tensor], op: str
) -> None:
    h = leaf([[1.0, 2.0], [3.0, 4.0]]) * 1
    shown = view(h)
    assert shown.grad_fn is not None
    assert shown.grad_fn.op.name == op
    with pytest.raises(RuntimeError, match="a view can't be written in place"):
        shown += 1
    assert h.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("take", [lambda h: h[0], lambda h: h.T, lambda h: h.reshape(-1)[1:]])
def test_a_view_taken_before_a_recorded_write_can_not_be_used_after_it(
    take: Callable[[Tensor], Tensor],
) -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    h = x * 2
    old = take(h)
    h *= 3
    new = take(h)
    np.testing.assert_array_equal(old.array, new.array)
    with pytest.raises(RuntimeError, match="take the view after the write"):
        (old + 1).sum().backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="take the view after the write"):
        old.backward(np.ones(old.shape))
    new.sum().backward()
    assert set(np.unique(gradient_of(x))) <= {0, 6}


def test_a_view_used_before_a_recorded_write_is_harmless() -> None:
    x = leaf([1.0, 2.0])
    h = x * 2
    y = h[0] + h[1:].sum()
    h *= 3
    (y + h.sum()).backward()
    np.testing.assert_array_equal(gradient_of(x), [8, 8])


def test_a_write_into_a_view_of_a_view_reaches_what_both_show() -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    h = x * 1
    h[1][0] *= 5
    row = h[1]
    row[1] = x[0, 0] * 7
    (h * minigen.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert h.tolist() == [[1, 2], [15, 7]]
    np.testing.assert_array_equal(gradient_of(x), [[29, 2], [15, 0]])


def test_a_tensor_multiplied_by_itself_in_place_is_squared() -> None:
    x = leaf([1.0, 2.0, 3.0])
    h = x * 2
    h *= h
    h.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), 8 * x.array)


def test_indices_that_pick_nothing_change_nothing() -> None:
    x, y = leaf([1.0, 2.0]), leaf(np.zeros(0))
    h = x * 2
    h[h < 0] = y
    h[5:] = y
    h.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [2, 2])


def test_a_value_with_leading_axes_of_length_one_fits() -> None:
    x, y = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([[5.0, 6.0]])
    h = x * 2
    h[0] = y
    h.sum().backward()
    np.testing.assert_array_equal(gradient_of(y), [[1, 1]])


def test_a_row_written_outside_the_graph_is_written_where_it_stands() -> None:
    x = minigen.zeros(2, 2)
    for row in x:
        row += 1  # noqa: PLW2901 - it is a view
        for element in row:
            element *= 3  # noqa: PLW2901 - so is it
    assert x.tolist() == [[3, 3], [3, 3]]


def test_a_result_without_a_gradient_is_not_recorded_in_place() -> None:
    h = leaf([1.0, 2.0]) * 3
    with pytest.raises(RuntimeError, match="floor_divide has no gradient"):
        h //= 2


def test_shapes_and_dtypes_stay_and_the_words_are_those_of_pytorch() -> None:
    x: Any = minigen.zeros(3)
    with pytest.raises(
        RuntimeError,
        match=r"output with shape \[3\] doesn't match the broadcast shape \[2, 3\]",
    ):
        x += minigen.ones(2, 3)
    n: Any = minigen.tensor([1, 2])
    with pytest.raises(
        RuntimeError,
        match="result type float32 can't be cast to the desired output type int64",
    ):
        n /= 2
    with pytest.raises(RuntimeError, match="single memory location"):
        minigen.ones(1, 3).expand(2, 3)[0] = 2
    assert x.tolist() == [0, 0, 0]
    assert n.tolist() == [1, 2]


def test_a_view_is_copied_without_what_it_shows() -> None:
    x = minigen.tensor([[1.0, 2.0], [3.0, 4.0]])
    twin = copy.deepcopy(x[0])
    twin += 1
    assert twin.tolist() == [2, 3]
    assert x.tolist() == [[1, 2], [3, 4]]


def test_a_view_can_not_be_detached_in_place() -> None:
    h = leaf([[1.0, 2.0]]) * 2
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        h[0].detach_()


def test_numbers_are_drawn_as_initialisers_draw_them() -> None:
    seeds = [minigen.Generator(3), minigen.Generator(3)]
    drawn = minigen.zeros(4).normal_(1.0, 2.0, generator=seeds[0])
    expected = nn.init.normal_(minigen.zeros(4), 1.0, 2.0, seeds[1])
    np.testing.assert_array_equal(drawn.array, expected.array)
    with pytest.raises(TypeError, match="ask for a float"):
        minigen.zeros(4).long().uniform_()


def test_a_gradient_is_cut_by_detaching_in_place() -> None:
    x = leaf([1.0, 2.0])
    h = x * 2
    assert h.detach_() is h
    assert h.is_leaf
    assert not h.requires_grad
    assert not x.clone().detach_().requires_grad
