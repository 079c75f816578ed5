"""Pairs of one's own: two folders with pictures of the same names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from minigen import data
from minigen.data import AmbiguousDataError, DataFileError, Pairs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty pairs: the target is as bright as its number, the input twice that."""
    for number in range(40):
        for half, brightness in (("input", 2 * number), ("target", number)):
            draw(tmp_path / "pairs" / half / f"{number:02}.png", brightness)
    return tmp_path / "pairs"


def draw(path: Path, brightness: int, side: int = 8, mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    colour = brightness if mode == "L" else (brightness, 0, 0)
    Image.new(mode, (side, side), colour).save(path)


def load(folder: Path, split: str = "train", **options: Any) -> Pairs:
    found = data.from_folder(folder, split, progress=False, **options)
    assert isinstance(found, Pairs)
    return found


def test_pictures_of_one_name_are_a_pair_and_stay_in_one_part(folder: Path) -> None:
    for _ in ("decoded", "from the cache"):
        train, test = load(folder), load(folder, "test")
        assert sorted(train.files + test.files) == [f"{number:02}.png" for number in range(40)]
        for part in (train, test):
            assert part.images[:, 0, 0, 0].tolist() == [int(file[:2]) for file in part.files]
            np.testing.assert_array_equal(part.inputs, 2 * part.images)


def test_one_coloured_half_makes_both_coloured_and_an_input_gets_its_targets_size(
    folder: Path,
) -> None:
    for number in range(40):
        draw(folder / "input" / f"{number:02}.png", number, side=4, mode="RGB")
    train = load(folder)
    assert train.inputs.shape == train.images.shape == (len(train), 3, 8, 8)
    assert train.inputs[0, :, 0, 0].tolist() == [int(train.files[0][:2]), 0, 0]


def test_a_pair_with_one_half_missing_is_named_and_can_be_left_out(folder: Path) -> None:
    (folder / "target" / "07.png").unlink()
    draw(folder / "target" / "new" / "x.png", 3)
    message = (
        "2 of 41 pictures can't be read: 07.png is in input alone, and has no fellow in target; "
        "new/x.png is in target alone, and has no fellow in input"
    )
    with pytest.raises(DataFileError, match=message):
        load(folder)
    with pytest.warns(UserWarning, match="07.png is in input alone"):
        left = load(folder, bad="skip")
    assert "07.png" not in left.files


def test_pictures_beside_the_two_folders_are_refused(folder: Path) -> None:
    draw(folder / "x.png", 3)
    with pytest.raises(AmbiguousDataError, match="beside folders of pictures"):
        load(folder)
