"""The rules of the game that a generator and a discriminator play."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Final

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array, array_of, device_of
from minigen.engine.creation import zeros
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.objectives import (
    OBJECTIVES,
    AdversarialObjective,
    LeastSquares,
    WassersteinGradientPenalty,
    adversarial_objective,
)
from minigen.models.options import Count, Options, Range, Size, Weight
from minigen.models.penalties import Critic, gradient_penalty, r1_penalty

DISCRIMINATOR: Final = "discriminator"
GENERATOR: Final = "generator"


def expect_side(model: Any, side: str) -> None:
    """Refuse with a ValueError a side that is none of a model's ``sides()``."""
    if side not in model.sides():
        raise ValueError(
            f"{type(model).__name__}: unknown side {side!r}: use one of {', '.join(model.sides())}"
        )


@dataclass(frozen=True)
class Game(Options):
    """What each side of a GAN minimises, what is asked of the discriminator beside, and the turns.

    Parameters
    ----------
    objective : str or AdversarialObjective
        What the two sides of a GAN minimise.
    label_smoothing : float, in [0, 0.5)
        How far below 1 the discriminator's target of real samples lies; for the cross-entropies
        only.
    penalty : float, optional
        Weight of a GAN's gradient penalty; by default 10 for wasserstein-gp and 0, no penalty, for
        the others.
    r1 : float
        Weight of the R1 penalty.
    r1_interval : int
        R1 is taken in every n-th step alone, with n times its weight: as strong on average, and
        cheaper. Karras et al. (2020), arXiv:1912.04958, section 3.1.
    critic_steps : int, optional
        Steps of the discriminator for one of the generator; by default 5 for wasserstein and
        wasserstein-gp and 1 for the others.
    clip : float, optional
        Largest absolute weight of a Wasserstein critic that is clipped; by default 0.01.
    packing : int
        How many samples of one kind, all real or all generated, a discriminator judges together,
        joined along channels or features; more than one makes a lack of variety visible to it. Lin,
        Khetan, Fanti, Oh (2018), arXiv:1712.04086. Samples that fill no pack are left out.
    average : float, in [0, 1)
        Decay of the exponential average of the generator's weights that samples are drawn from;
        with 0 they are drawn from the generator itself.
    average_buffers, average_warmup : bool
        Whether the average has the statistics of batch norm averaged, too, and whether it first
        looks back over a tenth of the steps alone: see `minigen.nn.ExponentialAverage`.

    Raises
    ------
    ValueError
        If the objective is unknown, a value lies outside its range or is not for the objective.

    Examples
    --------
    >>> game = Game("wasserstein-gp")
    >>> game.penalty, game.critic_steps, game.clip
    (10.0, 5, None)
    >>> [game.turns(step) for step in (3, 4)]
    [('discriminator',), ('discriminator', 'generator')]
    """

    objective: Annotated[Any, tuple(OBJECTIVES)] = "non-saturating"
    label_smoothing: Annotated[float, Range(0, 0.5, high_open=True)] = 0.0
    penalty: Weight | None = None
    r1: Weight | None = 0.0
    r1_interval: Count | None = 1
    critic_steps: Count | None = None
    clip: Annotated[float, Range(0, low_open=True)] | None = None
    packing: Size = 1
    average: Annotated[float, Range(0, 1, high_open=True)] | None = 0.0
    average_buffers: bool = True
    average_warmup: bool = True

    earlier: ClassVar[Mapping[str, Any]] = {
        "r1_interval": 1,
        "average_buffers": False,
        "average_warmup": False,
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        objective = self.objective
        if not isinstance(objective, AdversarialObjective):
            objective = adversarial_objective(objective, self.label_smoothing)
            self._set("objective", objective)
        for name in ("penalty", "r1", "critic_steps", "clip"):
            if getattr(self, name) is None:
                self._set(name, getattr(objective, name))
        self._expect_possible()

    def suited_to(self, shape: Sequence[int]) -> Game:
        """Return the same with everything settled that was left to the samples' shape."""
        return self

    def _expect_possible(self) -> None:
        """Raise unless the values fit each other."""
        name = self.objective.name
        if isinstance(self.objective, WassersteinGradientPenalty) and self.penalty == 0:
            raise ValueError(
                f"{name}: without its penalty nothing bounds the critic: leave penalty 10, or use "
                "wasserstein, which clips weights"
            )
        if self.objective.clip is None:
            if self.clip is not None:
                raise ValueError(f"{name} clips no weights: leave clip out, or use wasserstein")
        elif self.penalty:
            raise ValueError(f"{name} clips weights: for a gradient penalty use wasserstein-gp")

    def config(self) -> dict[str, Any]:
        """Return the fields by name, the objective's name among them."""
        return {**super().config(), "objective": self.objective.name}

    @property
    def penalised(self) -> bool:
        """Whether the discriminator's slope is part of its loss, so that it can't have batch norm.

        Batch norm makes each score depend on the whole batch, and a slope of one score at one
        sample is what the penalties are about.
        """
        return bool(self.penalty or self.r1)

    def turns(self, step: int) -> Sequence[str]:
        """Name the sides that move in a step, counted from 0: the generator in every n-th.

        One after the other, so that the generator answers to where the discriminator is by then.

        Derivation: gan.turns
        """
        assert self.critic_steps is not None
        if (step + 1) % self.critic_steps:
            return (DISCRIMINATOR,)
        return DISCRIMINATOR, GENERATOR

    def discriminator_terms(
        self, real: Tensor, fake: Tensor, penalty: Tensor | None
    ) -> dict[str, Tensor]:
        """Return what the discriminator minimises, first, and what makes it readable.

        Parameters
        ----------
        real, fake : Tensor, shape (N,)
            Raw scores of real and of generated samples.
        penalty : Tensor, shape (), or None
            What `penalise` returned; part of the loss.

        Returns
        -------
        dict of str to Tensor
            Scalars. The mean scores are detached, and probabilities of being real if the objective
            is a cross-entropy.
        """
        loss = self.objective.discriminator_loss(real, fake)
        return {
            "discriminator_loss": loss if penalty is None else loss + penalty,
            **({} if penalty is None else {"penalty": penalty}),
            "real_score": self.objective.readable(real.detach()),
            "fake_score": self.objective.readable(fake.detach()),
        }

    def generator_terms(self, fake: Tensor) -> dict[str, Tensor]:
        """Return what the generator minimises, of raw scores, shape (N,), of generated samples."""
        return {"generator_loss": self.objective.generator_loss(fake)}

    def penalise(
        self,
        critic: Critic,
        real: Array,
        fake: Array,
        *,
        mix: Array | None = None,
        generator: Generator | None = None,
        step: int | None = None,
    ) -> Tensor | None:
        """Return the penalties on the slope, weighted and added up; None if there are none.

        The other parameters are those of `gradient_penalty`.

        Parameters
        ----------
        step : int, optional
            The step of training, counted from 0, on which it depends whether R1 is taken; without
            one it is, with its plain weight.

        Derivation: gan.lazy_r1
        """
        if not self.penalised:
            return None
        penalties = []
        if self.penalty:
            slope = gradient_penalty(critic, real, fake, mix, generator=generator)
            penalties.append(slope * self.penalty)
        weight = self._weight_of_r1(step)
        if weight:
            penalties.append(r1_penalty(critic, real) * weight)
        if not penalties:
            return zeros(dtype=real.dtype, device=device_of(array_of(real)))
        return F.sum(F.stack(penalties))

    def _weight_of_r1(self, step: int | None) -> float:
        """Return with which weight R1 is part of the loss of a step."""
        assert self.r1 is not None
        assert self.r1_interval is not None
        if step is None:
            return self.r1
        return 0.0 if step % self.r1_interval else self.r1 * self.r1_interval

    def averaged(self, generator: nn.Module) -> nn.ExponentialAverage | None:
        """Begin the average of the generator; None if there is to be none."""
        if not self.average:
            return None
        return nn.ExponentialAverage(
            generator, self.average, use_buffers=self.average_buffers, warmup=self.average_warmup
        )

    def clip_weights(self, discriminator: nn.Module) -> None:
        """Clip the discriminator's parameters, if the objective wants it: after its step.

        Derivation: gan.weight_clipping
        """
        if self.clip is None:
            return
        with no_grad():
            for parameter in discriminator.parameters():
                parameter.copy_(F.clip(parameter, -self.clip, self.clip))


@dataclass(frozen=True)
class ConvGame(Game):
    """The game that a discriminator of convolutions plays: with R1, and averaged weights.

    R1 takes the place of batch norm in the discriminator, and lets the rate be high: see
    docs/results.md.

    Parameters
    ----------
    r1 : float, optional
        Weight of the R1 penalty; by default 0 for wasserstein and wasserstein-gp, which bound the
        slope in their own way, and 1 for the others.
    """

    r1: Weight | None = None
    r1_interval: Count = 8
    average: Annotated[float, Range(0, 1, high_open=True)] = 0.999


@dataclass(frozen=True)
class ImageGame(ConvGame):
    """`ConvGame` on images, where a critic with a gradient penalty moves once for the generator.

    Parameters
    ----------
    critic_steps : int, optional
        Steps of the discriminator for one of the generator; by default 5 for wasserstein and 1 for
        the others: see docs/results.md.
    """

    def __post_init__(self) -> None:
        chosen = self.critic_steps
        super().__post_init__()
        if chosen is None and isinstance(self.objective, WassersteinGradientPenalty):
            self._set("critic_steps", 1)


@dataclass(frozen=True)
class DenseGame(Game):
    """The game that a discriminator of dense layers plays: `ImageGame` on images, plain on points.

    On images, too, it is plain if the objective is wasserstein, which clips: see docs/results.md.

    Parameters
    ----------
    r1 : float, optional
        Weight of the R1 penalty; by default 1 on images, if the objective is a cross-entropy or
        the hinge, and otherwise 0.
    r1_interval : int, optional
        R1 is taken in every n-th step alone, with n times its weight: as strong on average, and
        cheaper. By default 8 on images, unless the objective is wasserstein, and otherwise 1.
        Karras et al. (2020), arXiv:1912.04958, section 3.1.
    critic_steps : int, optional
        Steps of the discriminator for one of the generator; by default 5 for wasserstein, and on
        points for wasserstein-gp, and 1 otherwise.
    average : float, in [0, 1), optional
        Decay of the exponential average of the generator's weights that samples are drawn from;
        with 0 they are drawn from the generator itself. By default 0.999 on images, unless the
        objective is wasserstein, and otherwise 0.
    """

    r1: Weight | None = None
    r1_interval: Count | None = None
    average: Annotated[float, Range(0, 1, high_open=True)] | None = None

    def __post_init__(self) -> None:
        Options.__post_init__(self)  # the rest waits for the samples' shape

    def suited_to(self, shape: Sequence[int]) -> Game:
        """Return the game of samples of a shape, (C, H, W) or (D,), with its defaults settled."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        chosen = {name: value for name, value in values.items() if value is not None}
        plain = Game(**chosen)
        if len(shape) == 1 or plain.objective.clip is not None:
            return plain
        if isinstance(plain.objective, LeastSquares):
            chosen.setdefault("r1", 0.0)
        return ImageGame(**chosen)
