"""The kernels of rectified linear units agree with the ops that one reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from minigen import functional as F
from minigen.kernels import activation as kernels
from minigen.kernels import elementwise
from minigen.ops.activation import leaky_relu, leaky_relu_vjp, relu, relu_vjp

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

EDGES = np.array([-np.inf, -3.0, -0.0, 0.0, 2.0, np.inf, np.nan])


def drawn(dtype: str, seed: int = 0) -> npt.NDArray[Any]:
    return np.random.default_rng(seed).standard_normal((4, 5, 3)).astype(dtype).transpose(2, 0, 1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_relu_agrees_with_the_op_and_keeps_dtype_and_memory_order(dtype: str) -> None:
    x = drawn(dtype)
    found = kernels.relu_kernel(x)
    np.testing.assert_array_equal(found, relu.forward(x))
    assert (found.dtype, found.strides) == (x.dtype, x.strides)
    np.testing.assert_array_equal(kernels.relu_kernel(EDGES), relu.forward(EDGES))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_relus_gradient_agrees_with_the_rule(dtype: str) -> None:
    for x, g in (
        (drawn(dtype), drawn(dtype, seed=1)),
        (EDGES.astype(dtype), np.arange(1, 8, dtype=dtype)),
    ):
        out = relu.forward(x)
        (found,) = kernels.relu_kernel_vjp(g, out, x)
        (expected,) = relu_vjp(g, out, x)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == dtype


def test_arrays_in_other_memory_orders_are_served_too() -> None:
    x, options = drawn("float64"), {"negative_slope": 0.1}
    out = relu.forward(x)
    for g in (np.ascontiguousarray(drawn("float64", seed=1)), drawn("float64", seed=1)[::-1]):
        (found,) = kernels.relu_kernel_vjp(g, out, x)
        np.testing.assert_array_equal(found, relu_vjp(g, out, x)[0])
        (found,) = kernels.leaky_relu_kernel_vjp(g, None, x, **options)
        np.testing.assert_array_equal(found, leaky_relu_vjp(g, None, x, **options)[0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_two_threads_compute_is_what_one_does(
    dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINIGEN_THREADS", "2")
    monkeypatch.setattr(elementwise, "SHARED", 1)
    x, g = drawn(dtype), drawn(dtype, seed=1)
    out = kernels.relu_kernel(x)
    np.testing.assert_array_equal(out, relu.forward(x))
    (found,) = kernels.relu_kernel_vjp(g, out, x)
    np.testing.assert_array_equal(found, relu_vjp(g, out, x)[0])
    for infinite in (0, -1):  # in either half
        g.transpose(1, 2, 0).flat[infinite] = np.inf
        assert kernels.relu_kernel_vjp(g, out, x) is NotImplemented
        g.transpose(1, 2, 0).flat[infinite] = 1
    options = {"negative_slope": 0.2}
    out = kernels.leaky_relu_kernel(x, **options)
    np.testing.assert_array_equal(out, leaky_relu.forward(x, **options))
    (found,) = kernels.leaky_relu_kernel_vjp(g, out, x, **options)
    np.testing.assert_array_equal(found, leaky_relu_vjp(g, out, x, **options)[0])


@pytest.mark.parametrize("infinite", [np.inf, -np.inf, np.nan])
def test_relu_leaves_a_cotangent_that_is_not_finite_to_the_rule(infinite: float) -> None:
    out, g = np.array([0.0, 2.0]), np.array([infinite, 1.0])
    assert kernels.relu_kernel_vjp(g, out, out) is NotImplemented
    assert kernels.relu_kernel_vjp(g[::-1], out, out) is NotImplemented


def test_leaky_relus_gradient_agrees_with_the_rule_at_zero_infinity_and_nan() -> None:
    g = np.arange(1.0, 8.0)
    (found,) = kernels.leaky_relu_kernel_vjp(g, None, EDGES, negative_slope=0.25)
    (expected,) = leaky_relu_vjp(g, None, EDGES, negative_slope=0.25)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("slope", [1e-3, 0.2, 1.0])
def test_leaky_relu_agrees_with_the_op(dtype: str, slope: float) -> None:
    x, g = drawn(dtype), drawn(dtype, seed=1)
    found = kernels.leaky_relu_kernel(x, negative_slope=slope)
    np.testing.assert_array_equal(found, leaky_relu.forward(x, negative_slope=slope))
    (of_x,) = kernels.leaky_relu_kernel_vjp(g, None, x, negative_slope=slope)
    (expected,) = leaky_relu_vjp(g, None, x, negative_slope=slope)
    np.testing.assert_array_equal(of_x, expected)
    assert found.dtype == of_x.dtype == x.dtype


@pytest.mark.parametrize("slope", [-0.5, 0.0, 1.5])
def test_slopes_of_zero_and_outside_the_unit_interval_are_left_to_the_op(slope: float) -> None:
    x = drawn("float64")
    assert kernels.leaky_relu_kernel(x, negative_slope=slope) is NotImplemented
    np.testing.assert_array_equal(F.leaky_relu(x, slope), np.where(x > 0, x, slope * x))


@pytest.mark.parametrize("x", [np.float64(2), np.array(2.0), np.array([1, 2])])
def test_numbers_and_integers_are_left_to_the_op(x: Any) -> None:
    assert kernels.relu_kernel(x) is NotImplemented
    assert kernels.relu_kernel_vjp(x, x, x) is NotImplemented
    assert kernels.leaky_relu_kernel(x, negative_slope=0.1) is NotImplemented
    assert kernels.leaky_relu_kernel_vjp(x, None, x, negative_slope=0.1) is NotImplemented


@pytest.mark.parametrize("g", [drawn("float32"), np.array(2.0)], ids=["another dtype", "no axes"])
def test_cotangents_unlike_the_input_are_left_to_the_rule(g: Any) -> None:
    x = drawn("float64")
    assert kernels.relu_kernel_vjp(g, x, x) is NotImplemented
    assert kernels.leaky_relu_kernel_vjp(g, None, x, negative_slope=0.1) is NotImplemented
