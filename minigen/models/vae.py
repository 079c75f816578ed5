r"""Variational autoencoders with dense encoder and decoder, conditional or not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.random import Generator
from minigen.models.base import expect_features
from minigen.models.dense import dense_stack
from minigen.models.variational import Objective, VariationalAutoencoder


class DenseVAE(VariationalAutoencoder):
    """The networks of a variational autoencoder of dense layers.

    Parameters
    ----------
    image_shape, hidden, latent, activation, decoder, generator
        As for `VAE`.
    objective : Objective
        How the parts of the bound are weighed.
    classes : int, default 0
        How many classes both networks are told of, as a one-hot vector beside their input.

    Raises
    ------
    ValueError
        If a length is not positive, or the activation or decoder unknown.
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        hidden: Sequence[int],
        latent: int,
        *,
        activation: str,
        decoder: str,
        objective: Objective,
        classes: int = 0,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(image_shape, latent, decoder, objective)
        expect_features(type(self).__name__, hidden=hidden, latent=latent)
        self.hidden = tuple(hidden)
        self.activation = activation
        self.classes = classes
        pixels = math.prod(self.image_shape)
        before, code = pixels + classes, latent + classes
        self.encoder = dense_stack((before, *self.hidden), generator, activation)
        body = self.hidden[-1] if self.hidden else before
        self.to_mu = nn.Dense(body, latent, generator=generator)
        self.to_logvar = nn.Dense(body, latent, generator=generator)
        self.decoder = dense_stack((code, *reversed(self.hidden)), generator, activation)
        self.to_pixels = nn.Dense(
            self.hidden[0] if self.hidden else code, pixels, generator=generator
        )
        self._initialize(generator)

    def _initialize(self, generator: Generator | None) -> None:
        """Choose the first weights: Xavier's, which were made for tanh, or those near the prior.

        Shrunken weights put tanh into its linear part, where signals fade from layer to layer.
        """
        if self.activation == "tanh":
            nn.init.initialize_(self, nn.init.xavier_uniform_, generator=generator)
        else:
            self.start_near_the_prior()

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "image_shape": list(self.image_shape),
            **({"classes": self.classes} if self.conditional else {}),
            "hidden": list(self.hidden),
            "latent": self.latent,
            "activation": self.activation,
            "decoder": self.decoder_name,
            **self.objective.config(),
        }

    def arrange(self, x: Array) -> Array:
        """Return images as rows."""
        return self.flatten_images(x)


class VAE(DenseVAE):
    r"""A variational autoencoder whose encoder and decoder are dense layers.

    It minimises the negative ELBO,

    .. math:: L = E_{q(z \mid x)}\left[-\ln p(x \mid z)\right]
              + \beta\,\mathrm{KL}\left(q(z \mid x) \,\|\, N(0, I)\right);

    `VariationalAutoencoder` has the model and its objective.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W).
    hidden : sequence of int, default (400,)
        Features of the encoder's hidden layers; the decoder has them in reverse order.
    latent : int, default 20
        Number of latent variables.
    activation : {"relu", "elu", "softplus", "tanh"}
        What follows each hidden layer.
    decoder : {"bernoulli", "gaussian"}
        The distribution of the pixels: see `minigen.models.decoders`.
    beta, warmup, free_bits, importance_samples
        See `Objective`.
    generator : Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        If a length is not positive, the activation or decoder unknown, or the objective impossible.

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

    Derivation: vae.elbo
    """

    name: ClassVar[str] = "vae"

    def __init__(
        self,
        image_shape: Sequence[int],
        hidden: Sequence[int] = (400,),
        latent: int = 20,
        *,
        activation: str = "relu",
        decoder: str = "bernoulli",
        beta: float = 1.0,
        warmup: float = 0.0,
        free_bits: float = 0.0,
        importance_samples: int = 1,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(
            image_shape,
            hidden,
            latent,
            activation=activation,
            decoder=decoder,
            objective=Objective(beta, warmup, free_bits, importance_samples),
            generator=generator,
        )
