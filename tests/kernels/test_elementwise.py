"""Large arrays are shared between threads, and come out the same."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigen.kernels import elementwise, exponentials
from minigen.kernels.activation import relu_kernel, relu_kernel_vjp
from minigen.kernels.elementwise import SHARED, of_each, serves, vectors
from minigen.kernels.exponentials import sigmoid_kernel
from minigen.ops.activation import relu, relu_vjp, sigmoid
from minigen.ops.losses import logits_cross_entropy

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

Array = npt.NDArray[Any]


def images(dtype: str = "float32") -> Array:
    """Draw images (N, C, H, W) that are held with the batch innermost."""
    drawn = np.random.default_rng(0).standard_normal((3, 4, 5, 6)).astype(dtype)
    return drawn.transpose(3, 0, 1, 2)


@pytest.mark.parametrize("x", [images(), images().copy(), np.ones(7), np.ones((2, 3))])
def test_vectors_are_views_in_the_order_of_memory(x: Array) -> None:
    alone, both = vectors(x), vectors(x, x)
    assert alone is not None
    assert both is not None
    for vector in (*alone, *both):
        assert vector.shape == (x.size,)
        assert vector.strides == (x.itemsize,)
        assert np.shares_memory(vector, x)


@pytest.mark.parametrize(
    "other",
    [np.asfortranarray(np.ones((3, 4))), np.ones((3, 8))[:, ::2], np.broadcast_to(1.0, (3, 4))],
    ids=["order", "gaps", "broadcast"],
)
def test_arrays_that_are_held_otherwise_are_computed_as_they_are(other: Array) -> None:
    x = np.arange(12.0).reshape(3, 4)
    assert vectors(x, other) is None
    np.testing.assert_array_equal(of_each(np.add, x, other), x + other)


@pytest.mark.parametrize(
    "other",
    [np.ones((4, 3)), np.ones((3, 4), np.float32), 2.0],
    ids=["shape", "dtype", "number"],
)
def test_arrays_of_other_shapes_or_dtypes_are_not_served(other: Any) -> None:
    assert not serves(np.ones((3, 4)), other)
    assert of_each(np.add, np.ones((3, 4)), other) is NotImplemented


@pytest.mark.parametrize("x", [1.0, np.float64(2), np.array(2.0), np.array([1, 2]), np.empty(0)])
def test_numbers_integers_and_nothing_are_not_served(x: Any) -> None:
    assert not serves(x)


def test_a_single_element_is_served_unless_more_are_asked_for() -> None:
    assert serves(np.ones(1))
    assert of_each(np.negative, np.ones(1)) == -1


def test_what_is_too_short_to_pay_is_not_served() -> None:
    assert not serves(np.ones(9), least=10)
    assert of_each(np.exp, np.ones(9), least=10) is NotImplemented


def test_the_result_is_held_as_the_arrays_are() -> None:
    x = images()
    out = of_each(lambda a, b, out: np.add(a, b, out=out), x, x)
    np.testing.assert_array_equal(out, 2 * x)
    assert out.strides == x.strides


@pytest.mark.parametrize("size", [SHARED - 1, SHARED, SHARED + 1])
def test_each_element_is_computed_once_and_large_arrays_in_two_halves(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elementwise, "BLOCK", SHARED)
    x, parts = np.zeros(size, np.float32), []

    def increase(x: Array, out: Array) -> None:
        parts.append(len(x))
        np.add(x, 1, out=out)

    np.testing.assert_array_equal(of_each(increase, x), 1)
    assert sum(parts) == size
    assert len(parts) == (2 if size >= SHARED else 1)


def test_elements_are_worked_on_a_block_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elementwise, "BLOCK", 4)
    parts: list[int] = []
    of_each(lambda x, _out: parts.append(len(x)), np.zeros(10))
    assert parts == [4, 4, 2]


def test_elements_that_take_longer_are_shared_sooner() -> None:
    parts: list[int] = []
    of_each(lambda x, _out: parts.append(len(x)), np.zeros(SHARED // 8), cost=8)
    assert parts == [SHARED // 16] * 2


def test_halves_are_computed_at_the_same_time_where_there_are_two_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINIGEN_THREADS", "2")
    monkeypatch.setattr(elementwise, "SHARED", 4)
    both = threading.Barrier(2, timeout=60)
    of_each(lambda _x, _out: both.wait(), np.zeros(4))  # would break if one waited for the other


def test_a_thousand_times_two_threads_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIGEN_THREADS", "2")
    monkeypatch.setattr(elementwise, "SHARED", 1)
    x, g = np.random.default_rng(0).standard_normal((2, 4201)).astype("float32")
    once = sigmoid_kernel(x), *relu_kernel_vjp(g, x, x)
    for _ in range(1000):
        again = sigmoid_kernel(x), *relu_kernel_vjp(g, x, x)
        assert all(map(np.array_equal, once, again))


@given(
    shape=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    axes=st.permutations(range(4)),
    other=st.permutations(range(4)),
    dtype=st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=50)
def test_whatever_the_shapes_and_memory_orders_kernels_agree_with_their_ops(
    shape: list[int], axes: list[int], other: list[int], dtype: str
) -> None:
    def drawn(order: list[int], seed: int) -> Array:
        order = [axis for axis in order if axis < len(shape)]
        numbers = np.random.default_rng(seed).standard_normal([shape[axis] for axis in order])
        return numbers.astype(dtype).transpose(np.argsort(order))

    x, g = drawn(axes, 0), drawn(other, 1)
    y = relu.forward(x)
    np.testing.assert_array_equal(relu_kernel(x), y)
    np.testing.assert_array_equal(relu_kernel_vjp(g, y, x)[0], relu_vjp(g, y, x)[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exponentials, "LEAST", 1)
        np.testing.assert_array_equal(sigmoid_kernel(x), sigmoid.forward(x))
        found = exponentials.logits_cross_entropy_kernel(x, g)
    expected = logits_cross_entropy.forward(x, g)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=4 * float(np.finfo(dtype).eps))
