r"""The Fréchet distance: how far apart two Gaussians are that match two sets of samples."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.tensor import Tensor
from minigen.metrics.samples import Rows, as_rows, expect_equal_counts


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
        Features, one sample a row; as many of one as of the other, at least two.

    Returns
    -------
    float
        In the features' units squared; at least 0.

    Raises
    ------
    ValueError
        If the shapes do not fit, the numbers of samples differ, or a feature is not finite.

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
    >>> from minigen.metrics import frechet_distance
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
        The means.
    covariance_x, covariance_y : Tensor or array, shape (D, D)
        The covariances: symmetric, without negative eigenvalues; they may be singular.

    Returns
    -------
    float
        At least 0.

    Raises
    ------
    ValueError
        If the shapes do not fit, a number is not finite, or a matrix is no covariance.

    Examples
    --------
    >>> import numpy as np
    >>> from minigen.metrics import frechet_distance_of_gaussians
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
