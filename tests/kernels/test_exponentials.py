"""The kernels of exponentials compute what the ops' own texts say, on one thread and on two."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from minigen.engine.op import Op
from minigen.kernels import elementwise
from minigen.kernels import exponentials as kernels
from minigen.ops.activation import (
    sigmoid,
    sigmoid_vjp,
    softplus,
    softplus_vjp,
    tanh,
)
from minigen.ops.arithmetic import exp
from minigen.ops.losses.outcomes import logits_cross_entropy, logits_cross_entropy_vjp

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

Array = npt.NDArray[Any]

EDGES = (-np.inf, -200.0, -90.0, -1e-42, -0.0, 0.0, 1e-8, 90.0, 200.0, np.inf, np.nan)

FORWARD = [
    (exp, kernels.exp_kernel),
    (tanh, kernels.tanh_kernel),
    (sigmoid, kernels.sigmoid_kernel),
    (softplus, kernels.softplus_kernel),
]

by_name = pytest.mark.parametrize(
    ("op", "kernel"), FORWARD, ids=[op.name for op, _kernel in FORWARD]
)
dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])
logarithms = pytest.mark.parametrize("vectorized", [True, False], ids=["log1p", "log"])


@pytest.fixture(params=["one thread", "two threads"], autouse=True)
def _threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    two = request.param == "two threads"
    monkeypatch.setenv("MINIGEN_THREADS", "2" if two else "1")
    monkeypatch.setattr(elementwise, "SHARED", 1 if two else 2**62)
    monkeypatch.setattr(kernels, "LONG", 1)


def numbers(dtype: str, seed: int = 0) -> Array:
    """Draw numbers, held with the batch innermost, with infinity, NaN, zeros among them."""
    drawn = 5 * np.random.default_rng(seed).standard_normal((25, 40, 5))
    drawn[3, : len(EDGES), 2] = EDGES
    return drawn.astype(dtype).transpose(2, 0, 1)


def probabilities(dtype: str) -> Array:
    """Draw numbers between 0 and 1, held likewise."""
    return np.random.default_rng(1).random((25, 40, 5)).astype(dtype).transpose(2, 0, 1)


def choose_logarithm(monkeypatch: pytest.MonkeyPatch, vectorized: bool) -> None:
    monkeypatch.setattr(kernels, "has_vectorized_log1p", lambda: vectorized)


def expect_equal(found: Array, expected: Array, *, ulps: int) -> None:
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_max_ulp(found, expected, ulps)


@by_name
@dtypes
@logarithms
def test_each_kernel_agrees_with_its_op(
    op: Op[Any], kernel: Any, dtype: str, vectorized: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_logarithm(monkeypatch, vectorized)
    x = numbers(dtype)
    with np.errstate(all="ignore"):
        found, expected = kernel(x), op.forward(x)
    expect_equal(found, expected, ulps=4 if op is softplus and not vectorized else 0)
    assert found.strides == x.strides


@dtypes
def test_gradients_agree_with_the_rules(dtype: str) -> None:
    x, g = numbers(dtype), numbers(dtype, seed=1)
    with np.errstate(all="ignore"):
        y = sigmoid.forward(x)
        (found,), (expected,) = kernels.sigmoid_kernel_vjp(g, y, x), sigmoid_vjp(g, y, x)
        np.testing.assert_allclose(found, expected, rtol=4 * float(np.finfo(dtype).eps))
        (found,), (expected,) = kernels.softplus_kernel_vjp(g, y, x), softplus_vjp(g, y, x)
        expect_equal(found, expected, ulps=0)


@dtypes
@logarithms
def test_cross_entropy_from_logits_agrees_with_the_op(
    dtype: str, vectorized: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_logarithm(monkeypatch, vectorized)
    logits, target = numbers(dtype), probabilities(dtype)
    with np.errstate(all="ignore"):
        found = kernels.logits_cross_entropy_kernel(logits, target)
        expected = logits_cross_entropy.forward(logits, target)
    np.testing.assert_allclose(found, expected, rtol=6 * float(np.finfo(dtype).eps))


@dtypes
@pytest.mark.parametrize("broadcast", [True, False])
def test_its_gradients_agree_with_the_rule_to_the_bit(dtype: str, broadcast: bool) -> None:
    logits, target = numbers(dtype), probabilities(dtype)
    g = numbers(dtype, seed=2)
    if broadcast:
        g = np.broadcast_to(np.asarray(0.25, dtype), g.shape)
    found = kernels.logits_cross_entropy_kernel_vjp(g, None, logits, target)
    expected = logits_cross_entropy_vjp(g, None, logits, target)
    with np.errstate(all="ignore"):
        for of, by in zip(found, expected, strict=True):
            expect_equal(of(), np.asarray(by()), ulps=0)


def test_a_cotangent_of_another_dtype_is_left_to_the_rule() -> None:
    x = numbers("float32")
    assert kernels.logits_cross_entropy_kernel_vjp(numbers("float64"), None, x, x) is NotImplemented
    assert kernels.sigmoid_kernel_vjp(numbers("float64"), x, x) is NotImplemented
    assert kernels.softplus_kernel_vjp(numbers("float64"), None, x) is NotImplemented


@pytest.mark.parametrize("x", [np.float64(2), np.array(2.0), np.array([1, 2]), np.ones((3, 4)).T])
def test_what_is_short_or_not_served_is_left_to_the_op(
    x: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the true lengths
    for _op, kernel in FORWARD:
        assert kernel(x) is NotImplemented
    assert kernels.logits_cross_entropy_kernel(x, x) is NotImplemented
    assert kernels.logits_cross_entropy_kernel_vjp(x, None, x, x) is NotImplemented


def test_the_logarithm_without_log1p_is_relatively_exact_down_to_the_smallest_decay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choose_logarithm(monkeypatch, vectorized=False)
    d = np.concatenate([np.geomspace(1e-44, 1, 5000), np.linspace(0, 1, 5000)]).astype("float32")
    exact, found = np.log1p(d.astype("float64")), d.copy()
    kernels.log1p_of_decay(found)
    ulps = np.abs(found - exact) / np.spacing(exact.astype("float32"))
    assert ulps.max() <= 4
    assert ulps[5000:].mean() < 0.65  # it is 0.5 at most; with a wrong rest, 0.8 and more


def test_float64_has_numpys_own_logarithm(monkeypatch: pytest.MonkeyPatch) -> None:
    choose_logarithm(monkeypatch, vectorized=False)
    d = np.geomspace(1e-300, 1, 5000)
    found = d.copy()
    kernels.log1p_of_decay(found)
    np.testing.assert_array_equal(found, np.log1p(d))


@pytest.mark.parametrize(
    ("version", "vectorized"),
    [("baseline(X86_V2)", False), ("AVX512_SKX", True), ("X86_V4", True), (None, False)],
)
def test_numpy_says_how_it_computes_the_logarithm(
    version: str | None, vectorized: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from numpy.lib import introspect

    info = {} if version is None else {"log1p": {"ff": {"current": version, "available": version}}}
    monkeypatch.setattr(introspect, "opt_func_info", lambda **_asked: info)
    assert kernels.has_vectorized_log1p.__wrapped__() is vectorized
