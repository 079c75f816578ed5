from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

import minigen
from minigen import viz

SENTENCES = ["a red bar", "a blue bar that lies flat on a table, and under it a dog", "a bar"]


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


@pytest.mark.parametrize("channels", [1, 3])
def test_long_sentences_and_further_rows_make_room(tmp_path: Path, channels: int) -> None:
    images, path = minigen.rand(3, channels, 8, 8), tmp_path / "a.png"
    viz.save_captioned_images(path, images, SENTENCES[:1] * 3)
    width, height = size(path)
    assert width > 2 * height
    viz.save_captioned_images(path, images, SENTENCES)
    assert size(path)[1] > height + 20
    viz.save_captioned_images(path, [images, images], SENTENCES, columns=2, title="a title")
    narrow, tall = size(path)
    assert narrow < width
    assert tall > 3 * height


def test_what_does_not_belong_together_is_refused(tmp_path: Path) -> None:
    x = minigen.rand(3, 1, 8, 8)
    with pytest.raises(ValueError, match=r"got \(3, 1, 8, 8\) and 2 sentences"):
        viz.save_captioned_images(tmp_path / "a.png", x, SENTENCES[:2])
    with pytest.raises(ValueError, match=r"got \(3, 1, 8, 8\), \(2, 1, 8, 8\) and 3 sentences"):
        viz.save_captioned_images(tmp_path / "a.png", [x, x[:2]], SENTENCES)
