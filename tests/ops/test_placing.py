"""Elements written and added at given places, in copies and in place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import minigen
import minigen.functional as F


@pytest.mark.host_only("on a GPU it is not defined which of them stays")
def test_the_last_of_several_that_meet_is_written_and_gets_the_gradient() -> None:
    source = minigen.tensor([[5.0, 6.0]], requires_grad=True)
    y = minigen.zeros(1, 2).scatter(1, minigen.tensor([[0, 0]]), source)
    assert y.tolist() == [[6.0, 0.0]]
    y.sum().backward()
    assert source.grad is not None
    assert source.grad.tolist() == [[0.0, 1.0]]


def test_numbers_are_written_in_the_dtype_that_is_there() -> None:
    x, index = minigen.tensor([1, 2, 3]), minigen.tensor([0, -1])
    assert x.index_fill(0, index, 7.5).tolist() == [7, 2, 7]
    assert x.scatter(0, index[:1], 7.5).tolist() == [7, 2, 3]
    assert x.scatter(0, index[:1], value=7).dtype == np.int64


def test_nothing_is_written_at_no_places() -> None:
    x, none = minigen.ones(2, 3), minigen.zeros(0).long()
    assert x.index_copy(0, none, minigen.zeros(0, 3)).tolist() == x.tolist()
    assert x.index_add(0, none, minigen.zeros(0, 3)).tolist() == x.tolist()
    assert x.index_fill(0, none, 5.0).tolist() == x.tolist()


def test_writing_in_place_keeps_the_tensor_and_records_what_came_in() -> None:
    w = minigen.tensor([1.0, 2.0], requires_grad=True)
    x = minigen.zeros(3)
    held = x
    x.index_add_(0, minigen.tensor([2, 2]), w, alpha=3)
    x.scatter_(0, minigen.tensor([0]), w[:1])
    x.scatter_add_(0, minigen.tensor([1]), w[1:])
    assert held is x
    assert x.tolist() == [1.0, 2.0, 9.0]
    x.index_copy_(0, minigen.tensor([2]), w[1:])
    x.index_fill_(0, minigen.tensor([0]), 0.0)
    x.sum().backward()
    assert w.grad is not None
    assert w.grad.tolist() == [0.0, 2.0]


def test_a_leaf_is_not_written_while_ops_are_recorded() -> None:
    w = minigen.zeros(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf"):
        w.scatter_(0, minigen.tensor([0]), value=1.0)
    with minigen.no_grad():
        assert w.scatter_(0, minigen.tensor([0]), value=1.0).tolist() == [1.0, 0.0]


def test_a_diagonal_is_filled_in_place() -> None:
    assert minigen.zeros(2, 3).fill_diagonal_(1.0).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    with pytest.raises(RuntimeError, match="fill_diagonal_: a matrix is expected"):
        minigen.zeros(2).fill_diagonal_(1.0)


ROWS = minigen.tensor([0, 1])


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda x: F.scatter(x, 0, ROWS), TypeError, "scatter: either src or value"),
        (lambda x: F.scatter(x, 0, ROWS, x, 1.0), TypeError, "scatter: either src or value"),
        (lambda x: F.scatter(x, 0, ROWS, x.double()), TypeError, "of float32, .* got float64"),
        (lambda x: F.scatter(x, 0, ROWS, x[:1]), ValueError, "at least the shape of index"),
        (lambda x: F.index_add(x, 0, x, x), TypeError, "index_add: one axis of integers"),
        (lambda x: F.index_add(x, 0, [0], x), TypeError, "one axis of integers .* got list"),
        (lambda x: F.index_add(x, 0, ROWS[None], x), ValueError, "one axis of integers"),
        (lambda x: F.index_add(x, 0, ROWS, x), ValueError, r"shape \(2,\), with a slice for each"),
        (lambda x: F.index_copy(x, 0, ROWS, x[:2].double()), TypeError, "index_copy: a source of"),
    ],
)
def test_what_does_not_fit_is_refused(
    call: Callable[[minigen.Tensor], object], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        call(minigen.zeros(3))


@pytest.mark.host_only("on a GPU the check would have to wait for the device")
@pytest.mark.parametrize(
    ("name", "index"), [("index_add", -1), ("index_copy", 3), ("index_fill", -4)]
)
def test_places_out_of_range_are_refused(name: str, index: int) -> None:
    with pytest.raises(IndexError, match=f"{name}: indices from .* got {index} to {index}"):
        getattr(F, name)(
            minigen.zeros(3),
            0,
            minigen.tensor([index]),
            minigen.ones(1)[0] if name == "index_fill" else minigen.ones(1),
        )
