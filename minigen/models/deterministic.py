r"""What plain autoencoders share: the objective, denoising, and no prior."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.base import Model, as_image_shape
from minigen.models.decoders import pixel_distribution
from minigen.ops.stochastic import draw_noise


class DeterministicAutoencoder(Model):
    r"""An encoder and a decoder that learn to reproduce images through a narrow code.

    .. math:: \min_{\theta, \phi}\; E_x \left[ -\ln p_\theta(x \mid z = f_\phi(\tilde x)) \right]

    With `corruption` s > 0 it is trained to denoise: what is encoded is the image with noise of
    standard deviation s, :math:`\tilde x = \mathrm{clip}(x + s\,\epsilon, 0, 1)`, what is to be
    reproduced the clean image. Otherwise :math:`\tilde x = x`.

    The code has no prior: nothing keeps the codes of images together or fills the gaps between
    them, so codes drawn at random decode to nothing in particular, and `sample` refuses.

    A subclass makes the networks `encoder`, `to_code`, `decoder` and `to_pixels`.

    References
    ----------
    Hinton, Salakhutdinov (2006), Science 313. Vincent, Larochelle, Bengio, Manzagol (2008),
    "Extracting and composing robust features with denoising autoencoders".

    Derivation: autoencoder.objective
    """

    can_sample: ClassVar[bool] = False
    encoder: nn.Module
    to_code: nn.Dense
    decoder: nn.Module
    to_pixels: nn.Dense | nn.ConvTranspose2d

    def __init__(
        self, image_shape: Sequence[int], latent: int, decoder: str, corruption: float
    ) -> None:
        super().__init__()
        if corruption < 0:
            raise ValueError(f"corruption must not be negative, got {corruption}")
        self.image_shape = as_image_shape(image_shape)
        self.latent = latent
        self.decoder_name = decoder
        self.corruption = corruption
        self.pixels = pixel_distribution(decoder)

    @abstractmethod
    def arrange(self, x: Array) -> Array:
        """Return images in the shape that the encoder takes."""

    def encode(self, x: Array, labels: Array | None = None) -> Tensor:
        """Return the codes (N, latent) of images; it takes no labels."""
        self.expect_labels(labels, len(x))
        code: Tensor = self.to_code(self.encoder(self.arrange(x)))
        return code

    def decode(self, z: Array) -> Tensor:
        """Return the decoder's output (N, C H W), logits, for codes (N, latent)."""
        return F.flatten(self.to_pixels(self.decoder(z)), 1)

    def corrupt(
        self, x: Array, *, noise: Array | None = None, generator: Generator | None = None
    ) -> Array:
        """Return noisy images: `x` itself without corruption.

        Parameters
        ----------
        x : Tensor or array
            Images in [0, 1].
        noise : Tensor or array, of the shape of `x`, optional
            Standard normal noise; drawn if not given.
        generator : Generator, optional
            Draws the noise.
        """
        if self.corruption == 0:
            return x
        drawn = draw_noise(x, generator) if noise is None else noise
        return F.clip(x + drawn * self.corruption, 0.0, 1.0)

    def terms(
        self,
        x: Array,
        labels: Array | None = None,
        *,
        noise: Array | None = None,
        generator: Generator | None = None,
    ) -> dict[str, Tensor]:
        """Return the reconstruction error in nats an image; it is the whole loss.

        Parameters
        ----------
        x : Tensor or array, shape (N, C, H, W) or (N, C H W)
            Clean images in [0, 1].
        labels : None
            There are no conditional autoencoders here.
        noise : Tensor or array, of the shape of `x`, optional
            The noise of the corruption; drawn if not given.
        generator : Generator, optional
            Draws the noise.

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

    def reconstruct(self, x: Array, labels: Array | None = None) -> Tensor:
        """Return what the model makes of images, shape (N, C, H, W), in [0, 1]."""
        return self.decode_images(self.encode(x, labels))

    def decode_images(self, z: Array, labels: Array | None = None) -> Tensor:
        """Return the pixels' means, (N, C, H, W) in [0, 1], for codes (N, latent)."""
        self.expect_labels(labels, len(z))
        return self.pixels.mean(self.decode(z)).reshape((-1, *self.image_shape))

    def sample(
        self, count: int, labels: Array | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        """Refuse.

        Raises
        ------
        TypeError
            Always: an autoencoder has no prior.
        """
        raise TypeError(
            "an autoencoder has no prior to sample its code from: random codes fall into the holes "
            "between those of images; train a VAE to generate"
        )
