"""Attention some examples at a time agrees with the op that one reads; so does its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen.kernels.attention import attention_kernel, attention_kernel_vjp
from minigen.ops.attention import attention, attention_vjp
from tests.numeric import draw

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

PLAIN: Any = {"mask": None, "kept": None, "scale": 0.6}
SEEN = np.tri(3, 4, dtype=bool)


def inputs(*batch: int, dtype: str = "float64") -> list[Any]:
    shapes = (3, 5), (4, 5), (4, 2)
    drawn = [draw(*batch, *shape, seed=n) * 3 for n, shape in enumerate(shapes)]
    return [array.astype(dtype) for array in drawn]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [(2,), (2, 3), (2, 1, 3)], ids=str)
@pytest.mark.parametrize("mask", [None, SEEN], ids=["all", "causal"])
def test_means_and_gradients_agree_with_the_op(dtype: str, batch: Any, mask: Any) -> None:
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    arrays, options = inputs(*batch, dtype=dtype), {**PLAIN, "mask": mask}
    arrays[1] = np.ascontiguousarray(arrays[1].swapaxes(-1, -2)).swapaxes(-1, -2)
    found = attention_kernel(*arrays, None, **options)
    expected: Any = attention.forward(*arrays, None, **options)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, atol=tolerance)
    g = draw(*expected.shape, seed=9).astype(dtype)
    *gradients, of_bias = attention_kernel_vjp(g, expected, *arrays, None, **options)
    assert of_bias is None
    rule: Any = attention_vjp(g, expected, *arrays, None, **options)[:3]
    for one, two in zip(gradients, rule, strict=True):
        np.testing.assert_allclose(one, two(), atol=10 * tolerance)


@pytest.mark.parametrize(
    "change",
    [
        {"mask": SEEN & (np.arange(3) > 0)[:, None]},
        {"mask": np.broadcast_to(SEEN, (2, 3, 4))},
        {"kept": np.ones((3, 4))},
    ],
    ids=["a query that sees nothing", "a mask an example", "dropout"],
)
def test_other_masks_and_dropout_are_left_to_the_op(change: Any) -> None:
    assert attention_kernel(*inputs(2), None, **{**PLAIN, **change}) is NotImplemented


def test_biases_broadcast_batches_and_recorded_passes_are_left_to_the_op() -> None:
    query, key, value = inputs(2)
    assert attention_kernel(query, key, value, np.ones((3, 4)), **PLAIN) is NotImplemented
    assert attention_kernel(query, key[:1], value, None, **PLAIN) is NotImplemented
    assert attention_kernel(query[0], key[0], value[0], None, **PLAIN) is NotImplemented
    assert attention_kernel(query, key.astype("float32"), value, None, **PLAIN) is NotImplemented
    none = attention_kernel(query[:, :0], key, value, None, **PLAIN)
    assert none is NotImplemented
    out: Any = attention(query, key, value)
    recorded: Any = minigen.tensor(out)
    found = attention_kernel_vjp(recorded, out, query, key, value, None, **PLAIN)
    assert found is NotImplemented


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("mask", [None, SEEN], ids=["all", "causal"])
@pytest.mark.parametrize("size", [40.0, -40.0])
def test_scores_whose_powers_are_no_floats_are_measured_from_the_largest(
    dtype: str, mask: Any, size: float
) -> None:
    query, key, value = inputs(2, dtype="float64")
    query, key = np.abs(query) * size, np.abs(key) * size  # scores of 5,000, all of one sign
    query[:, 1] /= -(size**2)  # and of one query about 1
    arrays, options = [x.astype(dtype) for x in (query, key, value)], {**PLAIN, "mask": mask}
    expected: Any = attention.forward(*arrays, None, **options)
    found = attention_kernel(*arrays, None, **options)
    np.testing.assert_allclose(found, expected, atol=1e-4 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("scores", [-95.0, -80.0, 80.0, 95.0])
def test_powers_at_the_ends_of_float32_keep_their_digits(scores: float) -> None:
    query, key, value = np.ones((1, 1, 1)), np.array([[[0.0], [-3.0], [-6.0]]]), np.eye(3)[None]
    arrays = [x.astype("float32") for x in (query, key + scores, value)]
    found = attention_kernel(*arrays, None, mask=None, kept=None, scale=1.0)
    powers = np.exp([0.0, -3.0, -6.0])
    np.testing.assert_allclose(found[0, 0], powers / powers.sum(), rtol=1e-5)


@pytest.mark.parametrize("batch", [(5, 2), (40, 2), (80,)], ids=str)
def test_many_examples_are_done_in_blocks_and_by_two_threads(
    monkeypatch: pytest.MonkeyPatch, batch: Any
) -> None:
    monkeypatch.setenv("MINIGEN_THREADS", "2")
    monkeypatch.setattr("minigen.kernels.attention.BLOCK", 3 * 2 * 12)
    monkeypatch.setattr("minigen.kernels.attention.LEAST_SHARED", 40 * 2 * 12)
    arrays = inputs(*batch)
    found = attention_kernel(*arrays, None, **PLAIN)
    expected: Any = attention.forward(*arrays, None, **PLAIN)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    g = draw(*expected.shape, seed=9)
    gradients = attention_kernel_vjp(g, expected, *arrays, None, **PLAIN)[:3]
    rule: Any = attention_vjp(g, expected, *arrays, None, **PLAIN)[:3]
    for one, two in zip(gradients, rule, strict=True):
        np.testing.assert_allclose(one, two(), atol=1e-11)


def test_long_sums_of_weights_stay_exact_in_float32() -> None:
    query, key = np.ones((1, 8, 1), np.float32), np.full((1, 50_000, 1), -0.1, np.float32)
    key[0, 0] = 0  # all other weights are exp(-0.1) of this one's
    value = (key == 0).astype(np.float32)  # the mean is this one's weight
    found = attention_kernel(query, key, value, None, **PLAIN | {"scale": 1.0})
    other = float(np.exp(np.float32(-0.1)))
    np.testing.assert_allclose(found, 1 / (1 + 49_999 * other), rtol=1e-6)
