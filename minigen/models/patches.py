r"""Networks that make an image of an image, and a discriminator that judges it patch by patch.

Errors of pixels are smallest for a mean, or median, of all that may be wanted, which is a blur. A
discriminator sees that no wanted image looks so.
"""

from __future__ import annotations

import itertools
from abc import abstractmethod
from dataclasses import dataclass
from typing import Final

from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.adversaries import SLOPE
from minigen.models.base import Model
from minigen.models.game import DISCRIMINATOR, GENERATOR, expect_side
from minigen.models.objectives import NonSaturating
from minigen.models.options import Options, Sizes, Weight
from minigen.nn.utils import frozen

OBJECTIVE: Final = NonSaturating()
"""What the discriminator and the generator minimise of the scores."""


@dataclass(frozen=True)
class Patches(Options):
    """A discriminator that judges an image patch by patch.

    Parameters
    ----------
    patch_channels : sequence of int
        Channels of the discriminator's convolutions, each of which halves height and width.
    """

    patch_channels: Sizes = (32, 64)

    def discriminator(self, channels: int, source: Generator | None) -> nn.Module:
        """Make the discriminator of images with so many channels in all, with He's weights."""
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise((channels, *self.patch_channels)):
            halving = nn.Conv2d(before, after, 4, stride=2, padding=1, generator=source)
            layers += [halving, nn.LeakyReLU(SLOPE)]
        layers.append(nn.Conv2d(self.patch_channels[-1], 1, 3, padding=1, generator=source))
        network = nn.Sequential(*layers)
        nn.init.initialize_(network, nn.init.kaiming_normal_, source)
        return network


@dataclass(frozen=True)
class PatchAdversary(Patches):
    """A discriminator that judges an image patch by patch, and how much its verdict counts.

    Parameters
    ----------
    adversarial : float
        Weight of the adversarial loss beside errors that are summed over an image; with 0 there is
        no discriminator. For pix2pix 10 is about the paper's, on grey images of 32 x 32 pixels.
    """

    adversarial: Weight = 0.0


class PatchGame(Model):
    r"""A network that learns from pairs of an image given and one wanted, (x, y).

    .. math:: L_G = \ell(\hat y, y) - \lambda\, E_p[\ln \sigma(D_p(\hat y))], \qquad
              L_D = -E_p[\ln \sigma(D_p(y))] - E_p[\ln(1 - \sigma(D_p(\hat y)))]

    D gives a score to each patch p of an image. With :math:`\lambda = 0` there is no D, and no
    game. What is given and wanted, and which errors :math:`\ell` there are, is for others to say.

    Attributes
    ----------
    discriminator : Module or None
        D: maps what `judged` returns, in [-1, 1], to scores (N, 1, h, w), one a patch.

    Derivation: gan.non_saturating
    """

    adversary: PatchAdversary
    discriminator: nn.Module | None

    def add_discriminator(self, channels: int, generator: Generator | None) -> None:
        """Make the discriminator of images with so many channels, if there is to be one."""
        self.discriminator = None
        if self.adversary.adversarial:
            self.discriminator = self.adversary.discriminator(channels, generator)

    @property
    @abstractmethod
    def generating(self) -> nn.Module:
        """The network whose parameters are learnt, the discriminator's apart."""

    @abstractmethod
    def make(self, given: Array) -> Tensor:
        """Return images of the images given."""

    @abstractmethod
    def pair(self, x: Array, generator: Generator | None) -> tuple[Array, Array]:
        """Return, of a batch, what is given and what is wanted."""

    @abstractmethod
    def errors(self, made: Tensor, wanted: Array) -> dict[str, Tensor]:
        """Return the loss between images made and wanted, first, and then its parts if it has any.

        Summed over an image, averaged over the batch; its name ends in ``_loss``.
        """

    def judged(self, given: Array, image: Array) -> Array:
        """Return what the discriminator is shown of an image in [0, 1], and of its origin."""
        return image

    # ------------------------------------------------------------------------------ taking turns

    def sides(self) -> dict[str, nn.Module]:
        """Return the model itself; with a discriminator ``"discriminator"`` and ``"generator"``."""
        if self.discriminator is None:
            return {"model": self}
        return {DISCRIMINATOR: self.discriminator, GENERATOR: self.generating}

    def side_terms(
        self,
        side: str,
        x: Array,
        labels: Array | None = None,
        *,
        generator: Generator | None = None,
    ) -> dict[str, Tensor]:
        """Return the loss of a side first.

        Parameters
        ----------
        side : str
            ``"model"``, or of a model with a discriminator ``"discriminator"`` or ``"generator"``.
        x : Tensor or array
            A batch in [0, 1], as `pair` takes it.
        generator : Generator, optional
            Draws what is random in `pair`.

        Returns
        -------
        dict of str to Tensor
            What `errors` returns; of a generator ``generator_loss``, the errors as a part of it and
            ``adversarial``, the other; of a discriminator ``discriminator_loss``, and the mean
            probabilities ``real_score`` and ``fake_score`` that it gives patches of images wanted
            and made.

        Raises
        ------
        ValueError
            If there is no such side, or images have another shape or, on the CPU, values outside
            [0, 1].
        """
        expect_side(self, side)
        self.expect_unit_interval(x)
        self.expect_labels(labels, len(x))
        given, wanted = self.pair(x, generator)
        if side == DISCRIMINATOR:
            return self._discriminator_terms(given, wanted)
        made = self.make(given)
        errors = self.errors(made, wanted)
        if self.discriminator is None:
            return errors
        with frozen(self.discriminator):
            verdict = OBJECTIVE.generator_loss(self._scores(given, made))
        total = next(iter(errors.values())) + verdict * self.adversary.adversarial
        parts = {name.removesuffix("_loss"): error for name, error in errors.items()}
        return {"generator_loss": total, **parts, "adversarial": verdict}

    def _discriminator_terms(self, given: Array, wanted: Array) -> dict[str, Tensor]:
        with frozen(self.generating), no_grad():
            made = self.make(given)
        real, fake = self._scores(given, wanted), self._scores(given, made)
        return {
            "discriminator_loss": OBJECTIVE.discriminator_loss(real, fake),
            "real_score": OBJECTIVE.readable(real.detach()),
            "fake_score": OBJECTIVE.readable(fake.detach()),
        }

    def _scores(self, given: Array, image: Array) -> Tensor:
        """Return the discriminator's scores of each patch of images."""
        assert self.discriminator is not None
        scores: Tensor = self.discriminator(self.judged(given, image) * 2 - 1)
        return scores

    # ---------------------------------------------------------------------------------- learning

    def terms(
        self, x: Array, labels: Array | None = None, *, generator: Generator | None = None
    ) -> dict[str, Tensor]:
        """Return the terms of all sides, of a batch in [0, 1]: see `side_terms`."""
        return self.terms_of_sides(x, labels, generator=generator)

    def loss(
        self, x: Array, labels: Array | None = None, *, generator: Generator | None = None
    ) -> Tensor:
        """Return what the generator minimises: without a discriminator, what training does."""
        side = "model" if self.discriminator is None else GENERATOR
        return next(iter(self.side_terms(side, x, labels, generator=generator).values()))
