r"""The terms of a model's objective over a whole data set: the ELBO and its parts."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from minigen.engine.backend import Array
from minigen.metrics.passes import evaluating, minibatches

if TYPE_CHECKING:
    from minigen.engine.random import Generator
    from minigen.models import Model

BATCH_SIZE: Final = 500
"""How many images are evaluated at once by default."""


def average_terms(
    model: Model,
    images: Array,
    labels: Array | None = None,
    *,
    generator: Generator | None = None,
    batch_size: int = BATCH_SIZE,
) -> dict[str, float]:
    """Average each term of a model's objective over images, in evaluation mode.

    Parameters
    ----------
    model : Model
        It is left in the mode it was in.
    images : array, shape (N, C, H, W)
        In [0, 1].
    labels : array of integers, shape (N,), optional
        Their classes, if the model is conditional.
    generator : Generator, optional
        Draws the noise, if the objective needs any; by default the one that
        `minigen.manual_seed` seeds.
    batch_size : int
        How many images are evaluated at once: the bound on memory.

    Returns
    -------
    dict of str to float
        As ``model.terms`` names them, in nats an image. Every image counts the same, also those of
        a last batch that is smaller.

    Raises
    ------
    ValueError
        If there is no image, or images do not fit the model.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import Autoencoder
    >>> model = Autoencoder((1, 8, 8), hidden=(32,), latent=2)
    >>> sorted(average_terms(model, minigen.rand(20, 1, 8, 8).numpy()))
    ['loss', 'reconstruction']
    """
    totals: dict[str, float] = defaultdict(float)
    with evaluating(model):
        for batch, classes in minibatches(model, images, batch_size, labels):
            for name, value in model.terms(batch, classes, generator=generator).items():
                totals[name] += float(value.item()) * len(batch)
    return {name: total / len(images) for name, total in totals.items()}


def evaluate(
    model: Model,
    images: Array,
    labels: Array | None = None,
    *,
    generator: Generator | None = None,
    batch_size: int = BATCH_SIZE,
) -> dict[str, float]:
    r"""Evaluate what a model promises: the negative ELBO and its parts, or the reconstruction.

    Parameters
    ----------
    model : Model
        A VAE or an autoencoder.
    images, labels, generator, batch_size
        As for `average_terms`.

    Returns
    -------
    dict of str to float
        In nats an image. Of a VAE ``"negative_elbo"``, ``"reconstruction"`` and ``"kl"``, the first
        being the sum of the others: it is the bound itself, whatever weight :math:`\beta` the KL
        had in training. Of an autoencoder ``"reconstruction"`` alone: it has no bound.

    Raises
    ------
    ValueError
        If there is no image, or images do not fit the model.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import VAE
    >>> model = VAE((1, 8, 8), hidden=(32,), latent=2, beta=4.0)
    >>> values = evaluate(model, minigen.rand(20, 1, 8, 8).numpy())
    >>> list(values)
    ['negative_elbo', 'reconstruction', 'kl']
    >>> values["negative_elbo"] == values["reconstruction"] + values["kl"]
    True
    """
    terms = average_terms(model, images, labels, generator=generator, batch_size=batch_size)
    if "kl" not in terms:
        return {"reconstruction": terms["reconstruction"]}
    reconstruction, kl = terms["reconstruction"], terms["kl"]
    return {"negative_elbo": reconstruction + kl, "reconstruction": reconstruction, "kl": kl}
