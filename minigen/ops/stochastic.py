r"""Randomness inside the graph: the reparameterisation gradient, dropout, and log-densities.

The noise can always be passed in, which makes every stochastic graph a function that a gradient
check can call twice.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigen.engine.backend import (
    CPU,
    DEFAULT_FLOAT,
    Array,
    array_of,
    device_of,
    floating,
    namespace,
    to_device,
)
from minigen.engine.op import Cotangents, composed, op
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.ops.activation import softmax
from minigen.ops.arithmetic import add, exp, mul

__all__ = [
    "dropout", "gumbel_softmax", "log_normal", "reparameterize", "sample_categorical",
    "word_dropout",
]  # fmt: skip


def reparameterize(
    mu: Array, logvar: Array, *, noise: Array | None = None, generator: Generator | None = None
) -> Tensor:
    r"""Draw :math:`z \sim \mathcal{N}(\mu, \sigma^2)` so that gradients flow to its parameters.

    .. math:: z = \mu + \sigma\,\epsilon, \qquad \epsilon \sim \mathcal{N}(0, I),
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
    if device_of(array_of(mu)) != CPU and noise.shape == mu.shape:
        return shifted_and_scaled(mu, logvar, noise)
    return add(mu, mul(exp(mul(logvar, 0.5)), noise))


@op
def shifted_and_scaled(mu: Array, logvar: Array, noise: Array) -> Array:
    r"""Shift and scale noise: :math:`z = \mu + \sigma\,\epsilon`, in one op for a GPU.

    Derivation: reparameterize
    """
    return floating(mu) + namespace(mu).exp(floating(logvar) * 0.5) * noise


@shifted_and_scaled.vjp
def shifted_and_scaled_vjp(
    g: Array, _out: Array, _mu: Array, logvar: Array, noise: Array
) -> Cotangents:
    r""":math:`\bar\mu = g,\ \overline{\ln\sigma^2} = g\,\sigma\epsilon / 2,\
    \bar\epsilon = g\,\sigma`.

    Derivation: reparameterize.grad
    """
    return (
        g,
        lambda: g * exp(logvar * 0.5) * noise * 0.5,
        lambda: g * exp(logvar * 0.5),
    )


def draw_noise(
    like: Array, generator: Generator | None = None, samples: int | None = None
) -> Array:
    """Draw standard normal noise of the shape, dtype and device of `like`.

    With `samples`, a new first axis of that length holds independent draws. Without, the noise is
    held in the memory order of `like`, which its sums and products with it then keep.
    """
    array = like.array if isinstance(like, Tensor) else like
    shape = array.shape if samples is None else (samples, *array.shape)
    source = generator or default_generator()
    kind = array.dtype if array.dtype.kind == "f" else DEFAULT_FLOAT
    axis = 0 if samples is None else 1
    noise = source.normal(shape, kind, device_of(array), batch_axis=axis)
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
        array = x.array if isinstance(x, Tensor) else x
        source = generator or default_generator()
        kind = array.dtype if array.dtype.kind == "f" else DEFAULT_FLOAT
        mask = source.bernoulli(1 - p, array.shape, kind, device_of(array))
    return mul(x, mask) * (1 / (1 - float(p)))


@op(differentiable=False)
def word_dropout(
    indices: Array,
    p: float = 0.5,
    unknown: int = 0,
    training: bool = True,
    *,
    mask: Array | None = None,
    generator: Generator | None = None,
) -> Array:
    r"""Replace tokens by one that says nothing with probability p, and keep the others.

    A decoder that is shown every letter before the next one needs no latent variable, and learns
    to leave it alone; one that is shown some of them has to ask it.
    Bowman et al. (2016), arXiv:1511.06349, section 3.1.

    Parameters
    ----------
    indices : Tensor or array of int
        Tokens; any shape.
    p : float, in [0, 1]
        Probability of being replaced.
    unknown : int, default 0
        By which token.
    training : bool, default True
        Without it the tokens are returned as they are.
    mask : array, optional
        Ones where a token is kept, and zeros, to use instead of drawing them.
    generator : Generator, optional
        Draws the mask; the default generator otherwise.

    Raises
    ------
    ValueError
        If `p` lies outside [0, 1].
    TypeError
        If the tokens are not integers.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> mask = minigen.tensor([1.0, 0.0, 1.0])
    >>> F.word_dropout(minigen.tensor([5, 2, 7]), mask=mask, unknown=1).tolist()
    [5, 1, 7]
    """
    if not 0 <= p <= 1:
        raise ValueError(f"p must lie in [0, 1], got {p}")
    if indices.dtype.kind not in "iu":
        raise TypeError("integers are expected as tokens")
    if not training:
        return indices.copy()
    if mask is None:
        source = generator or default_generator()
        mask = source.bernoulli(1 - p, indices.shape, DEFAULT_FLOAT, device_of(indices))
    return namespace(indices).where(array_of(mask) != 0, indices, unknown).astype(indices.dtype)


@op(differentiable=False)
def sample_categorical(
    logits: Array,
    temperature: float = 1.0,
    top_k: int | None = None,
    *,
    noise: Array | None = None,
    generator: Generator | None = None,
) -> Array:
    r"""Draw a class from :math:`\mathrm{softmax}(l / T)`, such as the next letter of a text.

    It is :math:`\arg\max_i (l_i / T + G_i)` with independent Gumbel noise
    :math:`G_i = -\ln(-\ln u_i)`, which needs neither a sum nor, on a GPU, a look at the numbers.

    Parameters
    ----------
    logits : Tensor or array, shape (..., C)
        Unnormalised log-probabilities.
    temperature : float, default 1
        T: below 1 likely classes become likelier; 0 picks the likeliest.
    top_k : int, optional
        How many of the likeliest classes to draw from (more, if several tie for the last place).
    noise : array, shape (..., C), optional
        The G to use.
    generator : Generator, optional
        Draws the noise if none is given; the default generator otherwise.

    Returns
    -------
    Tensor or array of int, shape (...)

    Raises
    ------
    ValueError
        If the temperature is negative, or `top_k` not from 1 to C.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> logits = minigen.tensor([[0.0, 5.0, 4.0]] * 4)
    >>> F.sample_categorical(logits, temperature=0).tolist()
    [1, 1, 1, 1]
    >>> F.sample_categorical(logits, top_k=2, generator=minigen.Generator(0)).tolist()
    [2, 1, 1, 2]

    Derivation: sample_categorical
    """
    logits = floating(logits)
    if not 0 <= temperature < math.inf:
        raise ValueError(f"a temperature of 0 or more is expected, got {temperature}")
    if top_k is not None and not 1 <= top_k <= logits.shape[-1]:
        raise ValueError(
            f"top_k from 1 to {logits.shape[-1]}, the number of classes, is expected, got {top_k}"
        )
    xp = namespace(logits)
    if temperature == 0:
        return xp.argmax(logits, axis=-1)
    if top_k is not None:
        least = xp.sort(logits, axis=-1)[..., -top_k, None]
        logits = xp.where(logits < least, -math.inf, logits)
    if noise is None:
        noise = gumbel_noise(logits, generator)
    return xp.argmax(logits / temperature + array_of(noise), axis=-1)


def gumbel_noise(logits: Array, generator: Generator | None) -> Array:
    r"""Draw :math:`-\ln(-\ln u)` for each logit."""
    drawn = (generator or default_generator()).uniform(logits.shape, np.float64)
    exponential = np.maximum(-np.log1p(-drawn), np.finfo(np.float64).tiny)
    return to_device((-np.log(exponential)).astype(logits.dtype), device_of(logits))


@composed
def gumbel_softmax(
    logits: Array,
    tau: float = 1.0,
    hard: bool = False,
    axis: int = -1,
    *,
    noise: Array | None = None,
    generator: Generator | None = None,
) -> Any:
    r"""Draw a class softly, so that gradients flow to its logits.

    .. math:: y = \mathrm{softmax}\left( \frac{l + G}{\tau} \right), \qquad G_i = -\ln(-\ln u_i)

    The largest :math:`y_i` is that of a class drawn from :math:`\mathrm{softmax}(l)`, and as the
    temperature goes to 0, y becomes its one-hot vector. Jang, Gu, Poole (2017), arXiv:1611.01144;
    Maddison, Mnih, Teh (2017), arXiv:1611.00712.

    Parameters
    ----------
    logits : Tensor or array
        Unnormalised log-probabilities.
    tau : float, default 1
        The temperature :math:`\tau`: small ones make y nearly one-hot, and its gradients large.
    hard : bool, default False
        Whether to return the one-hot vector itself, with the gradient of y: a biased estimate,
        named *straight-through*.
    axis : int, default -1
        That of the classes, ``dim`` in PyTorch.
    noise : array, of the shape of the logits, optional
        The G to use.
    generator : Generator, optional
        Draws the noise if none is given; the default generator otherwise.

    Returns
    -------
    Tensor or array
        In [0, 1], of the shape of the logits; 1 is the sum over the classes.

    Raises
    ------
    ValueError
        If the temperature isn't positive.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> logits = minigen.tensor([[0.0, 5.0, 4.0]] * 4)
    >>> drawn = F.gumbel_softmax(logits, hard=True, generator=minigen.Generator(0))
    >>> drawn.argmax(-1).tolist()
    [2, 1, 1, 2]

    Derivation: gumbel_softmax
    """
    if not 0 < tau < math.inf:
        raise ValueError(f"gumbel_softmax: a positive temperature tau is expected, got {tau}")
    if noise is None:
        noise = gumbel_noise(floating(array_of(logits)), generator)
    soft = softmax(add(logits, noise) * (1 / float(tau)), axis=axis)
    return _straight_through(soft, axis) if hard else soft


def _straight_through(soft: Array, axis: int) -> Any:
    """Return the one-hot vector of the largest element, which has the gradient of all of them."""
    values = array_of(soft)
    xp = namespace(values)
    largest = xp.expand_dims(xp.argmax(values, axis=axis), axis)
    along = [1] * values.ndim
    along[axis] = -1
    one_hot = largest == xp.arange(values.shape[axis]).reshape(along)
    return add(soft - values, one_hot.astype(values.dtype))


def log_normal(z: Array, mu: Array | float = 0.0, logvar: Array | float = 0.0) -> Array:
    r"""Log-density of independent Gaussians, an element: :math:`\ln \mathcal{N}(z; \mu, \sigma^2)`.

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
