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
        self.reduction = reduction

    def options(self) -> dict[str, Any]:
        """Return what the function is called with, beside the prediction and the target."""
        return {"reduction": self.reduction}

    def forward(self, x: Array, target: Array) -> Array:
        return type(self).loss(x, target, **self.options())

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.options().items())


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

    Parameters
    ----------
    reduction
        See `MSELoss`.
    delta : float, default 1
        The distance from which on the slope stays the same.

    Raises
    ------
    ValueError
        In a call, if the shapes differ, or `delta` isn't positive.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> loss = nn.HuberLoss(reduction="sum", delta=2.0)
    >>> loss(minigen.tensor([[1.0, 3.0]]), minigen.zeros(1, 2)).item()
    4.5

    Derivation: huber_error
    """

    loss = staticmethod(F.huber_loss)

    def __init__(self, *, reduction: str | None = None, delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def options(self) -> dict[str, Any]:
        return {**super().options(), "delta": self.delta}


class SmoothL1Loss(_Loss):
    """Absolute error, rounded at 0; see `minigen.functional.smooth_l1_loss`.

    Parameters
    ----------
    reduction
        See `MSELoss`.
    beta : float, default 1
        Up to which distance the error is rounded; with 0 it is that of `L1Loss`.

    Raises
    ------
    ValueError
        In a call, if the shapes differ, or `beta` is negative.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> loss = nn.SmoothL1Loss(reduction="sum", beta=2.0)
    >>> loss(minigen.tensor([[1.0, 3.0]]), minigen.zeros(1, 2)).item()
    2.25

    Derivation: huber_error
    """

    loss = staticmethod(F.smooth_l1_loss)

    def __init__(self, *, reduction: str | None = None, beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.beta = beta

    def options(self) -> dict[str, Any]:
        return {**super().options(), "beta": self.beta}


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

    Parameters
    ----------
    reduction
        See `MSELoss`.
    ignore_index : int, default -100
        A class that costs nothing, such as that of padding; ``"mean"`` is over all others.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> loss = nn.CrossEntropyLoss(reduction="mean", ignore_index=0)
    >>> round(loss(minigen.zeros(3, 10), minigen.tensor([4, 0, 7])).item(), 4)  # of the two others
    2.3026

    Derivation: cross_entropy, cross_entropy.padded
    """

    loss = staticmethod(F.cross_entropy)

    def __init__(self, *, reduction: str | None = None, ignore_index: int = -100) -> None:
        super().__init__(reduction=reduction)
        self.ignore_index = ignore_index

    def options(self) -> dict[str, Any]:
        return {**super().options(), "ignore_index": self.ignore_index}
