"""The rules of the game that a generator and a discriminator play."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.modes import no_grad
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.models.adversarial.objectives import (
    AdversarialObjective,
    WassersteinGradientPenalty,
    adversarial_objective,
)
from minigen.models.adversarial.penalties import Critic, gradient_penalty, r1_penalty

DISCRIMINATOR: Final = "discriminator"
GENERATOR: Final = "generator"


class Game:
    """What each side of a GAN minimises, what is asked of the discriminator beside, and the turns.

    Parameters
    ----------
    objective : str
        One of `OBJECTIVES`.
    label_smoothing : float, in [0, 0.5), default 0
        How far below 1 the target of real samples lies; see `CrossEntropy`. For the
        cross-entropies only.
    penalty : float, optional
        Weight of `gradient_penalty` in the discriminator's loss; by default 10 for
        ``"wasserstein-gp"`` and 0, no penalty, for the others.
    r1 : float, default 0
        Weight of `r1_penalty` in the discriminator's loss.
    critic_steps : int, optional
        How many steps the discriminator takes for one of the generator's; by default 5 for
        ``"wasserstein"`` and ``"wasserstein-gp"`` and 1 for the others.
    clip : float, optional
        For ``"wasserstein"``, the largest absolute value of the discriminator's weights; by
        default 0.01.

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

    def __init__(
        self,
        objective: str = "non-saturating",
        label_smoothing: float = 0.0,
        penalty: float | None = None,
        r1: float = 0.0,
        critic_steps: int | None = None,
        clip: float | None = None,
    ) -> None:
        self.objective: AdversarialObjective = adversarial_objective(objective, label_smoothing)
        self.label_smoothing = label_smoothing
        self.penalty = self.objective.penalty if penalty is None else penalty
        self.r1 = r1
        self.critic_steps = self.objective.critic_steps if critic_steps is None else critic_steps
        self.clip = self.objective.clip if clip is None else clip
        self._expect_possible()

    def _expect_possible(self) -> None:
        """Raise unless the values fit each other."""
        name = self.objective.name
        for what, weight in (("penalty", self.penalty), ("r1", self.r1)):
            if not weight >= 0:
                raise ValueError(f"{what} must not be negative, got {weight}")
        if self.critic_steps < 1:
            raise ValueError(f"critic_steps must be at least 1, got {self.critic_steps}")
        if isinstance(self.objective, WassersteinGradientPenalty) and self.penalty == 0:
            raise ValueError(
                f"{name}: without its penalty nothing bounds the critic: leave penalty 10, or use "
                "wasserstein, which clips weights"
            )
        if self.objective.clip is None:
            if self.clip is not None:
                raise ValueError(f"{name} clips no weights: leave clip out, or use wasserstein")
        elif not (self.clip is not None and self.clip > 0):
            raise ValueError(f"{name}: clip must be positive, got {self.clip}")
        elif self.penalty:
            raise ValueError(f"{name} clips weights: for a gradient penalty use wasserstein-gp")

    @property
    def penalised(self) -> bool:
        """Whether the discriminator's slope is part of its loss, so that it can't have batch norm.

        Batch norm makes each score depend on the whole batch, and a slope of one score at one
        sample is what the penalties are about.
        """
        return self.penalty > 0 or self.r1 > 0

    def turns(self, step: int) -> Sequence[str]:
        """Name the sides that move in a step, counted from 0: the generator in every n-th."""
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
    ) -> Tensor | None:
        """Return the penalties on the slope, weighted and added up; None if there are none.

        The parameters are those of `gradient_penalty`.
        """
        penalties = []
        if self.penalty:
            slope = gradient_penalty(critic, real, fake, mix, generator=generator)
            penalties.append(slope * self.penalty)
        if self.r1:
            penalties.append(r1_penalty(critic, real) * self.r1)
        return F.sum(F.stack(penalties)) if penalties else None

    def clip_weights(self, discriminator: nn.Module) -> None:
        """Clip the discriminator's parameters, if the objective wants it: after its step.

        Derivation: gan.weight_clipping
        """
        if self.clip is None:
            return
        with no_grad():
            for parameter in discriminator.parameters():
                parameter.copy_(F.clip(parameter, -self.clip, self.clip))

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "objective": self.objective.name,
            "label_smoothing": self.label_smoothing,
            "penalty": self.penalty,
            "r1": self.r1,
            "critic_steps": self.critic_steps,
            "clip": self.clip,
        }
