from __future__ import annotations

import dataclasses
import io
import os
from typing import IO, TYPE_CHECKING, Any

import pooch
import pytest

from minigen.data import DownloadError, downloads
from minigen.data.downloads import cache_folder, fetch
from minigen.data.publication import PublishedFile

from .helpers import MIRRORS, Network, published, small_files

if TYPE_CHECKING:
    from pathlib import Path

FILES = small_files()
PUBLICATION = published(FILES).publication
IMAGES = PUBLICATION.files[0]
FIRST, SECOND = (mirror + IMAGES.name for mirror in MIRRORS)


def test_a_downloaded_file_is_kept_under_its_name(network: Network, cache: Path) -> None:
    network.serve(MIRRORS[0], FILES)
    assert downloads.download(PUBLICATION, IMAGES) == FILES[IMAGES.name]
    assert [path.name for path in cache.iterdir()] == [IMAGES.name]
    assert (cache / IMAGES.name).read_bytes() == FILES[IMAGES.name]
    assert network.asked == [FIRST]


@pytest.mark.parametrize(
    "answer",
    [
        ConnectionError("refused"),
        b"<html>Sign in to this wireless network</html>",
        FILES[IMAGES.name][:-1],
        bytes(len(FILES[IMAGES.name])),
    ],
)
def test_after_a_failure_the_next_mirror_is_asked(
    network: Network, cache: Path, answer: bytes | BaseException
) -> None:
    network.serve(MIRRORS[1], FILES)
    network.answers[FIRST] = answer
    assert downloads.download(PUBLICATION, IMAGES) == FILES[IMAGES.name]
    assert network.asked == [FIRST, SECOND]
    assert [path.name for path in cache.iterdir()] == [IMAGES.name]


def test_when_all_mirrors_fail_the_error_tells_each_reason_and_how_to_go_on(
    network: Network, cache: Path
) -> None:
    network.answers = {FIRST: TimeoutError("timed out"), SECOND: b"short"}
    with pytest.raises(DownloadError) as caught:
        downloads.download(PUBLICATION, IMAGES)
    message = str(caught.value)
    assert f"small: no mirror gave {IMAGES.name}" in message
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
        downloads.download(PUBLICATION, IMAGES)
    assert unpacked not in str(caught.value)
    with pytest.raises(DownloadError, match=unpacked):
        downloads.download(dataclasses.replace(PUBLICATION, packed=True), IMAGES)


def test_an_interrupted_download_leaves_nothing_behind(network: Network, cache: Path) -> None:
    network.answers[FIRST] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        downloads.download(PUBLICATION, IMAGES)
    assert list(cache.iterdir()) == []
    assert network.asked == [FIRST]


def test_a_file_is_on_the_disk_before_it_gets_its_name(
    network: Network, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.serve(MIRRORS[0], FILES)
    names_at_sync = []
    synchronise = os.fsync

    def observed(descriptor: int) -> None:
        names_at_sync.append([path.name == IMAGES.name for path in cache.iterdir()])
        synchronise(descriptor)

    monkeypatch.setattr(os, "fsync", observed)
    downloads.download(PUBLICATION, IMAGES)
    assert names_at_sync == [[False]]


def test_a_cache_that_cannot_be_written_is_named(network: Network, cache: Path) -> None:
    network.serve(MIRRORS[0], FILES)
    cache.parent.parent.mkdir(exist_ok=True)
    cache.parent.write_text("a file where a folder should be")
    with pytest.raises(DownloadError, match=str(cache)):
        downloads.download(PUBLICATION, IMAGES)


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
    fetch(FIRST, stream, PublishedFile(IMAGES.name, 8, ""))
    assert stream.getvalue() == b"halfhalf"
    shown = capsys.readouterr().err
    assert IMAGES.name in shown
    assert "100%" in shown


def test_the_cache_is_the_users_own_folder_for_minigen() -> None:
    assert "minigen" in cache_folder().parts
    assert cache_folder().is_absolute()
