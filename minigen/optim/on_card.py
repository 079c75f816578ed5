"""Updates of all parameters of a group at once, on a GPU: see `minigen.kernels.cuda.optimizers`.

Each function makes the numbers that its optimiser's kernel needs of the options.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

from minigen.kernels.cuda import optimizers as kernels
from minigen.kernels.cuda.source import Kernel
from minigen.optim.adam import Adam, AdamW
from minigen.optim.optimizer import Optimizer
from minigen.optim.rmsprop import RMSprop
from minigen.optim.sgd import SGD
from minigen.optim.state import Group
from minigen.optim.together import Numbers, NumbersOf, update_together_of


def _by(optimizer: type[Optimizer], kernel: Kernel) -> Callable[[NumbersOf], NumbersOf]:
    return update_together_of(optimizer, kernels.fits, functools.partial(kernels.update, kernel))


@_by(Adam, kernels.ADAM)
def adam(group: Group, step: int) -> Numbers:
    """Update as `Adam.update` does: the decay is part of the gradient."""
    return _adam(group, step, shrink=1.0, decay=float(group["weight_decay"]))


@_by(AdamW, kernels.ADAM)
def adamw(group: Group, step: int) -> Numbers:
    """Update as `AdamW.update` does: the weights shrink first."""
    shrink = 1 - float(group["lr"]) * float(group["weight_decay"])
    return _adam(group, step, shrink=shrink, decay=0.0)


def _adam(group: Group, step: int, *, shrink: float, decay: float) -> Numbers:
    beta1, beta2 = map(float, group["betas"])
    root = math.sqrt(1 - beta2**step)
    return (
        bool(group["amsgrad"]),
        *(beta1, 1 - beta1, beta2, 1 - beta2),
        float(group["eps"]) * root,
        float(group["lr"]) * root / (1 - beta1**step),
        shrink,
        decay,
    )


@_by(SGD, kernels.SGD)
def sgd(group: Group, step: int) -> Numbers:
    """Update as `SGD.update` does."""
    return (
        bool(group["momentum"]),
        step == 1,
        bool(group["nesterov"]),
        float(group["lr"]),
        float(group["momentum"]),
        1 - float(group["dampening"]),
        float(group["weight_decay"]),
    )


@_by(RMSprop, kernels.RMSPROP)
def rmsprop(group: Group, step: int) -> Numbers:  # noqa: ARG001 - always the same
    """Update as `RMSprop.update` does."""
    alpha = float(group["alpha"])
    return (
        bool(group["centered"]),
        bool(group["momentum"]),
        float(group["lr"]),
        *(alpha, 1 - alpha),
        float(group["eps"]),
        float(group["momentum"]),
        float(group["weight_decay"]),
    )
