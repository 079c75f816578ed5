r"""Quality and diversity apart: precision and recall, density and coverage, the modes of a mixture.

Where the distribution is known only by its samples, each set of samples is thought of as filling
the balls around its samples that reach to their k-th nearest neighbours. Whether the others'
samples fall into these balls tells two things that a single distance mixes: whether generated
samples look real, and whether they are as diverse as real ones. Of a known mixture of Gaussians the
modes are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array
from minigen.engine.tensor import Tensor
from minigen.metrics.samples import Rows, as_rows, blocks, expect_equal_counts

NEAR: Final = 3.0
"""Within how many standard deviations of a centre a sample counts as one of its mode."""


@dataclass(frozen=True)
class PrecisionRecall:
    """How many samples lie where those of the other kind are: shares, in [0, 1].

    Precision is that of generated samples among the real ones, recall that of real samples among
    the generated ones.
    """

    precision: float
    recall: float


@dataclass(frozen=True)
class DensityCoverage:
    """How densely generated samples lie where real ones are, and how much of that they reach.

    The density is 1 in expectation where the distributions are the same, and may exceed 1. The
    coverage is the share of real samples with a generated one in their neighbourhood, in [0, 1].
    """

    density: float
    coverage: float


def precision_recall(
    real: Tensor | Array, generated: Tensor | Array, *, neighbours: int = 3
) -> PrecisionRecall:
    r"""Measure which share of generated samples looks real, and of real ones generated.

    .. math:: \mathrm{precision} = \frac1N \sum_{j=1}^N
              1\big[\exists i: \|y_j - x_i\| \le r_k(x_i)\big], \qquad
              \mathrm{recall} = \frac1N \sum_{i=1}^N
              1\big[\exists j: \|x_i - y_j\| \le r_k(y_j)\big]

    where :math:`r_k` is the distance of a sample to its k-th nearest neighbour in its own set.

    A generator that makes few things well has a high precision and a low recall; one that makes
    much that is not real, the contrary. One outlier has a large ball: a real one spoils precision,
    a generated one recall. Both depend on the number of samples and on k, so compare at the same
    ones. `density_coverage` mends both faults.

    Parameters
    ----------
    real, generated : Tensor or array, shape (N, D)
        Features; as many samples of one as of the other, more than `neighbours`.
    neighbours : int, default 3
        The k of the balls' radii, as in the paper.

    References
    ----------
    Kynkäänniemi, Karras, Laine, Lehtinen, Aila (2019), "Improved precision and recall metric for
    assessing generative models", arXiv:1904.06991.

    Examples
    --------
    >>> from minigen import Generator
    >>> real, other = Generator(0).normal((2, 500, 2))
    >>> collapsed = precision_recall(real, 0.1 * other)
    >>> collapsed.precision > 0.9, collapsed.recall < 0.1
    (True, True)
    """
    x, y = _checked("precision_recall", real, generated, neighbours)
    expect_equal_counts("precision_recall", real=x, generated=y)
    among_real, _ = _balls_with(x, _squared_radii(x, neighbours), y)
    among_generated, _ = _balls_with(y, _squared_radii(y, neighbours), x)
    return PrecisionRecall(float((among_real > 0).mean()), float((among_generated > 0).mean()))


def density_coverage(
    real: Tensor | Array, generated: Tensor | Array, *, neighbours: int = 5
) -> DensityCoverage:
    r"""Measure how densely generated samples lie among real ones, and how many they reach.

    .. math:: \mathrm{density} = \frac1{kN} \sum_{j=1}^N \sum_{i=1}^M
              1\big[\|y_j - x_i\| \le r_k(x_i)\big], \qquad
              \mathrm{coverage} = \frac1M \sum_{i=1}^M
              1\big[\exists j: \|y_j - x_i\| \le r_k(x_i)\big]

    where :math:`r_k(x_i)` is the distance of a real sample to its k-th nearest real neighbour. Only
    real samples have balls, so generated outliers fill no space; and density counts how many balls
    a sample lies in, so one large ball weighs little.

    Where both distributions are the same, whatever they are, and M = N, the expected density is 1
    and the expected coverage about :math:`1 - 2^{-k}`, which is 0.969 for k = 5:

    .. math:: E[\mathrm{coverage}] = 1 -
              \frac{(M - 1) \cdots (M - k)}{(M + N - 1) \cdots (M + N - k)}

    Parameters
    ----------
    real, generated : Tensor or array, shapes (M, D) and (N, D)
        Features; more samples of each than `neighbours`. Coverage grows with N, so compare at the
        same N.
    neighbours : int, default 5
        The k of the balls' radii, as in the paper.

    References
    ----------
    Naeem, Oh, Uh, Choi, Yoo (2020), "Reliable fidelity and diversity metrics for generative
    models", arXiv:2002.09797.

    Examples
    --------
    >>> from minigen import Generator
    >>> real, other = Generator(0).normal((2, 500, 2))
    >>> same = density_coverage(real, other)
    >>> round(same.density, 1), round(same.coverage, 2)
    (1.0, 0.96)
    >>> density_coverage(real, 0.1 * other).coverage < 0.2
    True
    """
    x, y = _checked("density_coverage", real, generated, neighbours)
    around_generated, reached = _balls_with(x, _squared_radii(x, neighbours), y)
    density = float(around_generated.mean()) / neighbours
    return DensityCoverage(density, float((reached > 0).mean()))


def _checked(
    metric: str, real: Tensor | Array, generated: Tensor | Array, neighbours: int
) -> tuple[Rows, Rows]:
    """Return both sets as rows about the real ones' mean, where distances lose no digits."""
    if neighbours < 1:
        raise ValueError(f"{metric}: at least one neighbour is expected, got {neighbours}")
    x, y = as_rows(metric, neighbours + 1, real=real, generated=generated)
    mean = x.mean(axis=0)
    return x - mean, y - mean


def _squared_distances(x: Rows, y: Rows) -> npt.NDArray[np.float64]:
    r"""Return :math:`\|x_i - y_j\|^2`, shape (len(x), len(y))."""
    norms = (x * x).sum(axis=1)[:, np.newaxis] + (y * y).sum(axis=1)
    squares: npt.NDArray[np.float64] = norms - 2 * (x @ y.T)
    # Equal samples have the distance 0, whatever rounding makes of it.
    squares[squares < 1e-13 * norms] = 0
    return squares


def _squared_radii(x: Rows, neighbours: int) -> npt.NDArray[np.float64]:
    """Return the squared distance of each sample to its k-th nearest neighbour in its set.

    The nearest of all is the sample itself, at distance 0.
    """
    parts = [
        np.partition(_squared_distances(x[part], x), neighbours, axis=1)[:, neighbours]
        for part in blocks(len(x), len(x))
    ]
    return np.concatenate(parts)


def _balls_with(
    centres: Rows, squared_radii: npt.NDArray[np.float64], samples: Rows
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Count in how many balls each sample lies, and how many samples lie in each ball."""
    around = np.zeros(len(samples), np.int64)
    inside = np.zeros(len(centres), np.int64)
    for part in blocks(len(centres), len(samples)):
        within = _squared_distances(centres[part], samples) <= squared_radii[part, np.newaxis]
        around += within.sum(axis=0)
        inside[part] = within.sum(axis=1)
    return around, inside


@dataclass(frozen=True)
class ModeCoverage:
    """How samples fall among the modes of a mixture, `total` in number.

    `modes` of them have a sample within three standard deviations of their centre. `high_quality`
    is the share of samples within three of their nearest centre: of the mixture's own samples
    0.9889. `reverse_kl` is the divergence of the generated distribution over modes from the uniform
    one, in nats: 0 if each mode has as many samples, ln M if one of M has all.
    """

    modes: int
    total: int
    high_quality: float
    reverse_kl: float


def mode_coverage(points: Tensor | Array, centres: Tensor | Array, sigma: float) -> ModeCoverage:
    r"""Count the modes of a mixture of Gaussians that samples reach.

    Each sample belongs to the mode with the nearest centre. With :math:`q_m` the share of samples
    that belong to mode m of M,

    .. math:: \mathrm{KL}(q \,\|\, u) = \sum_{m:\, q_m > 0} q_m \ln (M q_m)

    is the reverse divergence: that of the generated distribution, over modes, from the true, even
    one. A mode without samples adds nothing to the sum, as :math:`q \ln q \to 0`; that the others
    have more does. All samples count there, far ones too.

    In the plane the distance to the centre follows Rayleigh's law: a share of
    :math:`1 - e^{-9/2} = 0.9889` of the mixture's own samples lies within :math:`3\sigma`, not the
    0.9973 of one dimension; no generator should have much more. The divergence of N samples of the
    mixture itself is about :math:`(M - 1) / 2N`, not 0; and a mode may go unnoticed if N is small.

    Parameters
    ----------
    points : Tensor or array, shape (N, D)
        Samples, at least one. PacGAN's tables are made of 2,500.
    centres : Tensor or array, shape (M, D)
        The means of the Gaussians, such as `minigen.data.Mixture.centres`.
    sigma : float
        Their standard deviation, more than 0.

    References
    ----------
    Srivastava, Valkov, Russell, Gutmann, Sutton (2017), "VEEGAN: reducing mode collapse in GANs
    using implicit variational learning", arXiv:1702.07843. Lin, Khetan, Fanti, Oh (2018), "PacGAN:
    the power of two samples in generative adversarial networks", arXiv:1712.04086.

    Examples
    --------
    >>> import minigen.data
    >>> ring = minigen.data.load("ring", "test")
    >>> found = mode_coverage(ring.points[:2500], ring.centres, ring.sigma)
    >>> found.modes, found.high_quality > 0.98, found.reverse_kl < 0.005
    (8, True, True)
    >>> half = ring.points[ring.labels < 4]
    >>> mode_coverage(half, ring.centres, ring.sigma).modes
    4
    """
    if not 0 < sigma < float("inf"):
        raise ValueError(f"mode_coverage: a positive, finite sigma is expected, got {sigma}")
    samples, means = as_rows("mode_coverage", 1, points=points, centres=centres)
    distances = np.stack([np.linalg.norm(samples - mean, axis=1) for mean in means])
    near = distances <= NEAR * sigma
    shares = np.bincount(distances.argmin(axis=0), minlength=len(means)) / len(samples)
    occupied = shares[shares > 0]
    divergence = float((occupied * np.log(len(means) * occupied)).sum())
    return ModeCoverage(
        modes=int(near.any(axis=1).sum()),
        total=len(means),
        high_quality=float(near.any(axis=0).mean()),
        reverse_kl=max(0.0, divergence),  # which rounding may have made negative
    )
