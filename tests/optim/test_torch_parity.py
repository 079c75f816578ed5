"""Trajectories of optimisers and schedules against PyTorch's, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen import nn, optim
from minigen.optim import lr_scheduler, optimizer

from .quadratic import gradient, noise, parameters, run

torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")

CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.05, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.02, "momentum": 0.9}),
    ("SGD", {"lr": 0.02, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.02, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.02, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.02, "momentum": 0.9}),
    ("RMSprop", {"lr": 0.02, "centered": True}),
    ("RMSprop", {"lr": 0.02, "momentum": 0.5, "centered": True, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"lr": 0.02, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.02, "betas": (0.0, 0.99)}),
    ("Adam", {"lr": 0.02, "amsgrad": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.02, "betas": (0.5, 0.9), "weight_decay": 0.3, "amsgrad": True}),
]


@pytest.mark.parametrize(("name", "options"), CASES)
def test_trajectories_agree_over_50_steps(
    name: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimizer, "BLOCK", 500)  # so that the largest takes several
    ours = parameters()
    theirs = [torch.nn.Parameter(torch.from_numpy(p.numpy())) for p in ours]
    mine = getattr(optim, name)(ours, **options)
    other = getattr(torch.optim, name)(theirs, **options)
    for disturbance in noise(50):
        run(mine, ours, iter([disturbance]))
        for parameter, part in zip(theirs, disturbance, strict=True):
            parameter.grad = torch.from_numpy(gradient(parameter.detach().numpy(), part))
        other.step()
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a.array, b.detach().numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_defaults_are_pytorchs(name: str, options: dict[str, Any]) -> None:
    mine = getattr(optim, name)(parameters()).defaults
    other = getattr(torch.optim, name)([torch.zeros(1, requires_grad=True)]).defaults
    assert {key: other[key] for key in mine} == mine


@pytest.mark.parametrize(("name", "options"), CASES)
def test_moments_have_pytorchs_names(name: str, options: dict[str, Any]) -> None:
    ours = [nn.Parameter([1.0])]
    theirs = [torch.ones(1, requires_grad=True)]
    mine = getattr(optim, name)(ours, **options)
    other = getattr(torch.optim, name)(theirs, **options)
    (ours[0] * 2).sum().backward()
    (theirs[0] * 2).sum().backward()
    mine.step()
    other.step()
    expected = {
        key: value.item()
        for key, value in other.state_dict()["state"].get(0, {}).items()
        if key != "step" and value is not None
    }
    state = mine.state_dict()["state"][0]
    assert state.pop("step") == 1
    assert {key: value.item() for key, value in state.items()} == pytest.approx(expected)


SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("StepLR", {"step_size": 3}),
    ("StepLR", {"step_size": 1, "gamma": 0.9}),
    ("MultiStepLR", {"milestones": [2, 7, 7, 20], "gamma": 0.5}),
    ("ExponentialLR", {"gamma": 0.8}),
    ("CosineAnnealingLR", {"T_max": 10, "eta_min": 1e-3}),
    ("CosineAnnealingLR", {"T_max": 40}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.1, "end_factor": 0.7, "total_iters": 12}),
    ("LambdaLR", {"lr_lambda": lambda epoch: 1 / (1 + epoch)}),
    ("LambdaLR", {"lr_lambda": [lambda epoch: 0.9**epoch, lambda _: 0.5]}),
]


def _two_groups(library: Any, weights: list[Any]) -> Any:
    return library.SGD([{"params": weights[:1]}, {"params": weights[1:], "lr": 0.5}], lr=0.1)


@pytest.mark.filterwarnings("ignore:Detected call of")  # of PyTorch, at steps without updates
@pytest.mark.parametrize(("name", "options"), SCHEDULES)
def test_schedules_agree_over_30_epochs(name: str, options: dict[str, Any]) -> None:
    ours = _two_groups(optim, [nn.Parameter([1.0]), nn.Parameter([1.0])])
    theirs = _two_groups(torch.optim, [torch.ones(1, requires_grad=True) for _ in range(2)])
    mine = getattr(lr_scheduler, name)(ours, **options)
    other = getattr(torch.optim.lr_scheduler, name)(theirs, **options)
    for _ in range(30):
        assert mine.get_last_lr() == pytest.approx(other.get_last_lr(), rel=1e-12, abs=1e-15)
        assert [g["lr"] for g in ours.param_groups] == mine.get_last_lr()
        mine.step()
        other.step()


@pytest.mark.filterwarnings("ignore:Detected call of")
def test_a_warm_up_followed_by_a_decay_agrees() -> None:
    ours = _two_groups(optim, [nn.Parameter([1.0]), nn.Parameter([1.0])])
    theirs = _two_groups(torch.optim, [torch.ones(1, requires_grad=True) for _ in range(2)])
    schedules = []
    for governed, library in ((ours, lr_scheduler), (theirs, torch.optim.lr_scheduler)):
        parts = [
            library.LinearLR(governed, 0.1, total_iters=4),
            library.CosineAnnealingLR(governed, T_max=10),
            library.StepLR(governed, 2),
        ]
        schedules.append(library.SequentialLR(governed, parts, milestones=[4, 14]))
    mine, other = schedules
    for _ in range(25):
        assert mine.get_last_lr() == pytest.approx(other.get_last_lr(), rel=1e-12, abs=1e-15)
        mine.step()
        other.step()
