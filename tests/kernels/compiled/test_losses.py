"""The compiled losses are those of the ops, to the bit but for a logarithm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.kernels.compiled import losses as kernels
from minigen.ops.losses.errors import squared_error, squared_error_vjp
from minigen.ops.losses.outcomes import logits_cross_entropy, logits_cross_entropy_vjp

from .helpers import Array, dtypes, examples, numbers, seeds, sizes

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

EPSILON = np.finfo(np.float32).eps


def cotangents(x: Array, seed: int, broadcast: bool) -> Array:
    """Draw one of each element, or one number broadcast, as a sum hands it back."""
    return (
        np.broadcast_to(x.dtype.type(0.3), x.shape)
        if broadcast
        else numbers(x.shape, x.dtype.name, seed)
    )


@examples
@given(sizes, seeds, st.sampled_from([1.0, 20.0]))
def test_cross_entropy_is_as_exact_as_float32_can_be(size: int, seed: int, scale: float) -> None:
    logits = numbers(size, "float32", seed) * np.float32(scale)
    target = np.random.default_rng(seed).random(size, np.float32)
    found = kernels.logits_cross_entropy_kernel(logits, target)
    exact = logits_cross_entropy.forward(logits.astype("float64"), target.astype("float64"))
    assert found.dtype == np.float32
    assert (np.abs(found - exact) <= 3 * EPSILON * (np.abs(logits) + exact)).all()


def test_certain_and_undefined_logits_give_what_the_op_gives() -> None:
    logits = np.repeat(np.array([-np.inf, np.inf, np.nan, 0, -200, 200], np.float32), 500)
    target = np.tile(np.array([0, 0.5, 1, 1, 0], np.float32), 600)
    with np.errstate(invalid="ignore"):
        expected = logits_cross_entropy.forward(logits, target)
    np.testing.assert_allclose(
        kernels.logits_cross_entropy_kernel(logits, target), expected, rtol=1e-6
    )


@examples
@given(sizes, dtypes, seeds, st.booleans())
def test_the_gradients_of_cross_entropy_are_the_rules(
    size: int, dtype: str, seed: int, broadcast: bool
) -> None:
    logits, target = numbers((2, size), dtype, seed, edges=True)
    g = cotangents(logits, seed, broadcast)
    found = kernels.logits_cross_entropy_kernel_vjp(g, None, logits, target)
    for of, by in zip(found, logits_cross_entropy_vjp(g, None, logits, target), strict=True):
        np.testing.assert_array_equal(of(), by())
        assert of().dtype == dtype


@examples
@given(sizes, dtypes, seeds, st.booleans())
def test_the_squared_error_and_its_gradients_are_the_ops(
    size: int, dtype: str, seed: int, broadcast: bool
) -> None:
    x, target = numbers((2, size), dtype, seed)
    found = kernels.squared_error_kernel(x, target)
    np.testing.assert_array_equal(found, squared_error.forward(x, target))
    g = cotangents(x, seed, broadcast)
    entries = kernels.squared_error_kernel_vjp(g, None, x, target)
    for of, by in zip(entries, squared_error_vjp(g, None, x, target), strict=True):
        np.testing.assert_array_equal(of(), by())
        assert of().dtype == found.dtype == dtype


def test_what_is_not_served_is_left_to_the_op() -> None:
    x, target = numbers((2, 5000), "float64", 0)
    assert kernels.logits_cross_entropy_kernel(x, target) is NotImplemented
    single = x.astype("float32")
    for pair in ((single, target), (single, target[:100]), (single[:9], single[:9])):
        assert kernels.logits_cross_entropy_kernel(*pair) is NotImplemented
        assert kernels.logits_cross_entropy_kernel_vjp(single, None, *pair) is NotImplemented
        assert kernels.squared_error_kernel(*pair) is NotImplemented
        assert kernels.squared_error_kernel_vjp(single, None, *pair) is NotImplemented
