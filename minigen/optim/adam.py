"""Adam, and AdamW with its decoupled weight decay."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from minigen.engine.backend import Array, namespace
from minigen.optim.optimizer import Optimizer, check_range
from minigen.optim.state import Group


class Adam(Optimizer):
    r"""Adaptive moments: steps of about the learning rate, whatever the gradient's scale.

    With gradient g, decay :math:`\lambda`, rate :math:`\eta`, in step t:

    .. math::
        g &\leftarrow g + \lambda w \\
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        w &\leftarrow w - \eta\, \hat m / (\sqrt{\hat v} + \epsilon), \qquad
        \hat m = \frac{m}{1 - \beta_1^t}, \quad \hat v = \frac{v}{1 - \beta_2^t}

    The corrections make good for moments that start at 0. With `amsgrad`, the largest v so far
    stands in place of v. Kingma and Ba (2015), arXiv:1412.6980; AMSGrad: Reddi, Kale, Kumar
    (2018).

    Parameters
    ----------
    params, lr
        See `Optimizer`; the learning rate :math:`\eta` is not negative.
    betas : (float, float), in [0, 1)
        :math:`\beta_1` and :math:`\beta_2`.
    eps : float, not negative
        :math:`\epsilon`.
    weight_decay : float, not negative
        :math:`\lambda`, which is added to the gradient; `AdamW` decays the weights themselves.
    amsgrad : bool
        See above.
    maximize : bool
        Whether to go uphill; see `Optimizer`.

    Examples
    --------
    >>> from minigen import nn, optim
    >>> weight = nn.Parameter([1.0])
    >>> optimizer = optim.Adam([weight], lr=0.1)
    >>> (weight * 1000).sum().backward()
    >>> optimizer.step()
    >>> round(weight.item(), 4)
    0.9

    Derivation: adam, adam.bias_correction, adam.amsgrad
    """

    fixed: ClassVar[Mapping[str, Any]] = {**Optimizer.fixed, "decoupled_weight_decay": False}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
        }
        super().__init__(params, defaults, maximize=maximize)

    def check_options(self, group: Group) -> None:
        """Refuse negative options, and betas from 1 on."""
        for name in ("lr", "eps", "weight_decay"):
            check_range(self._name, name, group[name])
        if not isinstance(group["betas"], tuple | list) or len(group["betas"]) != 2:
            raise ValueError(f"{self._name}: betas must be two numbers, got {group['betas']!r}")
        for position, beta in enumerate(group["betas"]):
            check_range(self._name, f"betas[{position}]", beta, below=1)

    def moments(self, group: Group) -> tuple[str, ...]:
        """Return the names of m, of v and, for AMSGrad, of the largest v."""
        return ("exp_avg", "exp_avg_sq", *(("max_exp_avg_sq",) if group["amsgrad"] else ()))

    def update(
        self, group: Group, step: int, weights: Array, gradient: Array, *moments: Array
    ) -> None:
        xp = namespace(weights)
        lr = float(group["lr"])
        beta1, beta2 = map(float, group["betas"])
        mean, square, *largest = moments
        if group["weight_decay"]:
            gradient = self.decay(weights, gradient, lr, float(group["weight_decay"]))

        scratch = gradient * (1 - beta1)
        mean *= beta1
        mean += scratch

        xp.multiply(gradient, gradient, out=scratch)
        scratch *= 1 - beta2
        square *= beta2
        square += scratch
        if largest:
            square = xp.maximum(largest[0], square, out=largest[0])

        # The corrections go into two numbers: numerator and denominator times √(1 - β₂ᵗ).
        root = math.sqrt(1 - beta2**step)
        xp.sqrt(square, out=scratch)
        scratch += float(group["eps"]) * root
        xp.divide(mean, scratch, out=scratch)
        scratch *= lr * root / (1 - beta1**step)
        weights -= scratch

    def decay(self, weights: Array, gradient: Array, lr: float, weight_decay: float) -> Array:  # noqa: ARG002
        """Return the gradient with that of the penalty, λ/2 ‖w‖², added."""
        return gradient + weights * weight_decay


class AdamW(Adam):
    r"""Adam with decoupled weight decay: the weights themselves decay, not their gradients grow.

    Each step begins with :math:`w \leftarrow (1 - \eta\lambda) w`, and goes on as Adam's without
    decay. So the decay of a weight does not depend on the size of its gradients. Loshchilov and
    Hutter (2019), arXiv:1711.05101, algorithm 2.

    Parameters
    ----------
    params, lr, betas, eps, amsgrad, maximize
        See `Adam`.
    weight_decay : float, not negative, default 0.01
        :math:`\lambda`.

    Examples
    --------
    >>> from minigen import nn, optim
    >>> weight = nn.Parameter([1.0])
    >>> optimizer = optim.AdamW([weight], lr=0.1, weight_decay=0.5)
    >>> (weight * 0).sum().backward()
    >>> optimizer.step()
    >>> round(weight.item(), 4)
    0.95

    Derivation: adamw
    """

    fixed: ClassVar[Mapping[str, Any]] = {**Optimizer.fixed, "decoupled_weight_decay": True}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def decay(self, weights: Array, gradient: Array, lr: float, weight_decay: float) -> Array:
        """Shrink the weights in place; return the gradient as it is."""
        weights *= 1 - lr * weight_decay
        return gradient
