"""Trajectories that PyTorch begins and minigen ends: which optimisers, from where, by what."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..parity.draws import Array

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {"lr": 0.05, "weight_decay": 0.1}),
    "momentum": ("SGD", {"lr": 0.02, "momentum": 0.9, "dampening": 0.3}),
    "Nesterov": ("SGD", {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
    "RMSprop": ("RMSprop", {"lr": 0.02, "alpha": 0.9}),
    "centred RMSprop": ("RMSprop", {"lr": 0.02, "momentum": 0.5, "centered": True}),
    "Adam": ("Adam", {"lr": 0.02, "betas": (0.5, 0.9), "weight_decay": 0.1}),
    "AMSGrad": ("Adam", {"lr": 0.02, "amsgrad": True}),
    "AdamW": ("AdamW", {"lr": 0.02, "weight_decay": 0.3}),
}
"""The optimiser and its options by a name."""


def weights() -> list[Array]:
    """Return where the trajectories begin: two parameters, in float64."""
    generator = np.random.default_rng(0)
    return [generator.normal(size=shape) for shape in ((3, 2), (4,))]


def gradient(parameter: Array, step: int) -> Array:
    """Return a parameter's gradient in a step, which depends on both."""
    slope: Array = np.sin(3 * parameter + step) + 0.1 * parameter
    return slope
