r"""How far two sets of samples are apart: the Fréchet distance and the kernel distance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.metrics.samples import Rows, as_rows, blocks, expect_equal_counts


def frechet_distance(x: Tensor | Array, y: Tensor | Array) -> float:
    r"""Measure the squared Fréchet distance between Gaussians fitted to two sets of samples.

    .. math:: d^2 = \|\mu_x - \mu_y\|^2
              + \mathrm{Tr}\big(S_x + S_y - 2\,(S_x^{1/2} S_y\, S_x^{1/2})^{1/2}\big)

    with the samples' means and covariances, which divide by N - 1. It is 0 if the first two moments
    agree, whatever else differs. Of features of images it is what the literature calls FID,
    except that there the features are an Inception network's.

    The value is biased: of two sets from one distribution it is greater than 0, and the more so the
    smaller the sets. Compare values at the same N only, and beside the value between two sets of
    real samples of that N; `judge_samples` does both. With N of D or less the covariances are
    singular. The distance is defined all the same, but then most of it is bias.

    Parameters
    ----------
    x, y : Tensor or array, shape (N, D)
        Features; as many samples of one as of the other, at least two.

    Returns
    -------
    float
        In the features' units squared; at least 0.

    References
    ----------
    Dowson, Landau (1982), "The Fréchet distance between multivariate normal distributions", Journal
    of Multivariate Analysis 12. Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter (2017), "GANs
    trained by a two time-scale update rule converge to a local Nash equilibrium", arXiv:1706.08500.
    On the bias: Chong, Forsyth (2020), "Effectively unbiased FID and Inception score",
    arXiv:1911.07023.

    Examples
    --------
    >>> from minigen import Generator
    >>> x, y = Generator(0).normal((2, 1000, 8))
    >>> bool(frechet_distance(x, y) < 0.2)
    True
    >>> round(frechet_distance(x, x + 1), 3)  # each of 8 means is off by 1
    8.0
    """
    first, second = as_rows("frechet_distance", 2, x=x, y=y)
    expect_equal_counts("frechet_distance", x=first, y=second)
    return frechet_distance_of_gaussians(*_moments(first), *_moments(second))


def frechet_distance_of_gaussians(
    mean_x: Tensor | Array,
    covariance_x: Tensor | Array,
    mean_y: Tensor | Array,
    covariance_y: Tensor | Array,
) -> float:
    r"""Measure the squared Fréchet distance between two Gaussians, their 2-Wasserstein distance.

    The trace of the root is computed without a root of a product, which need not be symmetric, nor
    its computed root real: :math:`(A B)(A B)^\top` with :math:`A = S_x^{1/2}, B = S_y^{1/2}` is
    :math:`S_x^{1/2} S_y S_x^{1/2}`, so the trace of its root is the sum of the singular values of
    :math:`A B`. The roots of the covariances come from `numpy.linalg.eigh`, with eigenvalues that
    rounding has made negative set to 0.

    Parameters
    ----------
    mean_x, mean_y : Tensor or array, shape (D,)
    covariance_x, covariance_y : Tensor or array, shape (D, D)
        Symmetric, without negative eigenvalues; they may be singular.

    Examples
    --------
    >>> import numpy as np
    >>> zero, one = np.zeros(2), np.eye(2)
    >>> round(frechet_distance_of_gaussians(zero, one, zero, 9 * one), 9)  # 2 (3 - 1)^2
    8.0
    """
    names = ("mean_x", "covariance_x", "mean_y", "covariance_y")
    given = (mean_x, covariance_x, mean_y, covariance_y)
    mu_x, cov_x, mu_y, cov_y = (to_numpy(array_of(value)).astype(np.float64) for value in given)
    size = mu_x.size
    if not (mu_x.shape == mu_y.shape == (size,) and cov_x.shape == cov_y.shape == (size, size)):
        shapes = ", ".join(
            f"{name} {array.shape}"
            for name, array in zip(names, (mu_x, cov_x, mu_y, cov_y), strict=True)
        )
        raise ValueError(
            "frechet_distance_of_gaussians: means (D,) and covariances (D, D) are expected, "
            f"got {shapes}"
        )
    root_x, root_y = _root("covariance_x", cov_x), _root("covariance_y", cov_y)
    overlap = np.linalg.svd(root_x @ root_y, compute_uv=False).sum()
    difference = mu_x - mu_y
    squared = difference @ difference + np.trace(cov_x) + np.trace(cov_y) - 2 * overlap
    if not np.isfinite(squared):
        raise ValueError("frechet_distance_of_gaussians: a mean is NaN or infinite")
    return max(0.0, float(squared))


def _moments(x: Rows) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the mean (D,) and the covariance (D, D) of samples, which divides by N - 1."""
    mean = x.mean(axis=0)
    centred = x - mean
    return mean, centred.T @ centred / (len(x) - 1)


def _root(name: str, covariance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the symmetric root of a covariance."""
    what = f"frechet_distance_of_gaussians: {name}"
    if not np.isfinite(covariance).all():
        raise ValueError(f"{what} holds a number that is NaN or infinite")
    scale = abs(covariance).max(initial=0.0)
    if abs(covariance - covariance.T).max(initial=0.0) > 1e-6 * scale:
        raise ValueError(f"{what} is not symmetric")
    values, vectors = np.linalg.eigh(covariance)
    if values.min(initial=0.0) < -1e-6 * scale:
        raise ValueError(
            f"{what} has the negative eigenvalue {values.min():g}: it is no covariance"
        )
    root: npt.NDArray[np.float64] = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    return root


@dataclass(frozen=True)
class KernelDistance:
    """A kernel distance, in no unit, and its standard error from estimates on disjoint subsets.

    Being unbiased, the value lies around 0, also below it, where the distributions are the same.
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
    x, y : Tensor or array, shapes (M, D) and (N, D)
        Features; at least two samples for each subset.
    subsets : int, default 10
        Of how many disjoint subsets of each the standard error is made: at least two.
    generator : Generator, optional
        Draws the subsets, by a permutation of x and then one of y. The value itself does not depend
        on it.

    References
    ----------
    Gretton, Borgwardt, Rasch, Schölkopf, Smola (2012), "A kernel two-sample test", JMLR 13,
    lemma 6. Bińkowski, Sutherland, Arbel, Gretton (2018), "Demystifying MMD GANs",
    arXiv:1801.01401.

    Examples
    --------
    >>> from minigen import Generator
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
    drawn = generator or default_generator()
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
