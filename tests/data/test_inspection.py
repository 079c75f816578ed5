"""Good and bad pictures of one's own, in the folders that MVTec's sets have."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigen import data
from minigen.data import AmbiguousDataError, DataError, DataFileError, Defects, MissingDataError


def draw(path: Path, grey: int, size: tuple[int, int] = (8, 6)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, grey).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three good pictures to learn from; a good one, a scratched and a stained one to test on."""
    mine = tmp_path / "mine"
    for number in range(3):
        draw(mine / f"train/good/{number}.png", 100 + number)
    draw(mine / "test/good/0.png", 50)
    for kind, grey in (("scratch", 60), ("stain", 70)):
        draw(mine / f"test/{kind}/0.png", grey)
        mask = Image.new("L", (8, 6))
        mask.putpixel((3, 2), 200)
        (mine / "ground_truth" / kind).mkdir(parents=True)
        mask.save(mine / "ground_truth" / kind / "0_mask.png")
    return mine


def load(folder: Path, split: str = "test") -> Defects:
    found = data.from_folder(folder, split, progress=False, cache=folder.parent / "cache")
    assert isinstance(found, Defects)
    return found


def test_good_pictures_are_trained_on_and_all_kinds_tested_with_their_masks(folder: Path) -> None:
    train, test = load(folder, "train"), load(folder)
    assert sorted(train.images[:, 0, 0, 0].tolist()) == [100, 101, 102]
    assert not train.bad.any()
    assert test.classes == ("good", "scratch", "stain")
    brightness = {50: "good", 60: "scratch", 70: "stain"}
    assert test.masks is not None
    for image, label, mask in zip(test.images, test.labels, test.masks, strict=True):
        assert test.classes[label] == brightness[image[0, 0, 0]]
        assert np.argwhere(mask).tolist() == ([[0, 2, 3]] if label else [])
    assert test.image_shape == (1, 6, 8)


def test_masks_may_be_left_out_all_together(folder: Path) -> None:
    shutil.rmtree(folder / "ground_truth")
    test = load(folder)
    assert (len(test), test.masks) == (3, None)


@pytest.mark.parametrize(
    ("removed", "drawn", "error", "words"),
    [
        ("train/good", None, MissingDataError, "no pictures in train/good"),
        ("test/good", None, MissingDataError, "no pictures in test/good"),
        (None, "train/stain/1.png", AmbiguousDataError, "good pictures alone are trained on"),
        (None, "test/1.png", AmbiguousDataError, "test/1.png lies in no folder of a kind"),
        (None, "ground_truth/stain/9_mask.png", DataFileError, "9_mask.png has no picture"),
        (None, "test/stain/1.png", DataFileError, "has no mask ground_truth/stain/1_mask.png"),
    ],
)
def test_what_is_missing_or_in_the_wrong_place_is_named(
    folder: Path, removed: str | None, drawn: str | None, error: type[DataError], words: str
) -> None:
    if removed:
        shutil.rmtree(folder / removed)
    if drawn:
        draw(folder / drawn, 0)
    with pytest.raises(error, match=words):
        load(folder)


def test_a_mask_of_another_size_is_refused_with_both(folder: Path) -> None:
    draw(folder / "ground_truth/stain/0_mask.png", 255, size=(4, 4))
    with pytest.raises(DataFileError, match=r"is of 6x8 pixels .*, its mask of 4x4"):
        load(folder)
