"""Likelihoods of Gaussians, and their divergences."""

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
from minigen.ops.arithmetic import add, exp, log
from minigen.ops.losses.errors import squared_error
from minigen.ops.losses.reductions import expect_to_reach, in_dtype_of, reduce
from minigen.ops.losses.refusals import expect_arrays, expect_one_shape
from minigen.ops.shaping import unsqueeze

__all__ = ["gaussian_nll", "gaussian_nll_loss", "kl_gaussian", "kl_standard_normal"]


def gaussian_nll(
    mu: Array, target: Array, logvar: Array | float = 0.0, reduction: str = "batchmean"
) -> Tensor:
    r"""Negative log-likelihood of independent Gaussians, in nats, with every constant.

    .. math:: -\ln \mathcal{N}(t;\, \mu, \sigma^2)
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
    expect_one_shape("gaussian_nll", mu=mu, target=target)
    precision = exp(-logvar) if not isinstance(logvar, int | float) else math.exp(-logvar)
    values = (squared_error(target, mu) * precision + add(logvar, math.log(2 * math.pi))) * 0.5
    return reduce(values, reduction)  # type: ignore[no-any-return]


def gaussian_nll_loss(
    x: Array,
    target: Array,
    var: Array | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "batchmean",
) -> Tensor:
    r"""Negative log-likelihood of Gaussians from their variances, PyTorch's form.

    .. math:: \tfrac12 \left[ \ln v + (t - x)^2 / v \right], \qquad v = \max(\sigma^2, \epsilon)

    `gaussian_nll` takes the logarithm of the variance, which needs no floor, and has the constant:
    it compares models.

    Parameters
    ----------
    x, target : Tensor or array, shape (N, ...)
        Means, and values.
    var : Tensor, array or float
        :math:`\sigma^2`, 0 or more: of the shape of x, of one that broadcasts to it, or of that
        shape without its last axis.
    full : bool, default False
        Whether to add the constant, :math:`\tfrac12 \ln 2\pi`.
    eps : float, default 1e-6
        The least variance. Gradients flow to a smaller one, too: those of the least.
    reduction : {"batchmean", "sum", "mean", "none"}
        See `reduce`.

    Raises
    ------
    ValueError
        If the shapes do not fit, `eps` is negative, or so is a variance on the CPU.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> x, target = minigen.zeros(1, 2), minigen.ones(1, 2)
    >>> F.gaussian_nll_loss(x, target, minigen.ones(1, 2)).item()
    1.0

    Derivation: gaussian.nll
    """
    name = "gaussian_nll_loss"
    expect_one_shape(name, x=x, target=target)
    if not eps >= 0:
        raise ValueError(f"{name}: an eps of 0 or more is expected, got {eps}")
    variance = _at_least(eps, _variances(name, var, x))
    values = (log(variance) + squared_error(target, x) / variance) * 0.5
    if full:
        values = values + 0.5 * math.log(2 * math.pi)
    return reduce(values, reduction)  # type: ignore[no-any-return]


def _variances(name: str, var: Array | float, x: Array) -> Any:
    """Return variances in the dtype of x, of a shape that broadcasts to its own."""
    if isinstance(var, int | float):
        var = namespace(array_of(x)).full_like(floating(array_of(x)), var)
    expect_arrays(name, var=var)
    if tuple(var.shape) != tuple(x.shape) and tuple(var.shape) == tuple(x.shape[:-1]):
        var = unsqueeze(var, axis=-1)
    expect_to_reach(name, "var", var, x.shape)
    array = array_of(var)
    if device_of(array) == CPU and (array < 0).any():
        raise ValueError(
            f"{name}: a variance is 0 or more, got {float(array[array < 0].min()):g}; of a "
            "logarithm of variances, take gaussian_nll"
        )
    return in_dtype_of(x, var) if x.dtype.kind == "f" else floating(var)


def _at_least(eps: float, variance: Any) -> Any:
    """Raise small variances by a constant, through which their gradients flow as they are."""
    array = array_of(variance)
    return add(variance, namespace(array).maximum(eps - array, 0))


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
    r"""KL divergence of :math:`\mathcal{N}(\mu, \sigma^2)` from :math:`\mathcal{N}(0, I)`, in nats.

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
    expect_one_shape("kl_standard_normal", mu=mu, logvar=logvar)
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
    expect_one_shape("kl_gaussian", mu_q=mu_q, logvar_q=logvar_q, mu_p=mu_p, logvar_p=logvar_p)
    spread = exp(logvar_q - logvar_p) + squared_error(mu_q, mu_p) * exp(-logvar_p)
    return reduce((logvar_p - logvar_q - 1 + spread) * 0.5, reduction)  # type: ignore[no-any-return]
