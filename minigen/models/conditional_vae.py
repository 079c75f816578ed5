r"""The variational autoencoder that is told the class of each image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from minigen.engine.random import Generator
from minigen.models.vae import DenseVAE
from minigen.models.variational import Objective


class ConditionalVAE(DenseVAE):
    r"""A variational autoencoder of dense layers, given the class y of each image.

    The model is :math:`z \sim N(0, I)`, :math:`x \sim p(x \mid z, y)`. It minimises the negative
    ELBO of the conditional likelihood, which bounds :math:`-\ln p(x \mid y)` from above:

    .. math:: L = E_{q(z \mid x, y)}\left[-\ln p(x \mid z, y)\right]
              + \beta\,\mathrm{KL}\left(q(z \mid x, y) \,\|\, N(0, I)\right).

    Both networks are given y as a one-hot vector beside their input. The latent variables, whose
    prior is the same for every class, are left with what the class doesn't say: slant, width,
    style. `VariationalAutoencoder` has the variants of the objective.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W).
    classes : int
        How many classes there are: labels go from 0 to ``classes - 1``.
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
        If a length is not positive, there are fewer than two classes, the activation or decoder is
        unknown, or the objective impossible.

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
    conditional: ClassVar[bool] = True

    def __init__(
        self,
        image_shape: Sequence[int],
        classes: int,
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
        if classes < 2:
            raise ValueError(f"ConditionalVAE: at least two classes are expected, got {classes}")
        super().__init__(
            image_shape,
            hidden,
            latent,
            activation=activation,
            decoder=decoder,
            objective=Objective(beta, warmup, free_bits, importance_samples),
            classes=classes,
            generator=generator,
        )
