"""Reports on a generator: its samples beside real ones, by every measure that suits them.

No such number means much alone. Each report therefore says the same of real samples that it says of
generated ones, measured on as many.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from minigen.engine.backend import Array
from minigen.engine.random import Generator, default_generator
from minigen.engine.tensor import Tensor
from minigen.metrics.coverage import ModeCoverage, density_coverage, mode_coverage, precision_recall
from minigen.metrics.distances import frechet_distance, kernel_distance
from minigen.metrics.features import FeatureExtractor, extract_features
from minigen.metrics.samples import BATCH_SIZE, Rows, as_rows

if TYPE_CHECKING:
    from minigen.data import Mixture

FiguresT = TypeVar("FiguresT")

LEAST_SAMPLES: Final = 20
"""How many samples the measures on features need: the kernel distance's standard error does."""


@dataclass(frozen=True)
class Comparison:
    """How samples differ from as many real ones, by all measures on features.

    Of distances (see `frechet_distance` and `kernel_distance`) lower is better; of shares (see
    `precision_recall` and `density_coverage`) higher.
    """

    frechet_distance: float
    kernel_distance: float
    kernel_distance_error: float
    precision: float
    recall: float
    density: float
    coverage: float


@dataclass(frozen=True)
class _Report(Generic[FiguresT]):
    """Figures of generated samples and of real ones, as many of each: their `count`."""

    count: int
    generated: FiguresT
    real: FiguresT

    def to_dict(self) -> dict[str, Any]:
        """Return the report as nested dictionaries of numbers, which JSON can hold."""
        return dataclasses.asdict(self)


class SampleReport(_Report[Comparison]):
    """Generated samples, and other real ones, each compared with the same real samples.

    There are `count` samples of each of the three kinds; the second comparison is what a perfect
    generator would get.
    """


class PointReport(_Report[ModeCoverage]):
    """Generated points, and as many of the mixture itself, each counted by the mixture's modes."""


def shortage(count: int) -> str:
    """Say which measures can't be taken of so few samples, and what they need; or nothing."""
    if count >= LEAST_SAMPLES:
        return ""
    return (
        f"{count} samples are too few for the Fréchet and the kernel distance, precision, recall, "
        f"density and coverage: {LEAST_SAMPLES} are needed, and test examples twice as many, "
        f"{2 * LEAST_SAMPLES}"
    )


def judge_samples(
    real: Array,
    generated: Array,
    extractor: FeatureExtractor,
    *,
    others: Array | None = None,
    generator: Generator | None = None,
    batch_size: int = BATCH_SIZE,
) -> SampleReport:
    r"""Judge generated images by their features, beside real images judged in the same way.

    Of the real images two disjoint sets are drawn, each of as many as were generated. Generated
    images and those of the second set are compared with the first by `frechet_distance`,
    `kernel_distance`, `precision_recall` and `density_coverage`. The second set is drawn from the
    `others` if they are given: then all test images can be compared with as many generated ones,
    and with training images, which is what a generator would make that learnt them by heart.

    Give test images as the real ones: the extractor has learnt from the training images, and a
    generator that repeats those would look better than it is.

    Parameters
    ----------
    real : array, shape (M, C, H, W)
        At least twice as many as the generated ones; with `others`, at least as many.
    generated : array, shape (N, C, H, W)
        At least 20. Some thousands are better: see `frechet_distance`.
    extractor : FeatureExtractor
        Of the data set, from `load_feature_extractor`.
    others : array, shape (L, C, H, W), optional
        Other real images, such as training images; at least as many as the generated ones.
    generator : Generator, optional
        Draws the two sets and the subsets of the kernel distance.

    Examples
    --------
    >>> import minigen.data
    >>> from minigen import Generator
    >>> from minigen.metrics import load_feature_extractor
    >>> real = minigen.data.load("digits", "test").scaled()
    >>> noise = Generator(0).uniform((190, 1, 8, 8))
    >>> report = judge_samples(real, noise, load_feature_extractor("digits"),
    ...                        generator=Generator(0))
    >>> report.generated.frechet_distance > 10 * report.real.frechet_distance
    True
    >>> report.generated.coverage < 0.2 < 0.9 < report.real.coverage
    True
    """
    described, made, beside = (
        None if images is None else extract_features(extractor, images, batch_size=batch_size)
        for images in (real, generated, others)
    )
    assert described is not None
    assert made is not None
    return judge_features(described, made, others=beside, generator=generator)


def judge_features(
    real: Tensor | Array,
    generated: Tensor | Array,
    *,
    others: Tensor | Array | None = None,
    generator: Generator | None = None,
) -> SampleReport:
    """Judge generated samples by features that are given; as `judge_samples` without the extractor.

    Points of the plane are their own features.

    Parameters
    ----------
    real, generated, others : Tensor or array, shapes (M, D), (N, D) and (L, D)
        As many as `judge_samples` wants.

    Examples
    --------
    >>> import minigen.data
    >>> from minigen import Generator
    >>> moons = minigen.data.load("two_moons", "test").points
    >>> upper_moon = moons[moons[:, 1] > 0.5][:1000]
    >>> report = judge_features(moons, upper_moon, generator=Generator(0))
    >>> report.generated.precision > 0.9, report.generated.recall < 0.5
    (True, True)
    """
    first, made = as_rows("judge_features", LEAST_SAMPLES, real=real, generated=generated)
    count = len(made)
    if others is not None:
        return _judge_beside(first, made, others, generator or default_generator())
    if len(first) < 2 * count:
        raise ValueError(
            f"judge_features: {count:,} generated samples are compared with {count:,} real ones, "
            f"and {count:,} other real ones too, but there are {len(first):,} real ones: give at "
            f"least {2 * count:,}, or generate at most {len(first) // 2:,}"
        )
    drawn = generator or default_generator()
    order = drawn.permutation(len(first))
    reference, other = first[order[:count]], first[order[count : 2 * count]]
    return SampleReport(
        count=count,
        generated=_compare(reference, made, drawn),
        real=_compare(reference, other, drawn),
    )


def _judge_beside(
    real: Rows, made: Rows, others: Tensor | Array, generator: Generator
) -> SampleReport:
    """Judge samples and as many other real ones, both beside as many of the real ones."""
    count = len(made)
    (beside,) = as_rows("judge_features", LEAST_SAMPLES, others=others)
    for name, rows in (("real ones", real), ("others", beside)):
        if len(rows) < count:
            raise ValueError(
                f"judge_features: {count:,} generated samples are compared with as many real ones, "
                f"but of the {name} there are {len(rows):,}: give more, or generate fewer"
            )
    reference, other = (rows[generator.permutation(len(rows))[:count]] for rows in (real, beside))
    return SampleReport(
        count=count,
        generated=_compare(reference, made, generator),
        real=_compare(reference, other, generator),
    )


def judge_points(real: Mixture, generated: Tensor | Array) -> PointReport:
    """Judge generated points by the `mode_coverage` of the mixture that they should come from.

    Parameters
    ----------
    real : Mixture
        ``minigen.data.load("ring", "test")`` or ``load("grid", "test")``; at least as many points
        as were generated.
    generated : Tensor or array, shape (N, 2)
        PacGAN's tables are made of 2,500.

    Examples
    --------
    >>> import minigen.data
    >>> ring = minigen.data.load("ring", "test")
    >>> collapsed = ring.points[ring.labels < 2]
    >>> report = judge_points(ring, collapsed)
    >>> report.generated.modes, report.real.modes
    (2, 8)
    """
    count = len(generated)
    if len(real) < count:
        raise ValueError(
            f"judge_points: {count:,} generated points are set beside as many real ones, but there "
            f"are {len(real):,}: generate at most so many"
        )
    return PointReport(
        count=count,
        generated=mode_coverage(generated, real.centres, real.sigma),
        real=mode_coverage(real.points[:count], real.centres, real.sigma),
    )


def _compare(reference: Rows, samples: Rows, generator: Generator) -> Comparison:
    """Compare samples with as many real ones by all measures on features."""
    distance = kernel_distance(reference, samples, generator=generator)
    fidelity = precision_recall(reference, samples)
    reach = density_coverage(reference, samples)
    return Comparison(
        frechet_distance=frechet_distance(reference, samples),
        kernel_distance=distance.value,
        kernel_distance_error=distance.standard_error,
        precision=fidelity.precision,
        recall=fidelity.recall,
        density=reach.density,
        coverage=reach.coverage,
    )
