r"""Generative adversarial networks: two networks, whose turn it is, and what each learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array, array_of, namespace
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.models.adversaries import (
    Adversaries,
    ConvAdversaries,
    DenseAdversaries,
    normalize_spectrally_,
)
from minigen.models.augmentation import Augmentation
from minigen.models.base import Conditioning, Model, as_image_shape
from minigen.models.game import (
    DISCRIMINATOR,
    GENERATOR,
    ConvGame,
    DenseGame,
    Game,
    ImageGame,
    expect_side,
)
from minigen.models.options import Options
from minigen.models.projection import AdversarialConditioning, ProjectionDiscriminator
from minigen.models.watch import take_reading, warn
from minigen.nn.utils import evaluating, frozen


class GAN(Model):
    r"""A generator G of samples from noise, and a discriminator D that tells them from real ones.

    .. math:: z \sim \mathcal{N}(0, I), \qquad \tilde x = G(z), \qquad s = D(x)

    The two are trained in turns, each on a loss of its own. With the default objective, of raw
    scores s,

    .. math:: L_D = -E[\ln\sigma(D(x))] - E[\ln(1 - \sigma(D(G(z))))], \qquad
              L_G = -E[\ln\sigma(D(G(z)))];

    `Game` has the rules, `OBJECTIVES` the other objectives. Data are images in [0, 1], which the
    discriminator sees scaled to [-1, 1], the range of the generator's tanh; or points, which both
    have as they are.

    In its turn a side is the only one that moves. The discriminator's turn draws samples without a
    graph, from a generator whose running statistics stand still; the generator's turn goes through
    a frozen discriminator. Real and generated samples go through the discriminator one batch after
    the other: in one batch they would share the statistics of its batch norm, and give each other
    away.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W) of images, or (D,) of points.
    hidden, latent, spectral_norm, batch_norm
        See `DenseAdversaries`.
    objective, label_smoothing, penalty, r1, r1_interval, critic_steps, clip, packing
        See `Game`, and `DenseGame` for the defaults.
    average, average_buffers, average_warmup
        See `Game`, and `DenseGame` for the default.
    generator : Generator, optional
        Draws the initial weights.

    Attributes
    ----------
    generator : Module
        G: maps noise (N, latent), joined by one-hot labels if the model is conditional, to samples
        (N, C, H, W), in [-1, 1], or (N, D).
    discriminator : Module
        D: maps packs, shape (M, packing C, H, W) or (M, packing D), to (M, 1); of a conditional
        model with their labels (M packing,), or joined by these: see `AdversarialConditioning`.
    averaged_generator : ExponentialAverage or None
        The average of the generator, if there is one.

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
    kinds: ClassVar[tuple[str, ...]] = ("image", "point")
    parts: ClassVar[dict[str, type[Options]]] = {"networks": DenseAdversaries, "game": DenseGame}
    lacks: ClassVar[dict[str, str]] = {
        "loss": "a GAN has two losses, one a side: the first of side_terms('discriminator', x) and "
        "of side_terms('generator', x)",
        "encode": "a GAN has no encoder",
        "reconstruct": "a GAN has no encoder: it can't reconstruct images",
        "log_weights": "a GAN has no likelihood to estimate",
    }
    full_batches: ClassVar[bool] = True  # a rest may be too few for a pack, or for batch norm
    conditioning: Conditioning
    networks: Adversaries
    game: Game
    averaged_generator: nn.ExponentialAverage | None

    def build(self, generator: Generator | None) -> None:
        """Make the two networks, and begin the average of the generator if there is to be one."""
        self.networks = networks = self.networks.suited_to(self.image_shape)
        self.game = game = self.game.suited_to(self.image_shape)
        shape, classes = self.image_shape, self.classes
        if networks.norms_discriminator and game.penalised:
            raise ValueError(
                "batch norm in the discriminator makes each score depend on the whole batch, and a "
                "penalty on its slope senseless: leave batch_norm None, for the generator alone, "
                "make it False, or go without the penalty (r1=0)"
            )
        self.latent, self.packing = networks.latent, game.packing
        self._step: int | None = None
        generating = networks.generator(shape, classes, generator)
        beside = 0 if self._projects else classes
        discriminating = networks.discriminator(
            (self.packing * (shape[0] + beside), *shape[1:]),
            generator,
            bias=not game.objective.shift_invariant,
            classes=classes - beside,
            packing=self.packing,
        )
        networks.initialize_(generating, discriminating, generator)
        if networks.spectral_norm:
            normalize_spectrally_(discriminating, generator)
        elif isinstance(discriminating, ProjectionDiscriminator):
            nn.init.zeros_(discriminating.projection.weight)
        self.generator, self.discriminator = generating, discriminating
        self.averaged_generator = game.averaged(generating)

    def expect_shape(self, shape: Sequence[int]) -> Any:
        """Check and return (C, H, W) of images, or (D,) of points."""
        if len(shape) != 1:
            return as_image_shape(shape)
        if shape[0] < 1:
            raise ValueError(f"image_shape: a positive length (D,) is expected, got {tuple(shape)}")
        return (int(shape[0]),)

    # ------------------------------------------------------------------------------ taking turns

    def sides(self) -> dict[str, nn.Module]:
        """Return the two networks: ``"discriminator"`` and ``"generator"``."""
        return {DISCRIMINATOR: self.discriminator, GENERATOR: self.generator}

    def turns(self, step: int) -> Sequence[str]:
        """Name the sides that move in a step: the discriminator, and in every n-th both.

        The step is noted: R1 is taken in every n-th alone by its number, and in all of them with
        its plain weight if nobody asks whose turn it is.
        """
        self._step = step
        return self.game.turns(step)

    def side_terms(
        self,
        side: str,
        x: Array,
        labels: Array | None = None,
        *,
        noise: Array | None = None,
        mix: Array | None = None,
        generator: Generator | None = None,
    ) -> dict[str, Tensor]:
        """Return the loss of a side first, and what else is worth knowing.

        Parameters
        ----------
        side : {"discriminator", "generator"}
            Whose turn it is. Nothing of the other side moves or gets a gradient.
        x : Tensor or array, shape (N, C, H, W) or (N, D)
            Images in [0, 1], or points; of the generator's turn it only says how many.
        labels : Tensor or array of integers, shape (N,), optional
            Their classes, and those of what is generated, if the model is conditional.
        noise : Tensor or array, shape (N, latent), optional
            What is generated from; drawn if not given.
        mix : Tensor or array, shape (N // packing,), optional
            Where the gradient penalty is taken, see `gradient_penalty`; drawn if not given.
        generator : Generator, optional
            Draws them, the noise first, and the changes of `as_seen`.

        Returns
        -------
        dict of str to Tensor
            Of the discriminator ``discriminator_loss``; ``penalty``, the part of it that is on the
            slope, if it has one; and the mean scores ``real_score`` and ``fake_score``:
            probabilities of being real if the objective is a cross-entropy, raw otherwise. Of the
            generator ``generator_loss``.

        Raises
        ------
        ValueError
            If there is no such side, fewer samples than a pack has, or samples of another shape or,
            on the CPU, images with values outside [0, 1].
        TypeError
            If labels are missing, or not wanted.
        """
        expect_side(self, side)
        count, labels = self._whole_packs(len(x), labels)
        if noise is None:
            noise = self.draw_latents(len(x), generator)
        elif tuple(noise.shape) != (len(x), self.latent):
            raise ValueError(
                f"{type(self).__name__}: noise of shape ({len(x)}, {self.latent}) is expected, "
                f"got {tuple(noise.shape)}"
            )
        if side == GENERATOR:
            return self._generator_terms(noise[:count], labels, generator)
        real = self._inward(x)[:count]
        return self._discriminator_terms(real, labels, noise[:count], mix, generator)

    def _discriminator_terms(
        self,
        real: Array,
        labels: Array | None,
        noise: Array,
        mix: Array | None,
        generator: Generator | None,
    ) -> dict[str, Tensor]:
        with frozen(self.generator), no_grad():
            fake = self.generator(self.condition(noise, labels))
        real, fake = (self.as_seen(samples, generator) for samples in (real, fake))
        real_scores, fake_scores = self._score(real, labels), self._score(fake, labels)

        def critic(packs: Tensor) -> Tensor:
            return self._score(F.reshape(packs, real.shape), labels)

        penalty = self.game.penalise(
            critic,
            self._in_packs(real),
            self._in_packs(fake),
            mix=mix,
            generator=generator,
            step=self._step if self.training else None,
        )
        return self.game.discriminator_terms(real_scores, fake_scores, penalty)

    def _generator_terms(
        self, noise: Array, labels: Array | None, generator: Generator | None
    ) -> dict[str, Tensor]:
        fake = self.as_seen(self.generator(self.condition(noise, labels)), generator)
        with frozen(self.discriminator):
            scores = self._score(fake, labels)
        return self.game.generator_terms(scores)

    def as_seen(self, samples: Array, generator: Generator | None) -> Array:
        """Return samples as the discriminator is shown them in training: here, as they are."""
        return samples

    def finish_turn(self, side: str) -> None:
        """After a side's step, clip the critic's weights, or average the generator's."""
        if side == DISCRIMINATOR:
            self.game.clip_weights(self.discriminator)
        elif self.averaged_generator is not None:
            self.averaged_generator.update(self.generator)

    def watch(
        self,
        x: Array,
        labels: Array | None,
        averages: Mapping[str, float],
        earlier: Sequence[Mapping[str, float]],
        *,
        generator: Generator,
    ) -> tuple[dict[str, float], list[str]]:
        """Measure how the game stands: see `minigen.models.watch`."""
        reading = take_reading(self, x, labels, averages, generator)
        return reading, warn(reading, earlier)

    def training_defaults(self) -> dict[str, Any]:
        """Return what gets far soon on images, and elsewhere what the objective was published with.

        R1 lets the rate be higher: see docs/results.md.
        """
        if not isinstance(self.game, ConvGame):
            return dict(self.game.objective.training_defaults)
        rate = 3e-3 if self.game.r1 else 1e-3
        return {"lr": rate, "betas": (0.0, 0.99), "batch_size": 64, "schedule": "linear"}

    # --------------------------------------------------------------------------- what it is for

    def terms(
        self,
        x: Array,
        labels: Array | None = None,
        *,
        noise: Array | None = None,
        mix: Array | None = None,
        generator: Generator | None = None,
    ) -> dict[str, Tensor]:
        """Return the terms of both sides, for evaluation: neither loss alone is the model's.

        The parameters are those of `side_terms`.
        """
        return self.terms_of_sides(x, labels, noise=noise, mix=mix, generator=generator)

    def sample(
        self,
        count: int,
        labels: Array | None = None,
        *,
        truncation: float | None = None,
        generator: Generator | None = None,
    ) -> Tensor:
        """Return `count` new images, shape (count, C, H, W) in [0, 1], or points (count, D).

        Parameters
        ----------
        count : int
            How many.
        labels : Tensor or array of integers, shape (count,), optional
            Of a conditional model, their classes: by default one class after the other.
        truncation : float, at least 0.01, optional
            Draw noise again where it lies farther from 0. Samples near the middle of the noise were
            practised most: they look better, and more alike. Marchesi (2017), arXiv:1706.00082;
            Brock, Donahue, Simonyan (2019), arXiv:1809.11096, section 3.1.
        generator : Generator, optional
            Draws the noise.

        Raises
        ------
        ValueError
            If `truncation` is too small.
        """
        chosen = self.labels_in_turn(count) if labels is None else labels
        limit = {} if truncation is None else {"truncation": truncation}
        return self.decode_images(self.draw_latents(count, generator, **limit), chosen)

    def draw_latents(
        self, count: int, generator: Generator | None, truncation: float | None = None
    ) -> Array:
        """Draw z from N(0, I), shape (count, latent), or within `truncation` of 0 in each entry."""
        if truncation is None:
            return super().draw_latents(count, generator)
        weight, source = next(self.parameters()), generator or default_generator()
        shape = count, self.latent
        return source.truncated_normal(shape, truncation, weight.dtype, weight.device)

    def decode_images(self, z: Array, labels: Array | None = None) -> Tensor:
        """Return images (N, C, H, W) in [0, 1], or points (N, D), for noise (N, latent).

        They come from the averaged generator if there is one, and in any mode with the running
        statistics of its batch norm, so that no sample depends on the others, and nothing moves.
        """
        return self._decode_with(self.averaged_generator or self.generator, z, labels)

    def sample_newest(
        self, count: int, labels: Array | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        """Return samples as `sample` does, but of the generator that learns, not of its average."""
        chosen = self.labels_in_turn(count) if labels is None else labels
        return self._decode_with(self.generator, self.draw_latents(count, generator), chosen)

    def _decode_with(self, source: nn.Module, z: Array, labels: Array | None) -> Tensor:
        with evaluating(source):
            made: Tensor = source(self.condition(z, labels))
        return made if self._takes_points else (made + 1) * 0.5

    def discriminate(self, x: Array, labels: Array | None = None) -> Tensor:
        """Return the discriminator's raw scores: higher for what it takes for real.

        Of images (N, C, H, W) in [0, 1] or points (N, D) they have the shape (N // packing,); they
        are logits if the objective is a cross-entropy. They are computed in evaluation mode, so
        that no score depends on another sample than those of its pack.
        """
        count, labels = self._whole_packs(len(x), labels)
        with evaluating(self.discriminator):
            return self._score(self._inward(x)[:count], labels)

    # ------------------------------------------------------------------------------ how it is done

    @property
    def _takes_points(self) -> bool:
        return len(self.image_shape) == 1

    @property
    def _projects(self) -> bool:
        """Whether the discriminator is told the class by projection, and not beside the sample."""
        return bool(self.classes) and getattr(self.conditioning, "projection", False)

    def _inward(self, x: Array) -> Array:
        """Check data, and bring images to the scale of the networks, [-1, 1]."""
        if not self._takes_points:
            self.expect_unit_interval(x)
            return self.shape_images(x) * 2 - 1
        if tuple(x.shape[1:]) != self.image_shape:
            raise ValueError(
                f"{type(self).__name__}: points of shape (N, {self.image_shape[0]}) are expected, "
                f"got {tuple(x.shape)}"
            )
        return x

    def _whole_packs(self, count: int, labels: Array | None) -> tuple[int, Array | None]:
        """Return how many of the samples fill packs, and their labels."""
        self.expect_labels(labels, count)
        whole = count - count % self.packing
        if whole == 0:
            raise ValueError(
                f"{type(self).__name__}: samples that fill a pack of {self.packing} are expected, "
                f"got {count}"
            )
        return whole, None if labels is None else array_of(labels)[:whole]

    def _in_packs(self, x: Array) -> Array:
        """Return samples (N, ...) as shape (N // packing, packing, ...)."""
        return F.reshape(x, (-1, self.packing, *x.shape[1:]))

    def _score(self, x: Array, labels: Array | None) -> Tensor:
        """Return the scores (N // packing,) of samples in the scale of the networks."""
        joined = x if self._projects else self.condition(x, labels)
        channels, rest = joined.shape[1], joined.shape[2:]
        packs = F.reshape(joined, (-1, self.packing * channels, *rest))
        told = (labels,) if self._projects else ()
        return F.reshape(self.discriminator(packs, *told), (-1,))


class DCGAN(GAN):
    r"""A deep convolutional `GAN`.

    The generator is dense layers and convolutions that double height and width, transposed ones
    unless `upsampling` says otherwise; the discriminator convolutions that halve them, and dense
    layers. The generator's initial weights are N(0, 0.02²), those of its norms N(1, 0.02²); the
    discriminator, which has no norm, begins with He's.

    Its defaults are not the paper's but those that win on 28 x 28 pixels (see docs/results.md). The
    paper's networks, for images of that size:

    >>> from minigen.models import DCGAN
    >>> of_the_paper = DCGAN(
    ...     (1, 28, 28), channels=(64, 128), latent=100, generator_hidden=(),
    ...     discriminator_hidden=(), batch_norm=True, r1=0, average=0,
    ... )

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W), the height and width divisible by 2 to the number of convolutions.
    channels, latent, generator_hidden, discriminator_hidden, spectral_norm, batch_norm, upsampling
        See `ConvAdversaries`.
    objective, label_smoothing, penalty, r1, r1_interval, critic_steps, clip, packing
        See `Game`, and `ImageGame` for the defaults.
    average, average_buffers, average_warmup
        See `Game`.
    augment_shift, augment_colour, augment_flip
        See `Augmentation`.
    generator : Generator, optional
        Draws the initial weights.

    Raises
    ------
    ValueError
        As `GAN`, or if the images can't be halved that often.

    References
    ----------
    Radford, Metz, Chintala (2016), arXiv:1511.06434.

    Examples
    --------
    >>> import minigen
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
    kinds: ClassVar[tuple[str, ...]] = ("image",)
    parts: ClassVar[dict[str, type[Options]]] = {
        **GAN.parts,
        "networks": ConvAdversaries,
        "game": ImageGame,
        "augmentation": Augmentation,
    }
    augmentation: Augmentation

    def expect_shape(self, shape: Sequence[int]) -> Any:
        """Check and return (C, H, W)."""
        return as_image_shape(shape)

    def as_seen(self, samples: Array, generator: Generator | None) -> Array:
        """Return images as the discriminator is shown them: in training, changed at random."""
        return self.augmentation.change(samples, generator) if self.training else samples

    def training_defaults(self) -> dict[str, Any]:
        """Return the options of training with which the networks reach the most in little time."""
        if self.game.clip is not None:
            return dict(self.game.objective.training_defaults)
        return {"lr": 1e-3, "betas": (0.0, 0.99), "batch_size": 64, "schedule": "linear"}

    def draw_latents(
        self, count: int, generator: Generator | None, truncation: float | None = None
    ) -> Array:
        """Draw z, held with the batch innermost: the generator hands this order on to images."""
        noise = super().draw_latents(count, generator, truncation)
        return namespace(noise).asfortranarray(noise)


class ConditionalGAN(DCGAN):
    r"""A `DCGAN` of which both networks are told the class: it makes images of the class asked for.

    .. math:: \tilde x = G(z, y), \qquad s = D(x, y)

    The generator gets the class as a one-hot vector beside the noise, the discriminator by
    projection: see `ProjectionDiscriminator`. Without, with `projection` False, the discriminator
    gets planes beside the image's channels, all ones for the image's own class and zeros for the
    others. In training the images generated have the labels of the batch.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W), as for `DCGAN`.
    classes : int
        The number of classes, at least two.
    projection : bool
        See `AdversarialConditioning`.
    channels, latent, ...
        As for `DCGAN`.

    References
    ----------
    Mirza, Osindero (2014), arXiv:1411.1784; Miyato, Koyama (2018), arXiv:1802.05637.

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

    Derivation: gan.projection
    """

    name: ClassVar[str] = "cgan"
    parts: ClassVar[dict[str, type[Options]]] = {
        "conditioning": AdversarialConditioning,
        **DCGAN.parts,
    }
