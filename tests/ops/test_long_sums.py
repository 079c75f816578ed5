"""Whatever sums over many float32 numbers gives what float64 gives, gradients included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import minigen
import minigen.functional as F
from minigen import nn
from tests.numeric import gradient_of

pytestmark = pytest.mark.host_only("on a GPU the library sums in trees")

PROMISED = 1e-6
ROWS = 100_000
DRAWN = np.random.default_rng(0)


def positive(*shape: int) -> npt.NDArray[np.float32]:
    """Draw one number for each column and repeat it, so that all roundings go one way."""
    column = DRAWN.uniform(1, 2, shape[1:]).astype(np.float32)
    return np.broadcast_to(column, shape).copy()


def peaked(*shape: int) -> npt.NDArray[np.float32]:
    """Let the first row be the largest, so that no other's exponential is 1."""
    x = positive(*shape)
    x[0] += 0.3
    return x


def scattered(*shape: int) -> npt.NDArray[np.float32]:
    return DRAWN.normal(10, 1, shape).astype(np.float32)


def batch_last(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Hold an array (N, ...) with the batch innermost."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 0, -1)), -1, 0)


CALLS: dict[str, tuple[Callable[..., Any], list[npt.NDArray[Any]]]] = {
    "sum": (lambda x: x.sum(0), [positive(ROWS, 3)]),
    "sum of the middle": (lambda x: x.sum(1), [positive(2, ROWS, 3)]),
    "mean": (lambda x: x.mean(0), [positive(ROWS, 3)]),
    "mean of all, held by columns": (lambda x: x.mean(), [batch_last(positive(ROWS, 3))]),
    "mean of channels": (lambda x: x.mean((0, 2, 3)), [positive(1000, 3, 5, 5)]),
    "var": (lambda x: x.var(0), [scattered(ROWS, 3)]),
    "std": (lambda x: x.std(0), [scattered(ROWS, 3)]),
    "var of channels": (lambda x: x.var((0, 2, 3)), [scattered(1000, 3, 5, 5)]),
    "var by the kernel": (lambda x: x.var((0, 2)), [batch_last(scattered(20_000, 3, 5))]),
    "logsumexp": (lambda x: F.exp(F.logsumexp(x, 0)), [peaked(ROWS, 3)]),
    "softmax": (lambda x: F.softmax(x, 0)[0], [peaked(ROWS, 3)]),
    "log_softmax": (lambda x: F.log_softmax(x, 0)[0], [peaked(ROWS, 3)]),
    "a bias that broadcasts": (lambda x, b: x + b, [positive(ROWS, 3), positive(1, 3)[0]]),
    "a scale that broadcasts": (lambda x, b: x * b, [positive(ROWS, 3), positive(1, 3)[0]]),
    "a column that broadcasts": (lambda x, b: x * b, [positive(2, ROWS, 3), positive(2, 1, 3)]),
    "rows picked many times": (
        lambda x: x[np.arange(ROWS) % 3],
        [positive(3, 2)],
    ),
    "embedding": (
        lambda weight: F.embedding(np.arange(ROWS) % 3, weight),
        [positive(3, 2)],
    ),
    "max, where all are equal": (lambda x: x.max(0), [positive(ROWS, 3)]),
    "mse_loss": (lambda x, y: F.mse_loss(x, y, "mean"), [positive(ROWS, 3), -positive(ROWS, 3)]),
    "the sum of a loss, held by columns": (
        lambda x, y: F.mse_loss(x, y, "sum"),
        [batch_last(positive(ROWS, 3)), batch_last(-positive(ROWS, 3))],
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_values_and_gradients_are_those_of_float64(name: str) -> None:
    function, arrays = CALLS[name]
    found, exact = (_value_and_gradients(function, arrays, dtype) for dtype in ("f4", "f8"))
    for single, double in zip(found, exact, strict=True):
        assert single.dtype == np.float32
        scale = np.abs(double).max()
        np.testing.assert_allclose(single / scale, double / scale, rtol=0, atol=PROMISED)


def _value_and_gradients(
    function: Callable[..., Any], arrays: list[npt.NDArray[Any]], dtype: str
) -> list[npt.NDArray[Any]]:
    leaves = [minigen.tensor(a.astype(dtype), requires_grad=True) for a in arrays]
    for leaf, array in zip(leaves, arrays, strict=True):
        leaf.data = array.astype(dtype, order="K")  # in its memory order
    y = function(*leaves)
    cotangent = np.full(y.shape, np.float32(0.1), y.dtype)
    gradients = minigen.grad(y, leaves, minigen.tensor(cotangent))
    return [y.numpy(), *(g.numpy() for g in gradients if g is not None)]


@pytest.mark.parametrize("held", ["by rows", "with the batch innermost"])
@pytest.mark.parametrize("shape", [(ROWS, 3), (3000, 3, 5, 5)])
def test_batch_norm_is_that_of_float64_and_so_are_its_statistics_and_gradients(
    shape: tuple[int, ...], held: str
) -> None:
    x = scattered(*shape) if held == "by rows" else batch_last(scattered(*shape))
    found, exact = (_batch_norm(x, dtype) for dtype in ("float32", "float64"))
    for name, double in exact.items():
        scale = np.abs(double).max()
        atol = 3e-6 if name == "y" else PROMISED  # the mean is rounded
        np.testing.assert_allclose(found[name] / scale, double / scale, 0, atol, err_msg=name)


def _batch_norm(x: npt.NDArray[Any], dtype: str) -> dict[str, npt.NDArray[Any]]:
    layer = (nn.BatchNorm1d if x.ndim < 4 else nn.BatchNorm2d)(3)
    layer.to(dtype)
    y = layer(minigen.tensor(x.astype(dtype, order="K")))
    (y * np.float32(0.1)).sum().backward()
    statistics = layer.state_dict()
    assert layer.bias is not None
    return {
        "y": y.numpy(),
        "mean": statistics["running_mean"].numpy(),
        "variance": statistics["running_var"].numpy(),
        "bias": gradient_of(layer.bias),
    }


def test_means_and_variances_of_millions_of_rows() -> None:
    ones = minigen.ones(17_000_000)  # of which sums in sequence stop at 2^24
    assert ones.reshape(-1, 1).expand(-1, 2).mean(0).tolist() == [1, 1]
    assert ones.reshape(-1, 2).mean(0).tolist() == [1, 1]
    tenths = minigen.tensor(np.full((3_000_000, 2), 0.1, np.float32))
    np.testing.assert_allclose(tenths.mean(0).numpy(), np.float32(0.1), rtol=PROMISED)
    y = minigen.tensor(np.random.default_rng(0).normal(100, 1, (500_000, 2)).astype(np.float32))
    np.testing.assert_allclose(y.var(0).numpy(), y.numpy().var(0, np.float64, ddof=1), rtol=1e-6)


def test_the_norm_of_a_long_gradient_is_that_of_float64() -> None:
    x = minigen.tensor(np.zeros(1_000_000, np.float32), requires_grad=True)
    x.grad = minigen.tensor(np.full(1_000_000, 0.1137, np.float32))
    for norm_type in (1.0, 2.0, 3.0):
        exact = np.linalg.norm(np.full(1_000_000, np.float64(np.float32(0.1137))), norm_type)
        found = nn.utils.clip_grad_norm_([x], 1e9, norm_type).item()
        assert found == pytest.approx(exact, rel=PROMISED)


def test_the_gradients_of_a_dense_layer_are_those_of_float64_over_a_long_batch() -> None:
    g = minigen.tensor(np.full((ROWS, 4), 0.1137, np.float32))
    layer = nn.Dense(3, 4)
    layer(minigen.tensor(scattered(ROWS, 3))).backward(g)
    exact = ROWS * np.float64(g.numpy()[0])
    assert layer.bias is not None
    np.testing.assert_allclose(gradient_of(layer.bias), exact, rtol=PROMISED)
