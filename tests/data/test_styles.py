"""Images in two styles: the package's own kind of them, and two folders, a and b."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigen import data
from minigen.data import EmptyPartError, TwoStyles
from minigen.data.styles import beside_each_other

IMAGES = np.zeros((3, 1, 4, 4), np.uint8)


def load(folder: Path, split: str = "train") -> TwoStyles:
    found = data.from_folder(folder, split, progress=False)
    assert isinstance(found, TwoStyles)
    return found


def draw(folder: Path, count: int, brightness: int) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        Image.new("L", (8, 8), brightness + number).save(folder / f"{number}.png")


def test_a_set_says_whether_it_holds_pairs() -> None:
    apart, paired = (TwoStyles("p", "test", IMAGES, inputs=IMAGES, paired=p) for p in (False, True))
    assert (apart.kind, len(apart), apart.image_shape) == ("styles", 3, (1, 4, 4))
    assert "3 images in each of two styles, of shape (1, 4, 4)" in repr(apart)
    assert "3 pairs of images in two styles" in repr(paired)


def test_the_style_with_fewer_images_is_taken_over_again() -> None:
    first, second = beside_each_other(np.array([1, 0, 0, 1, 0]))
    assert (first.tolist(), second.tolist()) == ([1, 2, 4], [0, 3, 0])
    assert [len(numbers) for numbers in beside_each_other(np.array([1, 1]))] == [0, 0]


def test_folders_called_a_and_b_are_two_styles_of_which_no_image_is_in_both_parts(
    tmp_path: Path,
) -> None:
    draw(tmp_path / "mine" / "a", 40, 0)
    draw(tmp_path / "mine" / "b", 20, 100)
    train, test = load(tmp_path / "mine"), load(tmp_path / "mine", "test")
    assert not train.paired
    for side, shades in (("inputs", range(40)), ("images", range(100, 120))):
        seen = [{*getattr(part, side)[:, 0, 0, 0].tolist()} for part in (train, test)]
        assert seen[0].isdisjoint(seen[1])
        assert seen[0] | seen[1] == {*shades}
    assert len(train.inputs) == len(train.images)


def test_a_part_with_one_style_alone_is_refused(tmp_path: Path) -> None:
    draw(tmp_path / "mine" / "a", 40, 0)
    draw(tmp_path / "mine" / "b", 1, 100)
    message = "into the training part, .* are in a: images of two styles are expected in a and b"
    with pytest.raises(EmptyPartError, match=message):
        load(tmp_path / "mine")
