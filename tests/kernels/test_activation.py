"""The kernels of rectified linear units agree with the ops that one reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from minigen import functional as F
from minigen.kernels import activation as kernels
from minigen.ops.activation import leaky_relu, leaky_relu_vjp, relu

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
    assert kernels.leaky_relu_kernel(x, negative_slope=0.1) is NotImplemented
    assert kernels.leaky_relu_kernel_vjp(x, None, x, negative_slope=0.1) is NotImplemented


@pytest.mark.parametrize("g", [drawn("float32"), np.array(2.0)], ids=["another dtype", "no axes"])
def test_cotangents_unlike_the_input_are_left_to_the_rule(g: Any) -> None:
    x = drawn("float64")
    assert kernels.leaky_relu_kernel_vjp(g, None, x, negative_slope=0.1) is NotImplemented
