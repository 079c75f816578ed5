r"""A variational autoencoder of short sounds, on waveforms: see `minigen.models.sound_networks`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.base import Model
from minigen.models.options import Count, Options, Range, Weight
from minigen.models.priors import Latents
from minigen.models.sound_networks import (
    Format,
    SoundNetworks,
    as_sound_shape,
    expect_sounds,
)
from minigen.ops.fourier import multi_scale_spectral_loss
from minigen.ops.stochastic import reparameterize

FRAMES: Final = (512, 128)
"""The lengths of frames at which spectra are compared; shorter ones for shorter sounds."""

QUIET: Final = 0.05
"""The magnitude below which spectra count as silent: about 45 and 39 dB below a sine of full scale
in frames of those lengths."""


@dataclass(frozen=True)
class Hearing(Options):
    r"""By what reconstructions of sounds are compared with them.

    Parameters
    ----------
    criterion : {"both", "waveform", "spectral"}
        Squared errors of the samples, which want each phase right; errors of spectra and of their
        logarithms, which know no phase; or the sum of the two.
    noise : float
        The standard deviation of the noise that samples are taken to have: squared errors are
        divided by twice its square. The larger it is, the less the latent variables say.
    spectral_weight : float
        What the errors of spectra weigh.
    beta : float
        Weight of the KL term.
    """

    criterion: Literal["both", "waveform", "spectral"] = "both"
    noise: Annotated[float, Range(0, low_open=True)] = 0.2
    spectral_weight: Weight = 0.75
    beta: Weight = 1.0

    def compare(self, made: Tensor, x: Array) -> Tensor:
        """Return how far sounds (N, 1, L) are from what they should be, on average."""
        parts = []
        if self.criterion != "spectral":
            errors = F.mse_loss(made, x, reduction="batchmean")
            parts.append(errors * (0.5 / self.noise**2))
        if self.criterion != "waveform":
            ours, theirs = (F.reshape(each, (len(x), -1)) for each in (made, x))
            sizes = [size for size in FRAMES if size <= x.shape[-1]]
            error = multi_scale_spectral_loss(
                ours, theirs, sizes or [x.shape[-1]], "batchmean", eps=QUIET
            )
            parts.append(error * self.spectral_weight)
        total: Tensor = parts[0] if len(parts) == 1 else parts[0] + parts[1]
        return total


@dataclass(frozen=True)
class SoundLatents(Latents):
    """Latent variables of sounds: by default of a mixture.

    The sounds of one kind lie along a curve in latent space, from the lowest to the highest pitch.
    N(0, I) mostly draws from between such curves, where two sounds are mixed and none is heard.
    """

    prior: Literal["standard", "mixture"] = "mixture"
    components: Count = 400


class AudioVAE(Model):
    r"""A variational autoencoder of short sounds, which are compared by waveform and by spectrum.

    The encoder gives :math:`q(z \mid x) = \mathcal{N}(\mu(x), \mathrm{diag}\,\sigma^2(x))`, the
    decoder a waveform :math:`\hat x(z)`. Training minimises

    .. math:: L = E_{q(z \mid x)}\left[ \frac{\|x - \hat x\|^2}{2 s^2}
              + \lambda \sum_n \left\| S_n(x) - S_n(\hat x) \right\|_1
              + \left\| \ln S_n(x) - \ln S_n(\hat x) \right\|_1 \right]
              + \beta\,\mathrm{KL}\left(q(z \mid x) \,\|\, p(z)\right)

    with the magnitudes S of short-time spectra in frames of n = 512 and 128 samples. The first term
    is the negative logarithm of a Gaussian density, up to a constant, and alone it makes L a bound
    as that of any VAE. The second is no density: with it, L is a weighted sum, and no likelihood is
    estimated.

    Parameters
    ----------
    image_shape : tuple of int
        (1, L) of the sounds.
    channels, stride, hidden, latent
        See `SoundNetworks`.
    criterion, noise, spectral_weight, beta
        See `Hearing`.
    prior, components
        The distribution of the latent variables: see `minigen.models.priors`.
    rate
        See `Format`.
    generator : Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        If a length is not positive, the stride odd, or sounds can't be divided by it that often.

    References
    ----------
    Kingma, Welling (2014), arXiv:1312.6114. The spectral term: Engel, Hantrakul, Gu, Roberts
    (2020), DDSP, arXiv:2001.04643, section 4.2.1.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import AudioVAE
    >>> model = AudioVAE((1, 256), channels=(4, 8), stride=4, hidden=(16,), latent=2)
    >>> sorted(model.terms(minigen.rand(5, 1, 256)))
    ['kl', 'loss', 'reconstruction']
    >>> model.sample(3).shape
    (3, 1, 256)

    Derivation: multi_scale_spectral_loss, vae.elbo
    """

    name: ClassVar[str] = "audio-vae"
    kinds: ClassVar[tuple[str, ...]] = ("sound",)
    parts: ClassVar[dict[str, type[Options]]] = {
        "networks": SoundNetworks,
        "hearing": Hearing,
        "latents": SoundLatents,
        "format": Format,
    }
    lacks: ClassVar[dict[str, str]] = {
        "log_weights": "errors of spectra are no density: it has no likelihood to estimate"
    }
    networks: SoundNetworks
    hearing: Hearing
    latents: Latents
    format: Format

    def build(self, generator: Generator | None) -> None:
        """Make the encoder with its two heads, the decoder, and the prior."""
        networks, shape = self.networks, self.image_shape
        self.rate = self.format.rate
        self.latent = networks.latent
        self.encoder, width = networks.encoder(shape, generator)
        self.to_mu = nn.Dense(width, self.latent, generator=generator)
        self.to_logvar = nn.Dense(width, self.latent, generator=generator)
        self.decoder, self.to_samples = networks.decoder(shape, generator)
        nn.init.initialize_(self, nn.init.kaiming_uniform_, generator=generator)
        with no_grad():  # nothing is claimed yet: as in `ConvNetworks`
            for layer in (self.to_samples, self.to_logvar):
                layer.weight.copy_(layer.weight * 0.1)
        self.prior = self.latents.distribution(self.latent, generator)

    def expect_shape(self, shape: Sequence[int]) -> Any:
        """Check and return (1, L)."""
        return as_sound_shape(shape)

    def encode(self, x: Array, labels: Array | None = None) -> tuple[Tensor, Tensor]:
        r"""Return :math:`\mu` and :math:`\ln\sigma^2` of the posterior, each (N, latent)."""
        self.expect_labels(labels, len(x))
        features = self.encoder(x)
        return self.to_mu(features), self.to_logvar(features)

    def decode(self, z: Array) -> Tensor:
        r"""Return waveforms (N, 1, L), which may leave [-1, 1], for latents (N, latent).

        .. math:: \hat x = a \cdot \sigma(b)

        The last layer has two channels, a and b. Where the gate is closed nothing is heard: without
        it a sound would die away into a hiss of the network's small errors. It is half of the unit
        of PixelCNN and WaveNet (van den Oord et al., 2016, arXiv:1609.03499, equation 2).
        """
        both = self.to_samples(self.decoder(z))
        waves: Tensor = both[:, :1] * F.sigmoid(both[:, 1:])
        return waves

    def terms(
        self,
        x: Array,
        labels: Array | None = None,
        *,
        noise: Array | None = None,
        generator: Generator | None = None,
    ) -> dict[str, Tensor]:
        """Return loss, reconstruction and KL, in nats a sound, averaged over the batch.

        Parameters
        ----------
        x : Tensor or array, shape (N, 1, L)
            Sounds in [-1, 1].
        labels : None
            It takes none.
        noise : Tensor or array, shape (N, latent), optional
            The noise of the reparameterisation; drawn if not given.
        generator : Generator, optional
            Draws the noise.

        Raises
        ------
        ValueError
            If sounds have another shape or, on the CPU, values outside [-1, 1].
        """
        expect_sounds(self, x)
        mu, logvar = self.encode(x, labels)
        z = reparameterize(mu, logvar, noise=noise, generator=generator)
        reconstruction = self.hearing.compare(self.decode(z), x)
        kl = self.prior.kl(z, mu, logvar)
        loss = reconstruction + kl * self.hearing.beta
        return {"loss": loss, "reconstruction": reconstruction, "kl": kl}

    def loss(
        self, x: Array, labels: Array | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        """Return what training minimises: the first of `terms`."""
        return self.terms(x, labels, generator=generator)["loss"]

    def reconstruct(self, x: Array, labels: Array | None = None) -> Tensor:
        """Return sounds (N, 1, L) in [-1, 1] of latents at the posterior's mean."""
        return self.decode_images(self.encode(x, labels)[0])

    def sample(
        self, count: int, labels: Array | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        """Return new sounds (count, 1, L) in [-1, 1], of latents from the prior."""
        return self.decode_images(self.draw_latents(count, generator), labels)

    def draw_latents(self, count: int, generator: Generator | None) -> Array:
        """Draw z from the prior, shape (count, latent), where the model is."""
        return self.prior.place(super().draw_latents(count, generator), generator)

    def prior_moments(self) -> tuple[Array | float, Array | float]:
        """Return mean and standard deviation of each latent variable under the prior."""
        return self.prior.moments()

    def decode_images(self, z: Array, labels: Array | None = None) -> Tensor:
        """Return sounds (N, 1, L), cut off at [-1, 1], for latents (N, latent)."""
        self.expect_labels(labels, len(z))
        sounds: Tensor = F.clip(self.decode(z), -1.0, 1.0)
        return sounds

    def training_defaults(self) -> dict[str, Any]:
        """Return a high rate that falls, and small batches."""
        return {"lr": 2e-3, "batch_size": 32, "schedule": "linear"}
