from __future__ import annotations

import dataclasses
import hashlib
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pytest

import minigen.data
from minigen.data import PrintedCharacters, printed, typefaces
from minigen.data.printed import PRINTED_DIGITS, PRINTED_LETTERS, PrintedSource, draw

Name = Literal["printed_digits", "printed_letters"]
NAMES: tuple[Name, ...] = ("printed_digits", "printed_letters")
SOURCES = {source.name: source for source in (PRINTED_DIGITS, PRINTED_LETTERS)}
MIDDLE = np.full((7, 1), 0.5)


@pytest.fixture(scope="module")
def tests() -> dict[str, PrintedCharacters]:
    """The test part of each set, which is drawn once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(printed, "kept_pictures", lambda _folder, _file, _shape, draw: draw())
        return {name: source.load("test") for name, source in SOURCES.items()}


def digest(images: npt.NDArray[np.uint8]) -> str:
    return hashlib.sha256(images.tobytes()).hexdigest()


@pytest.mark.parametrize("name", NAMES)
def test_everybody_draws_the_same_pictures(name: Name, tests: dict[str, PrintedCharacters]) -> None:
    assert digest(tests[name].images) == SOURCES[name].files["test"].sha256


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_everybody_draws_the_same_training_pictures(name: Name) -> None:
    assert digest(minigen.data.load(name).images) == SOURCES[name].files["train"].sha256


@pytest.mark.parametrize("name", NAMES)
def test_the_extents_are_those_that_are_said(
    name: Name, tests: dict[str, PrintedCharacters]
) -> None:
    source, said = SOURCES[name], minigen.data.EXTENTS[name]
    for split, copies in source.copies.items():
        count = len(source.classes) * 20 * copies
        assert getattr(said, split) == count
        assert source.files[split].size == count * 28 * 28
    assert tests[name].image_shape == said.shape


@pytest.mark.parametrize("name", NAMES)
def test_every_character_is_as_frequent_in_each_face(
    name: Name, tests: dict[str, PrintedCharacters]
) -> None:
    test = tests[name]
    pairs = np.stack([test.labels, test.faces])
    counts = np.unique(pairs, axis=1, return_counts=True)[1]
    assert counts.tolist() == [SOURCES[name].copies["test"]] * (len(test.classes) * 20)


@pytest.mark.parametrize("name", NAMES)
def test_pictures_are_white_on_black_with_smooth_edges(
    name: Name, tests: dict[str, PrintedCharacters]
) -> None:
    images = tests[name].images
    assert images.shape[1:] == (1, 28, 28)
    assert (images.min(axis=(1, 2, 3)) == 0).all()
    between = ((images > 0) & (images < 255)).mean(axis=(1, 2, 3))
    assert (between > 0.01).all()
    assert 0.05 < images.mean() / 255 < 0.3


@pytest.mark.parametrize("name", NAMES)
def test_every_character_keeps_two_pixels_from_the_edge(
    name: Name, tests: dict[str, PrintedCharacters]
) -> None:
    images = tests[name].images[:, 0]
    edge = np.ones((28, 28), bool)
    edge[2:-2, 2:-2] = False
    assert images[:, edge].max() == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_first_pictures_are_a_fair_sample(
    name: Name, tests: dict[str, PrintedCharacters]
) -> None:
    test = tests[name]
    for values, size in ((test.labels, len(test.classes)), (test.faces, 20)):
        expected = 2000 / size
        counts = np.bincount(values[:2000], minlength=size)
        assert (abs(counts - expected) < 5 * np.sqrt(expected)).all()


def test_no_picture_of_one_part_is_in_the_other(
    tests: dict[str, PrintedCharacters], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printed, "kept_pictures", lambda _folder, _file, _shape, draw: draw())
    train = few(PRINTED_DIGITS, copies=50).load("train")
    assert (len(train), len(tests["printed_digits"])) == (10_000, 10_000)
    seen = {image.tobytes() for image in train.images}
    assert len(seen) == len(train)
    assert not seen & {image.tobytes() for image in tests["printed_digits"].images}


def few(source: PrintedSource, copies: int) -> PrintedSource:
    return dataclasses.replace(source, copies={"train": copies, "test": copies})


@pytest.mark.parametrize("name", NAMES)
def test_labels_and_faces_are_those_of_the_pictures(
    name: Name, tests: dict[str, PrintedCharacters]
) -> None:
    test = tests[name]
    upright = {
        (label, face): draw(typefaces.glyph(face, character), MIDDLE)[0] / 255.0
        for label, character in enumerate(test.classes)
        for face in range(20)
    }
    # The mean picture of a character in a face is close to the one in the middle of all ranges.
    for label, face in ((0, 0), (3, 8), (7, 19), (9, 3)):
        chosen = (test.labels == label) & (test.faces == face)
        mean = test.images[chosen, 0].mean(axis=0) / 255
        distances = {key: ((mean - image) ** 2).sum() for key, image in upright.items()}
        nearest = sorted(distances, key=lambda key: distances[key])[:5]
        assert label in {key[0] for key in nearest}


def variation(number: int, share: float, character: str = "H") -> npt.NDArray[np.int64]:
    """Draw an upright bold character with one of the seven numbers at an end of its range."""
    shares = MIDDLE.copy()
    shares[[0, 1, 2, 3, 4, 5, 6], 0] = [0, 0.5, 0.1 / 0.3, 0.5, 0.5, 0.5, 0.5]
    shares[number] = share
    drawn: npt.NDArray[np.int64] = draw(typefaces.glyph(1, character), shares)[0].astype(np.int64)
    return drawn


def box(image: npt.NDArray[Any]) -> tuple[int, int, int, int]:
    """Return the first and last row and column that are bright."""
    rows, columns = np.nonzero(image > 100)
    return int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())


def test_a_bolder_character_covers_more() -> None:
    assert variation(0, 1).sum() > 1.15 * variation(0, 0).sum()


def test_a_wider_one_is_lower_for_its_width() -> None:
    ratios = []
    for share in (0, 1):
        top, bottom, left, right = box(variation(1, share))
        ratios.append((right - left + 1) / (bottom - top + 1))
    assert ratios[1] > 1.3 * ratios[0]


@pytest.mark.parametrize("number", [2, 3])
def test_slant_and_rotation_lean_to_either_side(number: int) -> None:
    offsets = []
    for share in (0, 1):
        image = variation(number, share, "I")
        top, bottom, _, _ = box(image)
        columns = np.arange(28)
        upper, lower = (image[row] @ columns / image[row].sum() for row in (top + 2, bottom - 2))
        offsets.append(upper - lower)
    first, second = offsets if number == 2 else offsets[::-1]  # turned anticlockwise: to the left
    assert first < -1 < 1 < second


def test_a_character_is_as_large_as_the_range_says() -> None:
    # A column in the middle of the stem is as bright, all in all, as the character is high.
    heights = [variation(4, share, "I").sum(axis=0).max() / 255 for share in (0, 1)]
    assert heights == pytest.approx([17, 21], abs=0.1)


@pytest.mark.parametrize(("number", "axis"), [(5, 1), (6, 0)])
def test_a_character_is_moved_to_the_right_and_down(number: int, axis: int) -> None:
    np.testing.assert_array_equal(np.roll(variation(number, 0), 2, axis=axis), variation(number, 1))


@pytest.mark.parametrize(
    ("faces", "message"),
    [
        (np.zeros(3, np.int32), "faces of int64, one for each of 3 images, wanted, got int32"),
        (np.zeros(2, np.int64), r"got int64 of shape \(2,\)"),
        (np.array([0, 20, 1]), "faces: values from 0 to 19 wanted, found 0 to 20"),
    ],
)
def test_faces_that_contradict_the_images_are_refused(
    faces: npt.NDArray[Any], message: str
) -> None:
    images, labels = np.zeros((3, 1, 28, 28), np.uint8), np.zeros(3, np.int64)
    with pytest.raises(ValueError, match=f"^Dataset 'printed_digits': .*{message}"):
        PrintedCharacters("printed_digits", "test", images, labels, ("0",), faces=faces)
