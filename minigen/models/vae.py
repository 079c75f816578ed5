r"""The variational autoencoder: its objective, whatever the networks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from minigen import functional as F
from minigen.engine.backend import Array
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.base import Conditioning
from minigen.models.networks import ConvNetworks
from minigen.models.options import Count, Options, Weight
from minigen.models.posterior import Variational
from minigen.ops.shards import batch_mean
from minigen.ops.stochastic import draw_noise, reparameterize


@dataclass(frozen=True)
class Objective(Options):
    r"""How a variational autoencoder weighs the parts of its bound.

    Parameters
    ----------
    beta : float
        Weight of the KL term. Higgins et al. (2017).
    warmup : float
        Epochs over which the KL term's weight rises from 0. Bowman et al. (2016), arXiv:1511.06349.
    free_bits : float
        KL that each latent variable may use without cost, in nats on average over a batch. Kingma
        et al. (2016), arXiv:1606.04934.
    importance_samples : int
        Train on the importance-weighted bound with this many samples, if more than one; it has no
        separate KL term to weigh. Burda et al. (2016), arXiv:1509.00519.

    Raises
    ------
    ValueError
        If a value lies outside its range, or the KL is to be weighed in a bound that has none.

    Derivation: vae.beta, vae.rate_distortion, vae.free_bits
    """

    beta: Weight = 1.0
    warmup: Weight = 0.0
    free_bits: Weight = 0.0
    importance_samples: Count = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.importance_samples > 1 and (self.beta, self.warmup, self.free_bits) != (1, 0, 0):
            raise ValueError(
                "the importance-weighted bound has no KL term of its own: with "
                f"importance_samples={self.importance_samples} leave beta 1, warmup and "
                "free_bits 0"
            )

    def share(self, epochs: float) -> float:
        """Return the KL term's share of its weight, that many epochs after the start."""
        return 1.0 if self.warmup == 0 else min(1.0, epochs / self.warmup)


class VAE(Variational):
    r"""A latent-variable model of images, trained through a lower bound on its likelihood.

    The model: :math:`z \sim \mathcal{N}(0, I)`, :math:`x \sim p_\theta(x \mid z)`. The encoder
    approximates the posterior by
    :math:`q_\phi(z \mid x) = \mathcal{N}(\mu(x), \mathrm{diag}\,\sigma^2(x))`. Training minimises
    the negative evidence lower bound, in nats an image,

    .. math:: L = \underbrace{E_{q_\phi(z \mid x)}\left[-\ln p_\theta(x \mid z)\right]}_{
              \text{reconstruction}} + \beta\,\underbrace{\mathrm{KL}\left(q_\phi(z \mid x)
              \,\|\, \mathcal{N}(0, I)\right)}_{\text{kl}},

    the expectation from one reparameterised sample, the KL in closed form, both summed over an
    image's pixels and latent variables and averaged over the batch. With :math:`\beta = 1` it
    bounds :math:`-\ln p(x)` from above. `Objective` has the variants: a KL weight that warms up,
    free bits, the importance-weighted bound. With ``prior="mixture"`` a mixture of Gaussians that
    is learnt stands in the place of :math:`\mathcal{N}(0, I)`, and the KL is estimated from the
    same sample.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W).
    hidden, latent, activation
        See `DenseNetworks`.
    decoder : {"bernoulli", "gaussian"}
        The distribution of the pixels: see `minigen.models.likelihoods`.
    prior, components
        The distribution of the latent variables: see `minigen.models.priors`.
    beta, warmup, free_bits, importance_samples
        See `Objective`.
    generator : Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        If a length is not positive, the activation, decoder or prior unknown, or the objective
        impossible.

    References
    ----------
    Kingma, Welling (2014), arXiv:1312.6114.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import VAE
    >>> model = VAE((1, 8, 8), hidden=(32,), latent=2)
    >>> sorted(model.terms(minigen.rand(5, 1, 8, 8)))
    ['kl', 'loss', 'reconstruction']
    >>> model.sample(3).shape
    (3, 1, 8, 8)

    Derivation: vae.elbo, vae.identity
    """

    name: ClassVar[str] = "vae"
    parts: ClassVar[dict[str, type[Options]]] = {
        **Variational.parts,
        "objective": Objective,
    }
    objective: Objective

    def build(self, generator: Generator | None) -> None:
        """Make the networks and the prior, and begin to anneal."""
        self._expect_free_bits_of_each_variable()
        self.anneal(0)
        super().build(generator)

    def _expect_free_bits_of_each_variable(self) -> None:
        """Refuse free bits where the KL is not a sum over latent variables."""
        if self.objective.free_bits and self.latents.prior != "standard":
            raise ValueError(
                "free bits are of each latent variable, and the KL from a mixture is none of each: "
                f"with prior {self.latents.prior!r} leave free_bits 0, got "
                f"{self.objective.free_bits:g}; warmup is another remedy"
            )

    def anneal(self, epochs: float) -> None:
        """Say how many epochs have passed: the KL's weight may warm up."""
        self.share = self.objective.share(epochs)

    # ------------------------------------------------------------------------------- the objective

    def terms(
        self,
        x: Array,
        labels: Array | None = None,
        *,
        noise: Array | None = None,
        generator: Generator | None = None,
    ) -> dict[str, Tensor]:
        """Return loss, reconstruction and KL in nats an image, averaged over the batch.

        Parameters
        ----------
        x : Tensor or array, shape (N, C, H, W) or (N, C H W)
            Images in [0, 1].
        labels : Tensor or array of integers, shape (N,), optional
            Their classes, if the model is conditional.
        noise : Tensor or array, optional
            The noise of the reparameterisation, of shape (N, latent), or (K, N, latent) for the
            importance-weighted bound; drawn if not given.
        generator : Generator, optional
            Draws the noise.

        Raises
        ------
        ValueError
            If images have another shape or, on the CPU, values outside [0, 1].
        """
        self.expect_unit_interval(x)
        rows = self.flatten_images(x)
        mu, logvar = self.encode(x, labels)
        objective = self.objective
        if objective.importance_samples > 1:
            if noise is None:
                noise = draw_noise(mu, generator, objective.importance_samples)
            return self._importance_weighted_terms(rows, labels, mu, logvar, noise)
        z = reparameterize(mu, logvar, noise=noise, generator=generator)
        output = self.decode(z, labels)
        reconstruction = self.pixels.negative_log_likelihood(output, rows, "batchmean")
        kl = self.prior.kl(z, mu, logvar)
        charged = kl if objective.free_bits == 0 else self._kl_beyond_free_bits(mu, logvar)
        return {
            "loss": reconstruction + charged * (objective.beta * self.share),
            "reconstruction": reconstruction,
            "kl": kl,
        }

    def loss(
        self, x: Array, labels: Array | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        """Return what training minimises: the first of `terms`."""
        return self.terms(x, labels, generator=generator)["loss"]

    def _kl_beyond_free_bits(self, mu: Tensor, logvar: Tensor) -> Tensor:
        r"""Return :math:`\sum_j \max(\lambda, E_x[\mathrm{KL}_j])`; flat in what is free."""
        each = batch_mean(F.kl_standard_normal(mu, logvar, "none"))
        return F.maximum(each, self.objective.free_bits).sum()

    # ---------------------------------------------------------------- the importance-weighted bound

    def _importance_weighted_terms(
        self, rows: Array, labels: Array | None, mu: Tensor, logvar: Tensor, noise: Array
    ) -> dict[str, Tensor]:
        z = reparameterize(mu, logvar, noise=noise)
        log_weights, log_likelihood = self._weigh(rows, labels, mu, logvar, z)
        return {
            "loss": _negative_bound(log_weights),
            "reconstruction": -log_likelihood.mean(),
            "kl": self.prior.kl(z, mu, logvar),
        }

    def importance_weighted_loss(
        self,
        x: Array,
        samples: int,
        labels: Array | None = None,
        *,
        noise: Array | None = None,
        generator: Generator | None = None,
    ) -> Tensor:
        r"""Return the negative importance-weighted bound, averaged over the batch, in nats.

        .. math:: L_K = -E\left[\ln \frac1K \sum_{k=1}^K w_k\right]

        It bounds :math:`-\ln p(x)` from above, and tightens as K grows. The parameters are as for
        `log_weights`.

        Derivation: vae.importance_weighted_bound
        """
        log_weights = self.log_weights(x, samples, labels, noise=noise, generator=generator)
        return _negative_bound(log_weights)


def _negative_bound(log_weights: Tensor) -> Tensor:
    """Return the negative importance-weighted bound, given log-weights (K, N).

    Derivation: vae.importance_weighted_bound.grad
    """
    bound: Tensor = F.logsumexp(log_weights, axis=0) - math.log(log_weights.shape[0])
    return -bound.mean()


class ConvVAE(VAE):
    r"""A `VAE` of convolutions and dense layers; its decoder ends in transposed convolutions.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W), the height and width divisible by 2 to the number of convolutions.
    channels, hidden, latent, batch_norm
        See `ConvNetworks`.
    decoder, prior, components, beta, warmup, free_bits, importance_samples, generator
        As for `VAE`.

    Raises
    ------
    ValueError
        As `VAE`, or if the images can't be halved that often.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import ConvVAE
    >>> model = ConvVAE((1, 8, 8), channels=(4, 8), hidden=(16,), latent=2)
    >>> model.sample(3).shape
    (3, 1, 8, 8)

    Derivation: vae.elbo
    """

    name: ClassVar[str] = "conv-vae"
    parts: ClassVar[dict[str, type[Options]]] = {**VAE.parts, "networks": ConvNetworks}


class ConditionalVAE(VAE):
    r"""A `VAE` that is given the class y of each image.

    The model is :math:`z \sim \mathcal{N}(0, I)`, :math:`x \sim p(x \mid z, y)`. It minimises the
    negative ELBO of the conditional likelihood, which bounds :math:`-\ln p(x \mid y)` from above:

    .. math:: L = E_{q(z \mid x, y)}\left[-\ln p(x \mid z, y)\right]
              + \beta\,\mathrm{KL}\left(q(z \mid x, y) \,\|\, \mathcal{N}(0, I)\right).

    Both networks are given y as a one-hot vector beside their input. The latent variables, whose
    prior is the same for every class, are left with what the class doesn't say: slant, width,
    style.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W).
    classes : int
        How many classes there are, at least two: labels go from 0 to ``classes - 1``.
    hidden, latent, ...
        As for `VAE`.

    Raises
    ------
    ValueError
        As `VAE`, or if there are fewer than two classes.

    References
    ----------
    Sohn, Lee, Yan (2015), "Learning structured output representation using deep conditional
    generative models", with the prior of z independent of y. Kingma, Mohamed, Rezende, Welling
    (2014), arXiv:1406.5298, model M2 with every label observed.

    Examples
    --------
    >>> import numpy as np
    >>> import minigen
    >>> from minigen.models import ConditionalVAE
    >>> model = ConditionalVAE((1, 8, 8), classes=10, hidden=(32,), latent=2)
    >>> x, labels = minigen.rand(5, 1, 8, 8), np.array([3, 1, 4, 1, 5])
    >>> sorted(model.terms(x, labels))
    ['kl', 'loss', 'reconstruction']
    >>> sevens = model.sample(4, np.full(4, 7))
    >>> sevens.shape
    (4, 1, 8, 8)

    Derivation: vae.conditional_elbo
    """

    name: ClassVar[str] = "cvae"
    parts: ClassVar[dict[str, type[Options]]] = {"conditioning": Conditioning, **VAE.parts}
