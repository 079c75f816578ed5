"""The compiled batch norm of features computes what the op's own text says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.kernels.compiled import normalization_of_features as kernels
from minigen.ops.normalization import normalize_channels, normalize_channels_vjp
from minigen.ops.reduction import mean, var

from .helpers import Array, dtypes, examples, numbers, seeds

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

EPS: Any = {"eps": 1e-5}

shapes = st.sampled_from([(2, 1024), (64, 33), (2048, 1), (100, 300)])


def drawn(shape: tuple[int, int], seed: int) -> tuple[Array, Array, Array, Array]:
    """Draw features, cotangents, weight and bias in float64."""
    x, g = (numbers(shape, "float64", seed + i) for i in range(2))
    weight, bias = numbers((2, shape[1]), "float64", seed + 2)
    return 3 + 2 * x, g, weight, bias


def tolerance(dtype: str) -> float:
    return 1e-10 if dtype == "float64" else 3e-5


@examples
@given(shapes, dtypes, seeds, st.booleans(), st.booleans())
def test_the_function_is_the_ops(
    shape: tuple[int, int], dtype: str, seed: int, scaled: bool, shifted: bool
) -> None:
    x, _, weight, bias = drawn(shape, seed)
    given_as = x, weight if scaled else None, bias if shifted else None
    narrow = [None if v is None else v.astype(dtype) for v in given_as]
    exact = [None if v is None else v.astype("float64") for v in narrow]
    found = kernels.normalize_features(*narrow, **EPS)
    np.testing.assert_allclose(
        found, normalize_channels.forward(*exact, **EPS), rtol=0, atol=tolerance(dtype)
    )
    assert found.dtype == dtype
    assert found.flags.c_contiguous


@examples
@given(shapes, dtypes, seeds, st.booleans(), st.booleans())
def test_the_gradients_are_the_rules(
    shape: tuple[int, int], dtype: str, seed: int, scaled: bool, shifted: bool
) -> None:
    x, g, weight, bias = drawn(shape, seed)
    if shape[0] == 2:  # of two rows, all but eps cancels: further digits are rounding
        x = np.sign(x) * (1 + np.abs(numbers(shape, "float64", seed + 4))) + [[0], [9]]
    given_as = g, x, weight if scaled else None, bias if shifted else None
    narrow = [None if v is None else v.astype(dtype) for v in given_as]
    exact: Any = [None if v is None else v.astype("float64") for v in narrow]
    found = kernels.normalize_features_vjp(narrow[0], None, *narrow[1:], **EPS)
    expected = normalize_channels_vjp(exact[0], exact[0], *exact[1:], **EPS)
    for of, by in zip(found, expected, strict=True):
        right = by() if callable(by) else by
        assert (of is None) == (right is None)
        if of is not None:
            scale = max(1, np.abs(right).max())
            np.testing.assert_allclose(of, right, rtol=0, atol=scale * tolerance(dtype))
            assert of.dtype == dtype


@examples
@given(shapes, dtypes, seeds, st.sampled_from([0, 1]))
def test_variance_and_mean_are_the_ops(
    shape: tuple[int, int], dtype: str, seed: int, correction: int
) -> None:
    x = drawn(shape, seed)[0].astype(dtype)
    exact, options = x.astype("float64"), {"axis": (0,), "keepdims": False}
    found = kernels.feature_variance(x, correction=correction, **options)
    expected = var.forward(exact, correction=correction, **options)
    np.testing.assert_allclose(found, expected, rtol=tolerance(dtype), atol=1e-12)
    assert found.dtype == dtype
    found = kernels.feature_mean(x, **options)
    np.testing.assert_allclose(found, mean.forward(exact, (0,)), rtol=0, atol=tolerance(dtype))
    assert found.dtype == dtype


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_float32_is_as_exact_far_from_zero_as_the_op_is(offset: float) -> None:
    x = numbers((128, 100), "float32", 0) + np.float32(offset)
    exact = normalize_channels.forward(x.astype("float64"), None, None, **EPS)
    readable = normalize_channels.forward(x, None, None, **EPS)
    found = kernels.normalize_features(x, None, None, **EPS)
    assert np.abs(found - exact).max() <= np.abs(readable - exact).max()


def test_what_they_do_not_serve_is_left_to_others() -> None:
    x, g, weight, bias = drawn((64, 33), 0)
    for left in (
        kernels.normalize_features(np.asfortranarray(x), weight, bias, **EPS),
        kernels.normalize_features(x[:, :, None], weight, bias, **EPS),
        kernels.normalize_features(x[:2], weight, bias, **EPS),
        kernels.normalize_features(x, weight[:1], bias, **EPS),
        kernels.normalize_features(x, weight.astype("float32"), bias, **EPS),
        kernels.normalize_features_vjp(np.asfortranarray(g), None, x, weight, bias, **EPS),
        kernels.normalize_features_vjp(g[:, :32], None, x, weight, bias, **EPS),
        kernels.normalize_features_vjp(g.astype("float32"), None, x, weight, bias, **EPS),
        kernels.feature_variance(x, axis=(1,), keepdims=False, correction=0),
        kernels.feature_variance(x, axis=(0,), keepdims=True, correction=0),
        kernels.feature_variance(x, axis=(0,), keepdims=False, correction=64),
        kernels.feature_mean(x),
        kernels.feature_mean(x, axis=(0,), keepdims=True),
    ):
        assert left is NotImplemented
