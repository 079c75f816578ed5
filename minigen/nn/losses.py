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
from minigen.engine.creation import tensor
from minigen.engine.tensor import Tensor
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
        """Return what the function is called with, beside prediction, target and weights."""
        return {"reduction": self.reduction}

    def weights(self) -> dict[str, Tensor]:
        """Return the weights that were given, which are buffers and move with the module."""
        return dict(self.named_buffers(recurse=False))

    def forward(self, x: Array, target: Array) -> Array:
        return type(self).loss(x, target, **self.options(), **self.weights())

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

    `BCEWithLogitsLoss` is exact where a probability is next to 0 or 1.

    Parameters
    ----------
    weight : Tensor, optional
        A factor of each element's loss, of a shape that broadcasts to that of the probabilities.
    reduction
        See `MSELoss`.

    Derivation: bce, losses.weighted
    """

    loss = staticmethod(F.binary_cross_entropy)

    def __init__(self, weight: Array | None = None, *, reduction: str | None = None) -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", _as_tensor(weight))


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy, from logits; see `minigen.functional.binary_cross_entropy_with_logits`.

    Parameters
    ----------
    weight : Tensor, optional
        A factor of each element's loss, of a shape that broadcasts to that of the logits.
    reduction
        See `MSELoss`.
    pos_weight : Tensor, optional
        A factor of the loss where the target is 1, which makes up for outcomes that are rare; one
        number a feature, say.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> loss = nn.BCEWithLogitsLoss(reduction="sum", pos_weight=minigen.tensor([9.0]))
    >>> round(loss(minigen.zeros(1, 1), minigen.ones(1, 1)).item(), 4)
    6.2383

    Derivation: bce_with_logits, bce.positive_weight, losses.weighted
    """

    loss = staticmethod(F.binary_cross_entropy_with_logits)

    def __init__(
        self,
        weight: Array | None = None,
        *,
        reduction: str | None = None,
        pos_weight: Array | None = None,
    ) -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", _as_tensor(weight))
        self.register_buffer("pos_weight", _as_tensor(pos_weight))


class CrossEntropyLoss(_Loss):
    """Cross-entropy of logits and classes; see `minigen.functional.cross_entropy`.

    For one class an example ``"batchmean"`` and ``"mean"`` are the same, unless classes are
    weighted or ignored.

    Parameters
    ----------
    weight : Tensor, shape (C,), optional
        How much each class counts; ``"mean"`` divides by the sum of the weights of the targets.
    ignore_index : int, default -100
        A class that costs nothing, such as that of padding; ``"mean"`` is over all others.
    reduction
        See `MSELoss`.
    label_smoothing : float, in [0, 1], default 0
        The share of each target that is spread evenly over all classes.

    Raises
    ------
    ValueError
        In a call, if the shapes do not fit, a class on the CPU lies outside [0, C), or
        `label_smoothing` outside [0, 1].

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> loss = nn.CrossEntropyLoss(reduction="mean", ignore_index=0)
    >>> round(loss(minigen.zeros(3, 10), minigen.tensor([4, 0, 7])).item(), 4)  # of the two others
    2.3026

    Derivation: cross_entropy, cross_entropy.padded, cross_entropy.weighted
    """

    loss = staticmethod(F.cross_entropy)

    def __init__(
        self,
        weight: Array | None = None,
        *,
        ignore_index: int = -100,
        reduction: str | None = None,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", _as_tensor(weight))
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def options(self) -> dict[str, Any]:
        smoothing = {"label_smoothing": self.label_smoothing} if self.label_smoothing else {}
        return {**super().options(), "ignore_index": self.ignore_index, **smoothing}


class NLLLoss(_Loss):
    """Cross-entropy of log-probabilities and classes; see `minigen.functional.nll_loss`.

    Parameters
    ----------
    weight : Tensor, shape (C,), optional
        How much each class counts, as for `CrossEntropyLoss`.
    ignore_index : int, default -100
        A class that costs nothing.
    reduction
        See `MSELoss`.

    Raises
    ------
    ValueError
        In a call, if the shapes do not fit, or a class on the CPU lies outside [0, C).

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> network = nn.Sequential(nn.Dense(8, 10), nn.LogSoftmax())
    >>> loss = nn.NLLLoss(reduction="mean")(network(minigen.zeros(4, 8)), minigen.tensor([1] * 4))
    >>> loss.shape
    ()

    Derivation: cross_entropy, cross_entropy.weighted
    """

    loss = staticmethod(F.nll_loss)

    def __init__(
        self,
        weight: Array | None = None,
        *,
        ignore_index: int = -100,
        reduction: str | None = None,
    ) -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", _as_tensor(weight))
        self.ignore_index = ignore_index

    def options(self) -> dict[str, Any]:
        return {**super().options(), "ignore_index": self.ignore_index}


class KLDivLoss(_Loss):
    """Divergence of distributions over classes; see `minigen.functional.kl_div`.

    Parameters
    ----------
    reduction
        See `MSELoss`; a divergence is ``"batchmean"``.
    log_target : bool, default False
        Whether the target is given as logarithms, as the prediction always is.

    Raises
    ------
    ValueError
        In a call, if the shapes differ, or a probability on the CPU is negative.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> even, sure = minigen.tensor([[0.5, 0.5]]), minigen.tensor([[1.0, 0.0]])
    >>> round(nn.KLDivLoss(reduction="batchmean")(even.log(), sure).item(), 4)
    0.6931

    Derivation: kl.classes
    """

    loss = staticmethod(F.kl_div)

    def __init__(self, *, reduction: str | None = None, log_target: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.log_target = log_target

    def options(self) -> dict[str, Any]:
        return {**super().options(), "log_target": self.log_target}


class GaussianNLLLoss(_Loss):
    """Likelihood of Gaussians, from variances; see `minigen.functional.gaussian_nll_loss`.

    Parameters
    ----------
    full : bool, default False
        Whether to add the constant.
    eps : float, default 1e-6
        The least variance.
    reduction
        See `MSELoss`.

    Raises
    ------
    ValueError
        In a call, if the shapes do not fit, `eps` is negative, or so is a variance on the CPU.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> loss = nn.GaussianNLLLoss(reduction="mean")
    >>> loss(minigen.zeros(1, 2), minigen.ones(1, 2), minigen.ones(1, 2)).item()
    0.5

    Derivation: gaussian.nll
    """

    loss = staticmethod(F.gaussian_nll_loss)

    def __init__(
        self, *, full: bool = False, eps: float = 1e-6, reduction: str | None = None
    ) -> None:
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = eps

    def options(self) -> dict[str, Any]:
        return {"full": self.full, "eps": self.eps, **super().options()}

    def forward(self, x: Array, target: Array, var: Array | float) -> Array:  # type: ignore[override]
        """Return the loss of means x, values and variances."""
        return type(self).loss(x, target, var, **self.options())


class TripletMarginLoss(_Loss):
    """Margin between what is alike and what is not; `minigen.functional.triplet_margin_loss`.

    Parameters
    ----------
    margin, p, eps, swap
        As there.
    reduction
        See `MSELoss`; of points (N, features), ``"batchmean"`` and ``"mean"`` are the same.

    Raises
    ------
    ValueError
        In a call, if the shapes differ, or the margin isn't positive.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> points = (minigen.tensor([[x, 0.0]]) for x in (0.0, 1.0, 1.5))
    >>> round(nn.TripletMarginLoss(reduction="mean")(*points).item(), 4)
    0.5
    """

    loss = staticmethod(F.triplet_margin_loss)

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2,
        eps: float = 1e-6,
        swap: bool = False,
        *,
        reduction: str | None = None,
    ) -> None:
        super().__init__(reduction=reduction)
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def options(self) -> dict[str, Any]:
        own = {"margin": self.margin, "p": self.p, "eps": self.eps, "swap": self.swap}
        return {**own, **super().options()}

    def forward(self, anchor: Array, positive: Array, negative: Array) -> Array:  # type: ignore[override]
        """Return the loss of points, something like each, and something unlike it."""
        return type(self).loss(anchor, positive, negative, **self.options())


class CosineSimilarity(Module):
    """Cosine of the angle between vectors; see `minigen.functional.cosine_similarity`.

    Parameters
    ----------
    dim : int, default 1
        The axis along which the vectors lie.
    eps : float, default 1e-8
        What stands for a shorter length.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn
    >>> nn.CosineSimilarity()(minigen.tensor([[1.0, 0.0]]), minigen.tensor([[1.0, 1.0]])).tolist()
    [0.7071067690849304]
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Array, x2: Array) -> Any:
        """Return the cosines, without the axis."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, eps={self.eps}"


def _as_tensor(weight: Any) -> Tensor | None:
    """Return weights as a buffer holds them: a tensor that is no parameter."""
    if weight is None:
        return None
    return weight.detach() if isinstance(weight, Tensor) else tensor(weight)
