r"""What the latent variables of a model say of its images: how many it uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array
from minigen.metrics.bounds import BATCH_SIZE
from minigen.metrics.passes import evaluating, minibatches

if TYPE_CHECKING:
    from minigen.engine.tensor import Tensor
    from minigen.models import DeterministicAutoencoder, VariationalAutoencoder

ACTIVE: Final = 0.01
"""The variance above which Burda et al. call a latent unit active."""


@dataclass(frozen=True, eq=False)
class ActiveUnits:
    """How many latent units a model uses, and how much.

    Attributes
    ----------
    count : int
        The active ones: those whose variance exceeds the threshold.
    variances : array of float64, shape (latent,)
        The variance over the images of each unit's posterior mean.
    """

    count: int
    variances: npt.NDArray[np.float64]


def active_units(
    model: VariationalAutoencoder,
    images: Array,
    labels: Array | None = None,
    *,
    threshold: float = ACTIVE,
    batch_size: int = BATCH_SIZE,
) -> ActiveUnits:
    r"""Count the latent units that tell images from one another.

    .. math:: A_u = \mathrm{Cov}_x\left(E_{q(u \mid x)}[u]\right)

    A unit whose posterior is the same for every image carries nothing, and the KL term drives it
    to the prior. It is active if :math:`A_u` exceeds 0.01; in practice the variances of the others
    lie far below. No noise is drawn: the inner expectation is the posterior's mean.

    Parameters
    ----------
    model : VariationalAutoencoder
        Anything with ``encode(x)`` that returns the posterior's mean first. Of a model without a
        prior the threshold means nothing: the scale of its codes is arbitrary.
    images : array, shape (N, C, H, W)
        In [0, 1]; at least two.
    labels : array of integers, shape (N,), optional
        Their classes, if the model is conditional.
    threshold : float, default 0.01
        The variance above which a unit is active.
    batch_size : int
        How many images are encoded at once: the bound on memory.

    Returns
    -------
    ActiveUnits
        The count and the variances, which divide by N.

    Raises
    ------
    ValueError
        If there are fewer than two images, or they do not fit the model.

    References
    ----------
    Burda, Grosse, Salakhutdinov (2016), "Importance weighted autoencoders", arXiv:1509.00519,
    appendix C.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import VAE
    >>> model = VAE((1, 8, 8), hidden=(32,), latent=5)
    >>> active_units(model, minigen.rand(100, 1, 8, 8).numpy()).variances.shape
    (5,)
    """
    if len(images) < 2:
        raise ValueError(f"active_units: a variance needs at least two images, got {len(images)}")
    means = latent_means(model, images, labels, batch_size=batch_size)
    variances = means.var(axis=0, dtype=np.float64)
    return ActiveUnits(int((variances > threshold).sum()), variances)


def latent_means(
    model: VariationalAutoencoder | DeterministicAutoencoder,
    images: Array,
    labels: Array | None = None,
    *,
    batch_size: int = BATCH_SIZE,
) -> npt.NDArray[Any]:
    r"""Encode images, in evaluation mode: the posterior's mean of each latent variable.

    Parameters
    ----------
    model : VariationalAutoencoder or DeterministicAutoencoder
        Anything with ``encode(x)`` that returns latents, or a tuple whose first item are the
        posterior's means.
    images : array, shape (N, C, H, W)
        In [0, 1].
    labels : array of integers, shape (N,), optional
        Their classes, if the model is conditional.
    batch_size : int
        How many images are encoded at once: the bound on memory.

    Returns
    -------
    array, shape (N, latent)
        On the host. Of an autoencoder these are the codes.

    Raises
    ------
    ValueError
        If there is no image, or images do not fit the model.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import Autoencoder
    >>> model = Autoencoder((1, 8, 8), hidden=(32,), latent=5)
    >>> latent_means(model, minigen.rand(20, 1, 8, 8).numpy()).shape
    (20, 5)
    """
    with evaluating(model):
        batches = minibatches(model, images, batch_size, labels)
        return np.concatenate([_means(model.encode(*batch)).numpy() for batch in batches])


def _means(encoded: Tensor | tuple[Tensor, Tensor]) -> Tensor:
    return encoded[0] if isinstance(encoded, tuple) else encoded
