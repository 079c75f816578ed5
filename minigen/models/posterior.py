r"""What every model has that encodes images as a distribution of latent variables.

The model: :math:`z \sim p(z)`, :math:`x \sim p_\theta(x \mid z)`. The encoder approximates the
posterior by :math:`q_\phi(z \mid x)`. What the two learn from is not said here.
"""

from __future__ import annotations

import math
from typing import ClassVar

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array, array_of, namespace
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.base import Model
from minigen.models.likelihoods import Likelihood
from minigen.models.networks import DenseNetworks, Networks
from minigen.models.options import Options
from minigen.models.priors import Latents
from minigen.ops.stochastic import draw_noise, log_normal, reparameterize


class Variational(Model):
    """An encoder to latent variables and a decoder from them; its objective is for others to add.

    It samples, reconstructs, and estimates the likelihood of images by importance sampling.
    """

    parts: ClassVar[dict[str, type[Options]]] = {
        "networks": DenseNetworks,
        "likelihood": Likelihood,
        "latents": Latents,
    }
    networks: Networks
    likelihood: Likelihood
    latents: Latents

    def build(self, generator: Generator | None) -> None:
        """Make the likelihood, the encoder with its two heads, the decoder, and the prior."""
        networks, shape, classes = self.networks, self.image_shape, self.classes
        self.latent = networks.latent
        self.pixels = self.likelihood.distribution()
        self.encoder, width = networks.encoder(shape, classes, generator)
        self.to_mu = nn.Dense(width, self.latent, generator=generator)
        self.to_logvar = nn.Dense(width, self.latent, generator=generator)
        self.decoder, self.to_pixels = networks.decoder(shape, classes, generator)
        networks.initialize_(self, generator)
        self.prior = self.latents.distribution(self.latent, generator)

    # -------------------------------------------------------------------------- the two networks

    def encode(self, x: Array, labels: Array | None = None) -> tuple[Tensor, Tensor]:
        r"""Return :math:`\mu` and :math:`\ln\sigma^2` of the posterior, each (N, latent)."""
        features = self.encoder(self.condition(self.networks.arrange(self, x), labels))
        return self.to_mu(features), self.to_logvar(features)

    def decode(self, z: Array, labels: Array | None = None) -> Tensor:
        """Return the decoder's output (..., N, C H W), logits, for latents (..., N, latent)."""
        rows = F.reshape(z, (-1, self.latent))
        output = self.to_pixels(self.decoder(self.condition(rows, _repeated(labels, len(rows)))))
        return F.reshape(output, (*z.shape[:-1], math.prod(self.image_shape)))

    # ------------------------------------------------------------------------------- likelihood

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
        x, labels, generator
            As for `terms`.
        samples : int
            Number K of latents an image.
        noise : Tensor or array, shape (K, N, latent), optional
            The noise; drawn if not given.

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
        z = reparameterize(mu, logvar, noise=noise)
        return self._weigh(self.flatten_images(x), labels, mu, logvar, z)[0]

    def _weigh(
        self, rows: Array, labels: Array | None, mu: Tensor, logvar: Tensor, z: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return log-weights and log-likelihoods, each (K, N), of latents (K, N, latent)."""
        output = self.decode(z, labels)
        targets = F.broadcast_to(rows, output.shape)
        likelihood = -self.pixels.negative_log_likelihood(output, targets, "none").sum(-1)
        prior, posterior = self.prior.log_density(z), log_normal(z, mu, logvar).sum(-1)
        return likelihood + prior - posterior, likelihood

    # --------------------------------------------------------------------------- what it is for

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
        z = self.draw_latents(count, generator)
        return self.decode_images(z, self.labels_in_turn(count) if labels is None else labels)

    def draw_latents(self, count: int, generator: Generator | None) -> Array:
        """Draw z from the prior, shape (count, latent), where the model is."""
        return self.prior.place(super().draw_latents(count, generator), generator)

    def prior_moments(self) -> tuple[Array | float, Array | float]:
        """Return mean and standard deviation of each latent variable under the prior."""
        return self.prior.moments()

    def decode_images(self, z: Array, labels: Array | None = None) -> Tensor:
        """Return the pixels' means, (N, C, H, W) in [0, 1], for latents (N, latent)."""
        return self.pixels.mean(self.decode(z, labels)).reshape((-1, *self.image_shape))


def _repeated(labels: Array | None, count: int) -> Array | None:
    """Repeat labels (N, ...) for latents (K, N), flattened to `count` rows."""
    if labels is None or len(labels) == 0 or count % len(labels):
        return labels
    array = array_of(labels)
    return namespace(array).tile(array, (count // len(array), *[1] * (array.ndim - 1)))
