"""Activations as layers: their values, their axes, their options."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigen
from minigen import nn


@pytest.mark.parametrize(
    ("module", "below", "above"),
    [
        (nn.Identity(), -2.0, 3.0),
        (nn.ReLU(), 0.0, 3.0),
        (nn.LeakyReLU(0.1), -0.2, 3.0),
        (nn.ELU(0.5), 0.5 * math.expm1(-2), 3.0),
        (nn.Sigmoid(), 1 / (1 + math.exp(2)), 1 / (1 + math.exp(-3))),
        (nn.Tanh(), math.tanh(-2), math.tanh(3)),
        (nn.SiLU(), -2 / (1 + math.exp(2)), 3 / (1 + math.exp(-3))),
        (nn.SELU(), 1.7580993 * math.expm1(-2), 1.0507010 * 3),
        (nn.Hardtanh(-1.5, 2.5), -1.5, 2.5),
        (nn.ReLU6(), 0.0, 3.0),
        (nn.GELU(), -math.erfc(math.sqrt(2)), 3 - 1.5 * math.erfc(3 / math.sqrt(2))),
        (
            nn.Mish(),
            -2 * math.tanh(math.log1p(math.exp(-2))),
            3 * math.tanh(math.log1p(math.exp(3))),
        ),
        (nn.Softplus(), math.log1p(math.exp(-2)), math.log1p(math.exp(3))),
        (nn.Softmax(), 1 / (1 + math.exp(5)), 1 / (1 + math.exp(-5))),
        (nn.LogSoftmax(), -math.log1p(math.exp(5)), -math.log1p(math.exp(-5))),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_are_those_of_the_definition(module: nn.Module, below: float, above: float) -> None:
    assert module(minigen.tensor([-2.0, 3.0])).tolist() == pytest.approx([below, above], rel=1e-6)
    assert list(module.parameters()) == []


@pytest.mark.parametrize("kind", [nn.Softmax, nn.LogSoftmax])
def test_softmax_works_along_the_axis_it_is_told(kind: type[nn.Softmax | nn.LogSoftmax]) -> None:
    y = kind(dim=0)(minigen.randn(3, 2))
    probabilities = y if kind is nn.Softmax else y.exp()
    assert probabilities.sum(axis=0).tolist() == pytest.approx([1, 1])


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (nn.ReLU(), "ReLU()"),
        (nn.LeakyReLU(0.2), "LeakyReLU(negative_slope=0.2)"),
        (nn.ELU(), "ELU(alpha=1.0)"),
        (nn.Hardtanh(0, 2), "Hardtanh(min_val=0, max_val=2)"),
        (nn.GELU("tanh"), "GELU(approximate='tanh')"),
        (nn.Softmax(1), "Softmax(dim=1)"),
        (nn.LogSoftmax(), "LogSoftmax(dim=-1)"),
    ],
)
def test_repr_names_the_options(module: nn.Module, text: str) -> None:
    assert repr(module) == text


@pytest.mark.parametrize(
    "layer",
    [
        nn.ReLU(inplace=True),
        nn.LeakyReLU(0.01, True),
        nn.ELU(1.0, inplace=True),
        nn.SELU(inplace=True),
        nn.Mish(True),
        nn.ReLU6(True),
        nn.Hardtanh(inplace=True),
    ],
)
def test_inplace_is_taken_and_has_no_effect(layer: nn.Module) -> None:
    x = minigen.tensor([-1.0, 2.0])
    y = layer(x)
    assert x.tolist() == [-1.0, 2.0]
    assert y.tolist() == type(layer)()(x).tolist()


def test_identity_can_replace_any_layer() -> None:
    x = minigen.ones(2)
    assert nn.Identity(54, unused=0.1)(x) is x


def test_softplus_bends_as_sharply_as_asked_and_is_straight_beyond_the_threshold() -> None:
    x = np.array([-2.0, 0.0, 0.4, 3.0])
    found = nn.Softplus(beta=2.0, threshold=5.0)(minigen.tensor(x))
    expected = np.where(2 * x > 5, x, np.log1p(np.exp(2 * x)) / 2)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)
    assert repr(nn.Softplus()) == "Softplus(beta=1.0, threshold=20.0)"
    with pytest.raises(ValueError, match=r"Softplus: a positive beta is expected, got 0\.0"):
        nn.Softplus(beta=0.0)


def test_prelu_learns_its_slopes_and_refuses_none() -> None:
    layer = nn.PReLU(3, 0.5)
    layer(minigen.full((2, 3), -1.0)).sum().backward()
    assert layer.weight.tolist() == [0.5] * 3
    assert layer.weight.grad is not None
    assert layer.weight.grad.tolist() == [-2.0] * 3
    assert repr(layer) == "PReLU(num_parameters=3)"
    with pytest.raises(ValueError, match="PReLU: num_parameters"):
        nn.PReLU(0)
