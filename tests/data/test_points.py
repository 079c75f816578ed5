from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pytest

import minigen.data
from minigen.data import Mixture, Points

LABELS = {
    "ring": [2, 1, 0, 6, 1, 0],
    "grid": [22, 24, 1, 1, 3, 17],
    "two_moons": [0, 1, 1, 0, 1, 0],
}
POINTS = {
    "ring": [[-0.013743, 0.99934], [0.725034, 0.709242]],
    "grid": [[4.027107, 0.094445], [3.985508, 4.0022]],
    "two_moons": [[0.246408, 0.977917], [1.912977, 0.204573]],
}
NAMES: tuple[Literal["ring", "grid", "two_moons"], ...] = ("ring", "grid", "two_moons")
MIXTURES: tuple[Literal["ring", "grid"], ...] = ("ring", "grid")


def offsets(mixture: Mixture) -> npt.NDArray[np.float64]:
    """Return the noise in units of sigma: (N, 2)."""
    noise: npt.NDArray[np.float64] = mixture.points - mixture.centres[mixture.labels]
    return noise / mixture.sigma


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("split", "count"), [("train", 50_000), ("test", 10_000)])
def test_points_are_shared_and_typed(
    name: Literal["ring", "grid", "two_moons"], split: str, count: int
) -> None:
    loaded = minigen.data.load(name, split)
    assert (loaded.name, loaded.split, len(loaded)) == (name, split, count)
    assert loaded.points.dtype == np.float32
    assert loaded.points.shape == (count, 2)
    assert loaded.labels.dtype == np.int64
    assert not loaded.points.flags.writeable
    assert not loaded.labels.flags.writeable


def test_the_rings_centres_lie_evenly_on_the_circle_of_radius_1() -> None:
    ring = minigen.data.load("ring")
    assert ring.sigma == 0.01
    np.testing.assert_allclose(np.hypot(*ring.centres.T), np.ones(8))
    turns = np.unwrap(np.arctan2(ring.centres[:, 1], ring.centres[:, 0]))
    np.testing.assert_allclose(turns, np.arange(8) * math.pi / 4, atol=1e-12)


def test_the_grids_centres_lie_two_apart_about_the_origin() -> None:
    grid = minigen.data.load("grid")
    assert grid.sigma == 0.05
    expected = [[x, y] for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)]
    assert grid.centres.tolist() == expected
    assert len(grid.classes) == 25
    assert not grid.centres.flags.writeable


@pytest.mark.parametrize("name", MIXTURES)
@pytest.mark.parametrize("split", minigen.data.SPLITS)
def test_noise_about_the_centres_is_normal(name: Literal["ring", "grid"], split: str) -> None:
    mixture = minigen.data.load(name, split)
    noise = offsets(mixture)
    count = len(noise)
    error = 5 / math.sqrt(count)
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=error)
    np.testing.assert_allclose(np.cov(noise.T), np.eye(2), atol=2 * error)
    np.testing.assert_allclose((noise**4).mean(axis=0), 3, atol=10 * error)
    # The distance to the centre follows Rayleigh's law.
    distances = np.hypot(*noise.T)
    for radius in (0.5, 1, 2, 3):
        share = (distances <= radius).mean()
        assert share == pytest.approx(1 - math.exp(-(radius**2) / 2), abs=error)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("split", minigen.data.SPLITS)
def test_every_mode_is_as_likely_also_among_the_first_points(
    name: Literal["ring", "grid", "two_moons"], split: str
) -> None:
    loaded = minigen.data.load(name, split)
    for labels in (loaded.labels, loaded.labels[:2500]):
        expected = len(labels) / len(loaded.classes)
        counts = np.bincount(labels, minlength=len(loaded.classes))
        assert (abs(counts - expected) < 5 * math.sqrt(expected)).all()


def test_the_moons_are_two_half_circles_with_noise() -> None:
    moons = minigen.data.load("two_moons")
    centres = np.array([[0, 0], [1, 0.5]])[moons.labels]
    turned = (moons.points - centres) * np.array([1, -1])[moons.labels][:, np.newaxis]
    radii, angles = np.hypot(*turned.T), np.arctan2(turned[:, 1], turned[:, 0])
    # To second order in sigma a radius is 1 + sigma^2 / 2 on average.
    assert radii.mean() == pytest.approx(1 + 0.05**2 / 2, abs=5 * 0.05 / math.sqrt(len(radii)))
    assert radii.std() == pytest.approx(0.05, rel=0.02)
    # Noise blurs the ends, so that only the angles in between are uniform.
    inner = angles[(angles > 0.5) & (angles < math.pi - 0.5)]
    counts = np.histogram(inner, bins=20)[0]
    assert (abs(counts - counts.mean()) < 5 * math.sqrt(counts.mean())).all()
    assert len(inner) / len(angles) == pytest.approx(1 - 1 / math.pi, abs=0.02)


@pytest.mark.parametrize("name", NAMES)
def test_training_and_test_points_are_different_draws(
    name: Literal["ring", "grid", "two_moons"],
) -> None:
    train, test = (minigen.data.load(name, split) for split in minigen.data.SPLITS)
    assert not {point.tobytes() for point in train.points} & {
        point.tobytes() for point in test.points
    }


def test_data_sets_do_not_share_their_noise() -> None:
    ring, grid = (offsets(minigen.data.load(name, "test")) for name in MIXTURES)
    assert abs((ring * grid).mean(axis=0)).max() < 5 / math.sqrt(len(ring))


def test_the_points_never_change() -> None:
    # PCG64's stream is part of NumPy's promise.
    first = {name: minigen.data.load(name, "test") for name in NAMES}
    assert {name: loaded.labels[:6].tolist() for name, loaded in first.items()} == LABELS
    for name, loaded in first.items():
        np.testing.assert_allclose(loaded.points[:2], POINTS[name], atol=1e-6)


def test_a_model_of_images_is_told_that_there_are_none() -> None:
    for name in NAMES:
        with pytest.raises(minigen.data.NotImagesError, match=f"^{name} holds points .* `points`"):
            minigen.data.load(name).scaled()
    assert issubclass(minigen.data.NotImagesError, minigen.data.DataError)


def test_a_summary_says_what_it_is() -> None:
    grid, moons = minigen.data.load("grid", "test"), minigen.data.load("two_moons")
    assert repr(grid) == "Mixture('grid', 'test', 10,000 points, sigma 0.05, 25 classes)"
    assert repr(moons) == "Points('two_moons', 'train', 50,000 points, sigma 0.05, 2 classes)"


def points(**changes: Any) -> Points:
    given = {
        "points": np.zeros((3, 2), np.float32),
        "labels": np.array([0, 1, 0]),
        "classes": ("left", "right"),
        "sigma": 0.1,
    }
    return Points("mine", "train", **{**given, **changes})


def test_the_arrays_given_stay_writeable() -> None:
    given = np.zeros((3, 2), np.float32)
    made = points(points=given)
    assert given.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        made.points[0] = 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": np.zeros((3, 2))}, "points of float32 and .* got float64 and int64"),
        ({"labels": np.zeros(3, np.int32)}, "labels of int64 wanted, got float32 and int32"),
        ({"points": np.zeros((3, 3), np.float32)}, r"shape \(N, 2\) and .* got \(3, 3\)"),
        ({"points": np.zeros(2, np.float32)}, r"points of shape \(N, 2\) and .* got \(2,\)"),
        ({"labels": np.array([0, 1])}, r"labels of shape \(N,\) wanted, got \(3, 2\) and \(2,\)"),
        ({"labels": np.array([0, 1, 2])}, "labels: values from 0 to 1 wanted, found 0 to 2"),
        ({"sigma": 0.0}, "a positive sigma wanted, got 0.0"),
        ({"sigma": math.nan}, "a positive sigma wanted, got nan"),
    ],
)
def test_points_that_contradict_themselves_are_refused(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^Points 'mine': .*{message}"):
        points(**changes)


@pytest.mark.parametrize("shape", [(3, 2), (2, 3), (2,)])
def test_a_mixture_has_a_centre_for_each_class(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"centres of shape \(2, 2\) wanted, one for each class"):
        Mixture(
            name="mine",
            split="train",
            points=np.zeros((3, 2), np.float32),
            labels=np.array([0, 1, 0]),
            classes=("left", "right"),
            sigma=0.1,
            centres=np.zeros(shape),
        )
