r"""Quality and diversity apart: precision and recall, density and coverage.

Each set of samples is thought of as filling the balls around its samples that reach to their k-th
nearest neighbours. Whether the others' samples fall into these balls tells two things that a single
distance mixes: whether generated samples look real, and whether they are as diverse as real ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array
from minigen.engine.tensor import Tensor
from minigen.metrics.samples import Rows, as_rows, blocks, expect_equal_counts


@dataclass(frozen=True)
class PrecisionRecall:
    """How many samples lie where those of the other kind are.

    Attributes
    ----------
    precision : float
        The share of generated samples that lie among the real ones, in [0, 1].
    recall : float
        The share of real samples that lie among the generated ones, in [0, 1].
    """

    precision: float
    recall: float


@dataclass(frozen=True)
class DensityCoverage:
    """How densely generated samples lie where real ones are, and how much of that they reach.

    Attributes
    ----------
    density : float
        1 in expectation where the distributions are the same; it may exceed 1.
    coverage : float
        The share of real samples with a generated one in their neighbourhood, in [0, 1].
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
        Features, one sample a row; as many of one as of the other, more than `neighbours`.
    neighbours : int, default 3
        The k of the balls' radii, as in the paper.

    Returns
    -------
    PrecisionRecall
        Both shares.

    Raises
    ------
    ValueError
        If the shapes do not fit, the numbers of samples differ or are too small, or a feature is
        not finite.

    References
    ----------
    Kynkäänniemi, Karras, Laine, Lehtinen, Aila (2019), "Improved precision and recall metric for
    assessing generative models", arXiv:1904.06991.

    Examples
    --------
    >>> from minigen import Generator
    >>> from minigen.metrics import precision_recall
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
    real : Tensor or array, shape (M, D)
        Features, one sample a row; more than `neighbours`.
    generated : Tensor or array, shape (N, D)
        Likewise. Coverage grows with N, so compare at the same N.
    neighbours : int, default 5
        The k of the balls' radii, as in the paper.

    Returns
    -------
    DensityCoverage
        Both.

    Raises
    ------
    ValueError
        If the shapes do not fit, there are too few samples, or a feature is not finite.

    References
    ----------
    Naeem, Oh, Uh, Choi, Yoo (2020), "Reliable fidelity and diversity metrics for generative
    models", arXiv:2002.09797.

    Examples
    --------
    >>> from minigen import Generator
    >>> from minigen.metrics import density_coverage
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
