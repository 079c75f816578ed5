from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen.data
from minigen.data import DataFileError, DownloadError, MissingDataError
from minigen.data.cifar10 import AUGMENTATION, CIFAR10, CLASSES, Cifar10Source, parse_batch
from minigen.data.publication import Publication, PublishedFile

from .helpers import MIRRORS, Network, pack

# Read before the fixtures unset it for each test.
FOLDER = os.environ.get("MINIGEN_DATA")

ARCHIVE = "small.tar.gz"
BATCHES = ("data_batch_1.bin", *(f"data_batch_{n}.bin" for n in (2, 3, 4, 5)), "test_batch.bin")


def record(label: int, red: int = 0, green: int = 0, blue: int = 0) -> bytes:
    return bytes([label]) + bytes([red]) * 1024 + bytes([green]) * 1024 + bytes([blue]) * 1024


def batch(labels: Iterable[int]) -> bytes:
    return b"".join(record(label, red=label) for label in labels)


def published(files: dict[str, bytes]) -> tuple[Cifar10Source, bytes]:
    """Return the source whose archive, the second, holds these batches of two images each."""
    archive = pack({f"cifar-10-batches-bin/{name}": contents for name, contents in files.items()})
    file = PublishedFile(ARCHIVE, len(archive), hashlib.sha256(archive).hexdigest())
    publication = Publication("small", "small-set", (file,), MIRRORS[:1], packed=True)
    return Cifar10Source(publication, records=2), archive


FILES = {name: batch([number, 9 - number]) for number, name in enumerate(BATCHES)}
SMALL, PACKED = published(FILES)


def write(base: Path, files: dict[str, bytes]) -> Path:
    folder = base / "small-set" / "cifar-10-batches-bin"
    folder.mkdir(parents=True, exist_ok=True)
    for name, contents in files.items():
        (folder / name).write_bytes(contents)
    return folder


def test_a_record_is_its_label_and_then_red_green_and_blue_row_by_row() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3, 32, 32), dtype=np.uint8)
    contents = b"".join(
        bytes([label]) + image.tobytes() for label, image in zip((9, 0), pixels, strict=True)
    )
    images, labels = parse_batch(contents, "two")
    np.testing.assert_array_equal(images, pixels)
    assert labels.tolist() == [9, 0]
    images, _ = parse_batch(record(4, red=10, green=20, blue=30), "one")
    assert [np.unique(channel).tolist() for channel in images[0]] == [[10], [20], [30]]


@given(st.integers(0, 3 * 3073))
def test_only_whole_records_are_read(length: int) -> None:
    contents = bytes(length)
    if length and length % 3073 == 0:
        assert len(parse_batch(contents, "cut.bin")[0]) == length // 3073
    else:
        message = r"^cut\.bin: one or more records of 3,073 bytes wanted, got [\d,]+ bytes$"
        with pytest.raises(DataFileError, match=message):
            parse_batch(contents, "cut.bin")


@given(st.lists(st.integers(0, 12), min_size=1, max_size=5))
def test_only_ten_labels_are_known(labels: list[int]) -> None:
    wrong = [label for label in labels if label > 9]
    if wrong:
        message = rf"^b\.bin: labels from 0 to 9 wanted, record {labels.index(wrong[0])} has "
        with pytest.raises(DataFileError, match=message + str(wrong[0])):
            parse_batch(batch(labels), "b.bin")
    else:
        assert parse_batch(batch(labels), "b.bin")[1].tolist() == labels


def test_a_named_folder_is_read_as_it_is_in_the_order_of_the_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: Network
) -> None:
    files = {
        "data_batch_10.bin": batch([3]),
        "data_batch_2.bin": batch([1, 2]),
        "data_batch_1.bin": batch([0]),
        "test_batch.bin": batch([7, 8, 9]),
        "batches.meta.txt": b"airplane\n",
    }
    (write(tmp_path, files) / "data_batch_3.bin").mkdir()
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path))
    train, test = SMALL.load("train"), SMALL.load("test", tmp_path)
    assert train.labels.tolist() == [0, 1, 2, 3]
    assert train.images[:, 0, 5, 5].tolist() == [0, 1, 2, 3]
    assert test.labels.tolist() == [7, 8, 9]
    assert (train.name, train.split, train.maximum) == ("small", "train", 255)
    assert train.image_shape == (3, 32, 32)
    assert test.classes[test.labels[0]] == "horse"
    assert network.asked == []


@pytest.mark.parametrize("contents", [b"", batch([1])[:-1], batch([10])])
def test_a_damaged_file_in_a_named_folder_is_refused_by_name(
    contents: bytes, tmp_path: Path, network: Network
) -> None:
    folder = write(tmp_path, FILES | {"data_batch_3.bin": contents})
    with pytest.raises(DataFileError) as caught:
        SMALL.load("train", tmp_path)
    assert str(caught.value).startswith(f"{folder / 'data_batch_3.bin'}: ")
    assert len(SMALL.load("test", tmp_path)) == 2
    assert network.asked == []


def test_a_named_folder_without_batches_is_an_error_and_nothing_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: Network
) -> None:
    network.serve(MIRRORS[0], {ARCHIVE: PACKED})
    folder = write(tmp_path, {"test_batch.bin": batch([1])})
    with pytest.raises(MissingDataError) as caught:
        SMALL.load("train", tmp_path)
    assert str(folder / "data_batch_*.bin") in str(caught.value)
    assert "no train images" in str(caught.value)
    assert "leave out root" in str(caught.value)
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path / "absent"))
    with pytest.raises(MissingDataError, match="unset MINIGEN_DATA"):
        SMALL.load("test")
    assert network.asked == []


def test_the_archive_is_downloaded_once_and_only_its_batches_are_kept(
    network: Network, cache: Path
) -> None:
    network.serve(MIRRORS[0], {ARCHIVE: PACKED})
    assert SMALL.load("train").labels.tolist() == [0, 9, 1, 8, 2, 7, 3, 6, 4, 5]
    assert SMALL.load("test").labels.tolist() == [5, 4]
    assert network.asked == [MIRRORS[0] + ARCHIVE]
    assert [path.name for path in cache.iterdir()] == ["cifar-10-batches-bin"]
    assert sorted(path.name for path in (cache / "cifar-10-batches-bin").iterdir()) == [*BATCHES]


def test_an_archive_that_was_not_unpacked_is_not_downloaded_again(
    network: Network, cache: Path
) -> None:
    cache.mkdir(parents=True)
    (cache / ARCHIVE).write_bytes(PACKED)
    assert len(SMALL.load("train")) == 10
    assert network.asked == []


def test_another_archive_is_not_unpacked(network: Network, cache: Path) -> None:
    network.serve(MIRRORS[0], {ARCHIVE: PACKED[:-1] + b"x"})
    with pytest.raises(DownloadError, match=r"(?s)SHA-256 .*unpack them there"):
        SMALL.load("train")
    assert list(cache.iterdir()) == []


def test_an_archive_without_all_batches_is_refused(network: Network, cache: Path) -> None:
    source, archive = published({name: FILES[name] for name in BATCHES[1:]})
    network.serve(MIRRORS[0], {ARCHIVE: archive})
    with pytest.raises(DataFileError, match=r"lacks cifar-10-batches-bin/data_batch_1\.bin"):
        source.load("test")
    assert not (cache / "cifar-10-batches-bin").exists()


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_cache_that_is_not_whole_is_replaced_with_a_warning(
    damage: str, network: Network, cache: Path
) -> None:
    folder = write(cache.parent, FILES)
    network.serve(MIRRORS[0], {ARCHIVE: PACKED})
    if damage == "missing":
        (folder / "data_batch_5.bin").unlink()
    else:
        (folder / "data_batch_5.bin").write_bytes(batch([0]))
    with pytest.warns(UserWarning, match="removed and is downloaded again"):
        assert len(SMALL.load("train")) == 10
    assert network.asked == [MIRRORS[0] + ARCHIVE]


def test_availability_tells_what_is_in_a_named_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: Network
) -> None:
    folder = write(tmp_path, {"data_batch_1.bin": batch([1]), "test_batch.bin": batch([1])})
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path))
    found = SMALL.availability()
    assert (found.name, found.found, found.folder) == ("small", True, folder)
    assert found.note == "in the folder that MINIGEN_DATA names"
    write(tmp_path, {"test_batch.bin": batch([1])[1:]})
    lacking = SMALL.availability(tmp_path)
    assert not lacking.found
    assert lacking.note == (
        "missing in the folder that root names, or of a wrong size: test_batch.bin"
    )
    absent = SMALL.availability(tmp_path / "absent")
    assert not absent.found
    assert absent.note.endswith("wrong size: data_batch_*.bin, test_batch.bin")
    assert network.asked == []


def test_availability_tells_what_is_in_the_cache(network: Network, cache: Path) -> None:
    absent = SMALL.availability()
    assert not absent.found
    assert absent.folder == cache / "cifar-10-batches-bin"
    assert absent.note == "not in the cache: downloaded at its first use (0.0 MB)"
    write(cache.parent, FILES)
    present = SMALL.availability()
    assert present.found
    assert present.note == "in the cache"
    assert network.asked == []


def test_one_archive_is_published() -> None:
    (file,) = CIFAR10.publication.files
    (mirror,) = CIFAR10.publication.mirrors
    assert mirror + file.name == "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    assert len(file.sha256) == hashlib.sha256().digest_size * 2
    assert CIFAR10.publication.packed
    assert CIFAR10.records == 10_000
    assert len(CLASSES) == 10


@pytest.mark.skipif(FOLDER is None, reason="MINIGEN_DATA names no folder with the real files")
@pytest.mark.parametrize("split", ["train", "test"])
def test_the_real_files_hold_as_many_images_of_every_class(split: str) -> None:
    loaded = minigen.data.load("cifar10", split, root=FOLDER)
    assert loaded.image_shape == (3, 32, 32)
    assert loaded.augmentation == AUGMENTATION
    assert len(np.unique(np.bincount(loaded.labels, minlength=10))) == 1
    assert (loaded.images.min(), loaded.images.max()) == (0, 255)
    for low, high in ((0, 1), (-1, 1)):
        scaled = loaded.scaled(range=(low, high))
        assert scaled.dtype == np.float32
        assert (scaled.min(), scaled.max()) == (low, high)


@pytest.mark.skipif(FOLDER is None, reason="MINIGEN_DATA names no folder with the real files")
def test_the_real_images_have_the_known_colours() -> None:
    # The means by which CIFAR-10 is usually standardised; a part of it comes close.
    images = minigen.data.load("cifar10", root=FOLDER).images
    means = images.mean(axis=(0, 2, 3)) / 255
    np.testing.assert_allclose(means, [0.4914, 0.4822, 0.4465], atol=0.01)


@pytest.mark.skipif(FOLDER is None, reason="MINIGEN_DATA names no folder with the real files")
def test_neighbouring_pixels_of_the_real_images_are_alike() -> None:
    # Read in another order than channel, row, column, they would not be.
    images = minigen.data.load("cifar10", "test", root=FOLDER).images.astype(np.float32)
    for axis in (2, 3):
        assert np.abs(np.diff(images, axis=axis)).mean() < images.std() / 4
