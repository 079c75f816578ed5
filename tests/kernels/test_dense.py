"""The dense layer's kernel agrees with the op that one reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import minigen
from minigen.engine import parallel
from minigen.kernels import dense as kernels
from minigen.ops.linear import linear, linear_vjp

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")


def held(rows: int, columns: int, seed: int = 0) -> npt.NDArray[Any]:
    """Draw features that are held with the batch innermost."""
    return np.random.default_rng(seed).standard_normal((columns, rows)).T


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no layer of convolutions made yet."""
    monkeypatch.setattr(parallel, "_products_shared", False)


@pytest.mark.parametrize("outputs", [1, 2, 3])
@pytest.mark.parametrize("has_bias", [True, False])
def test_linear_agrees_with_the_op_and_keeps_the_memory_order(outputs: int, has_bias: bool) -> None:
    x, weight, g = held(4, 5), np.ascontiguousarray(held(outputs, 5, 1)), held(4, outputs, 2)
    bias = np.arange(1.0, outputs + 1) if has_bias else None
    found = kernels.linear_kernel(x, weight, bias)
    np.testing.assert_allclose(found, linear.forward(x, weight, bias), rtol=1e-12)
    assert found.T.flags.c_contiguous
    entries = kernels.linear_kernel_vjp(g, None, x, weight, bias)
    expected = linear_vjp(g, None, x, weight, bias)
    for entry, of_rule in zip(entries, expected, strict=True):
        assert (entry is None) == (of_rule is None)
        if entry is not None:
            np.testing.assert_allclose(entry(), of_rule(), rtol=1e-12)
    assert entries[0]().T.flags.c_contiguous


@pytest.mark.parametrize(("inputs", "outputs"), [(5, 1), (5, 2), (5, 3), (1, 3)])
@pytest.mark.parametrize("has_bias", [True, False])
def test_rows_as_they_come_are_served_where_there_are_convolutions(
    inputs: int, outputs: int, has_bias: bool
) -> None:
    parallel.share_products()
    sizes = ((4, inputs), (outputs, inputs), (4, outputs))
    x, weight, g = (np.ascontiguousarray(held(*size)) for size in sizes)
    bias = np.arange(1.0, outputs + 1) if has_bias else None
    found = kernels.linear_kernel(x, weight, bias)
    np.testing.assert_allclose(found, linear.forward(x, weight, bias), rtol=1e-12)
    assert found.flags.c_contiguous
    entries = kernels.linear_kernel_vjp(g, None, x, weight, bias)
    for entry, of_rule in zip(entries, linear_vjp(g, None, x, weight, bias), strict=True):
        assert (entry is None) == (of_rule is None)
        if entry is not None:
            np.testing.assert_allclose(entry(), of_rule(), rtol=1e-12)
    assert kernels.linear_kernel(np.ones((2, 4, inputs)), weight, bias) is NotImplemented


@pytest.mark.parametrize("tensors", [(0, 1, 2), (0,), (1, 2)])
def test_a_recorded_pass_is_served_too(tensors: tuple[int, ...]) -> None:
    given: list[Any] = [held(4, 3), held(4, 5, 1), np.ascontiguousarray(held(3, 5, 2))]
    expected = linear_vjp(given[0], None, *given[1:], None)
    for place in tensors:
        given[place] = minigen.tensor(given[place], requires_grad=True)
    entries = kernels.linear_kernel_vjp(given[0], None, *given[1:], None)
    for entry, of_rule in zip(entries[:2], expected[:2], strict=True):
        found = entry()
        assert isinstance(found, minigen.Tensor)
        np.testing.assert_allclose(found.detach().numpy(), of_rule(), rtol=1e-12)


def test_linear_leaves_what_it_does_not_serve_to_the_op() -> None:
    weight = held(3, 5)
    not_served = {
        "rows as they come": (np.ones((4, 5)), weight, None),
        "more axes": (np.ones((2, 4, 5)), weight, None),
        "another dtype": (held(4, 5).astype("float32"), weight, None),
        "other features": (held(4, 6), weight, None),
        "no matrix": (held(4, 5), np.ones(5), None),
        "another bias": (held(4, 5), weight, np.ones(2)),
        "a bias of another dtype": (held(4, 5), weight, np.ones(3, "float32")),
    }
    for given in not_served.values():
        assert kernels.linear_kernel(*given) is NotImplemented
    assert kernels.linear_kernel_vjp(np.ones((4, 3)), None, np.ones((4, 5)), weight, None) is (
        NotImplemented
    )
