"""Updates of all parameters of a group at once, on a GPU: see `minigen.kernels.cuda.optimizers`.

They hand an optimiser's options to its kernel, and return NotImplemented for what that does not
serve.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from minigen.engine.backend import Array
from minigen.kernels.cuda import optimizers as kernels
from minigen.optim.adam import Adam, AdamW
from minigen.optim.optimizer import update_together_of
from minigen.optim.rmsprop import RMSprop
from minigen.optim.sgd import SGD
from minigen.optim.state import Group

Parameters = Sequence[tuple[Array, ...]]
"""Weights, gradient and moments of each parameter."""


@update_together_of(Adam)
def adam(group: Group, step: int, parameters: Parameters) -> Any:
    """Update as `Adam.update` does: the decay is part of the gradient."""
    return _adam(group, step, parameters, shrink=1.0, decay=float(group["weight_decay"]))


@update_together_of(AdamW)
def adamw(group: Group, step: int, parameters: Parameters) -> Any:
    """Update as `AdamW.update` does: the weights shrink first."""
    shrink = 1 - float(group["lr"]) * float(group["weight_decay"])
    return _adam(group, step, parameters, shrink=shrink, decay=0.0)


def _adam(group: Group, step: int, parameters: Parameters, *, shrink: float, decay: float) -> Any:
    beta1, beta2 = map(float, group["betas"])
    root = math.sqrt(1 - beta2**step)
    return kernels.update(
        kernels.ADAM,
        parameters,
        bool(group["amsgrad"]),
        *(beta1, 1 - beta1, beta2, 1 - beta2),
        float(group["eps"]) * root,
        float(group["lr"]) * root / (1 - beta1**step),
        shrink,
        decay,
    )


@update_together_of(SGD)
def sgd(group: Group, step: int, parameters: Parameters) -> Any:
    """Update as `SGD.update` does."""
    return kernels.update(
        kernels.SGD,
        parameters,
        bool(group["momentum"]),
        step == 1,
        bool(group["nesterov"]),
        float(group["lr"]),
        float(group["momentum"]),
        1 - float(group["dampening"]),
        float(group["weight_decay"]),
    )


@update_together_of(RMSprop)
def rmsprop(group: Group, step: int, parameters: Parameters) -> Any:  # noqa: ARG001 - always the same
    """Update as `RMSprop.update` does."""
    alpha = float(group["alpha"])
    return kernels.update(
        kernels.RMSPROP,
        parameters,
        bool(group["centered"]),
        bool(group["momentum"]),
        float(group["lr"]),
        *(alpha, 1 - alpha),
        float(group["eps"]),
        float(group["momentum"]),
        float(group["weight_decay"]),
    )
