"""A module with other parameters for a while."""

from __future__ import annotations

import pytest

import minigen
from minigen import nn


class _Tied(nn.Module):
    """Applies one weight twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Dense(1, 1, bias=False)
        self.second = nn.Dense(1, 1, bias=False)
        self.second.weight = self.first.weight

    def forward(self, x: minigen.Tensor) -> minigen.Tensor:
        return self.second(self.first(x))  # type: ignore[no-any-return]


def test_functional_call_uses_the_given_parameters_and_reaches_their_gradients() -> None:
    layer = nn.Dense(2, 1)
    weight = minigen.tensor([[3.0, 4.0]], requires_grad=True)
    y = nn.functional_call(layer, {"weight": weight}, minigen.tensor([[1.0, 2.0]]))
    y.sum().backward()
    assert weight.grad is not None
    assert weight.grad.tolist() == [[1.0, 2.0]]
    assert layer.weight.grad is None


def test_parameters_come_back_after_the_block_and_after_an_error() -> None:
    layer = nn.Dense(2, 1)
    own = layer.weight
    with nn.substituted(layer, {"weight": minigen.ones(1, 2)}):
        assert layer.weight is not own
    assert layer.weight is own
    with pytest.raises(ValueError, match="Dense"):
        nn.functional_call(layer, {"weight": minigen.ones(1, 2)}, minigen.ones(1, 3))
    assert layer.weight is own


def test_a_shared_parameter_is_replaced_wherever_it_occurs() -> None:
    module = _Tied()
    y = nn.functional_call(module, {"first.weight": minigen.tensor([[3.0]])}, minigen.ones(1, 1))
    assert y.item() == 9.0


def test_an_unknown_name_is_an_error() -> None:
    layer = nn.Dense(2, 1)
    with pytest.raises(KeyError, match="no parameter 'weigth'"):
        nn.functional_call(layer, {"weigth": minigen.ones(1, 2)}, minigen.ones(1, 2))
