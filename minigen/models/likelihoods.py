r"""What a decoder's output means: the distribution of the pixels given the latent variables."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Final, Literal

from minigen import functional as F
from minigen import nn
from minigen.engine.backend import Array
from minigen.engine.tensor import Tensor
from minigen.models.options import Options

_UNIFORM_VARIANCE = 1 / 12
"""The variance of pixels spread evenly over [0, 1], from which the learnt one starts."""


class PixelDistribution(nn.Module):
    r"""The distribution :math:`p(x \mid z)` of an image's pixels, independent of one another."""

    @abstractmethod
    def negative_log_likelihood(self, output: Tensor, x: Array, reduction: str) -> Tensor:
        r"""Return :math:`-\ln p(x \mid z)` in nats, given the decoder's output."""

    @abstractmethod
    def mean(self, output: Tensor) -> Tensor:
        """Return the mean of the pixels, in [0, 1]."""


class BernoulliPixels(PixelDistribution):
    r"""Each pixel is 1 with probability :math:`\sigma(l)`; the decoder's output l is the logit.

    For grey pixels in [0, 1] this is the usual cross-entropy, which is not the likelihood of a
    grey value: compare such bounds with each other only, never with those of binary images.
    """

    def negative_log_likelihood(self, output: Tensor, x: Array, reduction: str) -> Tensor:
        """Return the binary cross-entropy from logits."""
        return F.binary_cross_entropy_with_logits(output, x, reduction)

    def mean(self, output: Tensor) -> Tensor:
        """Return the probabilities of a 1."""
        return F.sigmoid(output)


class GaussianPixels(PixelDistribution):
    r"""Each pixel is :math:`\mathcal{N}(\sigma(l), s^2)`, one learnt :math:`s^2` for all pixels.

    With the variance held at 1 this is half the squared error (plus a constant), which weighs the
    KL term far too much for pixels in [0, 1]; learning it finds the balance that maximises the
    bound. Rybkin, Daniilidis, Levine (2021), arXiv:2006.13202.

    Derivation: gaussian.learnt_variance
    """

    def __init__(self) -> None:
        super().__init__()
        self.logvar = nn.Parameter([math.log(_UNIFORM_VARIANCE)])

    def negative_log_likelihood(self, output: Tensor, x: Array, reduction: str) -> Tensor:
        """Return the Gaussian negative log-likelihood, constants included."""
        return F.gaussian_nll(F.sigmoid(output), x, self.logvar, reduction)

    def mean(self, output: Tensor) -> Tensor:
        """Return the means."""
        return F.sigmoid(output)


DISTRIBUTIONS: Final[dict[str, type[PixelDistribution]]] = {
    "bernoulli": BernoulliPixels,
    "gaussian": GaussianPixels,
}
"""The distributions by the name that a model's configuration uses."""


@dataclass(frozen=True)
class Likelihood(Options):
    """Which distribution of the pixels the decoder gives.

    Parameters
    ----------
    decoder : {"bernoulli", "gaussian"}
        Distribution of the pixels: `BernoulliPixels`, cross-entropy from logits; or
        `GaussianPixels`, squared error with a learnt variance.
    """

    decoder: Literal["bernoulli", "gaussian"] = "bernoulli"

    def distribution(self) -> PixelDistribution:
        """Make it."""
        return DISTRIBUTIONS[self.decoder]()
