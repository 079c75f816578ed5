"""The compiled batch norm computes what the op's own text says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.kernels.compiled import normalization as kernels
from minigen.ops.normalization import normalize_channels, normalize_channels_vjp
from minigen.ops.reduction import mean, var

from .helpers import Array, batch_last, dtypes, examples, numbers, seeds

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

EPS = {"eps": 1e-5}

shapes = st.sampled_from([(2048, 1), (700, 3), (64, 33), (9, 5, 7, 7), (130, 2, 4, 2), (33, 64, 1)])


def drawn(shape: tuple[int, ...], seed: int) -> tuple[Array, Array, Array, Array]:
    """Draw images, cotangents, weight and bias in float64."""
    x, g = (batch_last(numbers(shape, "float64", seed + i)) for i in range(2))
    weight, bias = numbers((2, shape[1]), "float64", seed + 2)
    return 3 + 2 * x, g, weight, bias


def tolerance(dtype: str) -> float:
    return 1e-10 if dtype == "float64" else 2e-5


@examples
@given(shapes, dtypes, seeds, st.booleans(), st.booleans())
def test_the_function_is_the_ops(
    shape: tuple[int, ...], dtype: str, seed: int, scaled: bool, shifted: bool
) -> None:
    x, _, weight, bias = drawn(shape, seed)
    w, b = weight if scaled else None, bias if shifted else None
    expected = normalize_channels.forward(x, w, b, **EPS)
    given_as = [None if v is None else v.astype(dtype) for v in (x, w, b)]
    found = kernels.normalize_channels_kernel(*given_as, **EPS)
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance(dtype))
    assert found.dtype == dtype
    assert np.moveaxis(found, 0, -1).flags.c_contiguous


@examples
@given(shapes, dtypes, seeds, st.booleans(), st.booleans())
def test_the_gradients_are_the_rules(
    shape: tuple[int, ...], dtype: str, seed: int, scaled: bool, shifted: bool
) -> None:
    x, g, weight, bias = drawn(shape, seed)
    w, b = weight if scaled else None, bias if shifted else None
    expected = normalize_channels_vjp(g, g, x, w, b, **EPS)
    of_g, *others = (None if v is None else v.astype(dtype) for v in (g, x, w, b))
    found = kernels.normalize_channels_kernel_vjp(of_g, None, *others, **EPS)
    for of, by in zip(found, expected, strict=True):
        right = by() if callable(by) else by
        assert (of is None) == (right is None)
        if of is not None:
            scale = max(1, np.abs(right).max())
            np.testing.assert_allclose(of, right, rtol=0, atol=scale * tolerance(dtype))
            assert of.dtype == dtype


def test_the_gradients_of_elements_close_together_are_the_rules() -> None:
    x, g, weight, bias = drawn((64, 33), 0)
    x = 3 + (x - 3) / 1000  # of a variance less than eps
    found = kernels.normalize_channels_kernel_vjp(g, None, x, weight, bias, **EPS)
    expected = normalize_channels_vjp(g, g, x, weight, bias, **EPS)
    for of, by in zip(found, expected, strict=True):
        np.testing.assert_allclose(of, by() if callable(by) else by, rtol=1e-9, atol=1e-9)


@examples
@given(shapes, dtypes, seeds, st.sampled_from([0, 1]))
def test_the_variance_is_the_ops(
    shape: tuple[int, ...], dtype: str, seed: int, correction: int
) -> None:
    x = drawn(shape, seed)[0]
    options = {"axis": (0, *range(2, x.ndim)), "keepdims": False, "correction": correction}
    found = kernels.channel_variance(x.astype(dtype), **options)
    np.testing.assert_allclose(found, var.forward(x, **options), rtol=tolerance(dtype) / 10)
    assert found.dtype == dtype


@examples
@given(shapes, dtypes, seeds)
def test_the_mean_is_the_ops(shape: tuple[int, ...], dtype: str, seed: int) -> None:
    x = drawn(shape, seed)[0]
    axis = (0, *range(2, x.ndim))
    found = kernels.channel_mean(x.astype(dtype), axis=axis, keepdims=False)
    np.testing.assert_allclose(found, mean.forward(x, axis), rtol=0, atol=tolerance(dtype))
    assert found.dtype == dtype
    np.testing.assert_array_equal(kernels.channel_mean(x.astype(dtype), axis=axis), found)
    assert kernels.channel_mean(x, axis=axis, keepdims=True) is NotImplemented
    assert kernels.channel_mean(x) is NotImplemented


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_float32_is_as_exact_far_from_zero_as_the_op_is(offset: float) -> None:
    x = batch_last(numbers((128, 8, 14, 14), "float32", 0)) + np.float32(offset)
    exact = normalize_channels.forward(x.astype("float64"), None, None, **EPS)
    readable = normalize_channels.forward(x, None, None, **EPS)
    found = kernels.normalize_channels_kernel(x, None, None, **EPS)
    assert np.abs(found - exact).max() <= np.abs(readable - exact).max()


@pytest.mark.parametrize("shape", [(128, 2, 14, 14), (100, 3, 7, 9)])
def test_sums_of_equal_float32_elements_are_those_of_float64(shape: tuple[int, ...]) -> None:
    signs = np.sign(batch_last(numbers(shape, "float32", 0)))
    x, g, axes = np.float32(1.1137) * signs, np.full_like(signs, 0.1137), (0, 2, 3)
    found = kernels.channel_variance(x, axis=axes, keepdims=False, correction=0)
    np.testing.assert_allclose(found, x.var(axes, np.float64), rtol=1e-6)
    ones = np.ones(shape[1], "float32")
    _, _, grad_bias = kernels.normalize_channels_kernel_vjp(g, g, x, ones, ones, **EPS)
    np.testing.assert_allclose(grad_bias, g.sum(axes, np.float64), rtol=1e-6)


def test_equal_elements_have_variance_0_and_become_the_shift() -> None:
    x, bias = batch_last(np.full((300, 2, 4), 0.1, np.float32)), np.array([1, 2], np.float32)
    y = kernels.normalize_channels_kernel(x, None, bias, **EPS)
    np.testing.assert_array_equal(y, np.broadcast_to(bias[:, None], x.shape))
    variance = kernels.channel_variance(x, axis=(0, 2), keepdims=False, correction=1)
    np.testing.assert_array_equal(variance, [0, 0])


def test_a_channel_that_is_not_finite_spoils_no_other() -> None:
    x = batch_last(numbers((300, 3, 4), "float32", 0))
    x[5, 0, 0], x[0, 2, 0] = np.nan, np.inf
    y = kernels.normalize_channels_kernel(x, None, None, **EPS)
    assert np.isnan(y[:, [0, 2]]).all()
    assert np.isfinite(y[:, 1]).all()
    variance = kernels.channel_variance(x, axis=(0, 2), keepdims=False, correction=1)
    np.testing.assert_array_equal(np.isnan(variance), [True, False, True])


def test_what_is_not_served_is_left_to_the_op() -> None:
    x = batch_last(numbers((300, 3, 4), "float32", 0))
    ones = np.ones(3, "float32")
    not_served = {
        "row by row": (np.ascontiguousarray(x), None, None),
        "small": (x[:2], None, None),
        "integers": (x.astype(int), None, None),
        "another byte order": (x.astype(x.dtype.newbyteorder()), None, None),
        "half precision": (x.astype("float16"), None, None),
        "a weight of another dtype": (x, np.ones(3), None),
        "a weight that is too short": (x, ones[:2], None),
        "a bias of another shape": (x, None, ones[:, None]),
    }
    for given_as in not_served.values():
        assert kernels.normalize_channels_kernel(*given_as, **EPS) is NotImplemented
        assert kernels.normalize_channels_kernel_vjp(x, x, *given_as, **EPS) is NotImplemented
    for g in (x[:299], batch_last(x[:299]), np.ascontiguousarray(x), x.astype("float64")):
        assert kernels.normalize_channels_kernel_vjp(g, x, x, ones, None, **EPS) is NotImplemented
    for axis, keepdims, correction in ((0, False, 0), ((0, 2), True, 0), ((0, 2), False, 1200)):
        found = kernels.channel_variance(x, axis=axis, keepdims=keepdims, correction=correction)
        assert found is NotImplemented
