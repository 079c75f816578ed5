r"""Randomness inside the graph: the reparameterisation gradient, dropout, and log-densities.

The noise can always be passed in, which makes every stochastic graph a function that a gradient
check can call twice.
"""

from __future__ import annotations

import math

from minigen.engine.backend import DEFAULT_FLOAT, Array, device_of, namespace
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.ops.arithmetic import add, exp, mul

__all__ = ["dropout", "log_normal", "reparameterize"]


def reparameterize(
    mu: Array, logvar: Array, *, noise: Array | None = None, generator: Generator | None = None
) -> Tensor:
    r"""Draw :math:`z \sim N(\mu, \sigma^2)` so that gradients flow to its parameters.

    .. math:: z = \mu + \sigma\,\epsilon, \qquad \epsilon \sim N(0, I),
              \qquad \sigma = e^{\frac12 \ln \sigma^2}

    The randomness is moved into :math:`\epsilon`, which depends on no parameter, so
    :math:`\nabla\, E[f(z)] = E[\nabla f(\mu + \sigma \epsilon)]`; Kingma and Welling (2014),
    arXiv:1312.6114, section 2.4.

    Parameters
    ----------
    mu, logvar : Tensor or array, one shape
        Mean and :math:`\ln\sigma^2`. The standard deviation is exp(logvar / 2), not exp(logvar).
    noise : Tensor or array, optional
        The :math:`\epsilon` to use, of a shape that broadcasts with `mu`: leading axes give
        several samples.
    generator : Generator, optional
        Draws the noise if none is given; the default generator otherwise.

    Returns
    -------
    Tensor
        Samples, of the shape of `mu` (broadcast with `noise`).

    Raises
    ------
    ValueError
        If the shapes of `mu` and `logvar` differ.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> mu, logvar = minigen.tensor([[1.0]]), minigen.tensor([[0.0]])
    >>> F.reparameterize(mu, logvar, noise=minigen.tensor([[2.0]])).item()
    3.0

    Derivation: reparameterize, reparameterize.grad, reparameterize.estimator
    """
    if tuple(mu.shape) != tuple(logvar.shape):
        raise ValueError(
            f"reparameterize: mu and logvar of one shape are expected, "
            f"got {tuple(mu.shape)} and {tuple(logvar.shape)}"
        )
    if noise is None:
        noise = draw_noise(mu, generator)
    return add(mu, mul(exp(mul(logvar, 0.5)), noise))


def draw_noise(
    like: Array, generator: Generator | None = None, samples: int | None = None
) -> Array:
    """Draw standard normal noise of the shape, dtype and device of `like`.

    With `samples`, a new first axis of that length holds independent draws. Without, the noise is
    held in the memory order of `like`, which its sums and products with it then keep.
    """
    array = like.data if isinstance(like, Tensor) else like
    shape = array.shape if samples is None else (samples, *array.shape)
    source = generator or default_generator()
    kind = array.dtype if array.dtype.kind == "f" else DEFAULT_FLOAT
    noise = source.normal(shape, kind, device_of(array))
    if samples is not None or array.flags.c_contiguous:
        return noise
    held = namespace(array).empty_like(array, dtype=kind)
    held[...] = noise
    return held


def dropout(
    x: Array,
    p: float = 0.5,
    training: bool = True,
    *,
    mask: Array | None = None,
    generator: Generator | None = None,
) -> Array:
    r"""Set elements to zero with probability p and scale the others by 1 / (1 - p).

    The expectation of each element stays what it was, so nothing is scaled in evaluation.
    Srivastava et al. (2014), JMLR 15.

    Parameters
    ----------
    x : Tensor or array
        Any shape.
    p : float, in [0, 1]
        Probability of zero.
    training : bool, default True
        Without it the input is returned as it is.
    mask : array, optional
        Ones and zeros to use instead of drawing them.
    generator : Generator, optional
        Draws the mask; the default generator otherwise.

    Raises
    ------
    ValueError
        If `p` lies outside [0, 1].

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.dropout(minigen.ones(4), 0.5, mask=minigen.tensor([1.0, 0.0, 1.0, 0.0])).tolist()
    [2.0, 0.0, 2.0, 0.0]

    Derivation: dropout, dropout.moments, dropout.grad_x
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p must lie in [0, 1], got {p}")
    if not training or p == 0:
        return x
    if p == 1:
        return x * 0
    if mask is None:
        array = x.data if isinstance(x, Tensor) else x
        source = generator or default_generator()
        kind = array.dtype if array.dtype.kind == "f" else DEFAULT_FLOAT
        mask = source.bernoulli(1 - p, array.shape, kind, device_of(array))
    return mul(x, mask) * (1 / (1 - float(p)))


def log_normal(z: Array, mu: Array | float = 0.0, logvar: Array | float = 0.0) -> Array:
    r"""Log-density of independent Gaussians, an element: :math:`\ln N(z; \mu, \sigma^2)`.

    .. math:: -\tfrac12 \left[ \ln 2\pi + \ln\sigma^2 + (z - \mu)^2 / \sigma^2 \right]

    Examples
    --------
    >>> import minigen
    >>> from minigen.ops.stochastic import log_normal
    >>> round(log_normal(minigen.tensor([0.0])).item(), 4)
    -0.9189

    Derivation: gaussian.log_density
    """
    deviation = z - mu
    if isinstance(logvar, int | float):
        scaled = deviation * deviation * math.exp(-logvar)
    else:
        scaled = deviation * deviation * exp(-logvar)
    return (scaled + add(logvar, math.log(2 * math.pi))) * -0.5
