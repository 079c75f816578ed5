r"""How latent variables are distributed before an image is seen: the prior :math:`p(z)`."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array, array_of, namespace
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.models.options import Count, Options
from minigen.ops.stochastic import log_normal

_SPREAD = 0.5
"""The standard deviation of a mixture's first means: they differ, and begin near N(0, I)."""


class PriorDistribution(nn.Module):
    r"""The distribution :math:`p(z)` of J latent variables."""

    @abstractmethod
    def log_density(self, z: Array) -> Tensor:
        r"""Return :math:`\ln p(z)`, of shape (...), for latents (..., J)."""

    @abstractmethod
    def kl(self, z: Array, mu: Array, logvar: Array) -> Tensor:
        r"""Return the KL of :math:`q = \mathcal{N}(\mu, \sigma^2)` from the prior, a mean in nats.

        Parameters
        ----------
        z : Tensor or array, shape (N, J) or (K, N, J)
            Draws from q, one or K of each example.
        mu, logvar : Tensor or array, shape (N, J)
            Mean and :math:`\ln\sigma^2` of q.
        """

    @abstractmethod
    def place(self, noise: Array, generator: Generator | None) -> Array:
        """Turn draws from N(0, I), of shape (N, J), into draws from the prior."""

    @abstractmethod
    def moments(self) -> tuple[Array | float, Array | float]:
        """Return mean and standard deviation of each latent variable: numbers, or of shape (J,)."""


class StandardNormal(PriorDistribution):
    r""":math:`p(z) = \mathcal{N}(0, I)`: nothing to learn, and a KL in closed form."""

    def log_density(self, z: Array) -> Tensor:
        """Return the log-density of independent standard normal variables."""
        density: Tensor = log_normal(z).sum(-1)
        return density

    def kl(self, z: Array, mu: Array, logvar: Array) -> Tensor:
        """Return the KL in closed form, whatever was drawn."""
        return F.kl_standard_normal(mu, logvar)

    def place(self, noise: Array, generator: Generator | None) -> Array:
        """Return the draws themselves."""
        return noise

    def moments(self) -> tuple[float, float]:
        """Return 0 and 1."""
        return 0.0, 1.0


class GaussianMixture(PriorDistribution):
    r"""A mixture of K Gaussians whose means, variances and weights are learnt with the model.

    .. math:: p(z) = \sum_{k=1}^K \pi_k \prod_{j=1}^J \mathcal{N}(z_j; m_{kj}, v_{kj})

    The bound is tightest with the average of all posteriors, :math:`\frac1N \sum_n q(z \mid x_n)`,
    as the prior, which is a mixture, too. Training moves these K components there.

    Parameters
    ----------
    components : int
        Their number K.
    latent : int
        Number J of latent variables.
    generator : Generator, optional
        Draws the first means from N(0, 1/4); variances begin at 1, and weights equal.

    References
    ----------
    Tomczak, Welling (2018), arXiv:1705.07120, whose VampPrior ties the components to the encoder;
    these are the "mixture of Gaussians" that it is compared with.

    Examples
    --------
    >>> import minigen
    >>> prior = GaussianMixture(5, latent=2)
    >>> prior.log_density(minigen.zeros(3, 2)).shape
    (3,)

    Derivation: mixture_prior.log_density, mixture_prior.kl
    """

    def __init__(self, components: int, latent: int, *, generator: Generator | None = None) -> None:
        super().__init__()
        draws = (generator or default_generator()).normal((components, latent))
        self.means = nn.Parameter(draws * _SPREAD)
        self.logvars = nn.Parameter(draws * 0)
        self.logits = nn.Parameter(draws[:, 0] * 0)

    def log_density(self, z: Array) -> Tensor:
        r"""Return :math:`\ln p(z)`; the squares are multiplied out, so that products compute them.

        Derivation: mixture_prior.log_density
        """
        precisions = F.exp(-self.logvars)
        squares = F.matmul(z * z, precisions.T) - 2 * F.matmul(z, (self.means * precisions).T)
        constants = self.means * self.means * precisions + self.logvars + math.log(2 * math.pi)
        weights = F.log_softmax(self.logits, axis=0)
        return F.logsumexp((squares + constants.sum(-1)) * -0.5 + weights, axis=-1)

    def kl(self, z: Array, mu: Array, logvar: Array) -> Tensor:
        r"""Return the mean of :math:`\ln q(z) - \ln p(z)` over the draws.

        It has no closed form. Of few draws it may be negative, which the divergence itself is not.

        Derivation: mixture_prior.kl
        """
        difference: Tensor = log_normal(z, mu, logvar).sum(-1) - self.log_density(z)
        return difference.mean()

    def place(self, noise: Array, generator: Generator | None) -> Array:
        """Choose a component for each draw, by their weights, and move the draw there."""
        library, means = namespace(noise), array_of(self.means)
        chances = (generator or default_generator()).uniform(
            (len(noise), 1), noise.dtype, self.means.device
        )
        below = library.cumsum(array_of(F.softmax(self.logits, axis=0)))[:-1]
        chosen = (chances >= below).sum(axis=1)
        deviations = library.exp(array_of(self.logvars) * 0.5)
        return means[chosen] + deviations[chosen] * noise

    def moments(self) -> tuple[Array, Array]:
        """Return mean and standard deviation of each latent variable, each of shape (J,)."""
        means, logvars = array_of(self.means), array_of(self.logvars)
        library = namespace(means)
        weights = array_of(F.softmax(self.logits, axis=0))[:, None]
        mean = (weights * means).sum(axis=0)
        variance = (weights * (library.exp(logvars) + (means - mean) ** 2)).sum(axis=0)
        return mean, library.sqrt(variance)


@dataclass(frozen=True)
class Latents(Options):
    """How the latent variables are distributed before an image is seen.

    Parameters
    ----------
    prior : {"standard", "mixture"}
        Distribution of the latent variables: N(0, I), or a mixture of Gaussians that is learnt with
        the model. Tomczak, Welling (2018), arXiv:1705.07120.
    components : int
        Gaussians of the mixture.
    """

    prior: Literal["standard", "mixture"] = "standard"
    components: Count = 100

    def distribution(self, latent: int, generator: Generator | None) -> PriorDistribution:
        """Make it."""
        if self.prior == "standard":
            return StandardNormal()
        return GaussianMixture(self.components, latent, generator=generator)
