"""The divergence of distributions over classes, whose probabilities are given."""

from __future__ import annotations

from minigen.engine.backend import CPU, Array, array_of, device_of
from minigen.engine.tensor import Tensor
from minigen.ops.arithmetic import exp, log, mul, sub, where
from minigen.ops.losses.reductions import reduce
from minigen.ops.losses.refusals import expect_one_shape

__all__ = ["kl_div"]


def kl_div(
    x: Array, target: Array, reduction: str = "batchmean", log_target: bool = False
) -> Tensor:
    r"""KL divergence of the distribution of the target from that of the prediction, in nats.

    .. math:: \mathrm{KL}(t \| p) = \sum_c t_c\, (\ln t_c - \ln p_c)

    The prediction comes first and as logarithms, as in PyTorch: it trains a network whose
    `log_softmax` is to be near the probabilities of another one.

    Parameters
    ----------
    x : Tensor or array, shape (N, ...)
        Logarithms of probabilities, :math:`\ln p`.
    target : Tensor or array, of the same shape
        Probabilities t, of which 0 costs nothing; their logarithms with `log_target`.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`. ``"mean"`` is over all elements, which is no divergence.
    log_target : bool, default False
        Whether the target is given as logarithms.

    Raises
    ------
    ValueError
        If the shapes differ, or a probability on the CPU is negative.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> even, sure = minigen.tensor([[0.5, 0.5]]), minigen.tensor([[1.0, 0.0]])
    >>> round(F.kl_div(even.log(), sure).item(), 4)
    0.6931

    Derivation: kl.classes
    """
    expect_one_shape("kl_div", x=x, target=target)
    if log_target:
        return reduce(mul(exp(target), sub(target, x)), reduction)  # type: ignore[no-any-return]
    _expect_probabilities(target)
    zero = array_of(target) == 0
    entropy = where(zero, 0.0, mul(target, log(where(zero, 1.0, target))))
    return reduce(sub(entropy, mul(target, x)), reduction)  # type: ignore[no-any-return]


def _expect_probabilities(target: Array) -> None:
    """Raise if a target on the CPU is negative, as a logarithm would be."""
    array = array_of(target)
    if device_of(array) == CPU and (array < 0).any():
        raise ValueError(
            "kl_div: target must hold probabilities, 0 or more, got "
            f"{float(array[array < 0].min()):g}; if these are logarithms, pass log_target=True"
        )
