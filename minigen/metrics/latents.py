r"""What latent variables say of images: how many are used, and whether each factor has its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.tensor import Tensor
from minigen.metrics.samples import BATCH_SIZE, measuring, minibatches

if TYPE_CHECKING:
    from minigen.models import DeterministicAutoencoder, VariationalAutoencoder

ACTIVE: Final = 0.01
"""The variance above which Burda et al. call a latent unit active."""


@dataclass(frozen=True, eq=False)
class ActiveUnits:
    """How many latent units a model uses: the `count` of those that are active.

    `variances`, of shape (latent,), are those of each unit's posterior mean over the N images; they
    divide by N.
    """

    count: int
    variances: npt.NDArray[np.float64]


def active_units(
    model: VariationalAutoencoder,
    images: Array,
    labels: Array | None = None,
    *,
    threshold: float = ACTIVE,
    batch_size: int = BATCH_SIZE,
) -> ActiveUnits:
    r"""Count the latent units that tell images from one another.

    .. math:: A_u = \mathrm{Cov}_x\left(E_{q(u \mid x)}[u]\right)

    A unit whose posterior is the same for every image carries nothing, and the KL term drives it
    to the prior. It is active if :math:`A_u` exceeds 0.01; in practice the variances of the others
    lie far below. No noise is drawn: the inner expectation is the posterior's mean.

    Parameters
    ----------
    model : VariationalAutoencoder
        Anything with ``encode(x)`` that returns the posterior's mean first. Of a model without a
        prior the threshold means nothing: the scale of its codes is arbitrary.
    images : array, shape (N, C, H, W)
        At least two.
    threshold : float, default 0.01
        The variance above which a unit is active.

    References
    ----------
    Burda, Grosse, Salakhutdinov (2016), "Importance weighted autoencoders", arXiv:1509.00519,
    appendix C.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import VAE
    >>> model = VAE((1, 8, 8), hidden=(32,), latent=5)
    >>> active_units(model, minigen.rand(100, 1, 8, 8).numpy()).variances.shape
    (5,)
    """
    if len(images) < 2:
        raise ValueError(f"active_units: a variance needs at least two images, got {len(images)}")
    means = latent_means(model, images, labels, batch_size=batch_size)
    variances = means.var(axis=0, dtype=np.float64)
    return ActiveUnits(int((variances > threshold).sum()), variances)


def latent_means(
    model: VariationalAutoencoder | DeterministicAutoencoder,
    images: Array,
    labels: Array | None = None,
    *,
    batch_size: int = BATCH_SIZE,
) -> npt.NDArray[Any]:
    r"""Encode images: the posterior's mean of each latent variable, or an autoencoder's codes.

    Parameters
    ----------
    model : VariationalAutoencoder or DeterministicAutoencoder
        Anything with ``encode(x)`` that returns latents, or a tuple whose first item are the
        posterior's means.

    Returns
    -------
    array, shape (N, latent)
        On the host.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import Autoencoder
    >>> model = Autoencoder((1, 8, 8), hidden=(32,), latent=5)
    >>> latent_means(model, minigen.rand(20, 1, 8, 8).numpy()).shape
    (20, 5)
    """
    with measuring(model):
        batches = minibatches(model, images, batch_size, labels)
        return np.concatenate([_means(model.encode(*batch)).numpy() for batch in batches])


def _means(encoded: Tensor | tuple[Tensor, Tensor]) -> Tensor:
    return encoded[0] if isinstance(encoded, tuple) else encoded


@dataclass(frozen=True, eq=False)
class MutualInformationGap:
    """The mutual information gap of L latent variables and K factors, and what it is made of.

    `value` is the average of `gaps`, shape (K,): from 0, for a code that names no factor or names
    each twice, to 1. `information`, shape (L, K), is the mutual one of each latent variable with
    each factor, and `entropies`, shape (K,), are those of the factors, in nats.
    """

    value: float
    gaps: npt.NDArray[np.float64]
    information: npt.NDArray[np.float64]
    entropies: npt.NDArray[np.float64]


def mutual_information_gap(
    latents: Tensor | Array, factors: Tensor | Array, *, bins: int = 20
) -> MutualInformationGap:
    r"""Measure how far each factor of variation is captured by one latent variable alone.

    .. math:: \mathrm{MIG} = \frac1K \sum_{k=1}^K \frac{1}{H(v_k)} \left(
              I(z_{j(k)}; v_k) - \max_{j \ne j(k)} I(z_j; v_k)\right),
              \qquad j(k) = \arg\max_j I(z_j; v_k)

    A latent variable may name several factors without loss; a factor that two name loses its gap.

    The probabilities are frequencies. Each latent variable is cut into `bins` intervals of equal
    width between its smallest and largest value, as Locatello et al. do with posterior means;
    Chen et al. integrate over the posterior instead, so their values are others. Compare values of
    the same `bins` and number of images only: with B occupied bins, V values of the factor, and
    independence, :math:`2 N \hat I` is about chi-squared with :math:`d = (B - 1)(V - 1)` degrees of
    freedom. Each :math:`\hat I` is too large by about d / 2N nats, which mostly cancels in the
    gap; what remains in that of a useless code is of the order of its spread,
    :math:`\sqrt{2 d} / 2N` nats.

    Parameters
    ----------
    latents : Tensor or array of floats, shape (N, L)
        Of N images, as from `latent_means`; at least two latent variables.
    factors : Tensor or array of integers, shape (N, K)
        What the images were drawn from, such as shape, scale, rotation, x and y. The integers are
        names: their order does not count. Of a factor with one value there is nothing to know.
    bins : int, default 20
        Intervals of each latent variable.

    References
    ----------
    Chen, Li, Grosse, Duvenaud (2018), "Isolating sources of disentanglement in VAEs",
    arXiv:1802.04942, section 4. Locatello et al. (2019), "Challenging common assumptions in the
    unsupervised learning of disentangled representations", arXiv:1811.12359.

    Examples
    --------
    >>> import numpy as np
    >>> factors = np.stack(np.meshgrid(range(4), range(5)), axis=-1).reshape(-1, 2)
    >>> round(mutual_information_gap(factors.astype(float), factors).value, 6)
    1.0
    >>> mutual_information_gap(factors.astype(float)[:, [0, 0]], factors).gaps
    array([0., 0.])

    Derivation: mutual_information_gap
    """
    z, v = to_numpy(array_of(latents)), to_numpy(array_of(factors))
    _check(z, v, bins)
    codes = [_equal_width(column, bins) for column in z.T]
    values = [_numbered(column) for column in v.T]
    entropies = np.array([_mutual_information(value, value) for value in values])
    if not entropies.all():
        constant = int(np.flatnonzero(entropies == 0)[0])
        raise ValueError(
            f"mutual_information_gap: factor {constant} has the same value in all {len(v)} rows, "
            "and nothing can be learnt of it: leave it out, or take more images"
        )
    information = np.array([[_mutual_information(c, value) for value in values] for c in codes])
    second, first = np.sort(information, axis=0)[-2:]
    gaps = (first - second) / entropies
    return MutualInformationGap(float(gaps.mean()), gaps, information, entropies)


def _check(z: npt.NDArray[Any], v: npt.NDArray[Any], bins: int) -> None:
    """Raise unless latents and factors are what `mutual_information_gap` takes."""
    if z.ndim != 2 or v.ndim != 2 or len(z) != len(v) or z.shape[1] < 2 or 0 in v.shape:
        raise ValueError(
            "mutual_information_gap: latents (N, L) with L of at least 2 and factors (N, K) are "
            f"expected, got {z.shape} and {v.shape}"
        )
    if v.dtype.kind not in "iu":
        raise TypeError(
            f"mutual_information_gap: factors are integers that name values, got {v.dtype}"
        )
    if bins < 2:
        raise ValueError(f"mutual_information_gap: at least two bins are expected, got {bins}")
    if not np.isfinite(z).all():
        raise ValueError("mutual_information_gap: a latent is NaN or infinite")


def _equal_width(x: npt.NDArray[Any], bins: int) -> npt.NDArray[np.int64]:
    """Return the number of the interval that each value falls into; a constant falls into one."""
    shifted = x.astype(np.float64) - x.min()
    largest = shifted.max()
    if largest == 0:
        return np.zeros(len(x), np.int64)
    numbers: npt.NDArray[np.int64] = (shifted / largest * bins).astype(np.int64)
    # The largest value, at the last interval's right end, belongs to that interval.
    return np.minimum(numbers, bins - 1)


def _numbered(x: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Replace integers by their ranks, 0, 1, 2 and so on."""
    ranks: npt.NDArray[np.int64] = np.unique(x, return_inverse=True)[1]
    return ranks


def _mutual_information(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> float:
    r"""Return :math:`\sum p(a, b) \ln\frac{p(a, b)}{p(a) p(b)}` in nats, p being frequencies.

    Derivation: mutual_information
    """
    shape = (int(a.max()) + 1, int(b.max()) + 1)
    joint = np.bincount(a * shape[1] + b, minlength=shape[0] * shape[1]).reshape(shape) / len(a)
    independent = joint.sum(1, keepdims=True) * joint.sum(0)
    seen = joint > 0
    return float((joint[seen] * np.log(joint[seen] / independent[seen])).sum())
