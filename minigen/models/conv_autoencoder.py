r"""The plain autoencoder of convolutions."""

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
from minigen.models.deterministic import DeterministicAutoencoder


class ConvAutoencoder(DeterministicAutoencoder):
    r"""An autoencoder of convolutions, dense layers and transposed convolutions.

    .. math:: \min_{\theta, \phi}\; E_x \left[ -\ln p_\theta(x \mid z = f_\phi(x)) \right]

    `DeterministicAutoencoder` has the objective, and denoising.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W), the height and width divisible by 2 to the number of convolutions.
    channels : sequence of int, default (32, 64)
        Channels of the encoder's convolutions; the decoder has them in reverse order.
    hidden : sequence of int, default (256,)
        Features of the dense layers between convolutions and code, on either side.
    latent : int, default 20
        Length of the code.
    batch_norm : bool, default False
        Whether a batch norm follows each convolution, but for the one that makes the pixels.
    decoder : {"bernoulli", "gaussian"}
        The likelihood: cross-entropy from logits, or squared error with a learnt variance.
    corruption : float, default 0
        Standard deviation of the noise that it learns to remove.
    generator : Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        If a length is not positive, the images can't be halved that often, `corruption` is
        negative, or the decoder unknown.

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

    def __init__(
        self,
        image_shape: Sequence[int],
        channels: Sequence[int] = (32, 64),
        hidden: Sequence[int] = (256,),
        latent: int = 20,
        *,
        batch_norm: bool = False,
        decoder: str = "bernoulli",
        corruption: float = 0.0,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(image_shape, latent, decoder, corruption)
        expect_features("ConvAutoencoder", hidden=hidden, latent=latent)
        expect_halving("ConvAutoencoder", self.image_shape, channels)
        self.channels = tuple(channels)
        self.hidden = tuple(hidden)
        self.batch_norm = batch_norm
        shape = self.image_shape
        body = self.hidden[-1] if self.hidden else feature_count(shape, channels)
        self.encoder = conv_encoder(shape, channels, hidden, batch_norm, generator)
        self.to_code = nn.Dense(body, latent, generator=generator)
        self.decoder = conv_decoder(shape, channels, hidden, latent, batch_norm, generator)
        self.to_pixels = pixel_layer(shape, channels, generator)

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "image_shape": list(self.image_shape),
            "channels": list(self.channels),
            "hidden": list(self.hidden),
            "latent": self.latent,
            "batch_norm": self.batch_norm,
            "decoder": self.decoder_name,
            "corruption": self.corruption,
        }

    def arrange(self, x: Array) -> Array:
        """Return images as (N, C, H, W)."""
        return self.shape_images(x)
