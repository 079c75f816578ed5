r"""Spoken words: a variational autoencoder of spectrograms that is told the word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from minigen.models.base import Conditioning
from minigen.models.networks import ConvNetworks
from minigen.models.options import Options, Size, Sizes, Weight, Words
from minigen.models.text_to_image import PicturePixels
from minigen.models.vae import ConditionalVAE, Objective


@dataclass(frozen=True)
class Speaking(Conditioning):
    """Which words a model is told to say.

    Parameters
    ----------
    classes : int
        How many words there are, at least two: labels go from 0 to ``classes - 1``.
    words : sequence of str
        The words, one a class.
    """

    positional: ClassVar[tuple[str, ...]] = ("classes", "words")
    words: Words

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set("words", tuple(self.words))
        if len(self.words) != self.classes:
            raise ValueError(
                f"words: one for each of {self.classes} classes is expected, got {self.words!r}"
            )


@dataclass(frozen=True)
class SpectrogramNetworks(ConvNetworks):
    """`ConvNetworks` for spectrograms of 32x32, by default with batch norm and few latents."""

    channels: Sizes = (16, 32, 64)
    hidden: Sizes = (256,)
    latent: Size = 8
    batch_norm: bool = True


@dataclass(frozen=True)
class SpokenObjective(Objective):
    """`Objective`, by default with a weight of 3 on the KL term.

    The prior then has hardly a place that no training example's posterior covers, from which
    samples would be of no word.
    """

    beta: Weight = 3.0


class SpokenVAE(ConditionalVAE):
    r"""Log-mel spectrograms x of words y: a `ConditionalVAE` of convolutions.

    .. math:: z \sim \mathcal{N}(0, I), \qquad
              x_{b,t} \sim \mathcal{N}(\mu_{b,t}(z, y),\, s^2), \qquad
              L = E_{q(z \mid x, y)}\left[-\ln p(x \mid z, y)\right]
              + \beta\,\mathrm{KL}\left(q(z \mid x, y) \,\|\, \mathcal{N}(0, I)\right)

    The word is known, so that z is left with who says it and how: pitch, speed, timbre. One
    variance is learnt for all places of a spectrogram. A sample is the mean :math:`\mu(z, y)`,
    which `minigen.data.mels.LogMel.sound` makes audible.

    Parameters
    ----------
    image_shape : tuple of int
        (1, bands, frames), both divisible by 2 to the number of convolutions.
    classes, words
        See `Speaking`.
    channels, hidden, latent, batch_norm
        See `SpectrogramNetworks`.
    decoder
        See `PicturePixels`.
    beta, warmup, free_bits, importance_samples
        See `SpokenObjective`.
    prior, components, generator
        As for `VAE`.

    Examples
    --------
    >>> import numpy as np
    >>> import minigen
    >>> from minigen.models import SpokenVAE
    >>> model = SpokenVAE((1, 8, 8), 2, ("yes", "no"), channels=(4, 8), hidden=(16,), latent=2)
    >>> x, labels = minigen.rand(5, 1, 8, 8), np.array([0, 1, 1, 0, 1])
    >>> sorted(model.terms(x, labels))
    ['kl', 'loss', 'reconstruction']
    >>> model.sample(3, np.array([0, 0, 1])).shape
    (3, 1, 8, 8)

    Derivation: vae.conditional_elbo
    """

    name: ClassVar[str] = "spoken-vae"
    kinds: ClassVar[tuple[str, ...]] = ("spectrogram",)
    parts: ClassVar[dict[str, type[Options]]] = {
        **ConditionalVAE.parts,
        "conditioning": Speaking,
        "networks": SpectrogramNetworks,
        "likelihood": PicturePixels,
        "objective": SpokenObjective,
    }
    conditioning: Speaking

    @property
    def words(self) -> tuple[str, ...]:
        """The words, one a class."""
        return self.conditioning.words

    def training_defaults(self) -> dict[str, Any]:
        """Return a high rate that falls in the second half, and small batches: many steps count."""
        return {"lr": 2e-3, "batch_size": 32, "schedule": "linear"}
