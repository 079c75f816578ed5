"""Optimisers at work: fifty steps down a function of two parameters that is not convex."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .draws import Array, Draw
from .evaluation import Library

STEPS = 50


@dataclass(frozen=True)
class Optimization:
    """An optimiser by its name in both libraries, and its options."""

    name: str
    optimizer: str
    options: dict[str, Any] = field(default_factory=dict)


OPTIMIZATIONS = (
    Optimization("SGD", "SGD", {"lr": 0.01}),
    Optimization("SGD with weight decay", "SGD", {"lr": 0.01, "weight_decay": 0.1}),
    Optimization("SGD with momentum", "SGD", {"lr": 0.01, "momentum": 0.9, "dampening": 0.2}),
    Optimization(
        "SGD with Nesterov's momentum",
        "SGD",
        {"lr": 0.005, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    ),
    Optimization("RMSprop", "RMSprop", {"lr": 0.01}),
    Optimization(
        "RMSprop, centred, with momentum",
        "RMSprop",
        {"lr": 0.001, "alpha": 0.9, "centered": True, "momentum": 0.9, "weight_decay": 0.1},
    ),
    Optimization("Adam", "Adam", {"lr": 0.05}),
    Optimization(
        "Adam with weight decay", "Adam", {"lr": 0.05, "betas": (0.8, 0.99), "weight_decay": 0.1}
    ),
    Optimization("AMSGrad", "Adam", {"lr": 0.1, "betas": (0.9, 0.8), "amsgrad": True}),
    Optimization("AdamW", "AdamW", {"lr": 0.05, "weight_decay": 0.3, "eps": 1e-4}),
)


def start(dtype: str) -> tuple[Array, Array]:
    """Return where every trajectory starts: a vector and a matrix."""
    draw = Draw([50])
    return draw.reals((4,)).astype(dtype), draw.reals((3, 4)).astype(dtype)


def landscape(vector: Any, matrix: Any) -> Any:
    """Return the height: a curved valley (Rosenbrock, 1960) with waves across it."""
    valley = ((1 - vector) ** 2).sum() + 3 * ((vector[1:] - vector[:-1] ** 2) ** 2).sum()
    return valley + (matrix @ vector).sin().sum() + (matrix**2).mean()


def trajectory(
    library: Library,
    optim: Any,
    optimization: Optimization,
    *,
    dtype: str = "float64",
    schedule: Callable[[Any], Any] | None = None,
    change_gradients: Callable[[list[Any]], Any] | None = None,
) -> Array:
    """Return every parameter and each group's learning rate after every step, a row a step.

    `optim` is the library's module of optimisers. `schedule` makes a learning-rate schedule of an
    optimiser; `change_gradients` is given the parameters before each step.
    """
    parameters = [library.parameter(values) for values in start(dtype)]
    vector, matrix = parameters
    slower = {"params": [matrix], "lr": optimization.options["lr"] / 2}
    optimizer = getattr(optim, optimization.optimizer)(
        [{"params": [vector]}, slower], **optimization.options
    )
    scheduler = schedule(optimizer) if schedule else None
    rows: list[Array] = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        landscape(vector, matrix).backward()
        if change_gradients:
            change_gradients(parameters)
        optimizer.step()
        if scheduler:
            scheduler.step()
        arrays = [library.array(p) for p in parameters]
        assert [array.dtype.name for array in arrays] == [dtype, dtype]
        rates = np.array([group["lr"] for group in optimizer.param_groups])
        rows.append(np.concatenate([*(array.ravel() for array in arrays), rates]))
    return np.stack(rows)
