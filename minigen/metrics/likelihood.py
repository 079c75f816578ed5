r"""What a model promises of a data set: its objective's terms, the ELBO among them, and the
importance-weighted estimate of :math:`-\ln p(x)`.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from minigen.distributed import ALONE, Communicator, average_terms_of
from minigen.engine.backend import Array
from minigen.engine.tensor import Tensor
from minigen.metrics.samples import BATCH_SIZE, measuring, minibatches
from minigen.ops.reduction import logsumexp, reduced_axes
from minigen.ops.stochastic import draw_noise

if TYPE_CHECKING:
    from minigen.engine.random import Generator
    from minigen.models import Model, VariationalAutoencoder

ROWS: Final = 5000
"""How many latents are decoded at once by default."""


def average_terms(
    model: Model,
    images: Array,
    labels: Array | None = None,
    *,
    generator: Generator | None = None,
    batch_size: int = BATCH_SIZE,
    world: Communicator = ALONE,
) -> dict[str, float]:
    """Average each term of a model's objective over images.

    Parameters
    ----------
    model : Model
        What has `terms`.
    images, labels : array
        What is averaged over.
    generator : Generator, optional
        Draws the noise.
    batch_size : int
        How many images go through the model at once, of all workers together.
    world : Communicator, optional
        Workers that share every batch as in training; each gets all averages. What can't be divided
        among them, such as a last batch of two images, each of them computes as a whole.

    Returns
    -------
    dict of str to float
        As ``model.terms`` names them, in nats an image. Every image counts the same, also those of
        a last batch that is smaller.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import Autoencoder
    >>> model = Autoencoder((1, 8, 8), hidden=(32,), latent=2)
    >>> sorted(average_terms(model, minigen.rand(20, 1, 8, 8).numpy()))
    ['loss', 'reconstruction']
    """
    totals: dict[str, float] = defaultdict(float)
    with measuring(model):
        for batch, classes in minibatches(model, images, batch_size, labels):
            unit = getattr(model, "packing", 1)
            units, rest = divmod(len(batch), unit)
            sharing = ALONE if rest or units < world.size else world
            with sharing.shard(len(batch), unit if sharing is world else 1) as shard:
                told = None if classes is None else classes[shard.rows]
                terms = model.terms(batch[shard.rows], told, generator=generator)
                for name, value in average_terms_of(terms, shard).items():
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

    Returns
    -------
    dict of str to float
        In nats an image. Of a VAE ``"negative_elbo"``, ``"reconstruction"`` and ``"kl"``, the first
        being the sum of the others: it is the bound itself, whatever weight :math:`\beta` the KL
        had in training. Of an autoencoder ``"reconstruction"`` alone: it has no bound.

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


def log_mean_exp(
    x: Tensor | Array, axis: int | Sequence[int] | None = None, keepdims: bool = False
) -> Tensor | Array:
    r"""Return the logarithm of the mean of exponentials, without leaving the range of floats.

    .. math:: \ln \frac1n \sum_{i=1}^n e^{x_i} = \operatorname{logsumexp}(x) - \ln n

    It is never less than the mean of x (Jensen's inequality): the one must not be put for the
    other, nor the exponentials be taken as they are, which underflow at x < -104 in float32.

    Parameters
    ----------
    x : Tensor or array
        Logarithms. The result is a tensor, which can be differentiated, if this is one.
    axis : int or sequence of int, optional
        The axes averaged over; all of them by default.
    keepdims : bool, default False
        Keep those axes, with length 1.

    Examples
    --------
    >>> import math
    >>> import minigen
    >>> weights = minigen.tensor([-1000.0, -1000.0 + math.log(3.0)])
    >>> round(log_mean_exp(weights).item() + 1000, 3)  # the logarithm of (1 + 3) / 2
    0.693

    Derivation: log_mean_exp
    """
    count = math.prod(x.shape[a] for a in reduced_axes(axis, x.ndim))
    return logsumexp(x, axis=axis, keepdims=keepdims) - math.log(count)


def nll(
    model: VariationalAutoencoder,
    images: Array,
    samples: int,
    labels: Array | None = None,
    *,
    generator: Generator | None = None,
    rows: int = ROWS,
    progress: bool = False,
    world: Communicator = ALONE,
) -> float:
    r"""Estimate the negative log-likelihood of images, in nats an image, on average.

    .. math:: -\ln p(x) \le -E\left[\ln \frac1K \sum_{k=1}^K
              \frac{p(x \mid z_k)\, p(z_k)}{q(z_k \mid x)}\right], \qquad z_k \sim q(z \mid x)

    The bound tightens as K grows; with K = 1 it is the negative ELBO.

    Parameters
    ----------
    model : VariationalAutoencoder
        Anything with ``log_weights(x, samples, generator=...)`` of shape (samples, N).
    images : array, shape (N, C, H, W)
        Only for binary images is a Bernoulli decoder's value a likelihood.
    samples : int
        The number K of latents an image, at least 1.
    labels : array of integers, shape (N,), optional
        With them the estimate is of :math:`-\ln p(x|y)`.
    rows : int
        How many latents, of all images together, are decoded at once: the bound on memory.
    progress : bool, default False
        Whether to show, at a terminal, how long it will take.
    world : Communicator, optional
        Workers that take turns with the minibatches. Each draws the noise of all, and decodes its
        own; every one gets the value that one alone would get, bit by bit.

    References
    ----------
    Burda, Grosse, Salakhutdinov (2016), "Importance weighted autoencoders", arXiv:1509.00519.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import VAE
    >>> model = VAE((1, 8, 8), hidden=(32,), latent=2)
    >>> nll(model, minigen.rand(20, 1, 8, 8).numpy(), samples=50) > 0
    True

    Derivation: vae.importance_weighted_bound
    """
    if samples < 1 or rows < 1:
        raise ValueError(f"nll: samples and rows of at least 1, got {samples} and {rows}")
    chunks = _chunks(samples, min(samples, rows))
    found: dict[int, float] = {}
    with measuring(model), _bar(len(images) * samples, shown=progress) as bar:
        batches = minibatches(model, images, rows // chunks[0], labels)
        for number, (batch, classes) in enumerate(batches):
            if number % world.size != world.rank:
                mu, _ = model.encode(batch, classes)
                for chunk in chunks:
                    draw_noise(mu, generator, chunk)  # which leaves the generator as decoding would
                continue
            parts = []
            for chunk in chunks:
                weights = model.log_weights(batch, chunk, classes, generator=generator)
                parts.append(logsumexp(weights, axis=0))
                bar.update(chunk * len(batch))
            sums = np.stack([part.numpy().astype(np.float64) for part in parts])
            found[number] = float((logsumexp(sums, axis=0) - math.log(samples)).sum())
    for theirs in world.gather(found):
        found |= theirs
    total = 0.0
    for number in sorted(found):
        total -= found[number]
    return total / len(images)


def _bar(latents: int, *, shown: bool) -> Any:
    """Return a progress bar over the latents that are drawn."""
    from tqdm import tqdm

    hidden = not shown or sys.stderr is None or not sys.stderr.isatty()
    return tqdm(total=latents, unit="latent", unit_scale=True, leave=False, disable=hidden)


def _chunks(total: int, size: int) -> list[int]:
    """Divide a number into parts of `size` and a rest."""
    return [min(size, total - start) for start in range(0, total, size)]
