"""Activations and the softmax family: values, kinks and extremes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from tests.numeric import draw, gradient_of, leaf

ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805

REFERENCE: dict[str, Any] = {
    "relu": lambda v: max(v, 0),
    "leaky_relu": lambda v: v if v > 0 else 0.01 * v,
    "elu": lambda v: v if v > 0 else math.exp(v) - 1,
    "sigmoid": lambda v: 1 / (1 + math.exp(-v)),
    "tanh": math.tanh,
    "softplus": lambda v: math.log(1 + math.exp(v)),
    "hardtanh": lambda v: min(max(v, -1), 1),
    "relu6": lambda v: min(max(v, 0), 6),
    "selu": lambda v: SCALE * (v if v > 0 else ALPHA * math.expm1(v)),
    "gelu": lambda v: v * (0.5 * (1 + math.erf(v / math.sqrt(2)))),
    "mish": lambda v: v * math.tanh(math.log(1 + math.exp(v))),
}


@pytest.mark.parametrize("shape", [(), (5,), (2, 3), (0,)])
@pytest.mark.parametrize("name", REFERENCE)
def test_values_are_the_definitions(name: str, shape: tuple[int, ...]) -> None:
    x = draw(*shape) * 4
    expected = np.vectorize(REFERENCE[name], otypes=[float])(x) if x.size else x
    np.testing.assert_allclose(getattr(F, name)(leaf(x)).numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(getattr(F, name)(x), expected, rtol=1e-12)


SLOPES_AT_ZERO = {
    "relu": 0.0,
    "leaky_relu": 0.01,
    "elu": 1.0,
    "sigmoid": 0.25,
    "tanh": 1.0,
    "softplus": 0.5,
    "hardtanh": 1.0,
    "relu6": 0.0,
    "selu": SCALE * ALPHA,
    "gelu": 0.5,
    "mish": 0.6,
}


@pytest.mark.parametrize("name", SLOPES_AT_ZERO)
def test_slopes_at_zero_are_pytorchs(name: str) -> None:
    x = leaf(np.array([0.0, -0.0]))
    getattr(F, name)(x).sum().backward()
    np.testing.assert_allclose(gradient_of(x), [SLOPES_AT_ZERO[name]] * 2)


@pytest.mark.derivation("elu.grad")
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_elu_at_zero_is_on_the_side_of_the_exponential_as_in_pytorch(zero: float) -> None:
    x = leaf([zero])
    F.elu(x, alpha=2.0).backward()
    assert gradient_of(x).tolist() == [2.0]


EXTREMES = np.array([-1e4, -200.0, -100.0, -20.0, 20.0, 100.0, 200.0, 1e4], np.float32)


@pytest.mark.filterwarnings("ignore:overflow encountered")
@pytest.mark.parametrize("name", REFERENCE)
def test_extremes_in_float32_are_finite_and_right_with_their_gradients(name: str) -> None:
    x = leaf(EXTREMES)
    y = getattr(F, name)(x)
    y.sum().backward()
    exact = EXTREMES.astype(np.float64)
    decay = np.exp(-np.abs(exact))
    logistic = np.where(exact >= 0, 1, decay) / (1 + decay)
    values: dict[str, Any] = {
        "relu": np.maximum(exact, 0),
        "leaky_relu": np.maximum(exact, 0.01 * exact),
        "elu": np.where(exact > 0, exact, np.expm1(np.minimum(exact, 0))),
        "sigmoid": logistic,
        "tanh": np.tanh(exact),
        "softplus": np.maximum(exact, 0) + np.log1p(decay),
        "hardtanh": np.sign(exact),
        "relu6": np.where(exact > 0, 6, 0),
        "selu": np.where(exact > 0, SCALE * exact, SCALE * ALPHA * np.expm1(np.minimum(exact, 0))),
        "gelu": np.maximum(exact, 0),
        "mish": np.where(exact > 0, exact, exact * decay),
    }
    slopes: dict[str, Any] = {
        "relu": exact > 0,
        "leaky_relu": np.where(exact > 0, 1, 0.01),
        "elu": np.where(exact > 0, 1, np.exp(np.minimum(exact, 0))),
        "sigmoid": logistic * (1 - logistic),
        "tanh": 1 - np.tanh(exact) ** 2,
        "softplus": logistic,
        "hardtanh": 0 * exact,
        "relu6": 0 * exact,
        "selu": np.where(exact > 0, SCALE, SCALE * ALPHA * np.exp(np.minimum(exact, 0))),
        "gelu": exact > 0,
        "mish": np.where(exact > 0, 1, (1 + exact) * decay),
    }
    np.testing.assert_allclose(y.numpy(), values[name], rtol=1e-5, atol=1e-38)
    np.testing.assert_allclose(gradient_of(x), slopes[name], rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "softmax", "log_softmax"])
def test_methods_are_the_functions(name: str) -> None:
    x = leaf(draw(2, 3))
    np.testing.assert_array_equal(getattr(x, name)().numpy(), getattr(F, name)(x).numpy())


@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("name", REFERENCE)
def test_infinities_give_their_limits(name: str, value: float) -> None:
    limits: dict[str, tuple[Any, Any]] = {
        "relu": (0, np.inf),
        "leaky_relu": (-np.inf, np.inf),
        "elu": (-1, np.inf),
        "sigmoid": (0, 1),
        "tanh": (-1, 1),
        "softplus": (0, np.inf),
        "hardtanh": (-1, 1),
        "relu6": (0, 6),
        "selu": (-np.float32(SCALE * ALPHA), np.inf),
        "gelu": (np.nan, np.inf),  # minus infinity times 0, as in PyTorch
        "mish": (np.nan, np.inf),
    }
    y = getattr(F, name)(minigen.tensor([value]))
    np.testing.assert_array_equal(y.numpy(), [np.float32(limits[name][int(value > 0)])])


@pytest.mark.parametrize("name", REFERENCE)
def test_nan_is_let_through(name: str) -> None:
    y = getattr(F, name)(minigen.tensor([np.nan, 1.0]))
    assert np.isnan(y.numpy()).tolist() == [True, False]


@pytest.mark.derivation("leaky_relu")
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_leaky_relu_at_zero_is_on_the_side_of_the_slope_as_in_pytorch(zero: float) -> None:
    x = leaf([zero])
    F.leaky_relu(x, 0.25).backward()
    assert gradient_of(x).tolist() == [0.25]
    (recorded,) = minigen.grad(F.leaky_relu(x, 0.25), x, create_graph=True)  # by the readable rule
    assert recorded is not None
    assert recorded.tolist() == [0.25]
    assert np.signbit(F.leaky_relu(np.array([zero]), -1.0)) == (zero == 0 and not np.signbit(zero))


@pytest.mark.parametrize("slope", [0.0, 0.2, 1.0, 1.5, 3.0, -0.5])
def test_leaky_relu_has_any_slope(slope: float) -> None:
    x = leaf(np.array([-2.0, 0.5, 3.0]))
    y = F.leaky_relu(x, negative_slope=slope)
    np.testing.assert_allclose(y.numpy(), [-2 * slope, 0.5, 3])
    y.sum().backward()
    np.testing.assert_allclose(gradient_of(x), [slope, 1, 1])


def test_relu_of_integers_stays_an_integer() -> None:
    y: Any = F.relu(np.array([-2, 0, 3]))
    assert (y.dtype, y.tolist()) == (np.int64, [0, 0, 3])


# --- softmax --------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, 2, -1, (0, 2), None])
def test_softmax_sums_to_one_over_its_axes(axis: Any) -> None:
    x = draw(2, 3, 4) * 3
    y: Any = F.softmax(x, axis)
    expected = np.exp(x) / np.exp(x).sum(axis, keepdims=True)
    np.testing.assert_allclose(y, expected, rtol=1e-12)
    np.testing.assert_allclose(y.sum(axis), 1, rtol=1e-12)
    np.testing.assert_allclose(F.log_softmax(x, axis), np.log(expected), rtol=1e-10)


def test_the_last_axis_is_the_default_and_dim_its_other_name() -> None:
    x = minigen.tensor(draw(2, 3, 4))
    functions: list[Any] = [F.softmax, F.log_softmax]
    for function in functions:
        np.testing.assert_array_equal(function(x).numpy(), function(x, axis=2).numpy())
        np.testing.assert_array_equal(function(x, dim=0).numpy(), function(x, 0).numpy())


def test_softmax_does_not_change_when_a_constant_is_added_however_large() -> None:
    x = minigen.tensor([[1.0, 2.0, 3.0]], dtype="float64")
    for shift in (-1e4, 1e4):
        np.testing.assert_allclose(F.softmax(x + shift).numpy(), F.softmax(x).numpy(), rtol=1e-10)
        np.testing.assert_allclose(
            F.log_softmax(x + shift).numpy(), F.log_softmax(x).numpy(), rtol=1e-10
        )


def test_softmax_at_the_extremes_in_float32() -> None:
    x = leaf([[1e4, -1e4, 0.0]])
    y = F.log_softmax(x)
    np.testing.assert_allclose(y.numpy(), [[0, -2e4, -1e4]])
    y.sum().backward()
    np.testing.assert_allclose(gradient_of(x), [[-2, 1, 1]])
    assert F.softmax(x).tolist() == [[1, 0, 0]]


def test_masked_logits_of_minus_infinity_get_probability_zero_and_no_gradient() -> None:
    x = leaf([[0.0, -np.inf, 0.0]])
    y = F.softmax(x)
    assert y.tolist() == [[0.5, 0, 0.5]]
    y.backward(np.array([[1.0, 5.0, 2.0]]))
    np.testing.assert_allclose(gradient_of(x), [[-0.25, 0, 0.25]])


def test_the_gradient_of_softmax_sums_to_zero_and_is_not_zero() -> None:
    x = leaf(draw(2, 5))
    F.softmax(x).backward(draw(2, 5, seed=1))
    np.testing.assert_allclose(gradient_of(x).sum(1), 0, atol=1e-15)
    assert np.abs(gradient_of(x)).max() > 1e-2


@pytest.mark.parametrize("function", [F.softmax, F.log_softmax])
def test_over_nothing_there_is_nothing(function: Any) -> None:
    x = leaf(np.zeros((0, 3)))
    for axis in (0, 1):
        function(x, axis).sum().backward()
        assert gradient_of(x).shape == (0, 3)


def test_a_slope_of_zero_leaves_infinity_as_it_is() -> None:
    with np.errstate(all="raise"):
        assert F.leaky_relu(np.array([np.inf, 2.0, -3.0]), 0.0).tolist() == [np.inf, 2, 0]


def test_on_its_limits_hardtanh_is_flat_and_nan_passes() -> None:
    x = leaf(np.array([-1.0, 1.0, np.nan, 0.5]))
    F.hardtanh(x).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [0.0, 0.0, 1.0, 1.0])


@pytest.mark.derivation("gelu.tanh")
def test_the_gaussian_unit_by_a_tanh_is_close_to_the_exact_one() -> None:
    x = np.linspace(-6, 6, 101)
    np.testing.assert_allclose(F.gelu(x, approximate="tanh"), F.gelu(x), atol=5e-4)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda x: F.gelu(x, "sigmoid"), "gelu: approximate is 'none' or 'tanh', got 'sigmoid'"),
        (lambda x: F.hardtanh(x, 1.0, 1.0), "hardtanh: min_val < max_val is expected"),
    ],
)
def test_options_that_mean_nothing_are_refused(call: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        call(minigen.zeros(2))


def test_softsign_and_softmin_are_their_definitions() -> None:
    x = np.array([-3.0, 0.0, 1.0])
    assert F.softsign(x).tolist() == [-0.75, 0.0, 0.5]
    np.testing.assert_allclose(F.softmin(x), F.softmax(-x))
