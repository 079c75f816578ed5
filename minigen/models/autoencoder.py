r"""The plain autoencoder: it compresses, and can't generate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from minigen import nn
from minigen.backend import Array
from minigen.models.base import Model, as_image_shape, expect_features
from minigen.models.decoders import pixel_distribution
from minigen.models.dense import dense_stack
from minigen.random import Generator
from minigen.tensor import Tensor


class Autoencoder(Model):
    r"""A dense encoder and decoder that learn to reproduce images through a narrow code.

    .. math:: \min_{\theta, \phi}\; E_x \left[ -\ln p_\theta(x \mid z = f_\phi(x)) \right]

    The code has no prior: nothing keeps the codes of images together or fills the gaps between
    them, so codes drawn at random decode to nothing in particular, and `sample` refuses.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W).
    hidden : sequence of int, default (400,)
        Features of the encoder's hidden layers; the decoder has them in reverse order.
    latent : int, default 20
        Length of the code.
    decoder : {"bernoulli", "gaussian"}
        The likelihood: cross-entropy from logits, or squared error with a learnt variance.
    generator : Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        If a length is not positive or the decoder unknown.

    References
    ----------
    Hinton, Salakhutdinov (2006), Science 313.

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
    can_sample: ClassVar[bool] = False

    def __init__(
        self,
        image_shape: Sequence[int],
        hidden: Sequence[int] = (400,),
        latent: int = 20,
        *,
        decoder: str = "bernoulli",
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        expect_features("Autoencoder", hidden=hidden, latent=latent)
        self.image_shape = as_image_shape(image_shape)
        self.hidden = tuple(hidden)
        self.latent = latent
        self.decoder_name = decoder
        features = math.prod(self.image_shape)
        body = self.hidden[-1] if self.hidden else features
        self.encoder = dense_stack((features, *self.hidden), generator)
        self.to_code = nn.Dense(body, latent, generator=generator)
        self.decoder = dense_stack((latent, *reversed(self.hidden)), generator)
        self.to_pixels = nn.Dense(
            self.hidden[0] if self.hidden else latent, features, generator=generator
        )
        self.pixels = pixel_distribution(decoder)

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "image_shape": list(self.image_shape),
            "hidden": list(self.hidden),
            "latent": self.latent,
            "decoder": self.decoder_name,
        }

    def encode(self, x: Array) -> Tensor:
        """Return the codes (N, latent) of images (N, C, H, W)."""
        code: Tensor = self.to_code(self.encoder(self.flatten_images(x)))
        return code

    def decode(self, z: Array) -> Tensor:
        """Return the decoder's output (N, C H W), logits, for codes (N, latent)."""
        output: Tensor = self.to_pixels(self.decoder(z))
        return output

    def decode_images(self, z: Array) -> Tensor:
        """Return the pixels' means (N, C, H, W), in [0, 1], for codes (N, latent)."""
        return self.pixels.mean(self.decode(z)).reshape((-1, *self.image_shape))

    def terms(self, x: Array, *, generator: Generator | None = None) -> dict[str, Tensor]:
        """Return the reconstruction error in nats an image; it is the whole loss."""
        rows = self.flatten_images(x)
        output = self.decode(self.encode(rows))
        loss = self.pixels.negative_log_likelihood(output, rows, "batchmean")
        return {"loss": loss, "reconstruction": loss}

    def reconstruct(self, x: Array) -> Tensor:
        """Return the reconstructions, shape (N, C, H, W), in [0, 1]."""
        return self.decode_images(self.encode(x))

    def sample(self, count: int, *, generator: Generator | None = None) -> Tensor:
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
