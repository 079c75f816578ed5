from __future__ import annotations

import hashlib
import unicodedata

import numpy as np
import numpy.typing as npt
import pytest

from minigen.data import EXTENTS, Pairs, glyphs
from minigen.data.fonts import open_font
from minigen.data.glyphs import (
    BASELINE,
    FILE,
    GLYPHS,
    GLYPHS_BY_LETTER,
    draw_letter,
    draw_letters,
)


def letter(character: str, font: str = "DejaVuSans") -> npt.NDArray[np.float64]:
    picture = draw_letter(open_font(font), ord(character))
    assert picture is not None
    return np.asarray(picture[0] / 255)


@pytest.fixture(scope="module")
def rows() -> npt.NDArray[np.uint8]:
    """All letters, which are drawn once for all tests."""
    return draw_letters()


@pytest.fixture(scope="module")
def parts(rows: npt.NDArray[np.uint8]) -> dict[str, dict[str, Pairs]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(glyphs, "kept_pictures", lambda *_: rows)
        return {
            source.name: {split: source.load(split) for split in ("train", "test")}
            for source in (GLYPHS, GLYPHS_BY_LETTER)
        }


def base(name: str) -> str:
    return name.partition(" WITH ")[0]


def test_everybody_draws_the_same_letters(rows: npt.NDArray[np.uint8]) -> None:
    assert rows.nbytes == FILE.size
    assert hashlib.sha256(rows.tobytes()).hexdigest() == FILE.sha256


def test_a_letter_stands_on_the_baseline_in_the_middle() -> None:
    for font in glyphs.FONTS:
        inside = letter("H", font)
        assert inside[BASELINE - 1].max() == 1
        assert not inside[BASELINE:].any()
        np.testing.assert_allclose(inside, inside[:, ::-1], atol=0.05)


def test_serifs_are_what_is_added() -> None:
    sans, serif = letter("I"), letter("I", "DejaVuSerif")
    foot, stem = BASELINE - 1, BASELINE - 8
    assert serif[foot].sum() > 1.5 * serif[stem].sum()
    assert sans[foot].sum() == pytest.approx(sans[stem].sum())


def test_what_has_no_outline_or_does_not_fit_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    font = open_font("DejaVuSans")
    assert draw_letter(font, ord(" ")) is None
    assert draw_letter(font, ord("H")) is not None
    monkeypatch.setattr(glyphs, "EM", 2 * glyphs.EM)
    assert draw_letter(font, ord("H")) is None


@pytest.mark.parametrize("name", ["glyphs", "glyphs_by_letter"])
def test_a_set_has_what_is_said_each_letter_once(
    parts: dict[str, dict[str, Pairs]], name: str
) -> None:
    train, test = parts[name]["train"], parts[name]["test"]
    assert EXTENTS[name] == (len(train), len(test), train.image_shape, "pair")
    for side in ("images", "inputs"):
        pictures = np.concatenate([getattr(train, side), getattr(test, side)])
        assert len({picture.tobytes() for picture in pictures}) == len(pictures)
    assert len({*train.files, *test.files}) == len(train) + len(test)
    code = ord(unicodedata.lookup(train.files[0]))
    for font, pictures in zip(glyphs.FONTS, (train.inputs, train.images), strict=True):
        np.testing.assert_array_equal(pictures[0], draw_letter(open_font(font), code))


def test_by_letter_no_relative_of_a_test_letter_is_trained_on(
    parts: dict[str, dict[str, Pairs]],
) -> None:
    shared = {
        name: {base(each) for each in of["train"].files} & {base(each) for each in of["test"].files}
        for name, of in parts.items()
    }
    assert shared["glyphs_by_letter"] == set()
    assert len(shared["glyphs"]) > 50
    latin_or_greek = [
        split
        for split, part in parts["glyphs_by_letter"].items()
        if any(base(each) in {"LATIN CAPITAL LETTER A", "GREEK CAPITAL LETTER ALPHA"}
               for each in part.files)
    ]  # fmt: skip
    assert len(latin_or_greek) == 1


def test_what_looks_the_same_to_a_tenth_is_the_same() -> None:
    pictures = np.zeros((3, 1, 32, 32), np.uint8)
    pictures[1, 0, 5, 5], pictures[2, 0, 5, 5] = glyphs.ALIKE, 2 * glyphs.ALIKE + 1
    alike = glyphs._alike(pictures)
    assert alike.tolist() == [[True, True, False], [True, True, False], [False, False, True]]


def test_both_sets_are_kept_in_one_folder() -> None:
    assert GLYPHS.availability().folder.name == "glyphs"
    assert GLYPHS_BY_LETTER.availability().folder == GLYPHS.availability().folder
