r"""How well bad images are told from good ones, beside what needs no network."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from minigen import functional as F
from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.random import Generator
from minigen.metrics.samples import BATCH_SIZE, blocks, measuring, minibatches

if TYPE_CHECKING:
    from minigen.data import Defects
    from minigen.engine.tensor import Tensor
    from minigen.models import VariationalAutoencoder
    from minigen.models.anomaly import AnomalyDetection

Images = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]

KEPT: Final = 0.9
"""Which share of the variance principal components keep, where no size is to be matched."""


def auroc(scores: Tensor | Array, positive: Array) -> float:
    r"""Return the area under the ROC curve: how often a positive example has the higher score.

    .. math:: P(s_+ > s_-) + \tfrac12 P(s_+ = s_-)
              = \frac{\sum_{i \in +} R_i - n_+ (n_+ + 1) / 2}{n_+ n_-}

    R are the ranks of all scores, from 1; equal ones share the mean of theirs. Half is what chance
    gives, 1 the best; below a half the score says the opposite.

    Parameters
    ----------
    scores : Tensor or array, any shape
        Finite numbers.
    positive : array of bool, the same shape
        Which examples the scores should be high for.

    Raises
    ------
    ValueError
        If shapes differ, a score is not finite, or there are not both kinds of examples.

    References
    ----------
    Mann, Whitney (1947), "On a test of whether one of two random variables is stochastically larger
    than the other". Hanley, McNeil (1982), Radiology 143.

    Examples
    --------
    >>> import numpy as np
    >>> auroc(np.array([0.1, 0.4, 0.4, 0.8]), np.array([False, False, True, True]))
    0.875
    """
    values, chosen = (to_numpy(array_of(each)).ravel() for each in (scores, positive))
    if np.shape(scores) != np.shape(positive) or chosen.dtype != np.bool_:
        raise ValueError(
            f"auroc: scores and bools of one shape are expected, got {np.shape(scores)} and "
            f"{chosen.dtype} of {np.shape(positive)}"
        )
    if not np.isfinite(values).all():
        raise ValueError("auroc: a score is NaN or infinite")
    above = int(chosen.sum())
    below = chosen.size - above
    if not above or not below:
        raise ValueError(
            f"auroc: positive and negative examples are expected, got {above:,} and {below:,}"
        )
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return float((ranks[place.ravel()[chosen]].sum() - above * (above + 1) / 2) / (above * below))


@dataclass(frozen=True)
class Detection:
    """How well a score tells bad from good: areas under the ROC curve.

    Attributes
    ----------
    by_picture : float
        Of the pictures' scores.
    by_pixel : float, optional
        Of the pixels' of all pictures; None without masks, or if the score has no map.
    by_kind : mapping of str to float
        Of the scores of good pictures and those of one kind of defect, by its name.
    """

    by_picture: float
    by_pixel: float | None
    by_kind: Mapping[str, float]


@dataclass(frozen=True)
class DetectionReport:
    """The detections in `good` and `bad` pictures, by the name of what made the scores."""

    good: int
    bad: int
    outcomes: Mapping[str, Detection]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as nested dictionaries of numbers, which JSON can hold."""
        return dataclasses.asdict(self)


def judge_detection(
    model: AnomalyDetection, dataset: Defects, others: Array, *, batch_size: int = BATCH_SIZE
) -> DetectionReport:
    """Score good and bad pictures, and see how well the two are told apart.

    The model stands beside the local mean and deviation; the nearest good picture; principal
    components, as many as a dense code has numbers, otherwise as keep nine tenths of the variance;
    and the likelihood of a Gaussian of these (Tipping, Bishop, 1999). Maps become scores as the
    model's do.

    Parameters
    ----------
    model : AnomalyDetection
        The model.
    dataset : minigen.data.Defects
        Test pictures.
    others : array, shape (M, C, H, W)
        Good pictures, which the baselines learn from.

    Examples
    --------
    >>> import minigen
    >>> from minigen import data, models
    >>> model = models.find("anomaly")((1, 8, 8), channels=(4,), code=4)
    >>> threes = data.one_against_the_rest(data.load("digits", "test"), 3)
    >>> report = judge_detection(model, threes, threes.scaled()[~threes.bad])
    >>> [*report.outcomes]  # doctest: +NORMALIZE_WHITESPACE
    ['the model', 'local mean and deviation', 'nearest neighbour', 'PCA, 4 components',
     'likelihood of a Gaussian, 4 factors']
    """
    images, good = dataset.scaled(), to_numpy(array_of(others))
    components = PrincipalComponents(good, model.networks.code or None)
    maps = {
        "the model": anomaly_maps(model, images, batch_size),
        "local mean and deviation": _unlikely_statistics(images, good, model.blurring.smoothing),
        "nearest neighbour": _compared(model, images, good[_nearest(images, good)]),
        f"PCA, {components.count} components": _compared(model, images, components.image(images)),
    }
    outcomes = {
        name: _detection(dataset, to_numpy(model.anomaly_scores(map_)), map_)
        for name, map_ in maps.items()
    }
    gaussian = f"likelihood of a Gaussian, {components.count} factors"
    outcomes[gaussian] = _detection(dataset, components.negative_log_likelihood(images))
    return _report(dataset, outcomes)


def negative_elbos(
    model: VariationalAutoencoder,
    images: Array,
    *,
    generator: Generator | None = None,
    batch_size: int = BATCH_SIZE,
) -> Numbers:
    """Return a VAE's negative ELBO of each picture, (N,), by one latent each: see `nll`."""
    with measuring(model):
        parts = [
            -to_numpy(array_of(model.log_weights(some, 1, generator=generator)))[0]
            for some, _ in minibatches(model, images, batch_size)
        ]
    return np.concatenate(parts).astype(np.float64)


def judge_scores(name: str, scores: Array, dataset: Defects) -> DetectionReport:
    """See how well scores (N,) tell bad pictures from good ones; `name` says whose they are."""
    return _report(dataset, {name: _detection(dataset, to_numpy(array_of(scores)))})


def _report(dataset: Defects, outcomes: Mapping[str, Detection]) -> DetectionReport:
    bad = int(dataset.bad.sum())
    return DetectionReport(len(dataset) - bad, bad, outcomes)


def anomaly_maps(
    model: AnomalyDetection, images: Array, batch_size: int = BATCH_SIZE
) -> npt.NDArray[np.float32]:
    """Return a model's maps of pictures, (N, 1, H, W), on the host."""
    with measuring(model):
        parts = [
            to_numpy(array_of(model.anomaly_maps(some)))
            for some, _ in minibatches(model, images, batch_size)
        ]
    return np.concatenate(parts)


def _compared(model: AnomalyDetection, images: Images, good: Images) -> Images:
    """Return the maps of pictures that are compared with others than the model makes."""
    parts = [
        to_numpy(array_of(model.anomaly_maps(images[some], good[some])))
        for some in _batches(len(images))
    ]
    return np.concatenate(parts)


def _detection(dataset: Defects, scores: Array, maps: Images | None = None) -> Detection:
    by_pixel = None
    if maps is not None and dataset.masks is not None:
        by_pixel = auroc(maps, dataset.masks)
    by_kind = {
        name: auroc(scores[chosen], dataset.bad[chosen])
        for number, name in enumerate(dataset.classes)
        if number and (dataset.labels == number).any()
        for chosen in [(dataset.labels == 0) | (dataset.labels == number)]
    }
    return Detection(auroc(scores, dataset.bad), by_pixel, by_kind)


# ----------------------------------------------------------------------------------- the baselines


def _unlikely_statistics(images: Images, others: Images, sigma: float) -> Images:
    r"""Return how unusual the mean and the deviation around each pixel are, (N, 1, H, W).

    It is Mahalanobis's squared distance from the average over all pixels of the others.
    """
    usual = np.concatenate([_statistics(others[some], sigma) for some in _batches(len(others))])
    rows = usual.reshape(-1, usual.shape[-1])
    mean, precision = rows.mean(axis=0), np.linalg.pinv(np.cov(rows.T))
    maps = []
    for some in _batches(len(images)):
        off = _statistics(images[some], sigma) - mean
        maps.append(np.einsum("nhwi,ij,nhwj->nhw", off, precision, off))
    return np.concatenate(maps)[:, np.newaxis].astype(np.float32)


def _statistics(images: Images, sigma: float) -> Numbers:
    """Return the means and deviations around each pixel, (N, H, W, 2)."""
    grey = images.mean(axis=1, keepdims=True, dtype=np.float64)
    mean, square = (F.gaussian_blur(values, sigma) for values in (grey, grey * grey))
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    return np.concatenate([mean, deviation], axis=1).transpose(0, 2, 3, 1)


def _nearest(images: Images, others: Images) -> npt.NDArray[np.int64]:
    """Return for each picture the number of the nearest of others, by squared error."""
    rows, among = (each.reshape(len(each), -1) for each in (images, others))
    squares = np.square(among).sum(axis=1)
    found = [
        (squares - 2 * (rows[some] @ among.T)).argmin(axis=1)
        for some in blocks(len(rows), len(among))
    ]
    return np.concatenate(found)


class PrincipalComponents:
    r"""The principal components of pictures, and the Gaussian that they span.

    .. math:: p(x) = \mathcal{N}(x;\, \mu,\, V \Lambda V^T + \sigma^2 (I - V V^T))

    with the k largest variances :math:`\Lambda`, and for :math:`\sigma^2` the mean of the others.

    Parameters
    ----------
    images : array, shape (N, C, H, W)
        At least two.
    count : int, optional
        How many components; by default as many as keep nine tenths of the variance.

    References
    ----------
    Tipping, Bishop (1999), "Probabilistic principal component analysis".
    """

    def __init__(self, images: Images, count: int | None = None) -> None:
        rows = images.reshape(len(images), -1)
        self._mean = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
        _, deviations, directions = np.linalg.svd(rows - self._mean, full_matrices=False)
        variances = deviations.astype(np.float64) ** 2 / max(1, len(rows) - 1)
        if count is None:
            count = 1 + int((np.cumsum(variances) < KEPT * variances.sum()).sum())
        self.count = min(count, len(variances))
        self._variances = np.maximum(variances[: self.count], 1e-12)
        left = max(1, rows.shape[1] - self.count)
        self._rest = max(variances[self.count :].sum() / left, 1e-6)
        self._directions = directions[: self.count]

    def image(self, images: Images) -> Images:
        """Return what of pictures the components can tell, in their shape."""
        shares = self._shares(images)
        made: Images = (self._mean + shares @ self._directions).reshape(images.shape)
        return made

    def negative_log_likelihood(self, images: Images) -> Numbers:
        """Return -ln p of pictures (N, C, H, W) but for a constant, (N,)."""
        rows = images.reshape(len(images), -1) - self._mean
        shares = self._shares(images).astype(np.float64)
        left = np.square(rows, dtype=np.float64).sum(axis=1) - (shares**2).sum(axis=1)
        value: Numbers = ((shares**2 / self._variances).sum(axis=1) + left / self._rest) / 2
        return value

    def _shares(self, images: Images) -> Images:
        shares: Images = (images.reshape(len(images), -1) - self._mean) @ self._directions.T
        return shares


def _batches(count: int) -> Iterator[slice]:
    for start in range(0, count, BATCH_SIZE):
        yield slice(start, start + BATCH_SIZE)
