r"""The plain autoencoder of dense layers: it compresses, and can't generate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.random import Generator
from minigen.models.base import expect_features
from minigen.models.dense import dense_stack
from minigen.models.deterministic import DeterministicAutoencoder


class Autoencoder(DeterministicAutoencoder):
    r"""An autoencoder whose encoder and decoder are dense layers.

    .. math:: \min_{\theta, \phi}\; E_x \left[ -\ln p_\theta(x \mid z = f_\phi(x)) \right]

    `DeterministicAutoencoder` has the objective, and denoising.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W).
    hidden : sequence of int, default (400,)
        Features of the encoder's hidden layers; the decoder has them in reverse order.
    latent : int, default 20
        Length of the code.
    activation : {"relu", "elu", "softplus", "tanh"}
        What follows each hidden layer.
    decoder : {"bernoulli", "gaussian"}
        The likelihood: cross-entropy from logits, or squared error with a learnt variance.
    corruption : float, default 0
        Standard deviation of the noise that it learns to remove.
    generator : Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        If a length is not positive, `corruption` is negative, or the activation or
        decoder unknown.

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

    def __init__(
        self,
        image_shape: Sequence[int],
        hidden: Sequence[int] = (400,),
        latent: int = 20,
        *,
        activation: str = "relu",
        decoder: str = "bernoulli",
        corruption: float = 0.0,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(image_shape, latent, decoder, corruption)
        expect_features("Autoencoder", hidden=hidden, latent=latent)
        self.hidden = tuple(hidden)
        self.activation = activation
        features = math.prod(self.image_shape)
        body = self.hidden[-1] if self.hidden else features
        self.encoder = dense_stack((features, *self.hidden), generator, activation)
        self.to_code = nn.Dense(body, latent, generator=generator)
        self.decoder = dense_stack((latent, *reversed(self.hidden)), generator, activation)
        self.to_pixels = nn.Dense(
            self.hidden[0] if self.hidden else latent, features, generator=generator
        )

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "image_shape": list(self.image_shape),
            "hidden": list(self.hidden),
            "latent": self.latent,
            "activation": self.activation,
            "decoder": self.decoder_name,
            "corruption": self.corruption,
        }

    def arrange(self, x: Array) -> Array:
        """Return images as rows."""
        return self.flatten_images(x)
