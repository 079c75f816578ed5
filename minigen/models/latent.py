"""Walks through a model's latent space: from image to image, and along each latent variable."""

from __future__ import annotations

from typing import Protocol

from minigen.engine.backend import Array, array_of, namespace
from minigen.engine.tensor import Tensor


class LatentModel(Protocol):
    """A model that makes images of latent variables."""

    latent: int

    def decode_images(self, z: Array, labels: Array | None = None) -> Tensor:
        """Return images (N, C, H, W) for latents (N, latent)."""
        ...


def interpolate(
    model: LatentModel,
    start: Tensor | Array,
    end: Tensor | Array,
    steps: int,
    labels: Array | None = None,
) -> Tensor:
    r"""Decode the points of straight lines between latents.

    .. math:: z(t) = (1 - t)\, z_0 + t\, z_1, \qquad t = 0, \frac1{T-1}, \dots, 1

    Parameters
    ----------
    model : VAE or Autoencoder
        Anything with ``latent`` and ``decode_images``.
    start, end : Tensor or array, shape (N, latent)
        Where each of the N lines begins and ends: the posterior means, or codes, of images.
    steps : int
        The number T of images a line, both ends counted; at least two.
    labels : Tensor or array of integers, shape (N,) or (N, L), optional
        Of a conditional model, the class of all images of each line; or their sentence.

    Returns
    -------
    Tensor, shape (N, steps, C, H, W)
        In [0, 1]. The first and last images of a line are what `start` and `end` decode to.

    Raises
    ------
    ValueError
        If the shapes differ or do not fit the model, or there are fewer than two steps.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import Autoencoder
    >>> model = Autoencoder((1, 8, 8), hidden=(32,), latent=4)
    >>> codes = model.encode(minigen.rand(6, 1, 8, 8))
    >>> interpolate(model, codes[:3], codes[3:], steps=10).shape
    (3, 10, 1, 8, 8)
    """
    z0, z1 = array_of(start), array_of(end)
    if z0.ndim != 2 or z0.shape[1] != model.latent or z0.shape != z1.shape:
        raise ValueError(
            f"interpolate: start and end of shape (N, {model.latent}) are expected, "
            f"got {z0.shape} and {z1.shape}"
        )
    _expect_steps("interpolate", steps)
    t = namespace(z0).linspace(0, 1, steps, dtype=z0.dtype).reshape(-1, 1)
    return _decode_rows(model, (1 - t) * z0[:, None] + t * z1[:, None], labels)


def traverse(
    model: LatentModel,
    z: Tensor | Array,
    steps: int,
    reach: float = 3.0,
    label: int | Array | None = None,
    moments: tuple[Array | float, Array | float] = (0.0, 1.0),
) -> Tensor:
    r"""Decode latents of which one variable moves, and the others stay where they are.

    Parameters
    ----------
    model : VAE
        As for `interpolate`.
    z : Tensor or array, shape (latent,)
        Where the others stay: the posterior mean of an image, or the mean of the prior.
    steps : int
        Images a latent variable; at least two.
    reach : float, default 3
        How far each variable goes to both sides of the prior's mean. The unit is the prior's
        standard deviation; a model without a prior has no such unit.
    label : int or array of integers, shape (L,), optional
        Of a conditional model, the class of all images; or their sentence.
    moments : pair of float or array of shape (latent,)
        The prior's mean and standard deviation: those of N(0, 1), or ``model.prior_moments()``.

    Returns
    -------
    Tensor, shape (latent, steps, C, H, W)
        In [0, 1]. In row u, variable u moves.

    Raises
    ------
    ValueError
        If `z` does not fit the model, there are fewer than two steps, or `reach` is not positive.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import VAE
    >>> model = VAE((1, 8, 8), hidden=(32,), latent=4)
    >>> traverse(model, minigen.zeros(4), steps=9).shape
    (4, 9, 1, 8, 8)
    """
    centre = array_of(z)
    if centre.shape != (model.latent,):
        raise ValueError(
            f"traverse: z of shape ({model.latent},) is expected, got {tuple(centre.shape)}"
        )
    _expect_steps("traverse", steps)
    if not reach > 0:
        raise ValueError(f"traverse: reach must be positive, got {reach}")
    library = namespace(centre)
    mean, deviation = moments
    units = library.linspace(-reach, reach, steps, dtype=centre.dtype).reshape(-1, 1)
    values = mean + deviation * units
    moves = library.eye(model.latent, dtype=bool)[:, None]
    labels = None
    if label is not None:
        one = library.asarray(label)
        labels = library.broadcast_to(one, (model.latent, *one.shape))
    return _decode_rows(model, library.where(moves, values, centre), labels)


def _expect_steps(name: str, steps: int) -> None:
    if steps < 2:
        raise ValueError(f"{name}: at least two steps are expected, got {steps}")


def _decode_rows(model: LatentModel, z: Array, labels: Array | None) -> Tensor:
    """Decode latents (R, T, latent), each row told the same, to images (R, T, C, H, W)."""
    if labels is not None:
        array = array_of(labels)
        labels = namespace(array).repeat(array, z.shape[1], axis=0)
    images = model.decode_images(z.reshape(-1, model.latent), labels)
    return images.reshape((*z.shape[:2], *images.shape[1:]))
