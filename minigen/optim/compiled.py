"""Updates of whole parameters by compiled loops, where `minigen.kernels.compiled` has them.

They hand an optimiser's options to its loop, and return NotImplemented for what that does not
serve.
"""

from __future__ import annotations

import math
from typing import Any

from minigen.engine.backend import Array
from minigen.kernels.compiled import optimizers as loops
from minigen.optim.adam import Adam, AdamW
from minigen.optim.optimizer import update_of
from minigen.optim.rmsprop import RMSprop
from minigen.optim.sgd import SGD
from minigen.optim.state import Group


@update_of(Adam)
def adam(group: Group, step: int, *arrays: Array) -> Any:
    """Update as `Adam.update` does: the decay is part of the gradient."""
    return _adam(group, step, *arrays, shrink=1.0, decay=float(group["weight_decay"]))


@update_of(AdamW)
def adamw(group: Group, step: int, *arrays: Array) -> Any:
    """Update as `AdamW.update` does: the weights shrink first."""
    shrink = 1 - float(group["lr"]) * float(group["weight_decay"])
    return _adam(group, step, *arrays, shrink=shrink, decay=0.0)


def _adam(
    group: Group,
    step: int,
    weights: Array,
    gradient: Array,
    mean: Array,
    square: Array,
    largest: Array | None = None,
    *,
    shrink: float,
    decay: float,
) -> Any:
    beta1, beta2 = map(float, group["betas"])
    root = math.sqrt(1 - beta2**step)
    return loops.adam(
        weights,
        gradient,
        mean,
        square,
        largest,
        beta1=beta1,
        beta2=beta2,
        eps=float(group["eps"]) * root,
        rate=float(group["lr"]) * root / (1 - beta1**step),
        shrink=shrink,
        decay=decay,
    )


@update_of(SGD)
def sgd(
    group: Group, step: int, weights: Array, gradient: Array, buffer: Array | None = None
) -> Any:
    """Update as `SGD.update` does."""
    return loops.sgd(
        weights,
        gradient,
        buffer,
        rate=float(group["lr"]),
        momentum=float(group["momentum"]),
        dampening=float(group["dampening"]),
        nesterov=bool(group["nesterov"]),
        decay=float(group["weight_decay"]),
        first=step == 1,
    )


@update_of(RMSprop)
def rmsprop(
    group: Group,
    step: int,  # noqa: ARG001 - the same in every step
    weights: Array,
    gradient: Array,
    square: Array,
    *others: Array,
) -> Any:
    """Update as `RMSprop.update` does."""
    return loops.rmsprop(
        weights,
        gradient,
        square,
        others[0] if group["centered"] else None,
        others[-1] if group["momentum"] else None,
        rate=float(group["lr"]),
        alpha=float(group["alpha"]),
        eps=float(group["eps"]),
        momentum=float(group["momentum"]),
        decay=float(group["weight_decay"]),
    )
