r"""Losses and divergences, with one normalisation kept everywhere.

By default (``reduction="batchmean"``) a loss is **summed over an example's features and averaged
over the batch**, the first axis. So a reconstruction term in nats an image and a KL term in nats an
image can be added as they are; a mean over pixels would weigh the KL some hundred times too much
and make the posterior collapse. The other reductions are ``"sum"``, ``"none"``, and ``"mean"`` over
all elements, which is PyTorch's default.

Arrays whose shapes differ are a `ValueError`: broadcasting a target is a mistake more often than a
wish. Every divergence and log-likelihood is in nats.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigen.engine.backend import (
    CPU,
    Array,
    array_of,
    device_of,
    floating,
    namespace,
    promote,
)
from minigen.engine.op import Cotangents, op
from minigen.engine.tensor import Tensor
from minigen.ops.activation import log_softmax, sigmoid
from minigen.ops.arithmetic import abs, add, clip, exp, log, maximum, sub, where
from minigen.ops.reduction import mean, sum
from minigen.ops.shaping import getitem

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "gaussian_nll",
    "huber_loss", "kl_gaussian", "kl_standard_normal", "l1_loss", "mse_loss", "nll_loss",
    "smooth_l1_loss",
]  # fmt: skip

REDUCTIONS = ("batchmean", "sum", "mean", "none")

LOG_FLOOR = -100.0
"""The least logarithm of a probability in `binary_cross_entropy`, as in PyTorch."""


def reduce(values: Array, reduction: str) -> Array:
    r"""Reduce a loss per element: the normalisation of this library, in one place.

    Parameters
    ----------
    values : Tensor or array, shape (N, ...)
        A loss an element, the batch along the first axis.
    reduction : {"batchmean", "sum", "mean", "none"}
        Sum over features and mean over the batch; sum; mean over all elements; as it is.

    Raises
    ------
    ValueError
        If `reduction` is none of these.

    Derivation: losses.batchmean
    """
    if reduction == "batchmean":
        total = sum(values)
        return total / values.shape[0] if values.ndim else total
    if reduction == "sum":
        return sum(values)
    if reduction == "mean":
        return mean(values)
    if reduction == "none":
        return values
    raise ValueError(f"unknown reduction {reduction!r}: use one of {', '.join(REDUCTIONS)}")


@op
def squared_error(x: Array, target: Array) -> Array:
    r"""Squared error of each element: :math:`(x - t)^2`.

    Derivation: squared_error
    """
    x, target = promote(x, target)
    difference = x - target
    difference *= difference
    return difference


@squared_error.vjp
def squared_error_vjp(g: Array, _out: Array, x: Array, target: Array) -> Cotangents:
    r""":math:`\bar x = 2 g (x - t),\ \bar t = -\bar x`.

    Derivation: squared_error.grad
    """
    return lambda: g * ((x - target) * 2), lambda: g * ((target - x) * 2)


def mse_loss(x: Array, target: Array, reduction: str = "batchmean") -> Tensor:
    r"""Squared error :math:`\sum_d (x_d - t_d)^2`, averaged over the batch.

    Up to a constant, twice the negative log-likelihood of a Gaussian with variance 1.

    Parameters
    ----------
    x, target : Tensor or array, shape (N, ...)
        Prediction and target, of one shape.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.mse_loss(minigen.zeros(2, 3), minigen.ones(2, 3)).item()
    3.0

    Derivation: mse, squared_error
    """
    _expect_one_shape("mse_loss", x=x, target=target)
    return reduce(squared_error(x, target), reduction)  # type: ignore[no-any-return]


def l1_loss(x: Array, target: Array, reduction: str = "batchmean") -> Tensor:
    r"""Absolute error :math:`\sum_d |x_d - t_d|`, averaged over the batch.

    The negative log-likelihood of a Laplace distribution of scale 1, but for :math:`\ln 2` an
    element. It asks for the median of the targets where `mse_loss` asks for their mean.

    Parameters
    ----------
    x, target : Tensor or array, shape (N, ...)
        Prediction and target, of one shape.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.l1_loss(minigen.zeros(2, 3), minigen.full((2, 3), -2.0)).item()
    6.0

    Derivation: absolute_error
    """
    _expect_one_shape("l1_loss", x=x, target=target)
    return reduce(abs(sub(x, target)), reduction)  # type: ignore[no-any-return]


@op
def huber_error(x: Array, target: Array, delta: float = 1.0) -> Array:
    r"""Huber's error of each element, of :math:`d = |x - t|`: :math:`m\,(d - m/2)`.

    Here :math:`m = \min(d, \delta)`: it is :math:`d^2/2` up to :math:`\delta`, and goes on along
    its tangent.

    Derivation: huber_error
    """
    x, target = promote(x, target)
    xp = namespace(x)
    distance = xp.abs(x - target)
    near = xp.minimum(distance, delta)
    return near * (distance - near / 2)


@huber_error.vjp
def huber_error_vjp(g: Array, _out: Array, x: Array, target: Array, *, delta: float) -> Cotangents:
    r""":math:`\bar x = g\,\max(-\delta, \min(\delta, x - t)),\ \bar t = -\bar x`.

    Derivation: huber_error.grad
    """
    return lambda: g * clip(x - target, -delta, delta), lambda: g * clip(target - x, -delta, delta)


def huber_loss(x: Array, target: Array, reduction: str = "batchmean", delta: float = 1.0) -> Tensor:
    r"""Huber's error, squared when near and absolute when far, averaged over the batch.

    .. math:: \sum_d \begin{cases} (x_d - t_d)^2 / 2 & |x_d - t_d| \le \delta \\
              \delta\,(|x_d - t_d| - \delta/2) & \text{else} \end{cases}

    Parameters
    ----------
    x, target : Tensor or array, shape (N, ...)
        Prediction and target, of one shape.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.
    delta : float, default 1
        The distance from which on the slope stays the same.

    Raises
    ------
    ValueError
        If the shapes differ, or `delta` isn't positive.

    References
    ----------
    Huber (1964), Robust Estimation of a Location Parameter, Ann. Math. Statist. 35.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.huber_loss(minigen.tensor([[0.5, 3.0]]), minigen.zeros(1, 2), reduction="none").tolist()
    [[0.125, 2.5]]

    Derivation: huber_error
    """
    _expect_one_shape("huber_loss", x=x, target=target)
    if not delta > 0:
        raise ValueError(f"huber_loss: a positive delta is expected, got {delta}")
    return reduce(huber_error(x, target, delta), reduction)  # type: ignore[no-any-return]


def smooth_l1_loss(
    x: Array, target: Array, reduction: str = "batchmean", beta: float = 1.0
) -> Tensor:
    r"""Huber's error divided by `beta`: an absolute error that is rounded at 0.

    Its slope is 1 when far, whatever `beta`, that of `huber_loss` is :math:`\delta`.

    Parameters
    ----------
    x, target : Tensor or array, shape (N, ...)
        Prediction and target, of one shape.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.
    beta : float, default 1
        Up to which distance it is rounded; 0 is `l1_loss`.

    Raises
    ------
    ValueError
        If the shapes differ, or `beta` is negative.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.smooth_l1_loss(minigen.tensor([[3.0]]), minigen.zeros(1, 1), beta=0.5).item()
    2.75

    Derivation: huber_error
    """
    _expect_one_shape("smooth_l1_loss", x=x, target=target)
    if not beta >= 0:
        raise ValueError(f"smooth_l1_loss: a beta of 0 or more is expected, got {beta}")
    if beta == 0:
        return l1_loss(x, target, reduction)
    return reduce(huber_error(x, target, beta) / beta, reduction)  # type: ignore[no-any-return]


@op
def logits_cross_entropy(logits: Array, target: Array) -> Array:
    r"""Binary cross-entropy of each element, from logits.

    With :math:`p = \sigma(l)`,

    .. math:: -t \ln p - (1 - t) \ln (1 - p) = \max(l, 0) - l t + \ln(1 + e^{-|l|}),

    which is finite for every logit.

    Derivation: bce_with_logits
    """
    logits, target = promote(floating(logits), target)
    xp = namespace(logits, target)
    loss = xp.asarray(xp.abs(logits))
    xp.negative(loss, out=loss)
    xp.exp(loss, out=loss)
    xp.log1p(loss, out=loss)
    loss += xp.maximum(logits, 0) - logits * target  # apart, they would cancel with rounding
    return loss


@logits_cross_entropy.vjp
def logits_cross_entropy_vjp(g: Array, _out: Array, logits: Array, target: Array) -> Cotangents:
    r""":math:`\bar l = g (\sigma(l) - t),\ \bar t = -g l`.

    Derivation: bce_with_logits.grad
    """
    return lambda: g * (sigmoid(logits) - target), lambda: -g * logits


def binary_cross_entropy_with_logits(
    logits: Array, target: Array, reduction: str = "batchmean"
) -> Tensor:
    r"""Negative log-likelihood of Bernoulli variables, from logits, in nats.

    Stable for every finite logit, with the gradient :math:`\sigma(l) - t`.

    Parameters
    ----------
    logits : Tensor or array, shape (N, ...)
        Log-odds :math:`l = \ln p / (1 - p)`.
    target : Tensor or array, shape (N, ...)
        Probabilities or outcomes in [0, 1].
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.

    Raises
    ------
    ValueError
        If the shapes differ, or a target on the CPU lies outside [0, 1]: the loss would have no
        lower bound. (On a GPU the check would have to wait for the device, and is left out.)

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> loss = F.binary_cross_entropy_with_logits(minigen.zeros(1, 1), minigen.ones(1, 1))
    >>> round(loss.item(), 4)
    0.6931

    Derivation: bce_with_logits
    """
    name = "binary_cross_entropy_with_logits"
    _expect_one_shape(name, logits=logits, target=target)
    _expect_probabilities(name, "target", target)
    return reduce(logits_cross_entropy(logits, target), reduction)  # type: ignore[no-any-return]


@op
def probability_cross_entropy(probability: Array, target: Array) -> Array:
    r"""Binary cross-entropy of each element, from probabilities.

    .. math:: -t \ln p - (1 - t) \ln (1 - p),

    each logarithm at least -100, so that p = 0 and p = 1 give finite values.

    Derivation: bce
    """
    probability, target = promote(probability, target)
    xp = namespace(probability, target)
    return -(
        target * _log_with_floor(xp, probability)
        + (1 - target) * _log_with_floor(xp, 1 - probability)
    )


def _log_with_floor(xp: Any, x: Array) -> Array:
    with np.errstate(divide="ignore"):  # ln 0 is what the floor is for
        return xp.maximum(xp.log(x), LOG_FLOOR)


@probability_cross_entropy.vjp
def probability_cross_entropy_vjp(
    g: Array, _out: Array, probability: Array, target: Array
) -> Cotangents:
    r""":math:`\bar p = g (p - t) / (p (1 - p))`, the denominator at least 1e-12.

    The floor keeps a gradient, large and of the right sign, where the value is clipped.

    Derivation: bce.grad
    """
    p, t = probability, target
    return (
        lambda: g * (p - t) / maximum(p * (1 - p), 1e-12),
        lambda: g * (_differentiable_log(1 - p) - _differentiable_log(p)),
    )


def _differentiable_log(x: Array) -> Array:
    r"""Return the logarithm with the floor as a chain of ops, of slope 0 on the floor.

    It is not the logarithm of :math:`\max(x, e^{-100})`: in float32 that number is subnormal, which
    a card takes for 0.
    """
    floored = x <= math.exp(LOG_FLOOR)
    return where(floored, LOG_FLOOR, log(where(floored, 1.0, x)))


def binary_cross_entropy(probability: Array, target: Array, reduction: str = "batchmean") -> Tensor:
    r"""Negative log-likelihood of Bernoulli variables, from probabilities, in nats.

    Prefer `binary_cross_entropy_with_logits`: a probability that has rounded to 0 or 1 has lost
    what the logit still knew.

    Parameters
    ----------
    probability, target : Tensor or array, shape (N, ...)
        In [0, 1].
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.

    Raises
    ------
    ValueError
        If the shapes differ, or values on the CPU lie outside [0, 1].

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> p = minigen.tensor([[0.5, 0.9]])
    >>> round(F.binary_cross_entropy(p, minigen.tensor([[1.0, 1.0]])).item(), 4)
    0.7985

    Derivation: bce
    """
    _expect_one_shape("binary_cross_entropy", probability=probability, target=target)
    _expect_probabilities("binary_cross_entropy", "probability", probability)
    _expect_probabilities("binary_cross_entropy", "target", target)
    return reduce(probability_cross_entropy(probability, target), reduction)  # type: ignore[no-any-return]


def cross_entropy(
    logits: Array, target: Array, reduction: str = "batchmean", ignore_index: int = -100
) -> Tensor:
    r"""Negative log-likelihood of classes in nats, :math:`-\ln \mathrm{softmax}(l)_t`, from logits.

    Parameters
    ----------
    logits : Tensor or array, shape (N, C, ...)
        Unnormalised log-probabilities of C classes.
    target : Tensor or array
        Integers in [0, C), shape (N, ...); or probabilities of the classes, of the logits' shape.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.
    ignore_index : int, default -100
        A class that costs nothing, such as that of padding; ``"mean"`` is over all others.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a class on the CPU lies outside [0, C).

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> round(F.cross_entropy(minigen.zeros(4, 10), minigen.tensor([0, 1, 2, 3])).item(), 4)
    2.3026

    Of texts of several lengths, the letters of each are summed, and padding left out:

    >>> logits, letters = minigen.zeros(2, 26, 3), minigen.tensor([[3, 0, 19], [0, 13, -1]])
    >>> total = F.cross_entropy(logits, letters, ignore_index=-1)
    >>> round(total.item(), 4)  # 5 letters of 2 texts
    8.1452

    Derivation: cross_entropy, cross_entropy.grad, cross_entropy.padded
    """
    _expect_arrays("cross_entropy", logits=logits, target=target)
    log_probability = log_softmax(logits, axis=1)
    if target.dtype.kind == "f":
        _expect_one_shape("cross_entropy", logits=logits, target=target)
        return reduce(-sum(log_probability * target, axis=1), reduction)  # type: ignore[no-any-return]
    return _likelihood("cross_entropy", log_probability, target, reduction, ignore_index)


def nll_loss(
    log_probability: Array, target: Array, reduction: str = "batchmean", ignore_index: int = -100
) -> Tensor:
    r"""Negative log-likelihood of classes in nats, :math:`-\ln p_t`, from log-probabilities.

    Parameters
    ----------
    log_probability : Tensor or array, shape (N, C, ...)
        Of C classes, as `log_softmax` over the second axis gives them; `cross_entropy` does both.
    target : Tensor or array of int, shape (N, ...)
        Classes, in [0, C).
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.
    ignore_index : int, default -100
        A class that costs nothing, as for `cross_entropy`.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a class on the CPU lies outside [0, C).

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> p = minigen.tensor([[0.5, 0.5], [0.25, 0.75]])
    >>> round(F.nll_loss(p.log(), minigen.tensor([0, 0])).item(), 4)  # of 2 and of 4, on average
    1.0397

    Derivation: cross_entropy
    """
    _expect_arrays("nll_loss", log_probability=log_probability, target=target)
    return _likelihood("nll_loss", log_probability, target, reduction, ignore_index)


def _likelihood(
    name: str, log_probability: Array, target: Array, reduction: str, ignore_index: int
) -> Tensor:
    """Reduce what classes cost; one that is to be ignored costs nothing and counts for nothing."""
    classes = array_of(target)
    ignored = classes == ignore_index
    if device_of(classes) == CPU and not ignored.any():
        return reduce(-_at_classes(name, log_probability, classes), reduction)  # type: ignore[no-any-return]
    chosen = namespace(classes).where(ignored, 0, classes)
    costs = where(ignored, 0.0, -_at_classes(name, log_probability, chosen))
    if reduction == "mean":
        return sum(costs) / (~ignored).sum()  # type: ignore[no-any-return]
    return reduce(costs, reduction)  # type: ignore[no-any-return]


def _at_classes(name: str, log_probability: Array, classes: Array) -> Any:
    """Pick the log-probability of each class that is given."""
    batch, count, *places_of_one = log_probability.shape
    expected = (batch, *places_of_one)
    if tuple(classes.shape) != expected or classes.dtype.kind == "f":
        raise ValueError(
            f"{name}: integer targets of shape {expected} are expected for an input of shape "
            f"{tuple(log_probability.shape)}, got {classes.dtype} {tuple(classes.shape)}"
        )
    if device_of(classes) == CPU and classes.size:
        low, high = int(classes.min()), int(classes.max())
        if low < 0 or high >= count:
            raise ValueError(f"{name}: classes lie in [0, {count}), got {low} to {high}")
    xp, axes = namespace(classes), len(expected)
    places = [xp.arange(n).reshape(-1, *(1,) * (axes - 1 - i)) for i, n in enumerate(expected)]
    return getitem(log_probability, index=(places[0], classes.copy(), *places[1:]))


def gaussian_nll(
    mu: Array, target: Array, logvar: Array | float = 0.0, reduction: str = "batchmean"
) -> Tensor:
    r"""Negative log-likelihood of independent Gaussians, in nats, with every constant.

    .. math:: -\ln N(t;\, \mu, \sigma^2)
              = \tfrac12 \left[ \ln 2\pi + \ln\sigma^2 + (t - \mu)^2 / \sigma^2 \right]

    Parameters
    ----------
    mu, target : Tensor or array, shape (N, ...)
        Means, and values.
    logvar : Tensor, array or float, default 0
        :math:`\ln \sigma^2`, broadcast to the shape of `mu`.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.

    Raises
    ------
    ValueError
        If `mu` and `target` differ in shape.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> round(F.gaussian_nll(minigen.zeros(1, 1), minigen.zeros(1, 1)).item(), 4)
    0.9189

    Derivation: gaussian.nll, gaussian.nll.grad
    """
    _expect_one_shape("gaussian_nll", mu=mu, target=target)
    precision = exp(-logvar) if not isinstance(logvar, int | float) else math.exp(-logvar)
    values = (squared_error(target, mu) * precision + add(logvar, math.log(2 * math.pi))) * 0.5
    return reduce(values, reduction)  # type: ignore[no-any-return]


@op
def kl_to_standard_normal(mu: Array, logvar: Array) -> Array:
    r"""KL divergence of each latent variable from N(0, 1), in closed form.

    .. math:: \tfrac12 \left( \mu^2 + \sigma^2 - 1 - \ln \sigma^2 \right)

    Near a variance of 1 its last three terms cancel but for a remainder of second order: it is
    formed in float64, in which that keeps its digits.

    Derivation: kl.standard_normal
    """
    mu, logvar = promote(floating(mu), logvar)
    logvar = floating(logvar)
    return (mu * mu + _exponential_remainder(logvar)) * 0.5


def _exponential_remainder(x: Array) -> Array:
    r"""Return :math:`e^x - 1 - x`, which is :math:`x^2 / 2` near 0."""
    xp = namespace(x)
    if x.dtype == np.float64:
        return xp.expm1(x) - x
    wide = x.astype(np.float64)  # expm1 in float32 is several times as slow, and less exact
    return (xp.exp(wide) - 1 - wide).astype(x.dtype)


@kl_to_standard_normal.vjp
def kl_to_standard_normal_vjp(g: Array, _out: Array, mu: Array, logvar: Array) -> Cotangents:
    r""":math:`\bar\mu = g \mu,\ \overline{\ln\sigma^2} = g (\sigma^2 - 1) / 2`.

    Derivation: kl.standard_normal.grad
    """
    return lambda: g * mu, lambda: g * ((exp(logvar) - 1) * 0.5)


def kl_standard_normal(mu: Array, logvar: Array, reduction: str = "batchmean") -> Tensor:
    r"""KL divergence of :math:`N(\mu, \sigma^2)` from :math:`N(0, I)`, in nats.

    Summed over the latent variables: :math:`\tfrac12 \sum_j (\mu_j^2 + \sigma_j^2 - 1 -
    \ln\sigma_j^2)`; Kingma and Welling (2014), arXiv:1312.6114, appendix B.

    Parameters
    ----------
    mu, logvar : Tensor or array, shape (N, latent)
        Mean and :math:`\ln \sigma^2`: the logarithm of the variance, not the variance.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.kl_standard_normal(minigen.ones(1, 2), minigen.zeros(1, 2)).item()
    1.0

    Derivation: kl.standard_normal
    """
    _expect_one_shape("kl_standard_normal", mu=mu, logvar=logvar)
    return reduce(kl_to_standard_normal(mu, logvar), reduction)  # type: ignore[no-any-return]


def kl_gaussian(
    mu_q: Array, logvar_q: Array, mu_p: Array, logvar_p: Array, reduction: str = "batchmean"
) -> Tensor:
    r"""KL divergence of one diagonal Gaussian, q, from another, p, in nats.

    .. math:: \mathrm{KL}(q \| p) = \tfrac12 \sum_j \left[ \ln\sigma_p^2 - \ln\sigma_q^2 - 1
              + \frac{\sigma_q^2 + (\mu_q - \mu_p)^2}{\sigma_p^2} \right]

    Parameters
    ----------
    mu_q, logvar_q, mu_p, logvar_p : Tensor or array, shape (N, latent)
        Means and logarithms of variances.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> zero = minigen.zeros(1, 1)
    >>> F.kl_gaussian(zero, zero, zero, zero).item()
    0.0

    Derivation: kl.gaussian, kl.gaussian.grad
    """
    _expect_one_shape("kl_gaussian", mu_q=mu_q, logvar_q=logvar_q, mu_p=mu_p, logvar_p=logvar_p)
    spread = exp(logvar_q - logvar_p) + squared_error(mu_q, mu_p) * exp(-logvar_p)
    return reduce((logvar_p - logvar_q - 1 + spread) * 0.5, reduction)  # type: ignore[no-any-return]


def _expect_one_shape(name: str, **arrays: Any) -> None:
    """Raise unless all are tensors or arrays of one shape."""
    _expect_arrays(name, **arrays)
    shapes = {role: tuple(array.shape) for role, array in arrays.items()}
    if len(set(shapes.values())) > 1:
        got = ", ".join(f"{role} {shape}" for role, shape in shapes.items())
        raise ValueError(f"{name}: one shape is expected, got {got}; reshape, don't broadcast")


def _expect_arrays(name: str, **arrays: Any) -> None:
    """Raise where a list or a number was given."""
    for role, array in arrays.items():
        if not hasattr(array, "dtype"):
            raise TypeError(
                f"{name}: a tensor or an array is expected as {role}, got {type(array).__name__}"
            )


def _expect_probabilities(name: str, role: str, values: Any) -> None:
    """Raise if values on the CPU lie outside [0, 1].

    Derivation: bce.minimum
    """
    array = array_of(values)
    if device_of(array) != CPU or not array.size:
        return
    low, high = array.min(), array.max()
    if not (low >= 0 and high <= 1):  # NaN is no probability, either
        raise ValueError(
            f"{name}: {role} must lie in [0, 1], got {float(low):g} to {float(high):g}; "
            "scale images to [0, 1] (tanh images in [-1, 1] want mse_loss), labels are 0 and 1"
        )
