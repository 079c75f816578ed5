r"""The variational autoencoder with convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.random import Generator
from minigen.models.base import expect_features
from minigen.models.convolutional import (
    conv_decoder,
    conv_encoder,
    expect_halving,
    feature_count,
    pixel_layer,
)
from minigen.models.variational import Objective, VariationalAutoencoder


class ConvVAE(VariationalAutoencoder):
    r"""A variational autoencoder of convolutions and dense layers.

    It minimises the negative ELBO,

    .. math:: L = E_{q(z \mid x)}\left[-\ln p(x \mid z)\right]
              + \beta\,\mathrm{KL}\left(q(z \mid x) \,\|\, N(0, I)\right);

    `VariationalAutoencoder` has the model and its objective. The encoder is convolutions and a
    dense layer; the decoder dense layers and transposed convolutions.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W), the height and width divisible by 2 to the number of convolutions.
    channels : sequence of int, default (32, 64)
        Channels of the encoder's convolutions; the decoder has them in reverse order.
    hidden : sequence of int, default (256,)
        Features of the dense layers between convolutions and latent variables, on either side.
    latent : int, default 20
        Number of latent variables.
    batch_norm : bool, default False
        Whether a batch norm follows each convolution, but for the one that makes the pixels.
    decoder : {"bernoulli", "gaussian"}
        The distribution of the pixels: see `minigen.models.decoders`.
    beta, warmup, free_bits, importance_samples
        See `Objective`.
    generator : Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        If a length is not positive, the images can't be halved that often, the decoder is unknown
        or the objective impossible.

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

    def __init__(
        self,
        image_shape: Sequence[int],
        channels: Sequence[int] = (32, 64),
        hidden: Sequence[int] = (256,),
        latent: int = 20,
        *,
        batch_norm: bool = False,
        decoder: str = "bernoulli",
        beta: float = 1.0,
        warmup: float = 0.0,
        free_bits: float = 0.0,
        importance_samples: int = 1,
        generator: Generator | None = None,
    ) -> None:
        objective = Objective(beta, warmup, free_bits, importance_samples)
        super().__init__(image_shape, latent, decoder, objective)
        expect_features("ConvVAE", hidden=hidden, latent=latent)
        expect_halving("ConvVAE", self.image_shape, channels)
        self.channels = tuple(channels)
        self.hidden = tuple(hidden)
        self.batch_norm = batch_norm
        shape = self.image_shape
        body = self.hidden[-1] if self.hidden else feature_count(shape, channels)
        self.encoder = conv_encoder(shape, channels, hidden, batch_norm, generator)
        self.to_mu = nn.Dense(body, latent, generator=generator)
        self.to_logvar = nn.Dense(body, latent, generator=generator)
        self.decoder = conv_decoder(shape, channels, hidden, latent, batch_norm, generator)
        self.to_pixels = pixel_layer(shape, channels, generator)
        self.start_near_the_prior()

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "image_shape": list(self.image_shape),
            "channels": list(self.channels),
            "hidden": list(self.hidden),
            "latent": self.latent,
            "batch_norm": self.batch_norm,
            "decoder": self.decoder_name,
            **self.objective.config(),
        }

    def arrange(self, x: Array) -> Array:
        """Return images as (N, C, H, W)."""
        return self.shape_images(x)
