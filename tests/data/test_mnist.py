from __future__ import annotations

import hashlib
import os
from typing import Literal

import numpy as np
import pytest

import minigen.data
from minigen.data.mnist import FASHION_MNIST, MNIST, IdxSource

# Read before the fixtures unset it for each test.
FOLDER = os.environ.get("MINIGEN_DATA")


@pytest.mark.parametrize("source", [MNIST, FASHION_MNIST])
def test_four_files_of_distinct_contents_are_published(source: IdxSource) -> None:
    files = source.publication.files
    assert {file.name for file in files} == {
        f"{prefix}-{kind}-ubyte.gz"
        for prefix in ("train", "t10k")
        for kind in ("images-idx3", "labels-idx1")
    }
    assert len({file.sha256 for file in files}) == 4
    assert {len(file.sha256) for file in files} == {hashlib.sha256().digest_size * 2}
    assert len(source.classes) == 10


@pytest.mark.parametrize("source", [MNIST, FASHION_MNIST])
def test_every_mirror_is_an_address_that_a_files_name_completes(source: IdxSource) -> None:
    mirrors = source.publication.mirrors
    assert len(set(mirrors)) >= 2
    for mirror in mirrors:
        assert mirror.startswith(("https://", "http://"))
        assert mirror.endswith("/")


@pytest.mark.skipif(FOLDER is None, reason="MINIGEN_DATA names no folder with the real files")
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
@pytest.mark.parametrize(("split", "count"), [("train", 60_000), ("test", 10_000)])
def test_the_real_files_hold_the_published_numbers_of_images(
    name: Literal["mnist", "fashion_mnist"], split: str, count: int
) -> None:
    loaded = minigen.data.load(name, split, root=FOLDER)
    assert loaded.images.shape == (count, 1, 28, 28)
    assert loaded.labels.shape == (count,)
    assert (loaded.images.min(), loaded.images.max()) == (0, 255)
    assert np.unique(loaded.labels).tolist() == list(range(10))


@pytest.mark.skipif(FOLDER is None, reason="MINIGEN_DATA names no folder with the real files")
def test_the_first_training_images_of_mnist_are_the_known_ones() -> None:
    loaded = minigen.data.load("mnist", root=FOLDER)
    assert loaded.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    # The mean grey value by which MNIST is usually standardised.
    assert loaded.images.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
