r"""Images of sentences: a variational autoencoder that is told what is to be seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Literal

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.game import expect_side
from minigen.models.likelihoods import Likelihood
from minigen.models.networks import ConvNetworks, dense_layers
from minigen.models.options import Options, Size, Sizes
from minigen.models.sentences import (
    Captioning,
    SentenceEncoders,
    SentencePrior,
    expect_sentences,
)
from minigen.models.vae import VAE
from minigen.ops.stochastic import reparameterize

AUTOENCODER: Final = "autoencoder"
PRIOR: Final = "prior"


@dataclass(frozen=True)
class PictureNetworks(ConvNetworks):
    """`ConvNetworks` for 32x32 pixels, by default with batch norm and few latent variables.

    With batch norm a sentence is heard from the first steps on, not after hundreds.
    """

    channels: Sizes = (24, 48, 96)
    hidden: Sizes = (256,)
    latent: Size = 8
    batch_norm: bool = True


@dataclass(frozen=True)
class PicturePixels(Likelihood):
    """`Likelihood`, by default Gaussian: what is sure becomes sharp, as the variance is learnt."""

    decoder: Literal["bernoulli", "gaussian"] = "gaussian"


class TextToImage(VAE):
    r"""Images x of sentences t: a `VAE` both of whose networks are told the sentence.

    .. math:: z \sim \mathcal{N}(0, I), \qquad x \sim p_\theta(x \mid z, s(t)), \qquad
              L = E_{q_\phi(z \mid x, t)}\left[-\ln p_\theta(x \mid z, s(t))\right]
              + \beta\,\mathrm{KL}\left(q_\phi(z \mid x, t) \,\|\, \mathcal{N}(0, I)\right)

    The vector s(t) of a sentence, see `SentenceEncoder`, stands beside z at the decoder's input,
    and beside what the encoder's convolutions have seen of the image. It costs nothing to know,
    while each nat that z carries is paid for: so z is left with what the sentence does not say,
    such as where exactly things stand. These networks learn together, from L alone.

    Codes are not like draws from N(0, I) in the end: as the pixels' variance shrinks, what z says
    gets cheap beside what a pixel costs, so they spread, and say part of what the sentence says.
    Images are therefore made of draws from :math:`p_\psi(z \mid t)`, see `SentencePrior`, which
    is fitted to the codes in turns of its own. The other networks don't learn from it, so that it
    does not help z to say what the sentence could:

    .. math:: L_\psi = \mathrm{KL}\left(q_\phi(z \mid x, t) \,\|\, p_\psi(z \mid t)\right)

    Where other conditional models take labels (N,), this one takes sentences: the numbers of their
    words, shape (N, L), filled up with 0.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W), the height and width divisible by 2 to the number of convolutions.
    vocabulary, sentence_length
        See `Captioning`.
    sentence_features
        See `SentenceEncoders`.
    channels, hidden, latent, batch_norm
        See `PictureNetworks`.
    decoder
        See `PicturePixels`.
    prior, components, beta, warmup, free_bits, importance_samples, generator
        As for `VAE`.

    Raises
    ------
    ValueError
        As `VAE`, or if the images can't be halved that often, the vocabulary has no word, or the
        window is even.

    References
    ----------
    Sohn, Lee, Yan (2015), "Learning structured output representation using deep conditional
    generative models". Reed et al. (2016), arXiv:1605.05396, who tell a GAN sentences.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import TextToImage
    >>> vocabulary = ("", "a", "blue", "circle", "red")
    >>> model = TextToImage((3, 8, 8), vocabulary, 3, channels=(4, 8), hidden=(16,), latent=2)
    >>> sentences = minigen.tensor([[1, 4, 3], [1, 3, 0]])
    >>> list(model.sides())
    ['autoencoder', 'prior']
    >>> sorted(model.terms(minigen.rand(2, 3, 8, 8), sentences))
    ['kl', 'loss', 'prior_loss', 'reconstruction']
    >>> model.sample(2, sentences).shape
    (2, 3, 8, 8)

    Derivation: vae.conditional_elbo, kl.gaussian
    """

    name: ClassVar[str] = "text-to-image"
    kinds: ClassVar[tuple[str, ...]] = ("captioned image",)
    parts: ClassVar[dict[str, type[Options]]] = {
        "captioning": Captioning,
        "reading": SentenceEncoders,
        **VAE.parts,
        "networks": PictureNetworks,
        "likelihood": PicturePixels,
    }
    captioning: Captioning
    reading: SentenceEncoders
    networks: PictureNetworks

    def build(self, generator: Generator | None) -> None:
        """Make the likelihood, the networks, the encoder of sentences, and the prior."""
        self._expect_free_bits_of_each_variable()
        networks, shape = self.networks, self.image_shape
        told = self.reading.sentence_features
        self.latent = networks.latent
        self.anneal(0)
        self.pixels = self.likelihood.distribution()
        self.encoder, width = replace(networks, hidden=()).encoder(shape, 0, generator)
        sizes = (width + told, *networks.hidden)
        self.encoder_with_sentence = nn.Sequential(*dense_layers(sizes, generator))
        self.to_mu = nn.Dense(sizes[-1], self.latent, generator=generator)
        self.to_logvar = nn.Dense(sizes[-1], self.latent, generator=generator)
        self.decoder, self.to_pixels = networks.decoder(shape, told, generator)
        networks.initialize_(self, generator)
        self.sentences = self.reading.encoder(self.captioning, generator)
        self.prior = self.latents.distribution(self.latent, generator)
        self.sentence_prior = SentencePrior(told, networks.hidden, self.latent, generator=generator)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The words that it knows, the padding first."""
        return self.captioning.vocabulary

    @property
    def sentence_length(self) -> int:
        """How many words a sentence has at most."""
        return self.captioning.sentence_length

    def encode(self, x: Array, labels: Array | None = None) -> tuple[Tensor, Tensor]:
        r"""Return :math:`\mu` and :math:`\ln\sigma^2` of the posterior, each (N, latent)."""
        seen = self.encoder(self.shape_images(x))
        features = self.encoder_with_sentence(self.condition(seen, labels))
        return self.to_mu(features), self.to_logvar(features)

    # ------------------------------------------------------------------------------ taking turns

    def sides(self) -> dict[str, nn.Module]:
        """Return what is trained by L, and the prior of sentences, which is fitted to its codes."""
        parts = (part for part in self.children() if part is not self.sentence_prior)
        return {AUTOENCODER: nn.ModuleList(parts), PRIOR: self.sentence_prior}

    def side_terms(
        self,
        side: str,
        x: Array,
        labels: Array | None = None,
        *,
        noise: Array | None = None,
        generator: Generator | None = None,
    ) -> dict[str, Tensor]:
        r"""Return the loss of a side first, and what else is worth knowing.

        Parameters
        ----------
        side : {"autoencoder", "prior"}
            Whose turn it is. Nothing of the other side gets a gradient.
        x, labels, noise, generator
            As for `terms`; the prior's loss needs no noise.

        Returns
        -------
        dict of str to Tensor
            Of the autoencoder ``loss``, L, ``reconstruction`` and ``kl``; of the prior
            ``prior_loss``, :math:`L_\psi`; in nats an image.

        Raises
        ------
        ValueError
            If there is no such side, or as `terms`.
        """
        expect_side(self, side)
        if side == AUTOENCODER:
            return super().terms(x, labels, noise=noise, generator=generator)
        with no_grad():
            mu, logvar = self.encode(x, labels)
            sentences = self.sentences(labels)
        return {"prior_loss": F.kl_gaussian(mu, logvar, *self.sentence_prior(sentences))}

    def terms(
        self,
        x: Array,
        labels: Array | None = None,
        *,
        noise: Array | None = None,
        generator: Generator | None = None,
    ) -> dict[str, Tensor]:
        """Return the terms of both sides: see `VAE.terms` and `side_terms`."""
        return self.terms_of_sides(x, labels, noise=noise, generator=generator)

    def sample(
        self, count: int, labels: Array | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        r"""Return images of sentences: (count, C, H, W), in [0, 1].

        Each is the mean of :math:`p(x \mid z, t)` for a draw z from the prior of its sentence.
        """
        self.expect_labels(labels, count)
        mean, logvar = self.sentence_prior(self.sentences(labels))
        return self.decode_images(reparameterize(mean, logvar, generator=generator), labels)

    # -------------------------------------------------------------------------- what it is told

    def expect_labels(self, labels: Array | None, count: int) -> None:
        """Refuse what is not a sentence for each of `count` images: see `expect_sentences`."""
        expect_sentences(type(self).__name__, labels, len(self.captioning.vocabulary), count)

    def condition(self, inputs: Array, labels: Array | None) -> Array:
        """Return rows (N, F) joined by the vectors of their sentences."""
        self.expect_labels(labels, len(inputs))
        assert labels is not None, "that was refused"
        joined: Array = F.cat([inputs, self.sentences(labels)], axis=1)
        return joined

    def training_defaults(self) -> dict[str, Any]:
        """Return a high rate that falls in the second half, and small batches: many steps count."""
        return {"lr": 2e-3, "batch_size": 32, "schedule": "linear"}
