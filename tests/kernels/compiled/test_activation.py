"""The compiled activation functions are those of the ops, to the bit but for a logarithm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.kernels.compiled import activation as kernels
from minigen.ops.activation import (
    leaky_relu,
    leaky_relu_vjp,
    relu,
    relu_vjp,
    sigmoid,
    sigmoid_vjp,
    softplus,
    softplus_vjp,
    tanh,
    tanh_vjp,
)

from .helpers import Array, batch_last, dtypes, examples, numbers, seeds, shapes

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

Held = Callable[[Array], Array]
orders = st.sampled_from([np.ascontiguousarray, batch_last])
slopes = st.sampled_from([1e-3, 0.01, 0.2, 1 / 3, 1.0])


@examples
@given(shapes, dtypes, orders, seeds)
def test_relu_is_the_ops(shape: tuple[int, ...], dtype: str, held: Held, seed: int) -> None:
    x = held(numbers(shape, dtype, seed, edges=True))
    found = kernels.relu_kernel(x)
    np.testing.assert_array_equal(found, relu.forward(x))
    assert found.dtype == x.dtype
    assert np.shares_memory(held(found), found)  # held alike: nothing was copied


@examples
@given(shapes, dtypes, orders, seeds)
def test_the_gradient_of_relu_is_the_rules(
    shape: tuple[int, ...], dtype: str, held: Held, seed: int
) -> None:
    out = held(relu.forward(numbers(shape, dtype, seed, edges=True)))
    g = held(numbers(shape, dtype, seed + 1, edges=True))
    (found,) = kernels.relu_kernel_vjp(g, out, out)
    np.testing.assert_array_equal(found, relu_vjp(g, out, out)[0])
    assert found.dtype == g.dtype


@examples
@given(shapes, dtypes, orders, seeds, slopes)
def test_leaky_relu_and_its_gradient_are_the_ops(
    shape: tuple[int, ...], dtype: str, held: Held, seed: int, slope: float
) -> None:
    x, g = (held(numbers(shape, dtype, seed + i, edges=True)) for i in range(2))
    found = kernels.leaky_relu_kernel(x, negative_slope=slope)
    np.testing.assert_array_equal(found, leaky_relu.forward(x, negative_slope=slope))
    with np.errstate(invalid="ignore"):
        (expected,) = leaky_relu_vjp(g, found, x, negative_slope=slope)
    (of_x,) = kernels.leaky_relu_kernel_vjp(g, found, x, negative_slope=slope)
    np.testing.assert_array_equal(of_x, expected)
    assert found.dtype == of_x.dtype == x.dtype


@examples
@given(shapes, dtypes, orders, seeds)
def test_sigmoid_and_its_gradient_are_the_ops(
    shape: tuple[int, ...], dtype: str, held: Held, seed: int
) -> None:
    x, g = (held(numbers(shape, dtype, seed + i, edges=i == 0)) for i in range(2))
    y = kernels.sigmoid_kernel(x)
    np.testing.assert_array_equal(y, sigmoid.forward(x))
    (found,) = kernels.sigmoid_kernel_vjp(g, y, x)
    np.testing.assert_array_equal(found, sigmoid_vjp(g, y, x)[0])
    assert y.dtype == found.dtype == x.dtype


@examples
@given(shapes, dtypes, orders, seeds)
def test_the_gradient_of_tanh_is_the_rules(
    shape: tuple[int, ...], dtype: str, held: Held, seed: int
) -> None:
    x, g = (held(numbers(shape, dtype, seed + i, edges=i == 0)) for i in range(2))
    y = tanh.forward(x)
    (found,) = kernels.tanh_kernel_vjp(g, y, x)
    np.testing.assert_array_equal(found, tanh_vjp(g, y, x)[0])
    assert found.dtype == g.dtype


@examples
@given(shapes, orders, seeds, st.sampled_from([1.0, 20.0]))
def test_softplus_is_as_exact_as_float32_can_be(
    shape: tuple[int, ...], held: Held, seed: int, scale: float
) -> None:
    x = held(numbers(shape, "float32", seed, edges=True) * np.float32(scale))
    found = kernels.softplus_kernel(x)
    exact = softplus.forward(x.astype("float64"))
    np.testing.assert_allclose(found, exact, rtol=5e-7, atol=1e-44)
    assert found.dtype == x.dtype
    assert np.shares_memory(held(found), found)  # held alike: nothing was copied


@examples
@given(shapes, dtypes, orders, seeds)
def test_the_gradient_of_softplus_is_the_rules(
    shape: tuple[int, ...], dtype: str, held: Held, seed: int
) -> None:
    x, g = (held(numbers(shape, dtype, seed + i, edges=i == 0)) for i in range(2))
    (found,) = kernels.softplus_kernel_vjp(g, None, x)
    np.testing.assert_array_equal(found, softplus_vjp(g, None, x)[0])
    assert found.dtype == g.dtype


def test_softplus_of_float64_is_left_to_the_op() -> None:
    assert kernels.softplus_kernel(numbers(5000, "float64", 0)) is NotImplemented


@pytest.mark.parametrize("slope", [-0.5, 0.0, 1.5])
def test_slopes_outside_the_unit_interval_are_left_to_the_op(slope: float) -> None:
    x = numbers(5000, "float32", 0)
    assert kernels.leaky_relu_kernel(x, negative_slope=slope) is NotImplemented


def test_arrays_that_are_held_differently_are_left_to_the_rule() -> None:
    x = numbers((8, 300, 2, 2), "float32", 0)
    assert kernels.relu_kernel_vjp(batch_last(x), x, x) is NotImplemented
    assert kernels.leaky_relu_kernel_vjp(x, x, batch_last(x), negative_slope=0.1) is NotImplemented
