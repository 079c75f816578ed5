from __future__ import annotations

import pytest

import minigen
from minigen import nn
from minigen.metrics import evaluating


def test_inside_the_model_evaluates_and_nothing_is_recorded() -> None:
    model = nn.Sequential(nn.Dense(2, 2), nn.Dropout(0.5))
    with evaluating(model):
        assert not any(module.training for module in model.modules())
        assert not model(minigen.ones(1, 2)).requires_grad
    assert minigen.is_grad_enabled()


def test_each_module_gets_its_own_mode_back_even_after_an_error() -> None:
    model = nn.Sequential(nn.Dropout(0.1), nn.Dropout(0.2))
    model.train()
    frozen = next(iter(model.children())).eval()
    with pytest.raises(RuntimeError, match="a fault"), evaluating(model):
        raise RuntimeError("a fault")
    assert [module.training for module in model.modules()] == [True, False, True]
    assert not frozen.training
