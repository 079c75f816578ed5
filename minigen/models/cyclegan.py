r"""CycleGAN: translation between two styles of images of which no pairs are known.

That a translation passes for an image of the other style is all that can be learnt of it where
nobody says what it should have become. Any image of that style would do; that it has to become the
first again, translated back, ties it to what was given.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.base import Model
from minigen.models.game import DISCRIMINATOR, GENERATOR, expect_side
from minigen.models.objectives import LeastSquares
from minigen.models.options import Options, Sizes, Weight
from minigen.models.patches import Patches
from minigen.models.translation import Translators, translate
from minigen.nn.utils import frozen

BACK: Final = {"a-to-b": "b-to-a", "b-to-a": "a-to-b"}
"""The directions of a translation between the styles a and b, and which leads back."""

OBJECTIVE: Final = LeastSquares()
"""What the discriminators and the generators minimise of the scores."""


@dataclass(frozen=True)
class TwoTranslators(Translators):
    """Narrower `Translators`: there are two, and each of them is used twice in a step."""

    channels: Sizes = (16, 32)


@dataclass(frozen=True)
class Cycle(Options):
    """What is asked of translations beside that they pass for images of the other style.

    Parameters
    ----------
    cycle : float
        Weight of the cycle loss, the mean absolute error of a pixel in [0, 1] of an image that was
        translated and back again. The paper's 10, of pixels in [-1, 1], is 20 here.
    identity : float
        Weight of the identity loss, the mean absolute error of a pixel of an image that is
        translated into the style that it has already. With 0 it is not taken.
    """

    cycle: Weight = 10.0
    identity: Weight = 0.0


class CycleGAN(Model):
    r"""Images of a style a made into images of a style b, and back, learnt without pairs.

    .. math:: L_G = \tfrac12 E[(D_b(G(x_a)) - 1)^2] + \tfrac12 E[(D_a(F(x_b)) - 1)^2]
              + \lambda\,\big(\overline{|F(G(x_a)) - x_a|} + \overline{|G(F(x_b)) - x_b|}\big)

    Two generators, G from a to b and F from b to a, are networks such as that of `Pix2Pix`, which
    begins with the image as it is. Two discriminators judge, patch by patch, whether an image is
    one of b, or of a:

    .. math:: L_D = \tfrac12 E[(D_b(x_b) - 1)^2] + \tfrac12 E[D_b(G(x_a))^2]
              + \tfrac12 E[(D_a(x_a) - 1)^2] + \tfrac12 E[D_a(F(x_b))^2].

    Nothing compares :math:`x_a` with the :math:`x_b` that stands beside it. With `identity` there
    is a third term, :math:`\overline{|G(x_b) - x_b|} + \overline{|F(x_a) - x_a|}`.

    The paper's pool of earlier translations, from which its discriminators are shown every other
    one, is left out: here the game is steady without, and a run needs no memory beside its weights.

    Parameters
    ----------
    image_shape : tuple of int
        (C, H, W) of images of either style.
    channels, depth
        See `TwoTranslators`.
    patch_channels
        See `Patches`.
    cycle, identity
        See `Cycle`.
    generator : Generator, optional
        Draws the initial weights.

    Attributes
    ----------
    generator : ModuleDict
        G under ``"a-to-b"``, F under ``"b-to-a"``.
    discriminator : ModuleDict
        Under the same names what judges their translations, :math:`D_b` and :math:`D_a`: they map
        images (N, C, H, W) in [-1, 1] to scores (N, 1, h, w), a score a patch.

    Raises
    ------
    ValueError
        If a length is not positive, or numbers of channels are no multiples of 8.

    References
    ----------
    Zhu, Park, Isola, Efros (2017), arXiv:1703.10593. Norms are over groups of channels here, not
    over each alone.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import CycleGAN
    >>> model = CycleGAN((1, 32, 32), channels=(8, 16))
    >>> list(model.side_terms("generator", minigen.rand(5, 2, 32, 32)))
    ['generator_loss', 'adversarial', 'cycle']
    >>> made, back = model.cycle(minigen.rand(3, 1, 30, 17), "b-to-a")
    >>> made.shape, back.shape
    ((3, 1, 30, 17), (3, 1, 30, 17))

    Derivation: gan.least_squares, restoration.mean, pixel_shuffle
    """

    name: ClassVar[str] = "cyclegan"
    kinds: ClassVar[tuple[str, ...]] = ("styles", "pair")
    parts: ClassVar[dict[str, type[Options]]] = {
        "networks": TwoTranslators,
        "adversary": Patches,
        "demands": Cycle,
    }
    lacks: ClassVar[dict[str, str]] = {
        "sample": "it translates the images that it is given, and makes none of noise; "
        "see minigen translate",
        "loss": "its two sides have a loss each: the first of side_terms('discriminator', x) and "
        "of side_terms('generator', x)",
    }
    networks: TwoTranslators
    adversary: Patches
    demands: Cycle
    generator: nn.ModuleDict
    discriminator: nn.ModuleDict

    def build(self, generator: Generator | None) -> None:
        """Make the four networks."""
        channels, *_ = self.image_shape
        self.generator = nn.ModuleDict(
            {way: self.networks.network(self.image_shape, generator) for way in BACK}
        )
        self.discriminator = nn.ModuleDict(
            {way: self.adversary.discriminator(channels, generator) for way in BACK}
        )

    # ------------------------------------------------------------------------------- translating

    def translate(self, x: Array, direction: str = "a-to-b") -> Tensor:
        """Return images in (0, 1) in the other style.

        Parameters
        ----------
        x : Tensor or array, shape (N, C, H, W)
            Images in [0, 1], of any size.
        direction : {"a-to-b", "b-to-a"}
            Whether they have the style a, or b.

        Raises
        ------
        ValueError
            If there is no such direction.
        """
        if direction not in BACK:
            raise ValueError(
                f"{type(self).__name__}: unknown direction {direction!r}: use one of "
                f"{', '.join(BACK)}"
            )
        return translate(self.generator[direction], x)

    def cycle(self, x: Array, direction: str = "a-to-b") -> tuple[Tensor, Tensor]:
        """Return images in the other style, and what becomes of these on the way back.

        The parameters are those of `translate`.
        """
        made = self.translate(x, direction)
        return made, self.translate(made, BACK[direction])

    def corrupt(self, x: Array, *, generator: Generator | None = None) -> Array:
        """Return images of both styles, (N, 2 C, H, W), each translated into the other."""
        return self._led(x, BACK)

    def demonstrate(self, x: Array) -> Tensor:
        """Return the images of both styles, each joined by its translation: (2 N, 2 C, H, W).

        Those of style a come first.
        """
        halves = zip(self._apart(x), BACK, strict=True)
        pairs = [F.cat([given, self.translate(given, way)], axis=1) for given, way in halves]
        shown: Tensor = F.cat(pairs)
        return shown

    def reconstruct(self, x: Array, labels: Array | None = None) -> Tensor:
        """Return translations of both styles, (N, 2 C, H, W), led back; it takes no labels."""
        self.expect_labels(labels, len(x))
        return self._led(x, BACK.values())

    def _led(self, x: Array, ways: Iterable[str]) -> Tensor:
        """Translate the first half of the channels in one direction, the second in another."""
        made = [self.translate(some, way) for some, way in zip(self._apart(x), ways, strict=True)]
        both: Tensor = F.cat(made, axis=1)
        return both

    # ---------------------------------------------------------------------------------- learning

    def terms(
        self, x: Array, labels: Array | None = None, *, generator: Generator | None = None
    ) -> dict[str, Tensor]:
        """Return the terms of both sides, for evaluation: neither loss alone is the model's.

        The parameters are those of `side_terms`.
        """
        return self.terms_of_sides(x, labels, generator=generator)

    def sides(self) -> dict[str, nn.Module]:
        """Return both networks of each side: ``"discriminator"`` and ``"generator"``."""
        return {DISCRIMINATOR: self.discriminator, GENERATOR: self.generator}

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
            ``"discriminator"`` or ``"generator"``.
        x : Tensor or array, shape (N, 2 C, H, W)
            Images in [0, 1]: the channels of one of style a, then those of one of style b.
        generator : Generator, optional
            Nothing is drawn.

        Returns
        -------
        dict of str to Tensor
            Sums over both directions. Of the discriminators ``discriminator_loss``, and the mean
            scores ``real_score`` and ``fake_score`` of images and of translations; of the
            generators ``generator_loss``, and its parts ``adversarial``, ``cycle`` and, if it is
            asked for, ``identity``, without their weights.

        Raises
        ------
        ValueError
            If there is no such side, or images have another shape or, on the CPU, values outside
            [0, 1].
        """
        expect_side(self, side)
        self.expect_unit_interval(x)
        self.expect_labels(labels, len(x))
        a, b = self._apart(x)
        turn = self._discriminator_terms if side == DISCRIMINATOR else self._generator_terms
        first, second = turn("a-to-b", a, b), turn("b-to-a", b, a)
        return {name: first[name] + second[name] for name in first}

    def _discriminator_terms(self, way: str, given: Array, wanted: Array) -> dict[str, Tensor]:
        with frozen(self.generator), no_grad():
            made = self.translate(given, way)
        real, fake = self._scores(wanted, way), self._scores(made, way)
        return {
            "discriminator_loss": OBJECTIVE.discriminator_loss(real, fake),
            "real_score": OBJECTIVE.readable(real.detach()) * 0.5,
            "fake_score": OBJECTIVE.readable(fake.detach()) * 0.5,
        }

    def _generator_terms(self, way: str, given: Array, wanted: Array) -> dict[str, Tensor]:
        made, back = self.cycle(given, way)
        with frozen(self.discriminator):
            verdict = OBJECTIVE.generator_loss(self._scores(made, way))
        lost = self._error(back, given)
        total = verdict + lost * self.demands.cycle
        if not self.demands.identity:
            return {"generator_loss": total, "adversarial": verdict, "cycle": lost}
        changed = self._error(self.translate(wanted, way), wanted)
        total = total + changed * self.demands.identity
        return {
            "generator_loss": total,
            "adversarial": verdict,
            "cycle": lost,
            "identity": changed,
        }

    def training_defaults(self) -> dict[str, Any]:
        """Return small batches and a rate that falls, with the paper's decays."""
        return {"lr": 1e-3, "betas": (0.5, 0.999), "batch_size": 8, "schedule": "linear"}

    def _scores(self, x: Array, way: str) -> Tensor:
        """Return what a direction's discriminator says of images in [0, 1], patch by patch."""
        scores: Tensor = self.discriminator[way](x * 2 - 1)
        return scores

    def _error(self, x: Array, wanted: Array) -> Tensor:
        """Return the mean absolute error of a pixel."""
        error: Tensor = F.l1_loss(x, wanted) * (1 / math.prod(self.image_shape))
        return error

    def _apart(self, x: Array) -> tuple[Array, Array]:
        """Return the images of style a and those of style b."""
        channels, height, width = self.image_shape
        if tuple(x.shape[1:]) != (2 * channels, height, width):
            raise ValueError(
                f"{type(self).__name__}: images of shape (N, {2 * channels}, {height}, {width}) "
                f"are expected, one of each style joined along channels, got {tuple(x.shape)}"
            )
        return x[:, :channels], x[:, channels:]
