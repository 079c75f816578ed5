r"""Generative adversarial networks of convolutions, conditional or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from minigen.engine.backend import Array, namespace
from minigen.engine.random import Generator
from minigen.models.adversarial.game import Game
from minigen.models.adversarial.model import AdversarialModel
from minigen.models.adversarial.networks import (
    conv_discriminator,
    conv_generator,
    default_channels,
    initialize_as_dcgan_,
    normalize_spectrally_,
)
from minigen.models.base import as_image_shape
from minigen.models.convolutional import expect_halving


class ConvGAN(AdversarialModel):
    """The networks of a GAN of convolutions.

    Parameters
    ----------
    image_shape, channels, latent, spectral_norm, batch_norm, generator
        As for `DCGAN`.
    game : Game
        Losses, penalties and turns.
    packing, average
        See `AdversarialModel`.
    classes : int, default 0
        How many classes both networks are told of: the generator by a one-hot vector beside the
        noise, the discriminator by a plane of ones or zeros a class beside the image's channels.

    Raises
    ------
    ValueError
        As `DCGAN`.
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        channels: Sequence[int] | None,
        latent: int,
        game: Game,
        *,
        packing: int,
        spectral_norm: bool,
        batch_norm: bool | None,
        average: float,
        classes: int = 0,
        generator: Generator | None = None,
    ) -> None:
        shape = as_image_shape(image_shape)
        super().__init__(shape, latent, game, classes=classes, packing=packing, average=average)
        self.channels = default_channels(shape) if channels is None else tuple(channels)
        expect_halving(type(self).__name__, shape, self.channels)
        self.spectral_norm = spectral_norm
        self.batch_norm = batch_norm
        generating = conv_generator(
            latent + classes, self.channels, shape, batch_norm is not False, generator
        )
        discriminating = conv_discriminator(
            packing * (shape[0] + classes),
            self.channels,
            shape,
            self.discriminator_has_batch_norm(batch_norm, spectral_norm),
            not game.objective.shift_invariant,
            generator,
        )
        for network in (generating, discriminating):
            initialize_as_dcgan_(network, generator)
        if spectral_norm:
            normalize_spectrally_(discriminating, generator)
        self.play_with(generating, discriminating)

    def _draw_noise(self, count: int, generator: Generator | None) -> Array:
        """Draw z, held with the batch innermost: the generator hands this order on to images."""
        noise = super()._draw_noise(count, generator)
        return namespace(noise).asfortranarray(noise)

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "image_shape": list(self.image_shape),
            **({"classes": self.classes} if self.conditional else {}),
            "channels": list(self.channels),
            "latent": self.latent,
            **self.game.config(),
            "packing": self.packing,
            "spectral_norm": self.spectral_norm,
            "batch_norm": self.batch_norm,
            "average": self.average,
        }


class DCGAN(ConvGAN):
    r"""A deep convolutional generative adversarial network.

    The generator is a dense layer and transposed convolutions that double height and width; the
    discriminator convolutions that halve them, and a dense layer. With the default objective, of
    raw scores :math:`s = D(x)`,

    .. math:: L_D = -E[\ln\sigma(D(x))] - E[\ln(1 - \sigma(D(G(z))))], \qquad
              L_G = -E[\ln\sigma(D(G(z)))];

    `AdversarialModel` has the game, `OBJECTIVES` the other objectives. The initial weights are
    N(0, 0.02²), those of the norms N(1, 0.02²).

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W), the height and width divisible by 2 to the number of convolutions.
    channels : sequence of int, optional
        Channels of the discriminator's convolutions; the generator has them in reverse order. By
        default 64, 128, ... down to 4 to 7 pixels: (64, 128) for 28 x 28 pixels.
    latent : int, default 100
        Length of the noise.
    objective, label_smoothing, penalty, r1, critic_steps, clip
        See `Game`.
    packing, average
        See `AdversarialModel`.
    spectral_norm : bool, default False
        Whether each of the discriminator's layers divides its weight by the largest singular value.
    batch_norm : bool, optional
        Whether a batch norm follows each layer but the generator's last and the discriminator's
        first and last. By default in the generator; in the discriminator too, unless it has
        spectral norm or a penalty on its slope.
    generator : Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        If a length is not positive, the images can't be halved that often, or the game is
        impossible; or if batch norm is asked for in a discriminator with a penalty on its slope.

    References
    ----------
    Radford, Metz, Chintala (2016), arXiv:1511.06434.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import DCGAN
    >>> model = DCGAN((1, 8, 8), channels=(4, 8), latent=6)
    >>> x = minigen.rand(16, 1, 8, 8)
    >>> model.side_terms("discriminator", x)["discriminator_loss"].shape
    ()
    >>> model.discriminate(x).shape
    (16,)
    >>> model.sample(5).shape
    (5, 1, 8, 8)

    Derivation: gan.non_saturating
    """

    name: ClassVar[str] = "dcgan"

    def __init__(
        self,
        image_shape: Sequence[int],
        channels: Sequence[int] | None = None,
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
        super().__init__(
            image_shape,
            channels,
            latent,
            Game(objective, label_smoothing, penalty, r1, critic_steps, clip),
            packing=packing,
            spectral_norm=spectral_norm,
            batch_norm=batch_norm,
            average=average,
            generator=generator,
        )


class ConditionalGAN(ConvGAN):
    r"""A `DCGAN` of which both networks are told the class: it makes images of the class asked for.

    .. math:: \tilde x = G(z, y), \qquad s = D(x, y)

    The generator gets the class as a one-hot vector beside the noise, the discriminator as planes
    beside the image's channels, all ones for the image's own class and zeros for the others. In
    training the images generated have the labels of the batch.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W), the height and width divisible by 2 to the number of convolutions.
    classes : int
        The number of classes, at least two.
    channels, latent, objective, label_smoothing, penalty, r1, critic_steps, clip
        As for `DCGAN`.
    packing, spectral_norm, batch_norm, average, generator
        As for `DCGAN`.

    Raises
    ------
    ValueError
        As `DCGAN`, or if there are fewer than two classes.
    TypeError
        In a call, if labels are missing.

    References
    ----------
    Mirza, Osindero (2014), arXiv:1411.1784.

    Examples
    --------
    >>> import numpy as np
    >>> import minigen
    >>> from minigen.models import ConditionalGAN
    >>> model = ConditionalGAN((1, 8, 8), classes=10, channels=(4, 8), latent=6)
    >>> x, labels = minigen.rand(5, 1, 8, 8), np.array([3, 1, 4, 1, 5])
    >>> model.discriminate(x, labels).shape
    (5,)
    >>> sevens = model.sample(4, np.full(4, 7))
    >>> sevens.shape
    (4, 1, 8, 8)

    Derivation: gan.non_saturating
    """

    name: ClassVar[str] = "cgan"
    conditional: ClassVar[bool] = True

    def __init__(
        self,
        image_shape: Sequence[int],
        classes: int,
        channels: Sequence[int] | None = None,
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
        if classes < 2:
            raise ValueError(f"ConditionalGAN: at least two classes are expected, got {classes}")
        super().__init__(
            image_shape,
            channels,
            latent,
            Game(objective, label_smoothing, penalty, r1, critic_steps, clip),
            packing=packing,
            spectral_norm=spectral_norm,
            batch_norm=batch_norm,
            average=average,
            classes=classes,
            generator=generator,
        )
