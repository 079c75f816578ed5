"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minigen.engine.backend import Array, namespace
from minigen.optim.optimizer import Optimizer, check_range
from minigen.optim.state import Group


class RMSprop(Optimizer):
    r"""Gradients divided by a running root of their mean square.

    With gradient g, decay :math:`\lambda`, rate :math:`\eta`:

    .. math::
        g &\leftarrow g + \lambda w \\
        v &\leftarrow \alpha v + (1 - \alpha) g^2 \\
        w &\leftarrow w - \eta\, g / (\sqrt{v} + \epsilon)

    If `centered`, the variance :math:`v - m^2` stands in place of v, with
    :math:`m \leftarrow \alpha m + (1 - \alpha) g`. With momentum,
    :math:`b \leftarrow \mu b + g / (\sqrt{v} + \epsilon)` and :math:`w \leftarrow w - \eta b`.
    Tieleman and Hinton (2012), Coursera lecture 6.5; centred: Graves (2013), arXiv:1308.0850.

    Parameters
    ----------
    params, lr
        See `Optimizer`; the learning rate :math:`\eta` is not negative.
    alpha : float, in [0, 1)
        :math:`\alpha`.
    eps : float, not negative
        :math:`\epsilon`.
    weight_decay : float, not negative
        :math:`\lambda`.
    momentum : float, not negative
        :math:`\mu`.
    centered : bool
        See above.
    maximize : bool
        Whether to go uphill; see `Optimizer`.

    Examples
    --------
    >>> from minigen import nn, optim
    >>> weight = nn.Parameter([1.0])
    >>> optimizer = optim.RMSprop([weight], lr=0.1, alpha=0.75)
    >>> (weight * 3).sum().backward()
    >>> optimizer.step()
    >>> round(weight.item(), 4)
    0.8

    Derivation: rmsprop
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "alpha": alpha,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "centered": centered,
        }
        super().__init__(params, defaults, maximize=maximize)

    def check_options(self, group: Group) -> None:
        """Refuse negative options, and alpha from 1 on."""
        for name in ("lr", "eps", "weight_decay", "momentum"):
            check_range("RMSprop", name, group[name])
        check_range("RMSprop", "alpha", group["alpha"], below=1)

    def moments(self, group: Group) -> tuple[str, ...]:
        """Return the names of v, of m if centred, and of b if there is momentum."""
        mean = ("grad_avg",) if group["centered"] else ()
        buffer = ("momentum_buffer",) if group["momentum"] else ()
        return ("square_avg", *mean, *buffer)

    def update(
        self,
        group: Group,
        step: int,  # noqa: ARG002 - the same in every step
        weights: Array,
        gradient: Array,
        *moments: Array,
    ) -> None:
        xp = namespace(weights)
        alpha = float(group["alpha"])
        square, *others = moments
        if group["weight_decay"]:
            gradient = gradient + weights * float(group["weight_decay"])

        scratch = gradient * gradient
        scratch *= 1 - alpha
        square *= alpha
        square += scratch
        if group["centered"]:
            mean, *others = others
            mean *= alpha
            mean += gradient * (1 - alpha)
            xp.multiply(mean, mean, out=scratch)
            xp.subtract(square, scratch, out=scratch)
            xp.maximum(scratch, 0, out=scratch)  # rounding can make a variance of 0 negative
            xp.sqrt(scratch, out=scratch)
        else:
            xp.sqrt(square, out=scratch)
        scratch += float(group["eps"])
        xp.divide(gradient, scratch, out=scratch)

        if others:
            (buffer,) = others
            buffer *= float(group["momentum"])
            buffer += scratch
            xp.multiply(buffer, float(group["lr"]), out=scratch)
        else:
            scratch *= float(group["lr"])
        weights -= scratch
