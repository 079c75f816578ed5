r"""What variational autoencoders share: the objective, whatever the networks."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array, array_of, namespace
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.models.base import Model, as_image_shape
from minigen.models.decoders import pixel_distribution
from minigen.ops.stochastic import draw_noise, log_normal, reparameterize


class Objective:
    r"""How a variational autoencoder weighs the parts of its bound.

    Parameters
    ----------
    beta : float, default 1
        Weight of the KL term; Higgins et al. (2017).
    warmup : float, default 0
        Epochs over which that weight rises from 0; Bowman et al. (2016), arXiv:1511.06349.
    free_bits : float, default 0
        Nats of KL that each latent variable may use without cost, on average over a batch; Kingma
        et al. (2016), arXiv:1606.04934.
    importance_samples : int, default 1
        Number K of samples of the bound; more than one gives the importance-weighted bound of Burda
        et al. (2016), which has no separate KL term to weigh.

    Raises
    ------
    ValueError
        If a value lies outside its range, or the KL is to be weighed in a bound that has none.

    Derivation: vae.beta, vae.rate_distortion, vae.free_bits
    """

    def __init__(
        self,
        beta: float = 1.0,
        warmup: float = 0.0,
        free_bits: float = 0.0,
        importance_samples: int = 1,
    ) -> None:
        for name, value in (("beta", beta), ("warmup", warmup), ("free_bits", free_bits)):
            if value < 0:
                raise ValueError(f"{name} must not be negative, got {value}")
        if importance_samples < 1:
            raise ValueError(f"importance_samples must be at least 1, got {importance_samples}")
        if importance_samples > 1 and (beta, warmup, free_bits) != (1.0, 0.0, 0.0):
            raise ValueError(
                "the importance-weighted bound has no KL term of its own: with "
                f"importance_samples={importance_samples} leave beta 1, warmup and free_bits 0"
            )
        self.beta = beta
        self.warmup = warmup
        self.free_bits = free_bits
        self.importance_samples = importance_samples
        self.share = 1.0 if warmup == 0 else 0.0

    def anneal(self, epochs: float) -> None:
        """Raise the KL term's share of its weight, as many epochs after the start."""
        self.share = 1.0 if self.warmup == 0 else min(1.0, epochs / self.warmup)

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "beta": self.beta,
            "warmup": self.warmup,
            "free_bits": self.free_bits,
            "importance_samples": self.importance_samples,
        }


class VariationalAutoencoder(Model):
    r"""A latent-variable model of images, trained through a lower bound on its likelihood.

    The model: :math:`z \sim N(0, I)`, :math:`x \sim p_\theta(x \mid z)`. The encoder approximates
    the posterior by :math:`q_\phi(z \mid x) = N(\mu(x), \mathrm{diag}\,\sigma^2(x))`. Training
    minimises the negative evidence lower bound, in nats an image,

    .. math:: L = \underbrace{E_{q_\phi(z \mid x)}\left[-\ln p_\theta(x \mid z)\right]}_{
              \text{reconstruction}} + \beta\,\underbrace{\mathrm{KL}\left(q_\phi(z \mid x)
              \,\|\, N(0, I)\right)}_{\text{kl}},

    the expectation from one reparameterised sample, the KL in closed form, both summed over an
    image's pixels and latent variables and averaged over the batch. With :math:`\beta = 1` it
    bounds :math:`-\ln p(x)` from above. `Objective` has the variants: a KL weight that warms up,
    free bits, the importance-weighted bound.

    A subclass makes the networks `encoder`, `to_mu`, `to_logvar`, `decoder` and `to_pixels`.

    References
    ----------
    Kingma, Welling (2014), arXiv:1312.6114.

    Derivation: vae.elbo, vae.identity
    """

    encoder: nn.Module
    to_mu: nn.Dense
    to_logvar: nn.Dense
    decoder: nn.Module
    to_pixels: nn.Dense | nn.ConvTranspose2d

    def __init__(
        self, image_shape: Sequence[int], latent: int, decoder: str, objective: Objective
    ) -> None:
        super().__init__()
        self.image_shape = as_image_shape(image_shape)
        self.latent = latent
        self.decoder_name = decoder
        self.objective = objective
        self.pixels = pixel_distribution(decoder)

    @abstractmethod
    def arrange(self, x: Array) -> Array:
        """Return images in the shape that the encoder takes."""

    def anneal(self, epochs: float) -> None:
        """Tell the objective how many epochs have passed: the KL's weight may warm up."""
        self.objective.anneal(epochs)

    def encode(self, x: Array, labels: Array | None = None) -> tuple[Tensor, Tensor]:
        r"""Return :math:`\mu` and :math:`\ln\sigma^2` of the posterior, each (N, latent)."""
        features = self.encoder(self.condition(self.arrange(x), labels))
        return self.to_mu(features), self.to_logvar(features)

    def decode(self, z: Array, labels: Array | None = None) -> Tensor:
        """Return the decoder's output (..., N, C H W), logits, for latents (..., N, latent)."""
        rows = F.reshape(z, (-1, self.latent))
        output = self.to_pixels(self.decoder(self.condition(rows, _repeated(labels, len(rows)))))
        return F.reshape(output, (*z.shape[:-1], math.prod(self.image_shape)))

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
        if self.objective.importance_samples > 1:
            if noise is None:
                noise = draw_noise(mu, generator, self.objective.importance_samples)
            return self._importance_weighted_terms(rows, labels, mu, logvar, noise)
        z = reparameterize(mu, logvar, noise=noise, generator=generator)
        output = self.decode(z, labels)
        reconstruction = self.pixels.negative_log_likelihood(output, rows, "batchmean")
        kl = F.kl_standard_normal(mu, logvar)
        charged = kl if self.objective.free_bits == 0 else self._kl_beyond_free_bits(mu, logvar)
        weight = self.objective.beta * self.objective.share
        return {
            "loss": reconstruction + charged * weight,
            "reconstruction": reconstruction,
            "kl": kl,
        }

    def _kl_beyond_free_bits(self, mu: Tensor, logvar: Tensor) -> Tensor:
        r"""Return :math:`\sum_j \max(\lambda, E_x[\mathrm{KL}_j])`; flat in what is free."""
        each = F.kl_standard_normal(mu, logvar, "none").mean(axis=0)
        return F.maximum(each, self.objective.free_bits).sum()

    def _importance_weighted_terms(
        self, rows: Array, labels: Array | None, mu: Tensor, logvar: Tensor, noise: Array
    ) -> dict[str, Tensor]:
        log_weights, log_likelihood = self._weigh(rows, labels, mu, logvar, noise)
        return {
            "loss": _negative_bound(log_weights),
            "reconstruction": -log_likelihood.mean(),
            "kl": F.kl_standard_normal(mu, logvar),
        }

    def log_weights(
        self,
        x: Array,
        samples: int,
        labels: Array | None = None,
        *,
        noise: Array | None = None,
        generator: Generator | None = None,
    ) -> Tensor:
        r"""Return importance log-weights of `samples` latents an image.

        .. math:: \ln w_k = \ln p(x \mid z_k) + \ln p(z_k) - \ln q(z_k \mid x),
                  \qquad z_k \sim q(z \mid x)

        Parameters
        ----------
        x : Tensor or array, shape (N, C, H, W) or (N, C H W)
            Images in [0, 1].
        samples : int
            Number K of latents an image.
        labels : Tensor or array of integers, shape (N,), optional
            The images' classes, if the model is conditional.
        noise : Tensor or array, shape (K, N, latent), optional
            The noise; drawn if not given.
        generator : Generator, optional
            Draws the noise.

        Returns
        -------
        Tensor, shape (K, N)
            The logarithm of their mean over K bounds :math:`\ln p(x)` from below, the more
            tightly the larger K is.

        References
        ----------
        Burda, Grosse, Salakhutdinov (2016), arXiv:1509.00519.
        """
        mu, logvar = self.encode(x, labels)
        if noise is None:
            noise = draw_noise(mu, generator, samples)
        return self._weigh(self.flatten_images(x), labels, mu, logvar, noise)[0]

    def _weigh(
        self, rows: Array, labels: Array | None, mu: Tensor, logvar: Tensor, noise: Array
    ) -> tuple[Tensor, Tensor]:
        """Return log-weights and log-likelihoods, each (K, N), of latents made from `noise`."""
        z = mu + F.exp(logvar * 0.5) * noise
        output = self.decode(z, labels)
        targets = F.broadcast_to(rows, output.shape)
        likelihood = -self.pixels.negative_log_likelihood(output, targets, "none").sum(-1)
        prior, posterior = log_normal(z).sum(-1), log_normal(z, mu, logvar).sum(-1)
        return likelihood + prior - posterior, likelihood

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

    def reconstruct(self, x: Array, labels: Array | None = None) -> Tensor:
        """Return the pixels' means for z at the posterior's mean: (N, C, H, W), in [0, 1]."""
        mu, _ = self.encode(x, labels)
        return self.decode_images(mu, labels)

    def sample(
        self, count: int, labels: Array | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        """Return the pixels' means for latents from the prior: (count, C, H, W), in [0, 1].

        These are means of p(x | z), not draws of pixels, which would add the pixels' noise. Of a
        conditional model, `labels` are the images' classes: by default one after the other.
        """
        source = generator or default_generator()
        weight = self.to_mu.weight
        z = source.normal((count, self.latent), weight.dtype, weight.device)
        return self.decode_images(z, self.labels_in_turn(count) if labels is None else labels)

    def decode_images(self, z: Array, labels: Array | None = None) -> Tensor:
        """Return the pixels' means, (N, C, H, W) in [0, 1], for latents (N, latent)."""
        return self.pixels.mean(self.decode(z, labels)).reshape((-1, *self.image_shape))

    def start_near_the_prior(self) -> None:
        """Shrink the first weights, those of the pixels' layer most.

        Then q(z | x) begins near the prior and each pixel's mean near 1/2, whatever x and z, and
        no step is spent on unlearning random structure. Against the layers' own first weights this
        lowers the dense VAE's negative ELBO on MNIST's test images after ten epochs by about half
        a nat.
        """
        with no_grad():
            for name, parameter in self.named_parameters():
                if name.endswith("weight") and parameter.ndim > 1:
                    parameter.copy_(parameter * 0.5)
            weight = self.to_pixels.weight
            weight.copy_(weight * 0.1)


def _negative_bound(log_weights: Tensor) -> Tensor:
    """Return the negative importance-weighted bound, given log-weights (K, N).

    Derivation: vae.importance_weighted_bound.grad
    """
    bound: Tensor = F.logsumexp(log_weights, axis=0) - math.log(log_weights.shape[0])
    return -bound.mean()


def _repeated(labels: Array | None, count: int) -> Array | None:
    """Repeat labels (N,) for latents (K, N), flattened to `count` rows."""
    if labels is None or len(labels) == 0 or count % len(labels):
        return labels
    array = array_of(labels)
    return namespace(array).tile(array, count // len(array))
