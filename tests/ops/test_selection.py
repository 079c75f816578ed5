"""Extremes with their places, orders, and elements at given indices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Tensor
from tests.numeric import draw, gradient_of, leaf

LOGITS = [[1.0, 5.0, 2.0], [7.0, 0.0, 1.0]]


@pytest.mark.derivation("max.first", "min.first")
def test_dim_gives_values_and_indices_and_the_gradient_goes_to_the_first() -> None:
    x = leaf([[3.0, 3.0, 1.0], [2.0, 5.0, 2.0]])
    values, indices = x.max(dim=1)
    assert (values.tolist(), indices.tolist()) == ([3.0, 5.0], [0, 1])
    values.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [[1, 0, 0], [0, 1, 0]])
    x.zero_grad()
    found = x.min(dim=1, keepdim=True)
    assert (found.values.shape, found.indices.tolist()) == ((2, 1), [[2], [0]])
    found.values.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [[0, 0, 1], [1, 0, 0]])


def test_axis_gives_the_values_alone_and_ties_share_the_gradient() -> None:
    x = leaf([[3.0, 3.0, 1.0], [2.0, 5.0, 2.0]])
    y = x.max(axis=1)
    assert isinstance(y, Tensor)
    assert y.tolist() == [3, 5]
    y.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [[0.5, 0.5, 0], [0, 1, 0]])
    assert x.min(axis=(0, 1), keepdims=True).tolist() == [[1.0]]
    assert x.max((0, 1)).item() == x.max().item() == 5


@pytest.mark.parametrize("name", ["max", "min"])
@pytest.mark.parametrize("arguments", [(1,), (-1,), (np.int64(1),), (1, True), (0, 1)], ids=str)
def test_an_axis_by_position_is_refused_with_both_spellings(name: str, arguments: Any) -> None:
    x = minigen.tensor(LOGITS)
    for call in (getattr(x, name), lambda *args: getattr(F, name)(x, *args)):
        with pytest.raises(TypeError, match=rf"x\.{name}\(dim=.*x\.{name}\(axis="):
            call(*arguments)


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ((minigen.ones(3),), {"axis": 0}),
        ((minigen.ones(3),), {"keepdims": True}),
        ((minigen.ones(3), minigen.ones(3)), {}),
        (((0, 1),), {"dim": 0}),
        (((0, 1), True), {}),
        ((None,), {"axis": 0}),
        ((0.5, 0.5), {}),
        ((0.5,), {"axis": 0}),
    ],
    ids=str,
)
def test_an_operand_beside_an_axis_is_refused_with_both_spellings(
    arguments: Any, options: Any
) -> None:
    x = minigen.tensor(LOGITS)
    for name in ("max", "min"):
        with pytest.raises(TypeError, match=rf"x\.{name}\(dim=.*x\.{name}\(axis="):
            getattr(x, name)(*arguments, **options)


@pytest.mark.parametrize("name", ["max", "min"])
def test_an_axis_stays_by_either_name_and_goes_unless_it_is_said(name: str) -> None:
    extreme = getattr(minigen.tensor(LOGITS), name)
    for keep in ({"keepdim": True}, {"keepdims": True}):
        assert extreme(dim=1, **keep).values.shape == (2, 1)
        assert extreme(dim=1, **keep).indices.shape == (2, 1)
        assert extreme(axis=1, **keep).shape == (2, 1)
    assert extreme(dim=1).values.shape == extreme(dim=1).indices.shape == (2,)
    assert extreme(axis=1).shape == (2,)


def test_several_axes_by_position_mean_the_same_to_everybody() -> None:
    x = minigen.tensor(LOGITS)
    for axes in ((0, 1), [0, 1], None):
        assert x.max(axes).item() == 7
        assert x.min(axes).item() == 0


def test_another_tensor_is_compared_element_by_element() -> None:
    a, b = leaf([1.0, 5.0]), leaf([3.0, 2.0])
    assert F.max(a, b).tolist() == [3, 5]
    assert a.min(b).tolist() == [1, 2]
    for number in (0.5, np.float32(0.5)):
        with pytest.raises(TypeError, match=r"maximum\(x, 0\.5\)"):
            a.max(number)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: x.max(dim=0, axis=0), "dim=0 asks for values and indices, axis=0 for the"),
        (lambda x: x.min(dim=(0, 1)), r"dim is one axis.*amin\(x, axis\) takes several"),
        (lambda x: x.max(x, dim=0), r"x\.max\(dim="),
        (lambda x: x.sum(dim=0, axis=0), "one argument under two names"),
        (lambda x: x.softmax(dim=0, axis=0), "one argument under two names"),
        (lambda x: x.argmax(dim=0, axis=0), "one argument under two names"),
        (lambda x: x.sort(dim=0, axis=0), "one argument under two names"),
        (lambda x: F.cat([x, x], axis=0, dim=1), "cat: one argument under two names"),
        (lambda x: F.stack([x, x], axis=0, dim=1), "stack: one argument under two names"),
        (lambda x: F.where(x > 0, x), "chooses from two"),
    ],
)
def test_contradictory_arguments_are_refused(call: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call(minigen.tensor(LOGITS))


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp", "sum", "mean", "argmax"])
def test_dim_and_keepdim_are_names_of_axis_and_keepdims(name: str) -> None:
    x = minigen.tensor(draw(2, 3))
    keep = {} if "softmax" in name else {"keepdims": True}
    named = {"keepdim": True} if keep else {}
    by_dim, by_axis = getattr(x, name)(dim=0, **named), getattr(x, name)(axis=0, **keep)
    np.testing.assert_array_equal(by_dim.numpy(), by_axis.numpy())


@pytest.mark.parametrize("name", ["max", "min"])
def test_an_axis_without_elements_has_no_extreme(name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name}: axis 0 of shape \(0, 3\) has no elements"):
        getattr(minigen.zeros(0, 3), name)(dim=0)


@pytest.mark.derivation("sort", "topk")
@pytest.mark.parametrize("descending", [False, True])
def test_equal_elements_keep_their_order(descending: bool) -> None:
    x = minigen.tensor([2.0, 1.0, 2.0, 1.0, 3.0])
    values, indices = x.sort(descending=descending)
    expected = [4, 0, 2, 1, 3] if descending else [1, 3, 0, 2, 4]
    assert indices.tolist() == x.argsort(descending=descending).tolist() == expected
    assert values.tolist() == sorted(x.tolist(), reverse=descending)


def test_the_gradient_of_an_order_goes_back_to_where_each_element_came_from() -> None:
    x = leaf(draw(3, 4))
    weights = draw(3, 4, seed=1)
    (x.sort(dim=0).values * minigen.tensor(weights)).sum().backward()
    order = np.argsort(x.numpy(), 0)
    expected = np.zeros((3, 4))
    np.put_along_axis(expected, order, weights, 0)
    np.testing.assert_array_equal(gradient_of(x), expected)


@pytest.mark.parametrize("largest", [True, False])
def test_the_k_largest_or_smallest_come_in_order(largest: bool) -> None:
    x = leaf([[3.0, 1.0, 2.0], [0.0, 5.0, 4.0]])
    values, indices = x.topk(2, dim=1, largest=largest)
    assert values.tolist() == ([[3, 2], [5, 4]] if largest else [[1, 2], [0, 4]])
    assert indices.tolist() == ([[0, 2], [1, 2]] if largest else [[1, 2], [0, 2]])
    for k in (-1, 4):
        with pytest.raises(ValueError, match=f"topk: k from 0 to 3.*got {k}"):
            x.topk(k)


def test_orders_run_along_the_last_axis_from_the_smallest_and_topk_from_the_largest() -> None:
    x = draw(2, 3, 4)
    np.testing.assert_array_equal(F.sort(x).values, np.sort(x, -1))
    np.testing.assert_array_equal(F.argsort(x), np.argsort(x, -1))
    np.testing.assert_array_equal(F.topk(x, 2).values, np.sort(x, -1)[..., :1:-1])
    for k in (0, 4):  # the least and the most that there are
        assert F.topk(x, k).values.shape == (2, 3, k)


@pytest.mark.derivation("gather", "gather.grad", "scatter_add", "scatter_add.grad")
def test_an_index_may_be_shorter_than_the_array_along_other_axes() -> None:
    x, index = leaf(draw(3, 4)), minigen.tensor([[1, 1, 3]])
    y = x.gather(1, index)
    np.testing.assert_array_equal(y.numpy(), x.numpy()[:1, [1, 1, 3]])
    y.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [[0, 2, 0, 1], [0] * 4, [0] * 4])
    src = leaf(np.ones((2, 5)))
    total = minigen.zeros(3, 4).scatter_add(1, index, src)
    np.testing.assert_array_equal(total.numpy(), [[0, 2, 0, 1], [0] * 4, [0] * 4])
    total.sum().backward()
    np.testing.assert_array_equal(gradient_of(src), [[1, 1, 1, 0, 0], [0] * 5])


@pytest.mark.host_only("indices on a GPU are not looked at")
@pytest.mark.parametrize("index", [[[4]], [[-1]]])
def test_an_index_out_of_range_is_refused(index: Any) -> None:
    with pytest.raises(IndexError, match=r"gather: indices from 0 to 3 are expected along axis 1"):
        minigen.zeros(3, 4).gather(1, minigen.tensor(index))


@pytest.mark.parametrize(
    ("index", "error", "message"),
    [
        ([1.0], TypeError, "integers is expected as index, got float32"),
        ([1], ValueError, r"an index with the axes of \(3, 4\).*got \(1,\)"),
        ([[0]] * 4, ValueError, r"no longer along any but axis 1.*got \(4, 1\)"),
    ],
)
def test_an_index_that_does_not_fit_is_refused(
    index: Any, error: type[Exception], message: str
) -> None:
    x, places = minigen.zeros(3, 4), minigen.tensor(index)
    with pytest.raises(error, match=f"gather: .*{message}"):
        x.gather(1, places)
    with pytest.raises(error, match=f"scatter_add: .*{message}"):
        x.scatter_add(1, places, minigen.ones(4, 4))


@pytest.mark.parametrize("shape", [(1, 1), (2,), (1, 1, 2)])
def test_too_few_elements_to_scatter_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"src of at least the shape of index, \(1, 2\)"):
        minigen.zeros(1, 4).scatter_add(1, minigen.tensor([[0, 1]]), minigen.ones(shape))


def test_no_indices_gather_and_scatter_nothing() -> None:
    x, index = minigen.ones(2, 3), minigen.zeros(2, 0, dtype="int64")
    assert x.gather(1, index).shape == (2, 0)
    assert x.scatter_add(1, index, minigen.ones(2, 0)).tolist() == x.tolist()


def test_a_condition_alone_gives_the_indices_of_what_holds() -> None:
    x = leaf([[1.0, -2.0], [-3.0, 4.0]])
    places = F.where(x > 0)
    assert [each.tolist() for each in places] == [[0, 1], [0, 1]]
    assert x[places].tolist() == [1, 4]
    assert F.nonzero(x > 0).tolist() == [[0, 0], [1, 1]]
    assert x.where(x > 0, 0.0).tolist() == [[1, 0], [0, 4]]
    assert not isinstance(F.where(np.array([True]))[0], Tensor)


@pytest.mark.derivation("cumsum", "cumsum.grad")
def test_a_running_sum_in_float32_keeps_its_digits_to_the_end() -> None:
    x = minigen.full((1_000_000,), 0.1)
    assert x.cumsum(0)[-1].item() == pytest.approx(100_000 * (1 + 1.49e-8), rel=1e-7)
    assert minigen.tensor([True, True]).cumsum(dim=0).dtype == np.int64


def test_indices_along_an_axis_broadcast_and_count_from_the_end() -> None:
    x = minigen.arange(6).reshape(2, 3)
    assert x.take_along_dim(minigen.tensor([[-1, 0]]), dim=1).tolist() == [[2, 0], [5, 3]]
    assert x[:1].take_along_dim(minigen.tensor([[0], [2]]), dim=1).tolist() == [[0], [2]]
    assert x.take_along_dim(minigen.tensor([5, 0])).tolist() == [5, 0]
    with pytest.raises(ValueError, match="take_along_dim: indices with 2 axes"):
        x.take_along_dim(minigen.tensor([0]), dim=1)


def test_a_mask_broadcasts_and_picks_a_row() -> None:
    x = minigen.arange(6).reshape(2, 3)
    assert x.masked_select(minigen.tensor([True, False, True])).tolist() == [0, 2, 3, 5]
    assert x[:1].masked_select(minigen.tensor([[False], [True]])).tolist() == [0, 1, 2]
    with pytest.raises(TypeError, match="masked_select: a mask of Booleans is expected, got int64"):
        x.masked_select(minigen.tensor([0, 1, 1]))
