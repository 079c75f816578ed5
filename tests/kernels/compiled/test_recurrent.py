"""Walks whose steps are compiled loops compute what the ops' own text says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.kernels.compiled import recurrent as kernels
from minigen.kernels.compiled.compilation import LEAST
from minigen.ops.recurrent import gru_states, gru_states_vjp

from .helpers import dtypes, examples, numbers, seeds

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

shapes = st.sampled_from([(1, 8, 96), (3, 57, 4), (5, 7, 20), (9, 1, 80)])
"""Steps, sequences, and the length of a state."""


def drawn(shape: tuple[int, int, int], seed: int, shifted: bool) -> list[Any]:
    """Draw gates, a state, a weight and a bias in float64."""
    length, count, size = shape
    shapes = (length, count, 3 * size), (count, size), (3 * size, size), (3 * size,)
    gates, state, weight, bias = (numbers(s, "float64", seed + i) for i, s in enumerate(shapes))
    return [gates, state, weight / np.sqrt(size), bias if shifted else None]


@examples
@given(shapes, dtypes, seeds, st.booleans(), st.booleans(), st.sampled_from([1, 300]))
def test_states_and_gradients_are_the_ops(
    shape: tuple[int, int, int], dtype: str, seed: int, shifted: bool, reverse: bool, scale: float
) -> None:
    options: Any = {"mask": None, "reverse": reverse}
    gates, *others = drawn(shape, seed, shifted)
    arrays: Any = [None if x is None else x.astype(dtype) for x in (gates * scale, *others)]
    tolerance = 1e-10 if dtype == "float64" else 1e-4
    expected: Any = gru_states.forward(*arrays, **options)
    found = kernels.gru_states_kernel(*arrays, **options)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)
    g = numbers(expected.shape, dtype, seed + 9)
    rule = gru_states_vjp(g, expected, *arrays, **options)
    for of, by in zip(
        kernels.gru_states_kernel_vjp(g, expected, *arrays, **options), rule, strict=True
    ):
        one, two = (entry() if callable(entry) else entry for entry in (of, by))
        assert (one is None) == (two is None)
        if one is not None:
            assert one.dtype == dtype
            np.testing.assert_allclose(one, two, rtol=0, atol=tolerance * max(1, np.abs(two).max()))


def test_small_and_padded_batches_and_other_memory_orders_are_left_to_numpy() -> None:
    options: Any = {"mask": None, "reverse": False}
    gates, state, weight, bias = drawn((3, 57, 4), 0, True)
    few = gates[:, : LEAST // 36 - 1].copy()
    assert kernels.gru_states_kernel(few, state[: few.shape[1]], weight, bias, **options) is (
        NotImplemented
    )
    padded: Any = {"mask": np.ones((3, 57), bool), "reverse": False}
    assert kernels.gru_states_kernel(gates, state, weight, bias, **padded) is NotImplemented
    turned = np.asfortranarray(gates)
    assert kernels.gru_states_kernel(turned, state, weight, bias, **options) is NotImplemented
    out: Any = kernels.gru_states_kernel(gates, state, weight, bias, **options)
    found = kernels.gru_states_kernel_vjp(out, out, turned, state, weight, bias, **options)
    assert found is NotImplemented
