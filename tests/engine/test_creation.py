"""Tensors made from nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import Generator
from tests.numeric import leaf

MAKERS = [minigen.zeros, minigen.ones, minigen.empty, minigen.randn, minigen.rand]


@pytest.mark.parametrize("make", MAKERS)
def test_a_shape_comes_one_by_one_or_as_a_sequence(make: Any) -> None:
    assert make().shape == ()
    assert make(3).shape == (3,)
    assert make(2, 3).shape == (2, 3)
    assert make((2, 3)).shape == (2, 3)
    assert make([2, 3]).shape == (2, 3)
    assert make(()).shape == ()
    assert make(2, 0).shape == (2, 0)
    assert make(np.int64(2)).shape == (2,)
    assert make(minigen.ones(4, 5).shape).shape == (4, 5)


@pytest.mark.parametrize("make", MAKERS)
def test_float32_unless_asked_and_gradients_if_asked(make: Any) -> None:
    assert make(2).dtype == np.float32
    assert make(2, dtype="float64").dtype == np.float64
    assert make(2, dtype=np.float16).dtype == np.float16
    assert not make(2).requires_grad
    assert make(2, requires_grad=True).requires_grad
    assert make(2, requires_grad=True).is_leaf


def test_constants() -> None:
    assert minigen.zeros(2).tolist() == [0, 0]
    assert minigen.ones(2).tolist() == [1, 1]
    assert minigen.full((2, 2), 7).tolist() == [[7, 7], [7, 7]]
    assert minigen.full(2, 0.5, dtype="float64").dtype == np.float64
    assert minigen.full((), 3.0).item() == 3


def test_integers_cannot_require_gradients() -> None:
    for make in (minigen.zeros, minigen.ones):
        with pytest.raises(TypeError, match="has no gradient"):
            make(2, dtype="int64", requires_grad=True)


def test_random_numbers_are_never_rounded_to_integers() -> None:
    for make in (minigen.randn, minigen.rand):
        with pytest.raises(TypeError, match="float"):
            make(2, dtype="int64")


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool"])
def test_likes_take_shape_and_dtype_and_no_graph(dtype: str) -> None:
    x = minigen.zeros(2, 3, dtype=dtype)
    for make, value in ((minigen.zeros_like, 0), (minigen.ones_like, 1)):
        y = make(x)
        assert y.shape == (2, 3)
        assert y.dtype == np.dtype(dtype)
        assert (y.numpy() == value).all()
    y = minigen.ones_like(leaf([1.0]))
    assert not y.requires_grad


def test_ranges_leave_out_their_end() -> None:
    assert minigen.arange(3).tolist() == [0, 1, 2]
    assert minigen.arange(3).dtype == np.int64
    assert minigen.arange(1, 7, 2).tolist() == [1, 3, 5]
    assert minigen.arange(0.0, 1.0, 0.25).tolist() == [0, 0.25, 0.5, 0.75]
    assert minigen.arange(0.0, 1.0, 0.25).dtype == np.float32
    assert minigen.arange(3, dtype="float64").dtype == np.float64
    assert minigen.arange(3, 0, -1).tolist() == [3, 2, 1]
    assert minigen.arange(0).shape == (0,)


def test_linspace_holds_both_ends() -> None:
    x = minigen.linspace(-1, 1, 5)
    assert x.tolist() == [-1, -0.5, 0, 0.5, 1]
    assert x.dtype == np.float32
    assert minigen.linspace(0, 1, 1).tolist() == [0]
    assert minigen.linspace(0, 0.1, 11, dtype="float64").tolist()[-1] == 0.1


def test_random_tensors_come_from_the_generator_given() -> None:
    for make in (minigen.randn, minigen.rand):
        first = make(3, generator=Generator(1))
        assert (make(3, generator=Generator(1)) == first).all()
        assert (make(3, generator=Generator(2)) != first).any()


def test_negative_lengths_are_refused() -> None:
    for make in (minigen.zeros, minigen.ones, minigen.randn, minigen.rand):
        with pytest.raises(ValueError, match="negative"):
            make(-1)


def test_unknown_devices_are_refused() -> None:
    for make in (minigen.zeros, minigen.ones, minigen.randn, minigen.rand):
        with pytest.raises(ValueError, match="unknown device 'gpu'"):
            make(1, device="gpu")


def test_the_identity_matrix_may_be_oblong() -> None:
    assert minigen.eye(2).tolist() == [[1, 0], [0, 1]]
    assert minigen.eye(1, 3, dtype="int64").tolist() == [[1, 0, 0]]
    assert minigen.eye(2).dtype == np.float32


@pytest.mark.host_only("it shares NumPy's memory")
def test_as_tensor_and_from_numpy_share_memory_and_tensor_copies() -> None:
    array = np.zeros(2)
    shown, named, copied = (
        minigen.as_tensor(array),
        minigen.from_numpy(array),
        minigen.tensor(array),
    )
    array[0] = 1
    assert shown.tolist() == named.tolist() == [1, 0]
    assert shown.dtype == np.float64
    assert copied.tolist() == [0, 0]


def test_as_tensor_returns_a_tensor_itself_unless_it_has_to_change() -> None:
    x = leaf([1.0, 2.0])
    assert minigen.as_tensor(x) is x
    assert minigen.as_tensor(x, dtype="float32").dtype == np.float32
    assert minigen.as_tensor([1, 2], "float64").dtype == np.float64
    assert minigen.as_tensor(2.5).item() == 2.5


def test_from_numpy_takes_arrays_alone() -> None:
    not_an_array: Any = [1.0]
    with pytest.raises(TypeError, match="from_numpy: a NumPy array is expected, got list"):
        minigen.from_numpy(not_an_array)


def test_full_like_and_empty_like_take_shape_and_dtype() -> None:
    x = minigen.zeros(2, 3, dtype="float64")
    assert minigen.full_like(x, 2).tolist() == [[2] * 3] * 2
    for made in (minigen.full_like(x, 2), minigen.empty_like(x)):
        assert (made.shape, made.dtype, made.device) == (x.shape, x.dtype, x.device)


def test_random_likes_draw_what_a_shape_and_a_dtype_would() -> None:
    x = minigen.zeros(2, 3, dtype="float64")
    for like, of_shape in ((minigen.randn_like, minigen.randn), (minigen.rand_like, minigen.rand)):
        drawn = like(x, generator=Generator(0))
        wanted = of_shape(2, 3, dtype="float64", generator=Generator(0))
        assert drawn.tolist() == wanted.tolist()
        assert drawn.dtype == np.float64


def test_random_integers_lie_between_their_bounds() -> None:
    drawn = minigen.randint(3, 5, (100,), generator=Generator(0))
    assert drawn.dtype == np.int64
    assert drawn.shape == (100,)
    assert set(drawn.tolist()) == {3, 4}
    assert set(minigen.randint(2, (50, 2), generator=Generator(0)).flatten().tolist()) == {0, 1}


@pytest.mark.parametrize("arguments", [(5, 5, (2,)), (0, (2,)), (3,)])
def test_random_integers_without_a_range_or_a_size_are_refused(arguments: Any) -> None:
    with pytest.raises(ValueError, match=r"randint: randint\(high, size\) or randint\(low, high"):
        minigen.randint(*arguments)


def test_a_random_order_has_every_number_once() -> None:
    order = minigen.randperm(10, generator=Generator(0))
    assert sorted(order.tolist()) == list(range(10))
    assert order.tolist() != list(range(10))


def test_normal_numbers_have_the_mean_and_the_deviation_of_their_element() -> None:
    mean, std = minigen.tensor([[0.0], [100.0]]), minigen.tensor([0.0, 1.0])
    drawn = minigen.normal(mean.broadcast_to(2, 2), std).numpy()
    assert drawn[:, 0].tolist() == [0, 100]
    assert abs(drawn[1, 1] - 100) < 6
    assert minigen.normal(mean, std).shape == (2, 2)
    assert minigen.normal(3, minigen.zeros(2)).tolist() == [3, 3]
    assert minigen.normal(5, 0, size=(2,)).tolist() == [5, 5]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: minigen.normal(0, 1), "either a mean or std that is a tensor, or size"),
        (lambda: minigen.normal(minigen.zeros(2), 1, size=2), "the shape follows from one of them"),
        (lambda: minigen.normal(0, -1, size=2), "std of at least 0 is expected, got -1"),
    ],
)
def test_normal_numbers_of_no_shape_or_a_negative_deviation_are_refused(
    call: Any, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        call()


def test_ones_are_drawn_with_the_probabilities_given() -> None:
    p = minigen.full((10000,), 0.25)
    drawn = minigen.bernoulli(p)
    assert set(drawn.tolist()) == {0, 1}
    assert abs(drawn.mean().item() - 0.25) < 0.03
    assert drawn.dtype == p.dtype


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match=r"probabilities in \[0, 1\] are expected"):
        minigen.bernoulli(minigen.tensor([0.5, p]))


def test_new_tensors_are_like_another_unless_it_is_said() -> None:
    x = minigen.zeros(2, dtype="float64")
    made = {
        "zeros": x.new_zeros(2, 3),
        "ones": x.new_ones((2, 3)),
        "full": x.new_full((2, 3), 5),
        "empty": x.new_empty(2, 3),
        "tensor": x.new_tensor([[1, 2, 3], [4, 5, 6]]),
    }
    assert {(each.shape, each.dtype, each.device) for each in made.values()} == {
        ((2, 3), x.dtype, x.device)
    }
    assert (made["zeros"].sum().item(), made["ones"].sum().item()) == (0, 6)
    assert made["full"].mean().item() == 5
    whole = x.new_ones(2, dtype="int64")
    assert whole.dtype == np.int64
    assert x.new_zeros(1, requires_grad=True).requires_grad
    assert type(minigen.nn.Parameter([1.0]).new_zeros(1)) is minigen.Tensor
