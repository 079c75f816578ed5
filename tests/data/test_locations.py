from __future__ import annotations

import dataclasses
import io
import os
import sys
from pathlib import Path
from typing import IO, Any

import numpy as np
import pooch
import pytest

from minigen.data import DataFileError, DownloadError, MissingDataError, locations
from minigen.data.locations import cache_folder, fetch, unpack
from minigen.data.publication import PublishedFile

from .helpers import MIRRORS, Network, pack, published, small_files

FILES = small_files()
SMALL = published(FILES)
PUBLICATION = SMALL.publication
IMAGES = "train-images-idx3-ubyte.gz"
DAMAGES = {
    "truncated": FILES[IMAGES][:-3],
    "empty": b"",
    "one bit changed": FILES[IMAGES][:-1] + bytes([FILES[IMAGES][-1] ^ 1]),
    "too long": FILES[IMAGES] + b"\x00",
}
FILE = PUBLICATION.files[0]
FIRST, SECOND = (mirror + FILE.name for mirror in MIRRORS)

# What an archive holds.
MEMBERS = {"inside/one.bin": b"first" * 999, "inside/two.bin": b"second"}
NAMES = ["one.bin", "two.bin"]


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


def test_a_downloaded_file_is_kept_under_its_name(network: Network, cache: Path) -> None:
    network.serve(MIRRORS[0], FILES)
    assert locations.download(PUBLICATION, FILE) == FILES[FILE.name]
    assert [path.name for path in cache.iterdir()] == [FILE.name]
    assert (cache / FILE.name).read_bytes() == FILES[FILE.name]
    assert network.asked == [FIRST]


@pytest.mark.parametrize(
    "answer",
    [
        ConnectionError("refused"),
        b"<html>Sign in to this wireless network</html>",
        FILES[FILE.name][:-1],
        bytes(len(FILES[FILE.name])),
    ],
)
def test_after_a_failure_the_next_mirror_is_asked(
    network: Network, cache: Path, answer: bytes | BaseException
) -> None:
    network.serve(MIRRORS[1], FILES)
    network.answers[FIRST] = answer
    assert locations.download(PUBLICATION, FILE) == FILES[FILE.name]
    assert network.asked == [FIRST, SECOND]
    assert [path.name for path in cache.iterdir()] == [FILE.name]


def test_when_all_mirrors_fail_the_error_tells_each_reason_and_how_to_go_on(
    network: Network, cache: Path
) -> None:
    network.answers = {FIRST: TimeoutError("timed out"), SECOND: b"short"}
    with pytest.raises(DownloadError) as caught:
        locations.download(PUBLICATION, FILE)
    message = str(caught.value)
    assert f"small: no mirror gave {FILE.name}" in message
    assert f"{FIRST}: TimeoutError: timed out" in message
    assert f"{SECOND}: DataFileError: what came has 5 bytes instead of" in message
    for name, contents in FILES.items():
        assert f"{name} ({len(contents):,} bytes)" in message
    for advice in ("a folder named small-set", "MINIGEN_DATA", "root=", "'digits'"):
        assert advice in message
    assert list(cache.iterdir()) == []


def test_of_an_archive_the_error_tells_that_it_must_be_unpacked(network: Network) -> None:
    unpacked = "unpack them there, and set the environment variable"
    with pytest.raises(DownloadError) as caught:
        locations.download(PUBLICATION, FILE)
    assert unpacked not in str(caught.value)
    with pytest.raises(DownloadError, match=unpacked):
        locations.download(dataclasses.replace(PUBLICATION, packed=True), FILE)


def test_an_interrupted_download_leaves_nothing_behind(network: Network, cache: Path) -> None:
    network.answers[FIRST] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        locations.download(PUBLICATION, FILE)
    assert list(cache.iterdir()) == []
    assert network.asked == [FIRST]


def test_a_file_is_on_the_disk_before_it_gets_its_name(
    network: Network, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.serve(MIRRORS[0], FILES)
    names_at_sync = []
    synchronise = os.fsync

    def observed(descriptor: int) -> None:
        names_at_sync.append([path.name == FILE.name for path in cache.iterdir()])
        synchronise(descriptor)

    monkeypatch.setattr(os, "fsync", observed)
    locations.download(PUBLICATION, FILE)
    assert names_at_sync == [[False]]


def test_a_cache_that_cannot_be_written_is_named(network: Network, cache: Path) -> None:
    network.serve(MIRRORS[0], FILES)
    cache.parent.parent.mkdir(exist_ok=True)
    cache.parent.write_text("a file where a folder should be")
    with pytest.raises(DownloadError, match=str(cache)):
        locations.download(PUBLICATION, FILE)


class PretendedDownloader:
    """Stands in for pooch's: answers eight bytes in two pieces."""

    def __init__(self, progressbar: Any, chunk_size: int) -> None:
        self.progress = progressbar
        assert chunk_size > 1024

    def __call__(self, address: str, stream: IO[bytes], _pooch: None) -> None:
        assert address == FIRST
        for piece in (b"half", b"half"):
            stream.write(piece)
            self.progress.update(len(piece))


def test_fetching_shows_the_files_name_and_its_progress(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pooch, "HTTPDownloader", PretendedDownloader)
    stream = io.BytesIO()
    fetch(FIRST, stream, PublishedFile(FILE.name, 8, ""))
    assert stream.getvalue() == b"halfhalf"
    shown = capsys.readouterr().err
    assert FILE.name in shown
    assert "100%" in shown


def test_the_cache_is_the_users_own_folder_for_minigen() -> None:
    assert "minigen" in cache_folder().parts
    assert cache_folder().is_absolute()


def unpacked(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of two files, in a folder that holds nothing else."""
    path = tmp_path / "archives" / "some.tar.gz"
    path.parent.mkdir()
    path.write_bytes(pack(MEMBERS))
    return path


def test_the_named_members_and_nothing_else_become_files(archive: Path) -> None:
    archive.write_bytes(pack(MEMBERS | {"inside/readme.html": b"hello", "one.bin": b"another"}))
    folder = archive.parent / "deep" / "inside"
    unpack(archive, NAMES, folder)
    assert unpacked(folder) == {"one.bin": b"first" * 999, "two.bin": b"second"}
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("name", ["../escaped.bin", "/escaped.bin", "inside/../../escaped.bin"])
def test_no_path_leads_out_of_the_folder(name: str, archive: Path, tmp_path: Path) -> None:
    archive.write_bytes(pack({name: b"evil", "inside/escaped.bin": b"good"}))
    folder = tmp_path / "deep" / "inside"
    unpack(archive, ["escaped.bin"], folder)
    assert unpacked(folder) == {"escaped.bin": b"good"}
    archive.unlink()
    archive.parent.rmdir()
    assert [path.name for path in tmp_path.rglob("*")] == ["deep", "inside", "escaped.bin"]


def test_a_link_is_not_followed(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    archive.write_bytes(pack(MEMBERS, links={"inside/link.bin": str(tmp_path / "secret")}))
    refused = "lacks inside/link.bin"
    if sys.version_info >= (3, 12):  # where tarfile itself refuses it
        refused = "'inside/link.bin' is a link"
    with pytest.raises(DataFileError, match=refused):
        unpack(archive, ["link.bin"], archive.parent / "inside")
    assert list(archive.parent.iterdir()) == [archive]


def test_missing_members_are_named_and_nothing_is_left(archive: Path) -> None:
    wanted = [*NAMES, "two", "nine"]
    message = r"^some\.tar\.gz: the archive lacks inside/nine, inside/two$"
    with pytest.raises(DataFileError, match=message):
        unpack(archive, wanted, archive.parent / "inside")
    assert list(archive.parent.iterdir()) == [archive]


@pytest.mark.parametrize("damage", ["no archive", "half", "not compressed", "no block"])
def test_a_damaged_archive_is_refused_and_nothing_is_left(damage: str, archive: Path) -> None:
    whole = pack({"inside/one.bin": np.random.default_rng(0).bytes(50_000)})
    contents = {
        "no archive": b"",
        "half": whole[: len(whole) // 2],
        "not compressed": b"plain text, and not a little of it" * 100,
        "no block": whole[:10] + b"\xff" * 1000,  # a kind of block that deflate does not have
    }
    archive.write_bytes(contents[damage])
    with pytest.raises(DataFileError, match=r"^some\.tar\.gz is not a whole archive: "):
        unpack(archive, ["one.bin"], archive.parent / "inside")
    assert list(archive.parent.iterdir()) == [archive]


def test_the_folder_gets_its_name_when_its_files_are_on_the_disk(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = archive.parent / "inside"
    synchronised = []
    synchronise = os.fsync

    def observed(descriptor: int) -> None:
        synchronised.append(folder.exists())
        synchronise(descriptor)

    monkeypatch.setattr(os, "fsync", observed)
    unpack(archive, NAMES, folder)
    assert synchronised == [False, False]


def test_an_interrupted_unpacking_leaves_nothing_behind(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        unpack(archive, NAMES, archive.parent / "inside")
    assert list(archive.parent.iterdir()) == [archive]


@pytest.mark.parametrize("dropped", [False, True])
def test_a_folder_that_another_process_made_meanwhile_stays(archive: Path, dropped: bool) -> None:
    folder = archive.parent / "inside"
    unpack(archive, NAMES, folder)
    if dropped:
        archive.unlink()
    else:
        archive.write_bytes(pack(dict.fromkeys(MEMBERS, b"slower")))
    unpack(archive, NAMES, folder)
    assert unpacked(folder)["two.bin"] == b"second"
    assert list(archive.parent.glob("inside*")) == [folder]


def test_another_failure_of_the_disk_is_told(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path, target: Path) -> None:
        raise PermissionError(target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        unpack(archive, NAMES, archive.parent / "inside")
    assert list(archive.parent.iterdir()) == [archive]
