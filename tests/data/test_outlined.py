from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pytest

from minigen.data import EXTENTS, TwoStyles, outlined
from minigen.data.fonts import open_font
from minigen.data.outlined import (
    DARKEST,
    FILE,
    OUTLINED_LETTERS,
    RECORD,
    draw_letter,
    draw_letters,
    eroded,
    letters_of,
)

FONT = open_font("DejaVuSans-Bold")


@pytest.fixture(scope="module")
def rows() -> npt.NDArray[np.uint8]:
    """The first letters, of which what is kept begins with the same bytes."""
    return draw_letters(letters_of(FONT)[:400])


@pytest.fixture(scope="module")
def parts(rows: npt.NDArray[np.uint8]) -> dict[str, TwoStyles]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outlined, "kept_pictures", lambda *_: rows)
        return {split: OUTLINED_LETTERS.load(split) for split in ("train", "test")}


def test_everybody_draws_the_same_letters(rows: npt.NDArray[np.uint8]) -> None:
    digest = "ab309d71b8db54afcf01c38126911c6489a324a69dca57281b72eae358fc3c35"
    assert hashlib.sha256(rows.tobytes()).hexdigest() == digest


def test_an_outline_lies_on_the_edge_of_its_letter_and_is_white(
    rows: npt.NDArray[np.uint8],
) -> None:
    letters = rows.view(RECORD)[:, 0]
    (capital_i,) = letters[letters["letter"] == ord("I")]
    filled, lines = (capital_i[style][0, 16] for style in ("filled", "outlined"))
    (inside,) = np.nonzero(filled)
    assert lines[[inside[0], inside[-1]]].min() > 0
    assert not lines[inside[0] + 2 : inside[-1] - 1].any()
    assert not lines[filled == 0].any()
    assert (letters["outlined"].max(axis=(1, 2, 3)) > 200).mean() > 0.99


def test_a_letter_is_filled_with_a_grey_that_its_outline_does_not_tell(
    rows: npt.NDArray[np.uint8],
) -> None:
    letters = rows.view(RECORD)[:, 0]
    greys = letters["filled"].max(axis=(1, 2, 3)) / 255
    assert DARKEST - 0.01 < greys.min() < DARKEST + 0.05
    assert 0.95 < greys.max() <= 1
    lightness = letters["outlined"].mean(axis=(1, 2, 3))
    assert abs(np.corrcoef(greys, lightness)[0, 1]) < 0.15


def test_training_letters_are_known_in_one_style_and_test_letters_in_both(
    rows: npt.NDArray[np.uint8], parts: dict[str, TwoStyles]
) -> None:
    train, test = parts["train"], parts["test"]
    assert (train.paired, test.paired) == (False, True)
    known = {
        letter[style].tobytes(): letter["letter"]
        for letter in rows.view(RECORD)[:, 0]
        for style in ("filled", "outlined")
    }

    def letters(images: npt.NDArray[np.uint8]) -> list[int]:
        return [known[image.tobytes()] for image in images]

    assert letters(test.inputs) == letters(test.images)
    training = [*letters(train.inputs), *letters(train.images)]
    assert len({*training, *letters(test.images)}) == len(training) + len(test)
    assert 0 <= len(rows) - len(training) - len(test) <= 1
    assert len(test) / len(rows) == pytest.approx(outlined.TEST_SHARE, abs=0.04)


def test_what_is_said_of_its_size_fits_the_file() -> None:
    train, test, shape, kind = EXTENTS["outlined_letters"]
    assert (2 * train + test) * RECORD.itemsize == FILE.size
    assert (shape, kind) == (RECORD["filled"].shape, "styles")


def test_what_has_no_outline_or_does_not_fit_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert draw_letter(FONT, ord(" ")) is None
    assert draw_letter(FONT, ord("H")) is not None
    monkeypatch.setattr(outlined, "EM", 2 * outlined.EM)
    assert draw_letter(FONT, ord("W")) is None


def test_of_letters_that_look_the_same_the_first_is_taken() -> None:
    latin, greek, other = ord("A"), 0x0391, ord("B")
    drawn = draw_letters([greek, latin, other]).view(RECORD)[:, 0]
    assert drawn["letter"].tolist() == [greek, other]


def test_what_is_near_an_edge_is_eroded_in_all_directions() -> None:
    disc = np.hypot(*np.indices((41, 41)) - 20) <= 15
    left = np.hypot(*(np.nonzero(eroded(disc, 5)) - np.full((2, 1), 20)))
    assert 9 <= left.max() <= 10.5
    assert len(left) > np.pi * 9**2
