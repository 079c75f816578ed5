from __future__ import annotations

import hashlib
import itertools

import numpy as np
import pytest

import minigen.data
from minigen.data import EXTENTS, Scenes, scenes
from minigen.data.coloured import COLOURS
from minigen.data.scenes import (
    PLACES,
    SCENES,
    SHAPES,
    SIDE,
    THINGS,
    VOCABULARY,
    combinations_of,
    draw_scenes,
    tell,
    understand,
)

MIDDLE = np.full((9, 1), 0.5)


@pytest.fixture(scope="module")
def test() -> Scenes:
    """The test part, which is drawn once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scenes, "kept_pictures", lambda _folder, _file, _shape, draw: draw())
        return SCENES.load("test")


def test_everybody_draws_the_same_scenes(test: Scenes) -> None:
    digest = hashlib.sha256(test.images.tobytes()).hexdigest()
    assert digest == SCENES.files["test"].sha256
    assert (len(test), *test.image_shape) == (EXTENTS["scenes"].test, *EXTENTS["scenes"].shape)


@pytest.mark.slow
def test_everybody_draws_the_same_training_scenes() -> None:
    train = minigen.data.load("scenes")
    assert hashlib.sha256(train.images.tobytes()).hexdigest() == SCENES.files["train"].sha256
    assert len(train) == EXTENTS["scenes"].train


def test_no_combination_is_in_both_parts_and_every_thing_is_in_each_place() -> None:
    train, tests = ({*map(tuple, combinations_of(split).tolist())} for split in ("train", "test"))
    assert not train & tests
    assert (len(train), len(tests)) == (960, 192)
    for column in (1, 2):
        places = {(row[0], row[column]) for row in train}
        assert len(places) == len(PLACES) * len(THINGS)


def test_a_sentence_is_understood_from_either_thing(test: Scenes) -> None:
    for turned in (False, True):
        told = tell(test.combinations, [turned] * len(test))
        np.testing.assert_array_equal(understand(told), test.combinations)
    assert {word for caption in test.captions() for word in caption.split()} == {*VOCABULARY[1:]}
    np.testing.assert_array_equal(understand(test.captions()), test.combinations)
    with pytest.raises(ValueError, match="'a red circle' is no sentence about a scene"):
        understand(["a red circle"])


@pytest.mark.parametrize(("place", "shape"), [*itertools.product(range(2), SHAPES)])
def test_things_have_the_colour_and_size_that_are_told_where_it_is_told(
    place: int, shape: str
) -> None:
    first, second = THINGS.index(f"small red {shape}"), THINGS.index(f"large blue {shape}")
    (picture,) = draw_scenes(np.array([[place, first, second]]), MIDDLE) / 255
    seen = []
    for colour in ("red", "blue"):
        paint = 0.925 * np.array(COLOURS[colour])[:, np.newaxis, np.newaxis]
        there = np.nonzero(abs(picture - paint).max(axis=0) < 0.01)
        seen.append([(axis.min() + axis.max() + 1) / 2 for axis in there])
        extents = [np.ptp(axis) + 1 for axis in there]
        assert max(extents) == pytest.approx(7.75 if colour == "red" else 13.25, abs=3)
    (red, blue), axis = seen, place
    assert red[axis] < blue[axis] - 6
    assert red[1 - axis] == pytest.approx(blue[1 - axis], abs=1.5)
    assert picture[:, 0, 0] == pytest.approx(0.9, abs=0.01)


def test_things_stay_apart_and_inside_however_the_numbers_fall() -> None:
    """What is covered adds up to the areas of both."""
    large = THINGS.index("large red square")
    shares = np.array([*itertools.product((0.0, 1.0), repeat=9)]).T
    shares = shares[:, shares[2] == shares[3]]  # of one brightness
    pictures = draw_scenes(np.array([[0, large, large]] * shares.shape[1]), shares) / 255
    ground, paint = 0.8 + 0.2 * shares[4], 0.2 * (0.85 + 0.15 * shares[2])
    covered = (ground - pictures[:, 1].mean(axis=(1, 2))) * SIDE**2 / (ground - paint)
    areas = ((12.5 + 1.5 * shares[:2]) ** 2).sum(axis=0)
    np.testing.assert_allclose(covered, areas, rtol=0.02)
    assert (abs(pictures[:, 1, 0] - ground[:, np.newaxis]) < 0.01).all()
