"""Pictures of one's own with a sentence each: a folder with a file of captions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from minigen import data
from minigen.data import CaptionedImages, DataFileError
from minigen.data.own import OwnData
from minigen.data.reading import read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty grey pictures, each called by its brightness."""
    here = tmp_path / "grey"
    (here / "dark").mkdir(parents=True)
    names = [f"dark/{number:02}.png" if number < 20 else f"{number:02}.png" for number in range(40)]
    for number, name in enumerate(names):
        Image.new("L", (8, 8), number).save(here / name)
    write(here, [f"{name}\tGrey {name[-6:-4]}." for name in names])
    return here


def write(folder: Path, lines: list[str]) -> None:
    (folder / "captions.txt").write_text("\n".join(lines) + "\n\n", "utf-8")


def lines_of(folder: Path) -> list[str]:
    return (folder / "captions.txt").read_text("utf-8").split("\n")[:40]


def load(folder: Path, split: str = "train", **options: Any) -> CaptionedImages:
    found = data.from_folder(folder, split, progress=False, **options)
    assert isinstance(found, CaptionedImages)
    return found


def test_a_picture_has_the_sentence_of_its_line(folder: Path) -> None:
    for _ in ("decoded", "from the cache"):
        train, test = load(folder), load(folder, "test")
        assert len(train) + len(test) == 40
        assert (
            train.vocabulary
            == test.vocabulary
            == ("", *sorted(f"{n:02}" for n in range(40)), "grey")
        )
        for part in (train, test):
            told = [int(caption.removeprefix("grey ")) for caption in part.captions()]
            assert part.images[:, 0, 0, 0].tolist() == told


def test_another_sentence_makes_another_set(folder: Path) -> None:
    own = OwnData(str(folder))
    before = read(own, progress=False).digest
    write(folder, [*lines_of(folder)[:-1], "39.png\tquite bright"])
    assert read(own, progress=False).digest != before


def test_what_lacks_its_picture_or_its_sentence_is_named_and_can_be_left_out(folder: Path) -> None:
    lines = lines_of(folder)
    write(folder, [*lines[1:-1], "39.png\t?", "x.png\ta picture that is not there"])
    message = (
        "3 of 41 pictures can't be read: 39.png has a sentence without a word in captions.txt; "
        "dark/00.png has no line in captions.txt; "
        "x.png has a line in captions.txt, but there is no such file"
    )
    with pytest.raises(DataFileError, match=message):
        load(folder)
    with pytest.warns(UserWarning, match="x.png has a line"):
        train = load(folder, bad="skip")
    assert len(train) < 38
    assert "there" not in train.vocabulary


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a.png a sentence", "line 41: a picture's name, a tab and its sentence are expected, got"),
        ("39.png\tanother", "line 41: 39.png has two sentences"),
    ],
)
def test_lines_that_are_no_captions_are_refused(folder: Path, line: str, message: str) -> None:
    write(folder, [*lines_of(folder), line])
    with pytest.raises(DataFileError, match=message):
        load(folder)


def test_captions_in_another_encoding_are_refused(folder: Path) -> None:
    (folder / "captions.txt").write_bytes(np.array([0xFF, 0xFE, 0x61], np.uint8).tobytes())
    with pytest.raises(DataFileError, match="a text in UTF-8 is expected"):
        load(folder)
