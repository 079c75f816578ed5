r"""Texts of latent variables: a variational autoencoder whose decoder is a language model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array, array_of, namespace
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.models.language import (
    TextModel,
    Vocabulary,
    negative_log_likelihoods,
    shifted,
)
from minigen.models.options import Count, Options, Range, Size, Weight
from minigen.ops.shards import batch_mean
from minigen.ops.stochastic import reparameterize


@dataclass(frozen=True)
class TextNetworks(Options):
    """Recurrent networks that read a text, and write one.

    Parameters
    ----------
    embedding : int
        Length of a character's vector.
    hidden : int
        Length of the states of reading, in each direction, and of writing.
    latent : int
        Number of latent variables.
    """

    embedding: Count = 32
    hidden: Count = 128
    latent: Size = 16


@dataclass(frozen=True)
class Remedies(Options):
    """What keeps a decoder that could do without latent variables from leaving them alone.

    Parameters
    ----------
    word_dropout : float
        Share of the characters that the decoder is not shown in training. Bowman et al. (2016).
    warmup : float
        Epochs over which the KL term's weight rises from 0. Bowman et al. (2016).
    free_bits : float
        KL that each latent variable may use without cost, in nats on average over a batch. Kingma
        et al. (2016), arXiv:1606.04934.

    Derivation: vae.free_bits
    """

    word_dropout: Annotated[float, Range(0, 1)] = 0.3
    warmup: Weight = 10.0
    free_bits: Weight = 0.5


class TextVAE(TextModel):
    r"""A latent-variable model of texts: z says what to write, and a recurrent network writes it.

    .. math:: z \sim \mathcal{N}(0, I), \qquad
              p(x \mid z) = \prod_t p(x_t \mid x_1, \dots, x_{t-1}, z), \\
              L = E_{q(z \mid x)}[-\ln p(x \mid z)]
              + \mathrm{KL}(q(z \mid x) \,\|\, \mathcal{N}(0, I))

    Two GRUs read a text, from both ends; their last states give the posterior's mean and variance.
    A third writes, with z beside the character before at every step.

    In nats a text L bounds :math:`-\ln p(x)` from above. A decoder that sees the characters before
    can be a good language model without z, and then :math:`q(z \mid x) = \mathcal{N}(0, I)`, which
    costs nothing, is a minimum that training falls into at once: the posterior collapses. See
    `Remedies`.

    Parameters
    ----------
    image_shape : tuple of int
        (L,), how many characters a text has at most.
    vocabulary
        See `minigen.models.language.Vocabulary`.
    embedding, hidden, latent
        See `TextNetworks`.
    word_dropout, warmup, free_bits
        See `Remedies`.
    generator : Generator, optional
        Draws the first weights.

    Raises
    ------
    ValueError
        If a size is not positive, a remedy out of its range, or the vocabulary does not begin with
        the empty text.

    References
    ----------
    Bowman et al. (2016), arXiv:1511.06349.

    Examples
    --------
    >>> import numpy as np
    >>> from minigen.models import TextVAE
    >>> model = TextVAE((4,), ("", "a", "b"), hidden=8, latent=2)
    >>> texts = np.array([[1, 2, 0, 0], [2, 2, 1, 0]])
    >>> sorted(model.terms(texts))
    ['kl', 'loss', 'reconstruction']
    >>> model.reconstruct(texts).shape, model.sample(3).shape
    ((2, 4), (3, 4))

    Derivation: vae.elbo, vae.free_bits, cross_entropy.padded
    """

    name: ClassVar[str] = "text-vae"
    parts: ClassVar[dict[str, type[Options]]] = {
        "language": Vocabulary,
        "networks": TextNetworks,
        "remedies": Remedies,
    }
    networks: TextNetworks
    remedies: Remedies

    def build(self, generator: Generator | None) -> None:
        """Make the encoder, the decoder, and what stands between them."""
        networks, tokens = self.networks, len(self.vocabulary)
        drawn: dict[str, Any] = {"generator": generator}
        self.latent = networks.latent
        self.anneal(0)
        # A token more than there are stands for characters that are not shown.
        self.embedding = nn.Embedding(tokens + 1, networks.embedding, **drawn)
        self.encoder = nn.GRU(
            networks.embedding, networks.hidden, batch_first=True, bidirectional=True, **drawn
        )
        self.to_mu = nn.Dense(2 * networks.hidden, self.latent, **drawn)
        self.to_logvar = nn.Dense(2 * networks.hidden, self.latent, **drawn)
        self.to_state = nn.Dense(self.latent, networks.hidden, **drawn)
        self.decoder = nn.GRU(
            networks.embedding + self.latent, networks.hidden, batch_first=True, **drawn
        )
        self.head = nn.Dense(networks.hidden, tokens, **drawn)

    def anneal(self, epochs: float) -> None:
        """Say how many epochs have passed: the KL's weight warms up."""
        warmup = self.remedies.warmup
        self.share = 1.0 if warmup == 0 else min(1.0, epochs / warmup)

    # -------------------------------------------------------------------------- the two networks

    def encode(self, x: Array, labels: Array | None = None) -> tuple[Tensor, Tensor]:
        r"""Return :math:`\mu` and :math:`\ln\sigma^2` of the posterior, each (N, latent)."""
        self.expect_labels(labels, len(x))
        texts = self.expect_texts(x)
        library = namespace(texts)
        ended = library.cumsum(texts == 0, axis=1) > 0
        # An empty text is read as its end alone.
        lengths = library.maximum((~ended).sum(axis=1), 1)
        _, last = self.encoder(self.embedding(texts), lengths=lengths)
        features = F.cat([last[0], last[1]], axis=1)
        return self.to_mu(features), self.to_logvar(features)

    def decode(self, z: Array, read: Array, state: Array | None = None) -> tuple[Tensor, Tensor]:
        """Return logits (N, L, tokens) of what follows each character read, and the last state.

        Parameters
        ----------
        z : Tensor or array, shape (N, latent)
            What is to be written.
        read : array of int, shape (N, L)
            The characters before those that are to be said.
        state : Tensor or array, shape (1, N, hidden), optional
            That before these; by default the first, which z decides.
        """
        if state is None:
            state = F.tanh(self.to_state(z))[None]
        count, length = read.shape
        beside = F.broadcast_to(F.unsqueeze(z, 1), (count, length, self.latent))
        states, state = self.decoder(F.cat([self.embedding(read), beside], axis=2), state)
        return self.head(states), state

    # ----------------------------------------------------------------------------- the objective

    def terms(
        self,
        x: Array,
        labels: Array | None = None,
        *,
        noise: Array | None = None,
        generator: Generator | None = None,
    ) -> dict[str, Tensor]:
        """Return loss, reconstruction and KL in nats a text, averaged over the batch.

        Parameters
        ----------
        x : array of int, shape (N, L)
            Texts, filled up with 0.
        labels : None
            There are none.
        noise : array, shape (N, latent), optional
            That of the reparameterisation; drawn if not given.
        generator : Generator, optional
            Draws the noise and, in training, which characters the decoder is not shown.
        """
        texts = self.expect_texts(x)
        mu, logvar = self.encode(texts, labels)
        z = reparameterize(mu, logvar, noise=noise, generator=generator)
        read = shifted(texts)
        if self.training and self.remedies.word_dropout:
            hidden = len(self.vocabulary)
            read = array_of(
                F.word_dropout(read, self.remedies.word_dropout, hidden, generator=generator)
            )
        reconstruction = negative_log_likelihoods(self.decode(z, read)[0], texts).mean()
        each = batch_mean(F.kl_standard_normal(mu, logvar, "none"))
        charged = F.maximum(each, self.remedies.free_bits) if self.remedies.free_bits else each
        return {
            "loss": reconstruction + charged.sum() * self.share,
            "reconstruction": reconstruction,
            "kl": each.sum(),
        }

    def loss(
        self, x: Array, labels: Array | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        """Return what training minimises: the first of `terms`."""
        return self.terms(x, labels, generator=generator)["loss"]

    # --------------------------------------------------------------------------- what it is for

    def reconstruct(self, x: Array, labels: Array | None = None) -> Tensor:
        """Return what is written for z at the posterior's mean, (N, length), by `decode_images`."""
        return self.decode_images(self.encode(x, labels)[0])

    def sample(
        self,
        count: int,
        labels: Array | None = None,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        generator: Generator | None = None,
    ) -> Tensor:
        """Draw z from the prior, and characters of p(x | z): numbers of shape (count, length).

        `temperature` and `top_k` are as for `minigen.functional.sample_categorical`.
        """
        self.expect_labels(labels, count)
        source = generator or default_generator()
        return self._write(self.draw_latents(count, source), temperature, top_k, source)

    def decode_images(self, z: Array, labels: Array | None = None) -> Tensor:
        """Return the likeliest character at each step, given those before: (N, length)."""
        self.expect_labels(labels, len(z))
        return self._write(z, 0.0, None, None)

    def _write(
        self, z: Array, temperature: float, top_k: int | None, generator: Generator | None
    ) -> Tensor:
        """Write texts, character after character, (N, length), filled up with 0."""
        codes = array_of(z)
        library = namespace(codes)
        written = library.zeros((len(codes), 1), np.int64)
        ended = library.zeros((len(codes),), bool)
        state: Tensor | None = None
        for _ in range(self.length):
            logits, state = self.decode(z, written[:, -1:], state)
            drawn = F.sample_categorical(logits[:, -1], temperature, top_k, generator=generator)
            following = library.where(ended, 0, array_of(drawn))
            ended = ended | (following == 0)
            written = library.concatenate([written, following[:, None]], axis=1)
        return Tensor(written[:, 1:])

    def training_defaults(self) -> dict[str, Any]:
        """Return a high rate that falls late, and small batches: many steps count."""
        return {"lr": 2e-3, "batch_size": 32, "schedule": "linear"}
