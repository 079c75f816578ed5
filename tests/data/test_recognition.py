from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from minigen import data
from minigen.data import AmbiguousDataError, DataFileError, Images

from .helpers import encode_idx

# Read before the fixtures unset it for each test.
FOLDER = os.environ.get("MINIGEN_DATA")


def noise(count: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, 5, 4), np.uint8)


def labels(count: int) -> npt.NDArray[np.uint8]:
    return (np.arange(count) % 3).astype(np.uint8)


def both(folder: Path, **options: Any) -> tuple[Images, Images]:
    train = data.from_folder(folder, progress=False, **options)
    return train, data.from_folder(folder, "test", progress=False, **options)


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize(("train_name", "test_name"), [("train", "t10k"), ("a", "b"), ("b", "a")])
def test_idx_files_are_known_by_what_is_in_them(
    tmp_path: Path, train_name: str, test_name: str, compress: bool
) -> None:
    (tmp_path / "anything").mkdir()
    for name, count in ((train_name, 30), (test_name, 12)):
        for what, array in (("pictures", noise(count, count)), ("numbers", labels(count))):
            contents = encode_idx(array)
            file = tmp_path / "anything" / f"{name}-{what}"
            file.write_bytes(gzip.compress(contents) if compress else contents)
    train, test = both(tmp_path)
    assert (len(train), len(test)) == (30, 12)
    assert train.classes == ("0", "1", "2")
    for part, count in ((train, 30), (test, 12)):
        assert part.labels is not None
        order = [int(file[-6:]) for file in part.files]
        np.testing.assert_array_equal(part.images[:, 0], noise(count, count)[order])
        np.testing.assert_array_equal(part.labels, labels(count)[order])


def test_one_idx_file_without_labels_is_divided_by_a_hash(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_bytes(encode_idx(noise(60)))
    train, test = both(tmp_path)
    assert len(train) + len(test) == 60
    assert train.labels is None


def test_a_file_that_is_there_compressed_and_in_full_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "pictures.gz").write_bytes(gzip.compress(encode_idx(noise(60))))
    (tmp_path / "pictures").write_bytes(encode_idx(noise(60)))
    assert sum(map(len, both(tmp_path))) == 60


def test_a_damaged_idx_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_bytes(encode_idx(noise(60))[:-1])
    with pytest.raises(DataFileError, match="pictures: an array of shape"):
        both(tmp_path)


def records(count: int) -> bytes:
    made = np.random.default_rng(count).integers(0, 256, (count, 3073), np.uint8)
    made[:, 0] %= 10
    return made.tobytes()


def test_cifar_files_are_known_by_what_is_in_them(tmp_path: Path) -> None:
    for name, count in (("batch_2.bin", 4), ("batch_10.bin", 3), ("my_test.bin", 2)):
        (tmp_path / name).write_bytes(records(count))
    train, test = both(tmp_path)
    assert (len(train), len(test)) == (7, 2)
    assert train.name == "cifar10"
    assert train.classes[5] == "dog"
    assert train.files[0].startswith("batch_2.bin")
    expected = np.frombuffer(records(4), np.uint8).reshape(-1, 3073)
    np.testing.assert_array_equal(train.images[:4].reshape(4, -1), expected[:, 1:])


def test_cifar_in_another_size_is_no_longer_the_published_set(tmp_path: Path) -> None:
    (tmp_path / "data_batch_1.bin").write_bytes(records(40))
    train, _ = both(tmp_path, size=16)
    assert train.image_shape == (3, 16, 16)
    assert train.name == tmp_path.name


def test_cifar_in_pickles_is_refused_for_safety(tmp_path: Path) -> None:
    (tmp_path / "data_batch_1").write_bytes(b"\x80\x02}q\x01.")
    with pytest.raises(DataFileError, match=r"Python objects, .* take the binary version"):
        both(tmp_path)


def test_several_published_sets_in_a_folder_are_asked_about(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(encode_idx(noise(9)))
    with pytest.raises(AmbiguousDataError, match="several published sets"):
        both(tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(FOLDER is None, reason="MINIGEN_DATA names no folder with the real files")
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
def test_the_published_sets_are_known_whatever_their_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "renamed").symlink_to(Path(FOLDER or "", name.replace("_", "-")))
    for split, part in zip(("train", "test"), both(tmp_path / "renamed"), strict=True):
        published: Any = data.load(name, split, root=FOLDER)
        assert part.name == name
        assert part.classes == published.classes
        np.testing.assert_array_equal(part.images, published.images)
        np.testing.assert_array_equal(part.labels, published.labels)
