from __future__ import annotations

import json
import math

import numpy as np
import numpy.typing as npt
import pytest

import minigen
from minigen import Generator, data, metrics
from minigen.metrics import (
    SampleReport,
    extract_features,
    judge_features,
    judge_points,
    judge_samples,
    load_feature_extractor,
)

Floats = npt.NDArray[np.float64]


def normal(*shape: int, seed: int = 0) -> Floats:
    drawn: Floats = Generator(seed).normal(shape, np.float64)
    return drawn


def judge(real: Floats, generated: Floats, seed: int = 0) -> SampleReport:
    return judge_features(real, generated, generator=Generator(seed))


def test_a_perfect_generator_is_like_real_samples() -> None:
    report = judge(normal(2000, 4), normal(1000, 4, seed=1))
    made, real = report.generated, report.real
    assert report.count == 1000
    assert made.frechet_distance == pytest.approx(real.frechet_distance, abs=0.05)
    assert abs(made.kernel_distance) < 3 * made.kernel_distance_error
    assert abs(real.kernel_distance) < 3 * real.kernel_distance_error
    for name in ("precision", "recall", "density", "coverage"):
        assert getattr(made, name) == pytest.approx(getattr(real, name), abs=0.06)


def test_a_collapsed_generator_stands_out_beside_real_samples() -> None:
    report = judge(normal(2000, 4), 0.05 * normal(1000, 4, seed=1))
    made, real = report.generated, report.real
    assert made.frechet_distance > 50 * real.frechet_distance
    assert made.kernel_distance > 10 * made.kernel_distance_error
    assert made.precision > 0.8
    assert made.recall < 0.1
    assert made.coverage < 0.1
    assert min(real.precision, real.recall, real.coverage) > 0.9


def test_both_are_compared_with_the_same_real_samples_and_those_are_disjoint() -> None:
    # The sets that are drawn can be told from the order that the generator gives.
    real, made = normal(300, 3), normal(100, 3, seed=1) + 1
    order = Generator(7).permutation(300)
    reference, other = real[order[:100]], real[order[100:200]]
    report = judge(real, made, seed=7)
    assert report.generated.frechet_distance == metrics.frechet_distance(reference, made)
    assert report.real.frechet_distance == metrics.frechet_distance(reference, other)
    assert report.generated.recall == metrics.precision_recall(reference, made).recall
    assert report.real.precision == metrics.precision_recall(reference, other).precision
    assert report.generated.density == metrics.density_coverage(reference, made).density
    assert report.real.coverage == metrics.density_coverage(reference, other).coverage
    expected = metrics.kernel_distance(reference, made)
    assert report.generated.kernel_distance == expected.value


def test_an_order_of_the_real_samples_does_no_harm() -> None:
    # As in MNIST's test images, whose halves are by different writers.
    ordered = np.sort(normal(2000, 1), axis=0)
    report = judge(ordered, normal(1000, 1, seed=1))
    assert report.real.frechet_distance < 0.02


def test_a_report_repeats_with_its_generator_and_the_default_one_is_used_without() -> None:
    real, made = normal(300, 3), normal(100, 3, seed=1)
    assert judge(real, made, 5) == judge(real, made, 5) != judge(real, made, 6)
    minigen.manual_seed(5)
    assert judge_features(real, made) == judge(real, made, 5)


def test_too_few_real_samples_are_refused_with_what_would_do() -> None:
    with pytest.raises(
        ValueError, match=r"there are 199 real ones: give at least 200, or generate at most 99"
    ):
        judge(normal(199, 2), normal(100, 2))
    judge(normal(200, 2), normal(100, 2))


def test_fewer_than_twenty_samples_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^judge_features: .* N of at least 20"):
        judge(normal(100, 2), normal(19, 2))


def test_reports_become_json() -> None:
    report = judge(normal(60, 2), normal(20, 2, seed=1))
    stored = json.loads(json.dumps(report.to_dict()))
    assert list(stored) == ["count", "generated", "real"]
    assert list(stored["generated"]) == [
        "frechet_distance",
        "kernel_distance",
        "kernel_distance_error",
        "precision",
        "recall",
        "density",
        "coverage",
    ]
    assert stored["real"]["coverage"] == report.real.coverage
    ring = data.load("ring", "test")
    points = json.loads(json.dumps(judge_points(ring, ring.points[:50]).to_dict()))
    assert list(points) == ["count", "generated", "real"]
    assert list(points["real"]) == ["modes", "total", "high_quality", "reverse_kl"]


def test_images_are_judged_by_their_features() -> None:
    test, extractor = data.load("digits", "test").scaled(), load_feature_extractor("digits")
    made = data.load("digits").scaled()[:150]
    found = judge_samples(test, made, extractor, generator=Generator(0), batch_size=64)
    real_features, features = (
        extract_features(extractor, images, batch_size=64) for images in (test, made)
    )
    assert found == judge(real_features, features)


def test_the_worse_the_images_the_worse_their_report() -> None:
    test, extractor = data.load("digits", "test").scaled(), load_feature_extractor("digits")
    made, noise = test[::2][:190], Generator(1).normal((190, 1, 8, 8))
    reports = [
        judge_samples(
            test, np.clip(made + s * noise, 0, 1), extractor, generator=Generator(0)
        ).generated
        for s in (0.0, 0.2, 0.4, 0.8)
    ]
    for name in ("frechet_distance", "kernel_distance"):
        values = [getattr(report, name) for report in reports]
        assert values == sorted(values)
    for name in ("precision", "density", "coverage"):
        values = [getattr(report, name) for report in reports]
        assert values == sorted(values, reverse=True)


def test_points_are_judged_beside_as_many_of_the_mixture() -> None:
    grid = data.load("grid", "test")
    some = grid.points[grid.labels < 5][:1000]
    report = judge_points(grid, some)
    assert report.count == 1000
    assert report.generated.modes == 5
    assert report.generated.reverse_kl == pytest.approx(math.log(5), abs=0.02)
    assert report.real == metrics.mode_coverage(grid.points[:1000], grid.centres, grid.sigma)
    assert (report.real.modes, report.real.total) == (25, 25)


def test_more_points_than_the_mixture_has_are_refused() -> None:
    ring = data.load("ring", "test")
    with pytest.raises(ValueError, match=r"judge_points: 50,000 .* are 10,000: generate at most"):
        judge_points(ring, data.load("ring").points)
