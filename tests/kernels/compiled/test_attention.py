"""Attention by compiled loops is the op that one reads, and so is its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.kernels.compiled import attention as kernels
from minigen.ops.attention import attention, attention_vjp

from .helpers import Array, examples, numbers, seeds

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

shapes = st.sampled_from([((8, 2), 12, 12), ((5, 1, 3), 9, 17), ((70,), 6, 5), ((1, 1), 46, 45)])
"""The axes of batches and heads, queries and keys."""


def drawn(shape: Any, seed: int, scale: float) -> list[Array]:
    """Draw queries, keys, values, and cotangents of the means."""
    batch, queries, keys = shape
    sizes = (queries, 4), (keys, 4), (keys, 3), (queries, 3)
    arrays = [numbers((*batch, *size), "float32", seed + i) for i, size in enumerate(sizes)]
    return [arrays[0] * np.float32(scale), *arrays[1:]]


@examples
@given(shapes, seeds, st.booleans(), st.sampled_from([1.0, 1000.0]))
def test_means_and_gradients_are_the_ops(shape: Any, seed: int, causal: bool, scale: float) -> None:
    *arrays, g = drawn(shape, seed, scale)
    mask = np.tri(shape[1], shape[2], dtype=bool) if causal else None
    options: Any = {"mask": mask, "kept": None, "scale": 0.5}
    exact = [x.astype("float64") for x in (*arrays, g)]
    expected: Any = attention.forward(*exact[:3], None, **options)
    found = kernels.attention_kernel(*arrays, None, **options)
    tolerance = 1e-5 if scale == 1 else 1e-2  # of scores of thousands, the digits are few
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=tolerance)
    *gradients, of_bias = kernels.attention_kernel_vjp(g, found, *arrays, None, **options)
    assert of_bias is None
    rule: Any = attention_vjp(exact[3], expected, *exact[:3], None, **options)[:3]
    for one, two in zip(gradients, rule, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, two(), atol=tolerance * scale * 10)


def test_a_key_that_is_not_seen_has_no_weight_at_all() -> None:
    *arrays, g = drawn(((16,), 12, 12), 0, 1.0)
    options: Any = {"mask": np.tri(12, dtype=bool), "kept": None, "scale": 0.5}
    out = kernels.attention_kernel(*arrays, None, **options)
    np.testing.assert_allclose(out[:, 0], arrays[2][:, 0], rtol=1e-6)
    g[:, :-1] = 0
    arrays[2][:, -1] = 1e30
    seen = kernels.attention_kernel(*arrays, None, **options)
    np.testing.assert_array_equal(seen[:, :-1], out[:, :-1])


def test_a_mask_of_one_row_is_that_of_all_queries() -> None:
    *arrays, _ = drawn(((16,), 12, 12), 0, 1.0)
    options: Any = {"mask": np.arange(12)[None] < 5, "kept": None, "scale": 0.5}
    found = kernels.attention_kernel(*arrays, None, **options)
    np.testing.assert_allclose(found, attention.forward(*arrays, None, **options), atol=1e-5)


def test_long_sums_of_weights_stay_exact() -> None:
    query, key = np.ones((1, 8, 1), np.float32), np.full((1, 50_000, 1), -0.1, np.float32)
    key[0, 0] = 0  # all other weights are exp(-0.1) of this one's
    value = (key == 0).astype(np.float32)  # the mean is this one's weight
    options: Any = {"mask": None, "kept": None, "scale": 1.0}
    found = kernels.attention_kernel(query, key, value, None, **options)
    np.testing.assert_allclose(found, 1 / (1 + 49_999 * np.exp(-0.1)), rtol=1e-6)


def test_float64_few_weights_biases_and_dropout_are_left_to_numpy() -> None:
    *arrays, _ = drawn(((16,), 12, 12), 0, 1.0)
    options: Any = {"mask": None, "kept": None, "scale": 0.5}
    exact = [x.astype("float64") for x in arrays]
    few = [x[:14] for x in arrays]
    assert kernels.attention_kernel(*exact, None, **options) is NotImplemented
    assert kernels.attention_kernel(*few, None, **options) is NotImplemented
    assert kernels.attention_kernel(*arrays, np.ones((12, 12)), **options) is NotImplemented
    dropped = {**options, "kept": np.ones((12, 12), np.float32)}
    assert kernels.attention_kernel(*arrays, None, **dropped) is NotImplemented
    out = kernels.attention_kernel(*arrays, None, **options)
    assert kernels.attention_kernel_vjp(out, out, *exact, None, **options) is NotImplemented
    assert kernels.attention_kernel_vjp(out[:14], out[:14], *few, None, **options) is NotImplemented
