"""Losses as modules ask which reduction is meant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import nn
from tests.numeric import draw

LOSSES: list[tuple[Any, Any, Any]] = [
    (nn.MSELoss, F.mse_loss, draw(3, 4)),
    (nn.L1Loss, F.l1_loss, draw(3, 4)),
    (nn.HuberLoss, F.huber_loss, draw(3, 4)),
    (nn.SmoothL1Loss, F.smooth_l1_loss, draw(3, 4)),
    (nn.BCELoss, F.binary_cross_entropy, np.full((3, 4), 0.25)),
    (nn.BCEWithLogitsLoss, F.binary_cross_entropy_with_logits, np.full((3, 4), 0.25)),
    (nn.CrossEntropyLoss, F.cross_entropy, np.array([1, 0, 3])),
]


@pytest.mark.parametrize(("module", "function", "target"), LOSSES)
@pytest.mark.parametrize("reduction", ["mean", "batchmean", "sum", "none"])
def test_a_module_computes_the_function(
    module: Any, function: Any, target: Any, reduction: str
) -> None:
    x = minigen.tensor(draw(3, 4, low=0.1, high=0.9))
    found = module(reduction=reduction)(x, target)
    np.testing.assert_array_equal(found.numpy(), function(x, target, reduction=reduction).numpy())


@pytest.mark.parametrize(("module", "function", "target"), LOSSES)
def test_a_reduction_that_is_not_said_is_asked_for(module: Any, function: Any, target: Any) -> None:
    told = f"{module.__name__}: say which reduction: 'mean'.*PyTorch's.*'batchmean'.*none is given"
    with pytest.raises(TypeError, match=told):
        module()


def test_a_reduction_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=r"MSELoss: say which reduction: .*got 'average'"):
        nn.MSELoss(reduction="average")


def test_the_reduction_is_shown() -> None:
    assert repr(nn.BCELoss(reduction="mean")) == "BCELoss(reduction='mean')"


def test_the_distance_of_hubers_error_is_handed_on_and_shown() -> None:
    x, zero = minigen.tensor([[3.0]]), minigen.zeros(1, 1)
    huber, smooth = (nn.HuberLoss, nn.SmoothL1Loss)
    assert huber(reduction="sum", delta=2.0)(x, zero).item() == 4.0
    assert smooth(reduction="sum", beta=2.0)(x, zero).item() == 2.0
    assert repr(huber(reduction="sum", delta=2.0)) == "HuberLoss(reduction='sum', delta=2.0)"
    assert repr(smooth(reduction="sum", beta=2.0)) == "SmoothL1Loss(reduction='sum', beta=2.0)"


def test_cross_entropy_ignores_a_class_as_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    logits, target = draw(3, 4, 5), np.arange(15).reshape(3, 5) % 4
    target[1, 2:] = 3
    ours = nn.CrossEntropyLoss(reduction="mean", ignore_index=3)
    theirs = torch.nn.CrossEntropyLoss(ignore_index=3)
    expected = theirs(torch.from_numpy(logits), torch.from_numpy(target)).item()
    assert float(ours(logits, target)) == pytest.approx(expected, rel=1e-12)
    assert repr(ours) == "CrossEntropyLoss(reduction='mean', ignore_index=3)"
