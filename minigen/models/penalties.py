r"""Penalties on the slope of a discriminator: gradients of its scores with respect to its inputs.

Each is part of the discriminator's loss, so it is differentiated once more, with respect to the
weights: the pass that computes the slope is itself recorded.
"""

from __future__ import annotations

from collections.abc import Callable

from minigen import functional as F
from minigen.engine.autograd import grad
from minigen.engine.backend import Array, array_of, device_of
from minigen.engine.modes import enable_grad, is_grad_enabled
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor

Critic = Callable[[Tensor], Tensor]
"""Gives each of N samples a score: shape (N, ...) to N numbers, each of one sample alone."""


def gradient_penalty(
    critic: Critic,
    real: Array,
    fake: Array,
    mix: Array | None = None,
    *,
    generator: Generator | None = None,
) -> Tensor:
    r"""Return how far the critic's slope is from 1 between real and generated samples.

    .. math:: E\left[\left(\|\nabla_{\hat x} D(\hat x)\|_2 - 1\right)^2\right], \qquad
              \hat x = \epsilon\,x + (1 - \epsilon)\,\tilde x, \qquad \epsilon \sim U[0, 1)

    One :math:`\epsilon` is drawn for each *example*, so that :math:`\hat x` lies on the line
    between two samples, and the norm is over *all* axes of an example. Gulrajani et al. (2017),
    arXiv:1704.00028, equation 3.

    Parameters
    ----------
    critic : callable
        Scores samples. It must score each by itself: in a critic with batch norm the gradient of
        one score would be spread over the batch.
    real, fake : Tensor or array, one shape (N, ...)
        Real and generated samples, x and :math:`\tilde x`, as the critic takes them; constants.
    mix : Tensor or array, shape (N,), optional
        :math:`\epsilon`; drawn if not given.
    generator : Generator, optional
        Draws it; the default generator otherwise.

    Returns
    -------
    Tensor, shape ()
        Recorded, so that it can be differentiated with respect to the critic's parameters; inside
        `no_grad`, only its value.

    Raises
    ------
    ValueError
        If the shapes differ, or `mix` has another shape than (N,).

    Examples
    --------
    A critic of slope 3 in each of two directions has a gradient of length :math:`3\sqrt 2`:

    >>> import minigen
    >>> real, fake = minigen.ones(4, 2), minigen.zeros(4, 2)
    >>> round(gradient_penalty(lambda x: x.sum(axis=1) * 3, real, fake).item(), 3)  # (4.243 - 1)^2
    10.515

    Derivation: gan.gradient_penalty, gan.gradient_penalty_gradient
    """
    x, generated = array_of(real), array_of(fake)
    if x.shape != generated.shape:
        raise ValueError(
            "gradient_penalty: real and generated samples of one shape are expected, "
            f"got {x.shape} and {generated.shape}"
        )
    if mix is None:
        source = generator or default_generator()
        mix = source.uniform(x.shape[:1], x.dtype, device_of(x))
    weights = array_of(mix)
    if weights.shape != x.shape[:1]:
        raise ValueError(
            f"gradient_penalty: mix of shape {x.shape[:1]} is expected, one number an example, "
            f"got {weights.shape}"
        )
    weights = weights.reshape(-1, *(1,) * (x.ndim - 1))
    slope = _lengths(_squared_slopes(critic, x * weights + generated * (1 - weights)))
    return F.mean((slope - 1) ** 2)


def r1_penalty(critic: Critic, real: Array) -> Tensor:
    r"""Return half the mean squared slope of the critic at real samples.

    .. math:: \tfrac12 E\left[\|\nabla_x D(x)\|_2^2\right]

    At the equilibrium, where generated samples are as the real ones, it leaves the discriminator no
    reason to slope, and near it the game converges. Mescheder, Geiger, Nowozin (2018),
    arXiv:1801.04406, equation 9, without its weight :math:`\gamma`.

    Parameters
    ----------
    critic : callable
        Scores samples, each by itself.
    real : Tensor or array, shape (N, ...)
        Real samples, as the critic takes them; constants.

    Returns
    -------
    Tensor, shape ()
        As that of `gradient_penalty`.

    Examples
    --------
    >>> import minigen
    >>> r1_penalty(lambda x: x.sum(axis=1) * 3, minigen.ones(4, 2)).item()
    9.0

    Derivation: gan.r1, gan.r1_convergence
    """
    return F.mean(_squared_slopes(critic, array_of(real))) * 0.5


def _squared_slopes(critic: Critic, points: Array) -> Tensor:
    """Return the squared length of each example's gradient, recorded if the caller records."""
    recording = is_grad_enabled()
    with enable_grad():
        x = Tensor(points, requires_grad=True)
        (gradient,) = grad(F.sum(critic(x)), x, create_graph=recording)
    assert gradient is not None
    return F.sum(F.flatten(gradient * gradient, 1), axis=1)


def _lengths(squares: Tensor) -> Tensor:
    """Return square roots, with slope 0 where a square is 0, as PyTorch's norm has."""
    zero = squares.array == 0
    return F.where(zero, 0.0, F.sqrt(F.where(zero, 1.0, squares)))
