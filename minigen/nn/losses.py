r"""Losses as modules, under PyTorch's names.

Each asks which reduction is meant. PyTorch's modules average over all elements (``"mean"``), the
functions of `minigen.functional` sum over an example's features and average over the batch
(``"batchmean"``): for images the two differ by the number of pixels, and whoever takes the one for
the other trains another model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from minigen import functional as F
from minigen.engine.backend import Array
from minigen.nn.module import Module
from minigen.ops.losses import REDUCTIONS


class _Loss(Module):
    """A loss function with its reduction."""

    loss: ClassVar[Callable[..., Any]]

    def __init__(self, *, reduction: str | None = None) -> None:
        super().__init__()
        if reduction not in REDUCTIONS:
            got = "none is given" if reduction is None else f"got {reduction!r}"
            raise (TypeError if reduction is None else ValueError)(
                f"{type(self).__name__}: say which reduction: 'mean' over all elements, PyTorch's "
                "default; 'batchmean', the sum over an example averaged over the batch, that of "
                f"minigen.functional; 'sum' or 'none'; {got}"
            )
        self.reduction: str = reduction

    def forward(self, x: Array, target: Array) -> Array:
        return type(self).loss(x, target, reduction=self.reduction)

    def extra_repr(self) -> str:
        return f"reduction={self.reduction!r}"


class MSELoss(_Loss):
    """Squared error; see `minigen.functional.mse_loss`.

    Parameters
    ----------
    reduction : {"mean", "batchmean", "sum", "none"}
        Has no default.

    Raises
    ------
    TypeError
        If it isn't given.
    ValueError
        If it is none of these.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> x, target = minigen.zeros(2, 3), minigen.ones(2, 3)
    >>> nn.MSELoss(reduction="mean")(x, target).item()
    1.0
    >>> nn.MSELoss(reduction="batchmean")(x, target).item()
    3.0

    Derivation: mse
    """

    loss = staticmethod(F.mse_loss)


class L1Loss(_Loss):
    """Absolute error; see `minigen.functional.l1_loss`, and `MSELoss` for the reductions.

    Derivation: absolute_error
    """

    loss = staticmethod(F.l1_loss)


class HuberLoss(_Loss):
    """Squared error when near, absolute error when far; see `minigen.functional.huber_loss`.

    `MSELoss` has the reductions.

    Derivation: huber_error
    """

    loss = staticmethod(F.huber_loss)

    def __init__(self, *, reduction: str | None = None, delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, x: Array, target: Array) -> Array:
        return F.huber_loss(x, target, self.reduction, self.delta)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, delta={self.delta}"


class SmoothL1Loss(_Loss):
    """Absolute error, rounded at 0; see `minigen.functional.smooth_l1_loss`.

    `MSELoss` has the reductions.

    Derivation: huber_error
    """

    loss = staticmethod(F.smooth_l1_loss)

    def __init__(self, *, reduction: str | None = None, beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.beta = beta

    def forward(self, x: Array, target: Array) -> Array:
        return F.smooth_l1_loss(x, target, self.reduction, self.beta)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, beta={self.beta}"


class BCELoss(_Loss):
    """Binary cross-entropy of probabilities; see `minigen.functional.binary_cross_entropy`.

    `BCEWithLogitsLoss` is exact where a probability is next to 0 or 1. `MSELoss` has the
    reductions.

    Derivation: bce
    """

    loss = staticmethod(F.binary_cross_entropy)


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy, from logits; see `minigen.functional.binary_cross_entropy_with_logits`.

    `MSELoss` has the reductions.

    Derivation: bce_with_logits
    """

    loss = staticmethod(F.binary_cross_entropy_with_logits)


class CrossEntropyLoss(_Loss):
    """Cross-entropy of logits and classes; see `minigen.functional.cross_entropy`.

    For one class an example ``"batchmean"`` and ``"mean"`` are the same. `MSELoss` has the
    reductions.

    Derivation: cross_entropy
    """

    loss = staticmethod(F.cross_entropy)
