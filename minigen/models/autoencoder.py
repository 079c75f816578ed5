r"""Autoencoders: they compress, and can't generate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.base import Model
from minigen.models.likelihoods import Likelihood
from minigen.models.networks import ConvNetworks, DenseNetworks, Networks
from minigen.models.options import Options, Weight
from minigen.ops.stochastic import draw_noise


@dataclass(frozen=True)
class Denoising(Options):
    """What an autoencoder is to undo.

    Parameters
    ----------
    corruption : float
        Standard deviation of the noise that an autoencoder learns to remove.
    """

    corruption: Weight = 0.0


class Autoencoder(Model):
    r"""An encoder and a decoder that learn to reproduce images through a narrow code.

    .. math:: \min_{\theta, \phi}\; E_x \left[ -\ln p_\theta(x \mid z = f_\phi(\tilde x)) \right]

    With `corruption` s > 0 it is trained to denoise: what is encoded is the image with noise of
    standard deviation s, :math:`\tilde x = \mathrm{clip}(x + s\,\epsilon, 0, 1)`, what is to be
    reproduced the clean image. Otherwise :math:`\tilde x = x`.

    The code has no prior: nothing keeps the codes of images together or fills the gaps between
    them, so codes drawn at random decode to nothing in particular, and there is no `sample`.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W).
    hidden, latent, activation
        See `DenseNetworks`.
    decoder : {"bernoulli", "gaussian"}
        The likelihood: cross-entropy from logits, or squared error with a learnt variance.
    corruption : float, default 0
        Standard deviation of the noise that it learns to remove.
    generator : Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        If a length is not positive, `corruption` negative, or the activation or decoder unknown.

    References
    ----------
    Hinton, Salakhutdinov (2006), Science 313. Vincent, Larochelle, Bengio, Manzagol (2008),
    "Extracting and composing robust features with denoising autoencoders".

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import Autoencoder
    >>> model = Autoencoder((1, 8, 8), hidden=(32,), latent=4)
    >>> model.reconstruct(minigen.rand(5, 1, 8, 8)).shape
    (5, 1, 8, 8)

    Derivation: autoencoder.objective
    """

    name: ClassVar[str] = "autoencoder"
    parts: ClassVar[dict[str, type[Options]]] = {
        "networks": DenseNetworks,
        "likelihood": Likelihood,
        "denoising": Denoising,
    }
    lacks: ClassVar[dict[str, str]] = {
        "sample": "an autoencoder has no prior to sample its code from: random codes fall into the "
        "holes between those of images; train a VAE to generate"
    }
    networks: Networks
    likelihood: Likelihood
    denoising: Denoising

    def build(self, generator: Generator | None) -> None:
        """Make the likelihood, the encoder, and the decoder."""
        networks, shape = self.networks, self.image_shape
        self.latent = networks.latent
        self.pixels = self.likelihood.distribution()
        self.encoder, width = networks.encoder(shape, 0, generator)
        self.to_code = nn.Dense(width, self.latent, generator=generator)
        self.decoder, self.to_pixels = networks.decoder(shape, 0, generator)

    def encode(self, x: Array, labels: Array | None = None) -> Tensor:
        """Return the codes (N, latent) of images; it takes no labels."""
        self.expect_labels(labels, len(x))
        code: Tensor = self.to_code(self.encoder(self.networks.arrange(self, x)))
        return code

    def decode(self, z: Array) -> Tensor:
        """Return the decoder's output (N, C H W), logits, for codes (N, latent)."""
        return F.flatten(self.to_pixels(self.decoder(z)), 1)

    def corrupt(
        self, x: Array, *, noise: Array | None = None, generator: Generator | None = None
    ) -> Array:
        """Return noisy images in [0, 1]: `x` itself without corruption.

        The standard normal `noise`, of the shape of `x`, is drawn by `generator` if not given.
        """
        corruption = self.denoising.corruption
        if corruption == 0:
            return x
        drawn = draw_noise(x, generator) if noise is None else noise
        return F.clip(x + drawn * corruption, 0.0, 1.0)

    def terms(
        self,
        x: Array,
        labels: Array | None = None,
        *,
        noise: Array | None = None,
        generator: Generator | None = None,
    ) -> dict[str, Tensor]:
        """Return the reconstruction error in nats an image; it is the whole loss.

        Takes clean images, (N, C, H, W) or as rows, in [0, 1], and no labels; `noise` and
        `generator` are as for `corrupt`.

        Raises
        ------
        ValueError
            If images have another shape or, on the CPU, values outside [0, 1].
        """
        self.expect_unit_interval(x)
        self.expect_labels(labels, len(x))
        output = self.decode(self.encode(self.corrupt(x, noise=noise, generator=generator)))
        loss = self.pixels.negative_log_likelihood(output, self.flatten_images(x), "batchmean")
        return {"loss": loss, "reconstruction": loss}

    def loss(
        self, x: Array, labels: Array | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        """Return what training minimises: the first of `terms`."""
        return self.terms(x, labels, generator=generator)["loss"]

    def reconstruct(self, x: Array, labels: Array | None = None) -> Tensor:
        """Return what the model makes of images, shape (N, C, H, W), in [0, 1]."""
        return self.decode_images(self.encode(x, labels))

    def decode_images(self, z: Array, labels: Array | None = None) -> Tensor:
        """Return the pixels' means, (N, C, H, W) in [0, 1], for codes (N, latent)."""
        self.expect_labels(labels, len(z))
        return self.pixels.mean(self.decode(z)).reshape((-1, *self.image_shape))


class ConvAutoencoder(Autoencoder):
    r"""An `Autoencoder` of convolutions, dense layers and transposed convolutions.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W), the height and width divisible by 2 to the number of convolutions.
    channels, hidden, latent, batch_norm
        See `ConvNetworks`.
    decoder, corruption, generator
        As for `Autoencoder`.

    Raises
    ------
    ValueError
        As `Autoencoder`, or if the images can't be halved that often.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import ConvAutoencoder
    >>> model = ConvAutoencoder((1, 8, 8), channels=(4, 8), hidden=(16,), latent=4)
    >>> model.reconstruct(minigen.rand(5, 1, 8, 8)).shape
    (5, 1, 8, 8)

    Derivation: autoencoder.objective
    """

    name: ClassVar[str] = "conv-autoencoder"
    parts: ClassVar[dict[str, type[Options]]] = {**Autoencoder.parts, "networks": ConvNetworks}
