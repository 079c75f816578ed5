from __future__ import annotations

import hashlib
import itertools
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import minigen.data
from minigen.data import Dataset, coloured
from minigen.data.coloured import (
    COLOURED_SHAPES,
    COLOURED_SHAPES_64,
    COLOURS,
    SHAPES,
    ColouredShapesSource,
    draw,
    polygon,
)
from minigen.data.drawn import uniform

MIDDLE = np.full((17, 1), 0.5)
CLASSES = [f"{colour} {shape}" for colour, shape in itertools.product(COLOURS, SHAPES)]


@pytest.fixture(scope="module")
def test() -> Dataset:
    """The test part, which is drawn once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coloured, "kept_pictures", lambda _folder, _file, _shape, draw: draw())
        return COLOURED_SHAPES.load("test")


def digest(images: npt.NDArray[np.uint8]) -> str:
    return hashlib.sha256(images.tobytes()).hexdigest()


def test_everybody_draws_the_same_pictures(test: Dataset) -> None:
    assert digest(test.images) == COLOURED_SHAPES.files["test"].sha256


@pytest.mark.slow
def test_everybody_draws_the_same_training_pictures_and_none_is_in_the_test_part(
    test: Dataset,
) -> None:
    train = minigen.data.load("coloured_shapes")
    assert digest(train.images) == COLOURED_SHAPES.files["train"].sha256
    seen = {image.tobytes() for image in train.images}
    assert len(seen) == len(train)
    assert not seen & {image.tobytes() for image in test.images}


@pytest.mark.slow
def test_everybody_draws_the_same_large_pictures_and_none_is_in_both_parts() -> None:
    train, test = (minigen.data.load("coloured_shapes_64", split) for split in ("train", "test"))
    assert digest(train.images) == COLOURED_SHAPES_64.files["train"].sha256
    assert digest(test.images) == COLOURED_SHAPES_64.files["test"].sha256
    seen = {image.tobytes() for image in (*train.images, *test.images)}
    assert len(seen) == len(train) + len(test)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_large_picture_is_the_same_in_four_times_as_many_pixels(shape: str) -> None:
    shares = uniform((0,), 20, 17)
    small, large = (draw(shape, "green", shares, side).astype(np.float64) for side in (32, 64))
    assert large.shape == (20, 3, 64, 64)
    joined = large.reshape(20, 3, 32, 2, 32, 2).mean(axis=(3, 5))
    assert np.abs(joined - small).mean() < 1
    assert np.abs(joined - small).max() < 10  # where an edge lies across


@pytest.mark.parametrize("source", [COLOURED_SHAPES, COLOURED_SHAPES_64])
def test_the_extents_are_those_that_are_said(test: Dataset, source: ColouredShapesSource) -> None:
    said = minigen.data.EXTENTS[source.name]
    for split, copies in source.copies.items():
        assert getattr(said, split) == 20 * copies
        assert source.files[split].size == 20 * copies * math.prod(said.shape)
    assert said.shape == (3, source.side, source.side)
    assert test.image_shape == minigen.data.EXTENTS["coloured_shapes"].shape


def test_there_are_twenty_classes_and_all_are_as_frequent(test: Dataset) -> None:
    assert list(test.classes) == CLASSES
    assert test.classes[test.labels[0]] in CLASSES
    assert np.bincount(test.labels).tolist() == [500] * 20


def test_the_first_pictures_are_a_fair_sample(test: Dataset) -> None:
    counts = np.bincount(test.labels[:2000], minlength=20)
    assert (abs(counts - 100) < 50).all()


def test_pictures_are_in_colour_and_differ(test: Dataset) -> None:
    assert test.images.shape == (10_000, 3, 32, 32)
    assert len({image.tobytes() for image in test.images}) == len(test)
    assert test.images.min() < 30
    assert test.images.max() == 255


@pytest.mark.parametrize("colour", COLOURS)
def test_a_class_has_the_colour_that_it_names(test: Dataset, colour: str) -> None:
    chosen = [name.startswith(colour) for name in test.classes]
    images = test.images[np.array(chosen)[test.labels]]
    # Of all pixels of these pictures the most colourful ones are the shapes'.
    pixels = images.transpose(0, 2, 3, 1).reshape(-1, 3).astype(np.float64) / 255
    vivid = pixels[np.ptp(pixels, axis=1) > 0.4]
    nearest = np.argmin([((vivid - named) ** 2).sum(axis=1) for named in COLOURS.values()], axis=0)
    assert (nearest == list(COLOURS).index(colour)).mean() > 0.97


def covered(shape: str, **shares: float) -> npt.NDArray[np.float64]:
    """Return which part of each pixel a shape covers."""
    numbers = {"size": 0.5, "turn": 0.5, "across": 0.5, "down": 0.5, **shares}
    single = {name: np.array([share]) for name, share in numbers.items()}
    inside: npt.NDArray[np.float64] = coloured._placed(polygon(shape), **single, side=32)[0]
    return inside


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("turn", [0.0, 0.3, 1.0])
def test_shapes_have_the_areas_of_geometry(shape: str, turn: float) -> None:
    longer = 16.5  # pixels, in the middle of the range
    heart = 2 + 2 * math.sqrt(0.5)  # the width of a heart whose square has sides of 2
    pentagon = math.sqrt(10 + 2 * math.sqrt(5)) / 4  # half the width of a star with radius 1
    areas = {
        "circle": math.pi / 4,
        "square": 1.0,
        "triangle": math.sqrt(3) / 4,
        "star": 5 * 0.45 * math.sin(math.pi / 5) / (2 * pentagon) ** 2,
        "heart": (4 + math.pi) / heart**2,
    }
    drawn = covered(shape, turn=turn).sum()
    assert drawn == pytest.approx(areas[shape] * longer**2, rel=0.005)


@pytest.mark.parametrize("shape", SHAPES)
def test_edges_are_smooth(shape: str) -> None:
    inside = covered(shape, turn=0.2)
    assert ((inside > 0.1) & (inside < 0.9)).sum() > 15


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [0.0, 1.0])
def test_shapes_reach_to_a_pixel_from_every_edge_and_not_further(shape: str, size: float) -> None:
    for across, down in itertools.product((0.0, 1.0), repeat=2):
        inside = covered(shape, size=size, turn=0.0, across=across, down=down) > 1e-6
        rows, columns = np.nonzero(inside)
        assert (columns.max() == 30) if across else (columns.min() == 1)
        assert (rows.max() == 30) if down else (rows.min() == 1)
        assert min(rows.min(), columns.min()) >= 1
        assert max(rows.max(), columns.max()) <= 30


def test_an_upright_heart_stands_on_its_tip_and_a_triangle_on_its_side() -> None:
    for shape, wider in (("heart", "upper"), ("triangle", "lower")):
        inside = covered(shape)
        np.testing.assert_allclose(inside, inside[:, ::-1], atol=0.1)
        rows = inside.sum(axis=1)
        filled = np.flatnonzero(rows)
        middle = (filled[0] + filled[-1]) // 2
        assert (rows[:middle].sum() > rows[middle:].sum()) == (wider == "upper")


def test_the_shadow_lies_to_the_lower_right() -> None:
    picture = draw("square", "red", MIDDLE)[0].sum(axis=0).astype(np.int64)
    ground = picture[0, 0]
    inside = covered("square") > 1e-6
    rows, columns = np.nonzero(inside)
    assert picture[rows.max() + 1, columns.max() + 1] < 0.9 * ground
    assert picture[rows.min() - 1, columns.min() - 1] == ground


def shaded(number: int, share: float) -> npt.NDArray[Any]:
    shares = MIDDLE.copy()
    shares[[7, 8, 9, 13]] = [[0.5], [0.5], [0.0], [1.0]]
    shares[number] = share
    drawn: npt.NDArray[np.int64] = draw("star", "blue", shares)[0].astype(np.int64)
    return drawn


def test_the_ground_shades_from_one_grey_to_another_in_any_direction() -> None:
    plain = shaded(7, 0.5)
    assert plain[:, 0, 0].tolist() == plain[:, -1, 0].tolist() == plain[:, 0, -1].tolist()
    rightwards, downwards = shaded(7, 1.0), shaded(8, 1.0)
    assert (rightwards[:, 0, -1] - rightwards[:, 0, 0] > 80).all()
    assert (downwards[:, -1, 0] - downwards[:, 0, 0] > 80).all()
    tinted = shaded(10, 1.0)
    assert tinted[0, 0, 0] > plain[0, 0, 0]
    assert tinted[1:, 0, 0].tolist() == plain[1:, 0, 0].tolist()
