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
    (nn.NLLLoss, F.nll_loss, np.array([1, 0, 3])),
    (nn.KLDivLoss, F.kl_div, np.full((3, 4), 0.25)),
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


_OF_EACH_COLUMN = [0.5, 2.0, 1.0, 3.0]

WEIGHTED: list[tuple[Any, dict[str, Any], Any]] = [
    (nn.BCELoss, {"weight": _OF_EACH_COLUMN}, np.full((3, 4), 0.25)),
    (
        nn.BCEWithLogitsLoss,
        {"weight": [[0.5], [2.0], [1.0]], "pos_weight": [9.0]},
        np.full((3, 4), 0.25),
    ),
    (nn.CrossEntropyLoss, {"weight": _OF_EACH_COLUMN}, np.array([1, 0, 3])),
    (nn.NLLLoss, {"weight": _OF_EACH_COLUMN}, np.array([1, 0, 3])),
]


@pytest.mark.parametrize(("module", "lists", "target"), WEIGHTED)
def test_weights_are_buffers_that_the_function_gets(
    module: Any, lists: dict[str, Any], target: Any
) -> None:
    weights = {role: minigen.tensor(numbers) for role, numbers in lists.items()}
    x = minigen.tensor(draw(3, 4, low=0.1, high=0.9))
    loss = module(reduction="mean", **weights)
    expected = getattr(F, module.loss.__name__)(x, target, reduction="mean", **weights)
    np.testing.assert_array_equal(loss(x, target).numpy(), expected.numpy())
    assert set(loss.state_dict()) == set(weights)
    assert next(loss.to("float64").buffers()).dtype == np.float64
    assert next(iter(weights.values())).dtype == np.float32
    assert "weight" not in repr(loss)


def test_smoothing_is_handed_on_and_shown() -> None:
    x, target = minigen.tensor(draw(3, 4)), np.array([1, 0, 3])
    loss = nn.CrossEntropyLoss(reduction="mean", label_smoothing=0.1)
    expected = F.cross_entropy(x, target, "mean", label_smoothing=0.1)
    assert loss(x, target).item() == expected.item()
    told = "CrossEntropyLoss(reduction='mean', ignore_index=-100, label_smoothing=0.1)"
    assert repr(loss) == told


def test_the_likelihood_of_gaussians_takes_variances() -> None:
    x, target, var = draw(3, 4), draw(3, 4, seed=1), draw(3, 4, seed=2, low=0.5, high=2)
    loss = nn.GaussianNLLLoss(reduction="mean", full=True, eps=1.0)
    expected = F.gaussian_nll_loss(x, target, var, True, 1.0, "mean")
    assert float(loss(x, target, var)) == float(expected)
    assert repr(loss) == "GaussianNLLLoss(full=True, eps=1.0, reduction='mean')"


def test_the_divergence_takes_logarithms_if_it_is_said() -> None:
    x, target = draw(3, 4), draw(3, 4, seed=1)
    loss = nn.KLDivLoss(reduction="sum", log_target=True)
    assert float(loss(x, target)) == float(F.kl_div(x, target, "sum", True))
    assert repr(loss) == "KLDivLoss(reduction='sum', log_target=True)"


def test_the_cosine_is_that_along_an_axis() -> None:
    a, b = draw(3, 4), draw(3, 4, seed=1)
    cosine = nn.CosineSimilarity(dim=0, eps=2.0)
    np.testing.assert_array_equal(cosine(a, b), F.cosine_similarity(a, b, 0, 2.0))
    assert repr(cosine) == "CosineSimilarity(dim=0, eps=2.0)"
