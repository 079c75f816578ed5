"""All rows of sequences in one product are what the op makes of them, and so are the gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen.engine import parallel
from minigen.kernels import dense_sequences as kernels
from minigen.ops.linear import linear, linear_vjp
from tests.numeric import draw

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")


@pytest.mark.parametrize("batch", [(3, 4), (2, 1, 5)], ids=str)
@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_the_function_and_the_gradients_are_the_ops(
    monkeypatch: pytest.MonkeyPatch, batch: Any, shifted: bool, shared: bool
) -> None:
    monkeypatch.setattr(parallel, "_products_shared", shared)
    x, weight, bias = draw(6, *batch[1:], batch[0]), draw(7, 6), draw(7) if shifted else None
    x = np.moveaxis(x, (0, -1), (-1, 0))  # not as it lies in memory
    g = draw(*batch, 7, seed=1)
    out = kernels.linear_kernel(x, weight, bias)
    np.testing.assert_allclose(out, linear.forward(x, weight, bias), atol=1e-12)
    found = kernels.linear_kernel_vjp(g, out, x, weight, bias)
    for one, two in zip(found, linear_vjp(g, out, x, weight, bias), strict=True):
        assert (one is None) == (two is None)
        if one is not None:
            np.testing.assert_allclose(one(), two(), atol=1e-12)
    assert found[0]().base is None


def test_matrices_mixed_dtypes_and_recorded_passes_are_left_to_others() -> None:
    x, weight, bias = draw(2, 3, 4), draw(5, 4), draw(5)
    other = weight.astype("float32")
    assert kernels.linear_kernel(x[0], weight, None) is NotImplemented
    assert kernels.linear_kernel(x[:0], weight, None) is NotImplemented
    assert kernels.linear_kernel(x, other, None) is NotImplemented
    assert kernels.linear_kernel(x, weight, bias.astype("float32")) is NotImplemented
    assert kernels.linear_kernel(x, weight, bias[:3]) is NotImplemented
    assert kernels.linear_kernel(x, weight[:, :3], None) is NotImplemented
    assert kernels.linear_kernel(x, weight[0], None) is NotImplemented
    out: Any = linear(x, weight)
    recorded: Any = minigen.tensor(out)
    assert kernels.linear_kernel_vjp(recorded, out, x, weight, None) is NotImplemented
    assert kernels.linear_kernel_vjp(out, out, x, other, None) is NotImplemented
    assert kernels.linear_kernel_vjp(out[0], out[0], x[0], weight, None) is NotImplemented
