"""Distributions of a pixel: the decoders that lesson 09 compares."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

import minigen
import minigen.functional as F
from minigen import nn
from minigen.models.likelihoods import BernoulliPixels, GaussianPixels, PixelDistribution

Array = npt.NDArray[Any]

LEVELS: Final = 17
"""A pixel of the handwritten digits is one of 0, 1, ..., 16, here divided by 16."""

PIXELS: Final = 64
LOG_CHOICES: Final = np.array([math.log(math.comb(16, i)) for i in range(LEVELS)], np.float32)


class UnitGaussianPixels(PixelDistribution):
    """Each pixel is N(sigma(l), 1)."""

    def negative_log_likelihood(self, output: Any, x: Any, reduction: Any) -> Any:
        """Return half the squared error, and a constant."""
        return F.gaussian_nll(F.sigmoid(output), x, 0.0, reduction)

    def mean(self, output: Any) -> Any:
        """Return sigma(l)."""
        return F.sigmoid(output)


class BinomialPixels(PixelDistribution):
    """Each pixel is the count of 16 dots, each set with probability sigma(l), over 16."""

    def negative_log_likelihood(self, output: Any, x: Any, reduction: Any) -> Any:
        """Return 16 times the cross-entropy, less the logarithm of the binomial coefficient."""
        counts = np.rint(16 * minigen.tensor(x).numpy()).astype(np.int64)
        each = F.binary_cross_entropy_with_logits(output, x, "none") * 16 - LOG_CHOICES[counts]
        return each if reduction == "none" else each.sum() / len(x)

    def mean(self, output: Any) -> Any:
        """Return sigma(l)."""
        return F.sigmoid(output)


class ContinuousBernoulliPixels(PixelDistribution):
    """Each pixel has a density in proportion to exp(l x) on [0, 1]; by its series where l is 0."""

    def negative_log_likelihood(self, output: Any, x: Any, reduction: Any) -> Any:
        """Return the cross-entropy, and the logarithm of what its exponential integrates to."""
        near_0 = abs(minigen.tensor(output).numpy()) < 0.1
        safe = F.where(near_0, 1.0, output)  # so that nothing is divided by 0
        series = output**4 * (7 / 1440) - output**2 / 12 - math.log(2)
        constant = F.where(near_0, series, F.log(F.tanh(safe / 2) / safe))
        each = F.binary_cross_entropy_with_logits(output, x, "none") + constant
        return each if reduction == "none" else each.sum() / len(x)

    def mean(self, output: Any) -> Any:
        """Return the mean of the density."""
        near_0 = abs(minigen.tensor(output).numpy()) < 0.1
        safe = F.where(near_0, 1.0, output)
        return F.where(near_0, output / 12 + 0.5, 0.5 / F.tanh(safe / 2) + 0.5 - 1 / safe)


class RestrictedPixels(PixelDistribution):
    """The distribution over the levels that a pixel can have, made of any loss: formula (4)."""

    def __init__(self, pixels: PixelDistribution) -> None:
        super().__init__()
        self.pixels = pixels

    def negative_log_likelihood(self, output: Any, x: Any, reduction: Any) -> Any:
        """Return the loss, and the logarithm of the sum over all levels."""

        def loss(values: Any) -> Any:
            return self.pixels.negative_log_likelihood(output, values, "none")

        levels = [np.full(output.shape, i / 16, np.float32) for i in range(LEVELS)]
        each = loss(x) + F.logsumexp(F.stack([-loss(level) for level in levels]), axis=0)
        return each if reduction == "none" else each.sum() / len(x)

    def mean(self, output: Any) -> Any:
        """Return the mean of the unrestricted distribution."""
        return self.pixels.mean(output)


class PixelwiseGaussianPixels(PixelDistribution):
    """Each pixel is a Gaussian with a learnt variance of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.logvar = nn.Parameter(np.full(PIXELS, math.log(1 / 12), np.float32))

    def negative_log_likelihood(self, output: Any, x: Any, reduction: Any) -> Any:
        """Return the negative logarithm of the density."""
        return F.gaussian_nll(F.sigmoid(output), x, self.logvar, reduction)

    def mean(self, output: Any) -> Any:
        """Return sigma(l)."""
        return F.sigmoid(output)


def log_probabilities(pixels: PixelDistribution, output: Any) -> Array:
    """Return ln P of each level, in front of the axes of the output, by formula (4)."""
    values = [np.full(output.shape, i / 16, np.float32) for i in range(LEVELS)]
    with minigen.no_grad():
        losses = F.stack([pixels.negative_log_likelihood(output, v, "none") for v in values])
    found = -losses.numpy()
    normalised: Array = found - F.logsumexp(found, axis=0)
    return normalised


DECODERS: Final[dict[str, Callable[[], PixelDistribution]]] = {
    "Gaussian, learnt variance": GaussianPixels,
    "cross-entropy": BernoulliPixels,
    "Gaussian, variance 1": UnitGaussianPixels,
    "binomial": BinomialPixels,
    "continuous Bernoulli": ContinuousBernoulliPixels,
}
