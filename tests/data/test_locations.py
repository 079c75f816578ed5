from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from minigen.data import DataFileError, DownloadError, MissingDataError

from .helpers import MIRRORS, Network, published, small_files

if TYPE_CHECKING:
    from pathlib import Path

FILES = small_files()
SMALL = published(FILES)
IMAGES = "train-images-idx3-ubyte.gz"
DAMAGES = {
    "truncated": FILES[IMAGES][:-3],
    "empty": b"",
    "one bit changed": FILES[IMAGES][:-1] + bytes([FILES[IMAGES][-1] ^ 1]),
    "too long": FILES[IMAGES] + b"\x00",
}


def write(folder: Path, files: dict[str, bytes]) -> None:
    (folder / "small-set").mkdir(parents=True, exist_ok=True)
    for name, contents in files.items():
        (folder / "small-set" / name).write_bytes(contents)


def test_both_splits_are_read_from_the_folder_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: Network
) -> None:
    write(tmp_path, FILES)
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path))
    train, test = SMALL.load("train"), SMALL.load("test")
    assert (len(train), len(test)) == (7, 3)
    assert train.image_shape == (1, 4, 5)
    assert train.images.ravel().tolist() == list(range(140))
    assert test.labels.tolist() == [0, 1, 0]
    assert (train.name, train.split, train.maximum) == ("small", "train", 255)
    assert network.asked == []


def test_root_comes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "right", FILES)
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path / "wrong"))
    assert len(SMALL.load("train", tmp_path / "right")) == 7
    assert len(SMALL.load("train", str(tmp_path / "right"))) == 7


def test_a_tilde_means_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "sets", FILES)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("MINIGEN_DATA", "~/sets")
    assert len(SMALL.load("train")) == 7
    assert len(SMALL.load("train", "~/sets")) == 7


def test_what_a_named_folder_lacks_is_listed_and_not_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: Network
) -> None:
    network.serve(MIRRORS[0], FILES)
    write(tmp_path, {IMAGES: FILES[IMAGES]})
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path))
    with pytest.raises(MissingDataError) as caught:
        SMALL.load("train")
    message = str(caught.value)
    for name in FILES:
        assert (str(tmp_path / "small-set" / name) in message) is (name != IMAGES)
    assert "unset MINIGEN_DATA" in message
    with pytest.raises(MissingDataError, match="leave out root"):
        SMALL.load("train", tmp_path / "absent")
    assert network.asked == []


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_in_a_named_folder_is_refused_by_name_and_left_alone(
    damage: str, tmp_path: Path, network: Network
) -> None:
    network.serve(MIRRORS[0], FILES)
    write(tmp_path, FILES | {IMAGES: DAMAGES[damage]})
    with pytest.raises(DataFileError) as caught:
        SMALL.load("train", tmp_path)
    path = tmp_path / "small-set" / IMAGES
    assert str(caught.value).startswith(f"{path} has ")
    assert " instead of " in str(caught.value)
    assert "leave out root" in str(caught.value)
    assert path.read_bytes() == DAMAGES[damage]
    assert network.asked == []


def test_files_are_downloaded_once(network: Network, cache: Path) -> None:
    network.serve(MIRRORS[0], FILES)
    assert len(SMALL.load("train")) == 7
    assert sorted(path.name for path in cache.iterdir()) == sorted(FILES)
    assert len(SMALL.load("test")) == 3
    assert network.asked == [MIRRORS[0] + name for name in FILES]


def test_an_empty_environment_variable_names_no_folder(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINIGEN_DATA", "")
    network.serve(MIRRORS[0], FILES)
    assert len(SMALL.load("train")) == 7


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_in_the_cache_is_replaced_with_a_warning(
    damage: str, network: Network, cache: Path
) -> None:
    write(cache.parent, FILES | {IMAGES: DAMAGES[damage]})
    network.serve(MIRRORS[0], FILES)
    with pytest.warns(UserWarning, match=f"{IMAGES} has .* removed and is downloaded again"):
        assert len(SMALL.load("train")) == 7
    assert (cache / IMAGES).read_bytes() == FILES[IMAGES]
    assert network.asked == [MIRRORS[0] + IMAGES]


def test_a_damaged_file_does_not_stay_in_the_cache_when_the_download_fails(
    network: Network, cache: Path
) -> None:
    write(cache.parent, FILES | {IMAGES: b"damaged"})
    with pytest.warns(UserWarning, match="removed"), pytest.raises(DownloadError):
        SMALL.load("train")
    assert not (cache / IMAGES).exists()


def test_availability_tells_what_is_in_a_named_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: Network
) -> None:
    write(tmp_path, FILES)
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path))
    found = SMALL.availability()
    assert (found.name, found.found) == ("small", True)
    assert found.folder == tmp_path / "small-set"
    assert found.note == "in the folder that MINIGEN_DATA names"
    assert SMALL.availability(tmp_path).note == "in the folder that root names"
    write(tmp_path, {IMAGES: b"cut"})
    (tmp_path / "small-set" / "t10k-labels-idx1-ubyte.gz").unlink()
    lacking = SMALL.availability()
    assert not lacking.found
    assert lacking.note.endswith(f"wrong size: {IMAGES}, t10k-labels-idx1-ubyte.gz")
    assert network.asked == []


def test_availability_tells_what_is_in_the_cache(network: Network, cache: Path) -> None:
    absent = SMALL.availability()
    assert not absent.found
    assert absent.folder == cache
    assert absent.note == "not in the cache: downloaded at its first use (0.0 MB)"
    assert not cache.exists()
    write(cache.parent, FILES)
    present = SMALL.availability()
    assert present.found
    assert present.note == "in the cache"
    assert network.asked == []
