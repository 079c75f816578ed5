"""Optimisers, schedules and clipping against PyTorch, live: the same trajectory, step by step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from minigen import nn, optim

from .draws import Array
from .evaluation import TOLERANCES, Minigen
from .torch_reference import Torch
from .trajectories import OPTIMIZATIONS, STEPS, Optimization, trajectory

torch: Any = pytest.importorskip("torch")

Schedule = Callable[[Any, Any], Any]
"""Makes a schedule, given a library's module of schedules and an optimiser."""

SCHEDULES: dict[str, Schedule] = {
    "LambdaLR": lambda module, optimizer: module.LambdaLR(optimizer, lambda t: 1 / (1 + t)),
    "StepLR": lambda module, optimizer: module.StepLR(optimizer, 7, 0.5),
    "MultiStepLR": lambda module, optimizer: module.MultiStepLR(optimizer, [5, 5, 20], 0.3),
    "ExponentialLR": lambda module, optimizer: module.ExponentialLR(optimizer, 0.93),
    "CosineAnnealingLR": lambda module, optimizer: module.CosineAnnealingLR(optimizer, 30, 1e-3),
    "LinearLR": lambda module, optimizer: module.LinearLR(optimizer, 0.1, 0.8, 12),
    "SequentialLR": lambda module, optimizer: module.SequentialLR(
        optimizer,
        [module.LinearLR(optimizer, 0.1, 1.0, 10), module.CosineAnnealingLR(optimizer, 40)],
        [10],
    ),
}

ADAM = Optimization("Adam", "Adam", {"lr": 0.05})


def assert_equal_trajectories(ours: Array, theirs: Array, tolerance: float = 1e-10) -> None:
    assert len(ours) == STEPS
    assert np.ptp(theirs, axis=0)[:-2].min() > 1e-3  # every parameter moved
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


@pytest.mark.parametrize("optimization", OPTIMIZATIONS, ids=lambda optimization: optimization.name)
@pytest.mark.parametrize("dtype", TOLERANCES)
def test_fifty_steps_follow_pytorchs(optimization: Optimization, dtype: str) -> None:
    ours = trajectory(Minigen(0), optim, optimization, dtype=dtype)
    theirs = trajectory(Torch(), torch.optim, optimization, dtype=dtype)
    assert_equal_trajectories(ours, theirs, TOLERANCES[dtype])


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_follow_pytorchs(name: str) -> None:
    schedule = SCHEDULES[name]
    ours = trajectory(Minigen(0), optim, ADAM, schedule=lambda o: schedule(optim.lr_scheduler, o))
    theirs = trajectory(
        Torch(), torch.optim, ADAM, schedule=lambda o: schedule(torch.optim.lr_scheduler, o)
    )
    assert_equal_trajectories(ours, theirs)


@pytest.mark.parametrize("norm_type", [2.0, 1.0, math.inf])
def test_clipping_by_norm_follows_pytorchs(norm_type: float) -> None:
    def clip(utils: Any) -> Any:
        return lambda parameters: utils.clip_grad_norm_(parameters, 3.0, norm_type)

    sgd = OPTIMIZATIONS[0]
    ours = trajectory(Minigen(0), optim, sgd, change_gradients=clip(nn.utils))
    theirs = trajectory(Torch(), torch.optim, sgd, change_gradients=clip(torch.nn.utils))
    assert_equal_trajectories(ours, theirs)


def test_clipping_by_value_follows_pytorchs() -> None:
    def clip(utils: Any) -> Any:
        return lambda parameters: utils.clip_grad_value_(parameters, 0.5)

    sgd = OPTIMIZATIONS[0]
    ours = trajectory(Minigen(0), optim, sgd, change_gradients=clip(nn.utils))
    theirs = trajectory(Torch(), torch.optim, sgd, change_gradients=clip(torch.nn.utils))
    assert_equal_trajectories(ours, theirs)
