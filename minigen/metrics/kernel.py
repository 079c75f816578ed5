r"""The kernel distance: an unbiased measure of how far two sets of samples are apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from minigen.engine.backend import Array
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.metrics.samples import Rows, as_rows, blocks


@dataclass(frozen=True)
class KernelDistance:
    """A kernel distance, and how exact it is.

    Attributes
    ----------
    value : float
        The unbiased estimate from all samples: around 0, also below it, where the distributions are
        the same.
    standard_error : float
        That of the value, from estimates on disjoint subsets.
    """

    value: float
    standard_error: float


def kernel_distance(
    x: Tensor | Array,
    y: Tensor | Array,
    *,
    subsets: int = 10,
    generator: Generator | None = None,
) -> KernelDistance:
    r"""Estimate the squared maximum mean discrepancy with a cubic kernel, without bias.

    .. math:: \mathrm{MMD}^2 = \frac{\sum_{i \ne j} k(x_i, x_j)}{M(M - 1)}
              + \frac{\sum_{i \ne j} k(y_i, y_j)}{N(N - 1)} - \frac{2 \sum_{i,j} k(x_i, y_j)}{MN},
              \qquad k(a, b) = \left(\frac{a^\top b}D + 1\right)^3

    Of features of images it is what the literature calls KID, except that there the features are an
    Inception network's. Being cubic, the kernel sees differences in the first three moments. The
    expected value does not depend on the numbers of samples, so these may differ.

    The standard error is that of the mean of the same estimate on disjoint random subsets. All
    samples at once know more than that mean, so the error is, if anything, too large.

    Parameters
    ----------
    x : Tensor or array, shape (M, D)
        Features, one sample a row.
    y : Tensor or array, shape (N, D)
        Features of the others.
    subsets : int, default 10
        Of how many disjoint subsets of each the standard error is made: at least two.
    generator : Generator, optional
        Draws the subsets, by a permutation of x and then one of y; by default the one that
        `minigen.manual_seed` seeds. The value itself does not depend on it.

    Returns
    -------
    KernelDistance
        The estimate and its standard error, in no unit.

    Raises
    ------
    ValueError
        If the shapes do not fit, there are fewer than two samples for each subset, or a feature is
        not finite.

    References
    ----------
    Gretton, Borgwardt, Rasch, Schölkopf, Smola (2012), "A kernel two-sample test", JMLR 13,
    lemma 6. Bińkowski, Sutherland, Arbel, Gretton (2018), "Demystifying MMD GANs",
    arXiv:1801.01401.

    Examples
    --------
    >>> from minigen import Generator
    >>> from minigen.metrics import kernel_distance
    >>> x, y = Generator(0).normal((2, 1000, 8))
    >>> same = kernel_distance(x, y, generator=Generator(0))
    >>> abs(same.value) < 3 * same.standard_error
    True
    >>> shifted = kernel_distance(x, y + 1, generator=Generator(0))
    >>> shifted.value > 10 * shifted.standard_error
    True
    """
    if subsets < 2:
        raise ValueError(f"kernel_distance: at least two subsets are expected, got {subsets}")
    first, second = as_rows("kernel_distance", 2 * subsets, x=x, y=y)
    drawn = default_generator() if generator is None else generator
    parts_x, parts_y = (_divide(rows, subsets, drawn) for rows in (first, second))
    estimates = [_squared_discrepancy(*pair) for pair in zip(parts_x, parts_y, strict=True)]
    error = float(np.std(estimates, ddof=1)) / math.sqrt(subsets)
    return KernelDistance(_squared_discrepancy(first, second), error)


def _divide(rows: Rows, subsets: int, generator: Generator) -> list[Rows]:
    """Divide rows at random into subsets whose sizes differ by one at most."""
    return [rows[indices] for indices in np.array_split(generator.permutation(len(rows)), subsets)]


def _squared_discrepancy(x: Rows, y: Rows) -> float:
    r"""Return the unbiased estimate of :math:`\mathrm{MMD}^2` from all pairs."""
    within_x = (_kernel_sum(x, x) - _diagonal_sum(x)) / (len(x) * (len(x) - 1))
    within_y = (_kernel_sum(y, y) - _diagonal_sum(y)) / (len(y) * (len(y) - 1))
    return within_x + within_y - 2 * _kernel_sum(x, y) / (len(x) * len(y))


def _kernel_sum(x: Rows, y: Rows) -> float:
    r"""Return :math:`\sum_{i,j} k(x_i, y_j)`, a block of rows at a time."""
    parts = blocks(len(x), len(y))
    return math.fsum(float(((x[part] @ y.T / x.shape[1] + 1) ** 3).sum()) for part in parts)


def _diagonal_sum(x: Rows) -> float:
    r"""Return :math:`\sum_i k(x_i, x_i)`."""
    return float((((x * x).sum(axis=1) / x.shape[1] + 1) ** 3).sum())
