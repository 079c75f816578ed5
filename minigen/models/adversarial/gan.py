r"""The generative adversarial network of dense layers, for images and for points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from minigen.engine.random import Generator
from minigen.models.adversarial.game import Game
from minigen.models.adversarial.model import AdversarialModel
from minigen.models.adversarial.networks import (
    dense_discriminator,
    dense_generator,
    normalize_spectrally_,
)
from minigen.models.base import expect_features


class GAN(AdversarialModel):
    r"""A generative adversarial network whose generator and discriminator are dense layers.

    With the default objective, of raw scores :math:`s = D(x)`,

    .. math:: L_D = -E[\ln\sigma(D(x))] - E[\ln(1 - \sigma(D(G(z))))], \qquad
              L_G = -E[\ln\sigma(D(G(z)))];

    `AdversarialModel` has the game, `OBJECTIVES` the other objectives.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W) of images, or (D,) of points.
    hidden : sequence of int, default (256, 256)
        Features of the generator's hidden layers; the discriminator has them in reverse order.
    latent : int, default 100
        Length of the noise.
    objective, label_smoothing, penalty, r1, critic_steps, clip
        See `Game`.
    packing, average
        See `AdversarialModel`.
    spectral_norm : bool, default False
        Whether each of the discriminator's layers divides its weight by the largest singular value.
    batch_norm : bool, optional
        Whether a batch norm follows each hidden layer, but for the discriminator's first. By
        default in the generator alone: a discriminator of dense layers that compares the statistics
        of whole batches learns too fast, and the generator ends with a few images.
    generator : Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        If a length is not positive, or the game impossible; or if batch norm is asked for in a
        discriminator with a penalty on its slope.

    References
    ----------
    Goodfellow et al. (2014), arXiv:1406.2661.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import GAN
    >>> model = GAN((2,), hidden=(32,), latent=4)
    >>> x = minigen.randn(16, 2)
    >>> list(model.side_terms("discriminator", x))
    ['discriminator_loss', 'real_score', 'fake_score']
    >>> list(model.side_terms("generator", x))
    ['generator_loss']
    >>> model.sample(5).shape
    (5, 2)

    Derivation: gan.non_saturating
    """

    name: ClassVar[str] = "gan"

    def __init__(
        self,
        image_shape: Sequence[int],
        hidden: Sequence[int] = (256, 256),
        latent: int = 100,
        *,
        objective: str = "non-saturating",
        label_smoothing: float = 0.0,
        penalty: float | None = None,
        r1: float = 0.0,
        critic_steps: int | None = None,
        clip: float | None = None,
        packing: int = 1,
        spectral_norm: bool = False,
        batch_norm: bool | None = None,
        average: float = 0.0,
        generator: Generator | None = None,
    ) -> None:
        game = Game(objective, label_smoothing, penalty, r1, critic_steps, clip)
        super().__init__(image_shape, latent, game, packing=packing, average=average)
        expect_features("GAN", hidden=hidden, latent=latent)
        self.hidden = tuple(hidden)
        self.spectral_norm = spectral_norm
        self.batch_norm = batch_norm
        generating = dense_generator(
            latent, self.hidden, self.image_shape, batch_norm is not False, generator
        )
        discriminating = dense_discriminator(
            packing * math.prod(self.image_shape),
            tuple(reversed(self.hidden)),
            batch_norm is True and self.discriminator_has_batch_norm(True, spectral_norm),
            not game.objective.shift_invariant,
            generator,
        )
        if spectral_norm:
            normalize_spectrally_(discriminating, generator)
        self.play_with(generating, discriminating)

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "image_shape": list(self.image_shape),
            "hidden": list(self.hidden),
            "latent": self.latent,
            **self.game.config(),
            "packing": self.packing,
            "spectral_norm": self.spectral_norm,
            "batch_norm": self.batch_norm,
            "average": self.average,
        }
