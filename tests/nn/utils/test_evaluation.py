"""Evaluation mode for a while."""

from __future__ import annotations

import pytest

import minigen
from minigen import nn
from minigen.nn.utils import evaluating


def test_every_module_is_in_evaluation_mode_and_afterwards_as_it_was() -> None:
    model, other = nn.Sequential(nn.Dense(2, 2), nn.BatchNorm1d(2)), nn.Dropout(0.5)
    model[0].eval()
    with evaluating(model, other):
        assert not any(part.training for part in (*model.modules(), *other.modules()))
    assert [part.training for part in model.modules()] == [True, False, True]
    assert other.training
    with pytest.raises(ValueError, match="expected"), evaluating(model):
        model(minigen.ones(3, 5))
    assert model[1].training


def test_gradients_are_recorded_inside() -> None:
    layer = nn.Dense(2, 1)
    with evaluating(layer):
        assert layer(minigen.ones(1, 2)).requires_grad
