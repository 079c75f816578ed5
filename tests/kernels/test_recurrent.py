"""Walks in a few arrays agree with the ops that one reads, and so do their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import functional as F
from minigen.kernels import recurrent as kernels
from minigen.ops.recurrent import gru_states, gru_states_vjp, lstm_states, lstm_states_vjp
from tests.numeric import draw

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


def inputs(gates: int, count: int, dtype: str, scale: float = 1.0) -> list[Any]:
    """Return gates, states and a weight; with three states the last is a bias."""
    states = [draw(2, 3, seed=seed) for seed in range(count)]
    arrays = [draw(4, 2, 3 * gates) * scale, *states, draw(3 * gates, 3)]
    return [array.astype(dtype) for array in arrays]


def called(entries: Any) -> list[Any]:
    return [entry() if callable(entry) else entry for entry in entries if entry is not None]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("scale", [1.0, 300.0])
def test_walks_and_gradients_agree_with_the_ops(dtype: str, reverse: bool, scale: float) -> None:
    options: Any = {"mask": None, "reverse": reverse}
    compared: Any = [
        (gru_states, kernels.gru_states_kernel, gru_states_vjp, kernels.gru_states_kernel_vjp),
        (lstm_states, kernels.lstm_states_kernel, lstm_states_vjp, kernels.lstm_states_kernel_vjp),
    ]
    gru = inputs(3, 1, dtype, scale)
    of_ops = [[*gru, draw(9).astype(dtype)], inputs(4, 2, dtype, scale)]
    for (op, fast, rule, fast_rule), arrays in zip(compared, of_ops, strict=True):
        before = [array.copy() for array in arrays]
        out = fast(*arrays, **options)
        expected = op.forward(*arrays, **options)
        assert out.dtype == dtype
        np.testing.assert_allclose(out, expected, atol=TOLERANCE[dtype])
        g = draw(*out.shape, seed=9).astype(dtype)
        found = called(fast_rule(g, expected, *arrays, **options))
        wanted = called(rule(g, expected, *arrays, **options))
        for one, two in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, two, atol=10 * TOLERANCE[dtype])
        for array, kept in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(array, kept)


def test_padding_recorded_passes_and_mixed_dtypes_are_left_to_the_ops() -> None:
    gates, state, weight = inputs(3, 1, "float64")
    mask = np.ones((4, 2), bool)
    options: Any = {"mask": None, "reverse": False}
    other = gates.astype("float32")
    assert kernels.gru_states_kernel(gates, state, weight, None, mask=mask, reverse=False) is (
        NotImplemented
    )
    assert kernels.gru_states_kernel(other, state, weight, None, **options) is NotImplemented
    out: Any = F.gru_states(gates, state, weight)
    recorded: Any = minigen.tensor(out)
    assert kernels.gru_states_kernel_vjp(recorded, out, gates, state, weight, None, **options) is (
        NotImplemented
    )
    gates, state, cell, weight = inputs(4, 2, "float64")
    assert kernels.lstm_states_kernel(gates, state, cell[:1], weight, **options) is NotImplemented
    lstm: Any = F.lstm_states(gates, state, cell, weight)
    assert kernels.lstm_states_kernel_vjp(
        lstm, lstm, gates, state, cell, weight, mask=mask, reverse=False
    ) is (NotImplemented)
