"""Stochastic gradient descent, with momentum and Nesterov's variant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minigen.engine.backend import Array
from minigen.optim.optimizer import Optimizer, check_range
from minigen.optim.state import Group


class SGD(Optimizer):
    r"""Stochastic gradient descent.

    With gradient g, decay :math:`\lambda`, momentum :math:`\mu`, dampening :math:`\tau`, rate
    :math:`\eta`:

    .. math::
        g &\leftarrow g + \lambda w \\
        b &\leftarrow \mu b + (1 - \tau) g \qquad (b = g \text{ in the first step}) \\
        w &\leftarrow w - \eta b \qquad (\text{Nesterov: } w - \eta (g + \mu b))

    and :math:`w \leftarrow w - \eta g` without momentum. Polyak (1964); Nesterov's momentum in the
    form of Sutskever et al. (2013), PMLR 28.

    Parameters
    ----------
    params, lr
        See `Optimizer`; the learning rate :math:`\eta` is not negative.
    momentum : float, not negative
        :math:`\mu`.
    dampening : float
        :math:`\tau`.
    weight_decay : float, not negative
        :math:`\lambda`.
    nesterov : bool
        Nesterov's momentum, which needs momentum and no dampening.
    maximize : bool
        Whether to go uphill; see `Optimizer`.

    Examples
    --------
    >>> from minigen import nn, optim
    >>> weight = nn.Parameter([1.0])
    >>> optimizer = optim.SGD([weight], lr=0.5)
    >>> (weight * weight).sum().backward()
    >>> optimizer.step()
    >>> weight.tolist()
    [0.0]

    Derivation: sgd, sgd.nesterov
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
        }
        super().__init__(params, defaults, maximize=maximize)

    def check_options(self, group: Group) -> None:
        """Refuse negative options, and Nesterov's momentum without momentum."""
        for name in ("lr", "momentum", "weight_decay"):
            check_range("SGD", name, group[name])
        if group["nesterov"] and (group["momentum"] == 0 or group["dampening"] != 0):
            raise ValueError(
                "SGD: nesterov needs momentum above 0 and dampening 0, "
                f"got {group['momentum']} and {group['dampening']}"
            )

    def moments(self, group: Group) -> tuple[str, ...]:
        """Return the name of b, if there is momentum."""
        return ("momentum_buffer",) if group["momentum"] else ()

    def update(
        self, group: Group, step: int, weights: Array, gradient: Array, *moments: Array
    ) -> None:
        if group["weight_decay"]:
            gradient = gradient + weights * float(group["weight_decay"])
        direction = gradient
        if moments:
            (buffer,) = moments
            momentum = float(group["momentum"])
            if step == 1:
                buffer[...] = gradient
            else:
                buffer *= momentum
                buffer += gradient * (1 - float(group["dampening"]))
            direction = gradient + buffer * momentum if group["nesterov"] else buffer
        weights -= direction * float(group["lr"])
