from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

import minigen.data

FILES = Path(minigen.data.__file__).with_name("files")


def test_the_embedded_file_is_the_one_that_the_licence_describes() -> None:
    checksum = hashlib.sha256((FILES / "digits.csv.gz").read_bytes()).hexdigest()
    assert checksum == "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"


def test_the_licence_gives_the_credit_that_is_due() -> None:
    text = (FILES / "LICENSE-digits.txt").read_text(encoding="utf-8")
    for due in ("E. Alpaydin", "C. Kaynak", "CC BY 4.0", "10.24432/C50P49", "what was changed"):
        assert due in text


def test_both_splits_together_are_ucis_test_part() -> None:
    train, test = (minigen.data.load("digits", split) for split in minigen.data.SPLITS)
    assert (len(train), len(test)) == (1415, 382)
    counts = np.bincount(np.concatenate([train.labels, test.labels]))
    # The class distribution that UCI's page states for the test part.
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_pixel_values_are_ucis_own() -> None:
    digits = minigen.data.load("digits")
    assert digits.maximum == digits.images.max() == 16
    assert digits.image_shape == (1, 8, 8)
    # The first example of UCI's file: a nought.
    assert digits.labels[0] == 0
    assert digits.images[0, 0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert digits.images[0, 0, 7].tolist() == [0, 0, 6, 13, 10, 0, 0, 0]


def test_the_split_falls_between_two_filled_in_forms() -> None:
    # Every form begins with the ten digits in order, three times over.
    test = minigen.data.load("digits", "test")
    assert test.labels[:30].tolist() == list(range(10)) * 3


def test_no_image_is_in_both_splits() -> None:
    train, test = (
        {image.tobytes() for image in minigen.data.load("digits", split).images}
        for split in minigen.data.SPLITS
    )
    assert not train & test


def test_the_digits_need_no_folder(tmp_path: Path) -> None:
    assert len(minigen.data.load("digits", root=tmp_path / "absent")) == 1415
