r"""The VAE-GAN: a variational autoencoder whose decoder is the generator of a GAN.

A VAE's images are blurred because its errors are those of pixels: an edge that is moved by a pixel
costs as much as one that is not there, and a grey ramp between both is cheaper than either. Here
the discriminator's features take the place of pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.adversaries import ConvAdversaries, start_without_norms_
from minigen.models.base import ImageShape
from minigen.models.game import DISCRIMINATOR, Game, expect_side
from minigen.models.likelihoods import Likelihood
from minigen.models.networks import ConvNetworks
from minigen.models.options import Count, Options, Sizes, Weight
from minigen.models.posterior import Variational
from minigen.models.priors import Latents
from minigen.nn.utils import frozen
from minigen.ops.stochastic import reparameterize

ENCODER: Final = "encoder"
DECODER: Final = "decoder"


@dataclass(frozen=True)
class FeatureAdversary(Options):
    """A discriminator, in a layer of which reconstructions are compared with originals.

    Parameters
    ----------
    discriminator_hidden : sequence of int
        Features of the discriminator's dense layers between its last convolution, where images are
        compared, and the score; () for none. Its convolutions have the encoder's channels.
    gamma : float
        Weight, in the decoder's loss, of the reconstruction beside the verdict of the
        discriminator.
    beta : float
        Weight of the KL term in the encoder's loss.
    r1 : float
        Weight of the R1 penalty.
    r1_interval : int
        R1 is taken in every n-th step alone, with n times its weight: as strong on average, and
        cheaper. Karras et al. (2020), arXiv:1912.04958, section 3.1.
    """

    discriminator_hidden: Sizes = (128,)
    gamma: Weight = 0.01
    beta: Weight = 1.0
    r1: Weight = 1.0
    r1_interval: Count = 8

    def game(self) -> Game:
        """Make the rules of the game: the non-saturating objective, with R1."""
        return Game(r1=self.r1, r1_interval=self.r1_interval)

    def discriminator(
        self, shape: ImageShape, channels: Sizes, source: Generator | None
    ) -> nn.Sequential:
        """Make the discriminator in two parts: up to its last convolution, and on to the score."""
        builder = ConvAdversaries(channels, discriminator_hidden=self.discriminator_hidden)
        layers, count = builder.features(shape, source)
        *_, flattening = (n for n, layer in enumerate(layers) if isinstance(layer, nn.Flatten))
        to_score = nn.Dense(count, 1, generator=source)
        network = nn.Sequential(
            nn.Sequential(*layers[:flattening]), nn.Sequential(*layers[flattening:], to_score)
        )
        start_without_norms_(network, source)
        return network


class VAEGAN(Variational):
    r"""An encoder E, a decoder G, which is the generator of a GAN, and its discriminator D.

    .. math:: z \sim q(z \mid x), \quad \tilde x = G(z), \qquad
              z_p \sim \mathcal{N}(0, I), \quad x_p = G(z_p)

    An image and its reconstruction are compared in a layer :math:`D_l` of the discriminator, whose
    features are taken for Gaussian with variance 1, and each side has a loss of its own:

    .. math:: L_E &= \beta\,\mathrm{KL}(q(z \mid x) \,\|\, \mathcal{N}(0, I)) + R, \qquad
              R = E_q\left[\tfrac12 \| D_l(x) - D_l(\tilde x) \|^2\right] \\
              L_G &= \gamma\,R - \tfrac12 E[\ln\sigma(D(\tilde x)) + \ln\sigma(D(x_p))] \\
              L_D &= -E[\ln\sigma(D(x))]
              - \tfrac12 E[\ln(1 - \sigma(D(\tilde x))) + \ln(1 - \sigma(D(x_p)))]

    The encoder does not learn from the discriminator's verdict, and the discriminator does not
    learn to make R small, which it could do by seeing nothing. Each side draws noise of its own,
    and the others are frozen in its turn.

    Nothing here bounds the likelihood of pixels. That of `terms` and `log_weights` takes the
    decoder's output for the probabilities of black and white pixels, as a VAE's, and so says what
    sharpness costs. The discriminator sees images scaled to [-1, 1].

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W), the height and width divisible by 2 to the number of convolutions.
    channels, hidden, latent, batch_norm
        Of encoder and decoder: see `ConvNetworks`.
    discriminator_hidden, gamma, beta, r1, r1_interval
        See `FeatureAdversary`.
    generator : Generator, optional
        Draws the initial weights.

    Attributes
    ----------
    discriminator : Module
        D, in two parts: the first maps images (N, C, H, W) in [-1, 1] to the features that are
        compared, the second these to scores (N, 1).

    Raises
    ------
    ValueError
        If a length is not positive, or the images can't be halved that often.

    References
    ----------
    Larsen, Sønderby, Larochelle, Winther (2016), arXiv:1512.09300, equations 5 to 8 and
    algorithm 1. There the losses of reconstructions and of samples are added up, not averaged.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import VAEGAN
    >>> model = VAEGAN((1, 8, 8), channels=(4, 8), hidden=(16,), latent=2)
    >>> x = minigen.rand(16, 1, 8, 8)
    >>> list(model.sides())
    ['discriminator', 'encoder', 'decoder']
    >>> list(model.side_terms("encoder", x))
    ['encoder_loss', 'feature_error', 'kl']
    >>> model.sample(5).shape, model.reconstruct(x).shape
    ((5, 1, 8, 8), (16, 1, 8, 8))

    Derivation: vae_gan.objective, gan.non_saturating
    """

    name: ClassVar[str] = "vae-gan"
    parts: ClassVar[dict[str, type[Options]]] = {
        "networks": ConvNetworks,
        "adversary": FeatureAdversary,
    }
    lacks: ClassVar[dict[str, str]] = {
        "loss": "a VAE-GAN has three losses, one a side: the first of side_terms('encoder', x), "
        "of side_terms('decoder', x) and of side_terms('discriminator', x)"
    }
    full_batches: ClassVar[bool] = True  # a rest may be too few for batch norm
    likelihood = Likelihood()
    latents = Latents()
    networks: ConvNetworks
    adversary: FeatureAdversary
    discriminator: nn.Sequential

    def build(self, generator: Generator | None) -> None:
        """Make the encoder and the decoder, and the discriminator."""
        super().build(generator)
        self.game = self.adversary.game()
        self._step: int | None = None
        channels = self.networks.channels
        self.discriminator = self.adversary.discriminator(self.image_shape, channels, generator)

    # ------------------------------------------------------------------------------ taking turns

    def sides(self) -> dict[str, nn.Module]:
        """Return the networks of the three sides, in the order of their turns."""
        return {
            DISCRIMINATOR: self.discriminator,
            ENCODER: nn.ModuleList([self.encoder, self.to_mu, self.to_logvar]),
            DECODER: nn.ModuleList([self.decoder, self.to_pixels]),
        }

    def turns(self, step: int) -> Sequence[str]:
        """Name all three sides, and note the step, on which it depends whether R1 is taken."""
        self._step = step
        return tuple(self.sides())

    def side_terms(
        self,
        side: str,
        x: Array,
        labels: Array | None = None,
        *,
        noise: Array | None = None,
        drawn: Array | None = None,
        generator: Generator | None = None,
    ) -> dict[str, Tensor]:
        """Return the loss of a side first, and what else is worth knowing.

        Parameters
        ----------
        side : {"discriminator", "encoder", "decoder"}
            Whose turn it is. Nothing of the other sides moves or gets a gradient.
        x : Tensor or array, shape (N, C, H, W)
            Images in [0, 1].
        noise : Tensor or array, shape (N, latent), optional
            The noise of the reparameterisation; drawn if not given.
        drawn : Tensor or array, shape (N, latent), optional
            Latent variables from the prior; drawn if not given.
        generator : Generator, optional
            Draws them, the noise first.

        Returns
        -------
        dict of str to Tensor
            Of the encoder ``encoder_loss``, and of it ``feature_error``, R, and ``kl``; of the
            decoder ``decoder_loss``, and of it ``adversarial``; of the discriminator
            ``discriminator_loss``, ``penalty`` if it has one, and the mean probabilities of being
            real, ``real_score`` and ``fake_score``, the latter of reconstructions and samples.

        Raises
        ------
        ValueError
            If there is no such side, or images have another shape or, on the CPU, values outside
            [0, 1].
        """
        sides = self.sides()
        expect_side(self, side)
        self.expect_unit_interval(x)
        self.expect_labels(labels, len(x))
        x = self.shape_images(x)
        with frozen(*(network for name, network in sides.items() if name != side)):
            if side == ENCODER:
                return self._encoder_terms(x, noise, generator)
            with no_grad():
                mu, logvar = self.encode(x)
                z = reparameterize(mu, logvar, noise=noise, generator=generator)
                if drawn is None:
                    drawn = self.draw_latents(len(x), generator)
                latents = F.cat([z, drawn])
            if side == DECODER:
                return self._decoder_terms(x, latents)
            return self._discriminator_terms(x, latents)

    def _encoder_terms(
        self, x: Array, noise: Array | None, generator: Generator | None
    ) -> dict[str, Tensor]:
        mu, logvar = self.encode(x)
        z = reparameterize(mu, logvar, noise=noise, generator=generator)
        error = _squared_distance(self._features(self.decode_images(z)), self._features_of(x))
        kl = F.kl_standard_normal(mu, logvar)
        total = error + kl * self.adversary.beta
        return {"encoder_loss": total, "feature_error": error, "kl": kl}

    def _decoder_terms(self, x: Array, latents: Array) -> dict[str, Tensor]:
        features = self._features(self.decode_images(latents))
        error = _squared_distance(features[: len(x)], self._features_of(x))
        verdict = self.game.objective.generator_loss(self._judge(features))
        return {"decoder_loss": error * self.adversary.gamma + verdict, "adversarial": verdict}

    def _discriminator_terms(self, x: Array, latents: Array) -> dict[str, Tensor]:
        with no_grad():
            made = self.decode_images(latents)

        def critic(images: Tensor) -> Tensor:
            return self._judge(self._features(images))

        step = self._step if self.training else None
        penalty = self.game.penalise(critic, x, made, step=step)
        return self.game.discriminator_terms(critic(x), critic(made), penalty)

    def training_defaults(self) -> dict[str, Any]:
        """Return the options of training of a `DCGAN`."""
        return {"lr": 1e-3, "betas": (0.0, 0.99), "batch_size": 64, "schedule": "linear"}

    # --------------------------------------------------------------------------- what it is for

    def terms(
        self,
        x: Array,
        labels: Array | None = None,
        *,
        noise: Array | None = None,
        drawn: Array | None = None,
        generator: Generator | None = None,
    ) -> dict[str, Tensor]:
        """Return the terms of all sides, for evaluation, and ``reconstruction``, of the pixels.

        That is the cross-entropy of images given their reconstructions, in nats an image: with the
        KL it bounds the negative log-likelihood, as a VAE's does. No side learns from it. The
        parameters are those of `side_terms`.
        """
        terms = self.terms_of_sides(x, labels, noise=noise, drawn=drawn, generator=generator)
        mu, logvar = self.encode(x)
        output = self.decode(reparameterize(mu, logvar, noise=noise, generator=generator))
        rows = self.flatten_images(x)
        pixels = self.pixels.negative_log_likelihood(output, rows, "batchmean")
        return {**terms, "reconstruction": pixels}

    def discriminate(self, x: Array, labels: Array | None = None) -> Tensor:
        """Return the discriminator's logits (N,), of images in [0, 1]: higher for real ones."""
        self.expect_unit_interval(x)
        self.expect_labels(labels, len(x))
        return self._judge(self._features(self.shape_images(x)))

    def _features(self, images: Array) -> Tensor:
        """Return D_l of images in [0, 1]."""
        features: Tensor = self.discriminator[0](images * 2 - 1)
        return features

    def _features_of(self, x: Array) -> Tensor:
        """Return D_l of originals, which nobody learns to change."""
        with no_grad():
            return self._features(x)

    def _judge(self, features: Tensor) -> Tensor:
        """Return scores (N,) of features of D_l."""
        return F.reshape(self.discriminator[1](features), (-1,))


def _squared_distance(made: Tensor, wanted: Tensor) -> Tensor:
    r"""Return :math:`\tfrac12 \| a - b \|^2`, averaged over the batch."""
    return F.mse_loss(made, wanted) * 0.5
