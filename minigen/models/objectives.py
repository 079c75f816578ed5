r"""What the two sides of a GAN minimise, given the discriminator's scores.

A discriminator D gives each sample a raw score :math:`s = D(x)`, higher for what it takes for real.
Real samples are x, generated ones G(z). An objective is two losses: the discriminator's, of the
scores of real and of generated samples, and the generator's, of the scores of generated ones.

The scores are logits where the objective is a cross-entropy: :math:`\sigma(s)` is the probability
of being real, but no sigmoid is ever taken. With
:math:`-\ln\sigma(s) = \mathrm{softplus}(-s)` and :math:`-\ln(1 - \sigma(s)) = \mathrm{softplus}(s)`
nothing overflows, and no gradient is lost to rounding. Elsewhere they are plain numbers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from minigen import functional as F
from minigen.engine.tensor import Tensor


@dataclass(frozen=True)
class AdversarialObjective(ABC):
    """The losses of both sides, and how they are usually trained.

    Attributes
    ----------
    name : str
        How a model's configuration calls it.
    critic_steps : int
        How many steps the discriminator takes for one of the generator's, unless told otherwise.
    clip : float or None
        To how large an absolute value each of the discriminator's weights is clipped after every
        step, unless told otherwise; None if it is not.
    penalty : float
        The weight of the gradient penalty, unless told otherwise.
    r1 : float
        The weight of the R1 penalty where it is left to the objective.
    shift_invariant : bool
        Whether a number added to all scores changes no gradient. The discriminator's last layer
        then has no bias, which would never learn.
    training_defaults : dict
        Options of Adam with which the objective was published, or is known to work.
    """

    name: ClassVar[str]
    critic_steps: ClassVar[int] = 1
    clip: ClassVar[float | None] = None
    penalty: ClassVar[float] = 0.0
    r1: ClassVar[float] = 1.0
    shift_invariant: ClassVar[bool] = False
    training_defaults: ClassVar[dict[str, Any]] = {"lr": 2e-4, "betas": (0.5, 0.999)}

    @abstractmethod
    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return what the discriminator minimises.

        Parameters
        ----------
        real, fake : Tensor, shape (N,)
            Scores of real and of generated samples.

        Returns
        -------
        Tensor, shape ()
        """

    @abstractmethod
    def generator_loss(self, fake: Tensor) -> Tensor:
        """Return what the generator minimises, given the scores of generated samples."""

    def readable(self, scores: Tensor) -> Tensor:
        """Return the mean score in the unit that people read: as it is, unless it is a logit."""
        return F.mean(scores)


@dataclass(frozen=True)
class CrossEntropy(AdversarialObjective):
    r"""What the two objectives of the first GAN share: the discriminator's loss.

    .. math:: L_D = -E[\ln\sigma(D(x))] - E[\ln(1 - \sigma(D(G(z))))]

    With `label_smoothing` :math:`\alpha` real samples have the target :math:`1 - \alpha` instead of
    1, which keeps the discriminator from extreme logits. Smoothing is one-sided: a target above 0
    for generated samples would reward them for staying where they are.

    Parameters
    ----------
    label_smoothing : float, in [0, 0.5)
        :math:`\alpha`.

    Raises
    ------
    ValueError
        If `label_smoothing` lies outside its range.

    References
    ----------
    Goodfellow et al. (2014), arXiv:1406.2661, algorithm 1. Smoothing: Salimans et al. (2016),
    arXiv:1606.03498, section 3.4.

    Derivation: gan.optimal_discriminator, gan.label_smoothing
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.label_smoothing < 0.5:
            raise ValueError(
                f"{self.name}: label_smoothing must lie in [0, 0.5), got {self.label_smoothing}"
            )

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the cross-entropy of real against generated, from logits."""
        loss = F.mean(F.softplus(-real)) + F.mean(F.softplus(fake))
        if self.label_smoothing == 0:
            return loss
        # (1 - a) softplus(-s) + a softplus(s) = softplus(-s) + a s
        return loss + F.mean(real) * self.label_smoothing

    def readable(self, scores: Tensor) -> Tensor:
        r"""Return the mean probability of being real, :math:`E[\sigma(s)]`."""
        return F.mean(F.sigmoid(scores))


@dataclass(frozen=True)
class Minimax(CrossEntropy):
    r"""The zero-sum game: the generator maximises what the discriminator minimises.

    .. math:: L_D = -E[\ln\sigma(D(x))] - E[\ln(1 - \sigma(D(G(z))))], \qquad
              L_G = E[\ln(1 - \sigma(D(G(z))))]

    Against the best discriminator, :math:`-L_D = 2\,\mathrm{JS}(p_x, p_G) - 2 \ln 2`. But where the
    discriminator sees through a sample, :math:`s \to -\infty`, the generator's loss *saturates*:
    its slope in s is :math:`-\sigma(s) \to 0`, and a generator that is far behind learns nothing.

    Goodfellow et al. (2014), arXiv:1406.2661, equation 1.

    Examples
    --------
    >>> import minigen
    >>> minimax, scores = Minimax(), minigen.zeros(4)
    >>> round(minimax.discriminator_loss(scores, scores).item(), 4)  # 2 ln 2
    1.3863
    >>> round(minimax.generator_loss(scores).item(), 4)
    -0.6931

    Derivation: gan.minimax, gan.jensen_shannon
    """

    name: ClassVar[str] = "minimax"

    def generator_loss(self, fake: Tensor) -> Tensor:
        r"""Return :math:`E[\ln(1 - \sigma(s))]`."""
        return -F.mean(F.softplus(fake))


@dataclass(frozen=True)
class NonSaturating(CrossEntropy):
    r"""The first GAN as it was trained: the generator's samples are given the label *real*.

    .. math:: L_D = -E[\ln\sigma(D(x))] - E[\ln(1 - \sigma(D(G(z))))], \qquad
              L_G = -E[\ln\sigma(D(G(z)))]

    The discriminator's loss is that of `Minimax`. The generator's comes to rest at the same
    equilibrium, :math:`p_G = p_x`, but has another slope, :math:`-\sigma(-s)`, which is largest
    where the discriminator is surest.

    Goodfellow et al. (2014), arXiv:1406.2661, section 3.

    Examples
    --------
    >>> import minigen
    >>> scores = minigen.tensor([-20.0], requires_grad=True)
    >>> NonSaturating().generator_loss(scores).backward()
    >>> Minimax().generator_loss(scores.detach()).item() > -1e-8  # flat there
    True
    >>> scores.grad
    tensor([-1.])

    Derivation: gan.non_saturating, gan.saturation, gan.frozen_discriminator
    """

    name: ClassVar[str] = "non-saturating"

    def generator_loss(self, fake: Tensor) -> Tensor:
        r"""Return :math:`-E[\ln\sigma(s)]`."""
        return F.mean(F.softplus(-fake))


@dataclass(frozen=True)
class LeastSquares(AdversarialObjective):
    r"""Scores are driven to 1 for real samples and to 0 for generated ones, by squared error.

    .. math:: L_D = \tfrac12 E[(D(x) - 1)^2] + \tfrac12 E[D(G(z))^2], \qquad
              L_G = \tfrac12 E[(D(G(z)) - 1)^2]

    The scores are no logits: a sigmoid would flatten the loss again. A sample far from 1 on either
    side is pulled back, also one that the discriminator takes for more than real.

    Mao et al. (2017), arXiv:1611.04076, equation 9.

    Examples
    --------
    >>> import minigen
    >>> LeastSquares().discriminator_loss(minigen.ones(2), minigen.zeros(2)).item()
    0.0
    >>> LeastSquares().generator_loss(minigen.zeros(2)).item()
    0.5

    Derivation: gan.least_squares, gan.least_squares_optimum
    """

    name: ClassVar[str] = "least-squares"

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return half the squared errors from 1 and from 0."""
        return (F.mean((real - 1) ** 2) + F.mean(fake**2)) * 0.5

    def generator_loss(self, fake: Tensor) -> Tensor:
        """Return half the squared error from 1."""
        return F.mean((fake - 1) ** 2) * 0.5


@dataclass(frozen=True)
class Hinge(AdversarialObjective):
    r"""Only samples inside the margin, between -1 and 1, teach the discriminator.

    .. math:: L_D = E[\max(0, 1 - D(x))] + E[\max(0, 1 + D(G(z)))], \qquad L_G = -E[D(G(z))]

    Lim, Ye (2017), arXiv:1705.02894; Miyato et al. (2018), arXiv:1802.05957, equations 16 and 17.

    Examples
    --------
    >>> import minigen
    >>> Hinge().discriminator_loss(minigen.full((2,), 3.0), minigen.full((2,), -3.0)).item()
    0.0
    >>> Hinge().generator_loss(minigen.full((2,), -3.0)).item()
    3.0

    Derivation: gan.hinge, gan.hinge_optimum
    """

    name: ClassVar[str] = "hinge"

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return how far scores are from their side of the margin."""
        return F.mean(F.relu(1 - real)) + F.mean(F.relu(1 + fake))

    def generator_loss(self, fake: Tensor) -> Tensor:
        """Return the negative mean score."""
        return -F.mean(fake)


@dataclass(frozen=True)
class Wasserstein(AdversarialObjective):
    r"""The difference of mean scores under a critic of bounded slope, by clipping its weights.

    .. math:: L_D = E[D(G(z))] - E[D(x)], \qquad L_G = -E[D(G(z))], \qquad
              w \leftarrow \mathrm{clip}(w, -c, c)

    Over all critics with Lipschitz constant 1 the least :math:`L_D` is
    :math:`-W_1(p_x, p_G)`, the Wasserstein distance. Clipped weights bound the constant, at some
    value nobody knows. The clipping comes *after* the optimiser's step: before it, the step would
    take the weights out of bounds again. The critic has no sigmoid, and runs ahead of the
    generator, five steps to one.

    Momentum in the critic's optimiser makes this unstable; the defaults are Adam without a first
    moment, which is RMSProp with its start corrected. Arjovsky, Chintala, Bottou (2017),
    arXiv:1701.07875, algorithm 1.

    Examples
    --------
    >>> import minigen
    >>> Wasserstein().discriminator_loss(minigen.full((2,), 3.0), minigen.ones(2)).item()
    -2.0
    >>> Wasserstein().generator_loss(minigen.ones(2)).item()
    -1.0

    Derivation: gan.wasserstein
    """

    name: ClassVar[str] = "wasserstein"
    critic_steps: ClassVar[int] = 5
    clip: ClassVar[float | None] = 0.01
    r1: ClassVar[float] = 0.0
    shift_invariant: ClassVar[bool] = True
    training_defaults: ClassVar[dict[str, Any]] = {"lr": 5e-5, "betas": (0.0, 0.99)}

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return how much higher generated samples score than real ones."""
        return F.mean(fake) - F.mean(real)

    def generator_loss(self, fake: Tensor) -> Tensor:
        """Return the negative mean score."""
        return -F.mean(fake)


@dataclass(frozen=True)
class WassersteinGradientPenalty(Wasserstein):
    r"""`Wasserstein`, its critic kept near slope 1 by a penalty instead of clipping.

    .. math:: L_D = E[D(G(z))] - E[D(x)]
              + \lambda\,E\left[\left(\|\nabla_{\hat x} D(\hat x)\|_2 - 1\right)^2\right], \qquad
              L_G = -E[D(G(z))]

    The penalty is `gradient_penalty`, which needs the critic itself and not its scores alone; the
    losses here are without it. Gulrajani et al. (2017), arXiv:1704.00028, algorithm 1, whose
    options of Adam are the defaults.

    Derivation: gan.wasserstein
    """

    name: ClassVar[str] = "wasserstein-gp"
    clip: ClassVar[float | None] = None
    penalty: ClassVar[float] = 10.0
    training_defaults: ClassVar[dict[str, Any]] = {"lr": 1e-4, "betas": (0.0, 0.9)}


OBJECTIVES: Final[dict[str, type[AdversarialObjective]]] = {
    objective.name: objective
    for objective in (
        Minimax,
        NonSaturating,
        LeastSquares,
        Hinge,
        Wasserstein,
        WassersteinGradientPenalty,
    )
}
"""Every objective by the name that a model's configuration uses."""


def adversarial_objective(name: str, label_smoothing: float = 0.0) -> AdversarialObjective:
    """Make one of `OBJECTIVES` by name; a cross-entropy may smooth its labels.

    Raises
    ------
    ValueError
        If there is no objective of that name, or `label_smoothing` is not for it.

    Examples
    --------
    >>> adversarial_objective("minimax", label_smoothing=0.1).label_smoothing
    0.1
    """
    if name not in OBJECTIVES:
        raise ValueError(f"unknown objective {name!r}: use one of {', '.join(OBJECTIVES)}")
    kind = OBJECTIVES[name]
    if issubclass(kind, CrossEntropy):
        return kind(label_smoothing)
    if label_smoothing != 0:
        smooth = [each for each, known in OBJECTIVES.items() if issubclass(known, CrossEntropy)]
        raise ValueError(
            f"{name} has no labels to smooth: leave label_smoothing 0, got {label_smoothing}, or "
            f"use {' or '.join(smooth)}"
        )
    return kind()
