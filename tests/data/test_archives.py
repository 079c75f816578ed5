from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from minigen.data import DataFileError
from minigen.data.archives import unpack

from .helpers import pack

FILES = {"inside/one.bin": b"first" * 999, "inside/two.bin": b"second"}


def unpacked(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_named_members_and_nothing_else_become_files(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "folder"
    unpack(pack(FILES | {"inside/readme.html": b"hello"}), "some.tar.gz", FILES, folder)
    assert unpacked(folder) == {"one.bin": b"first" * 999, "two.bin": b"second"}
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("name", ["../escaped.bin", "/escaped.bin", "inside/../../escaped.bin"])
def test_no_path_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "folder"
    unpack(pack({name: b"evil"}), "some.tar.gz", [name], folder)
    assert unpacked(folder) == {"escaped.bin": b"evil"}
    assert [path.name for path in tmp_path.rglob("*")] == ["deep", "folder", "escaped.bin"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    archive = pack(FILES, links={"inside/link.bin": str(tmp_path / "secret")})
    with pytest.raises(DataFileError, match=r"lacks inside/link\.bin"):
        unpack(archive, "some.tar.gz", ["inside/link.bin"], tmp_path / "folder")


def test_missing_members_are_named_and_nothing_is_left(tmp_path: Path) -> None:
    wanted = [*FILES, "inside/two", "inside/nine"]
    message = r"^some\.tar\.gz: the archive lacks inside/nine, inside/two$"
    with pytest.raises(DataFileError, match=message):
        unpack(pack(FILES), "some.tar.gz", wanted, tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["no archive", "half", "not compressed", "no block"])
def test_a_damaged_archive_is_refused_and_nothing_is_left(damage: str, tmp_path: Path) -> None:
    whole = pack({"inside/one.bin": np.random.default_rng(0).bytes(50_000)})
    contents = {
        "no archive": b"",
        "half": whole[: len(whole) // 2],
        "not compressed": b"plain text, and not a little of it" * 100,
        "no block": whole[:10] + b"\xff" * 1000,  # a kind of block that deflate does not have
    }
    with pytest.raises(DataFileError, match=r"^some\.tar\.gz is not a whole archive: "):
        unpack(contents[damage], "some.tar.gz", ["inside/one.bin"], tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []


def test_the_folder_gets_its_name_when_its_files_are_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    synchronised = []
    synchronise = os.fsync

    def observed(descriptor: int) -> None:
        synchronised.append(folder.exists())
        synchronise(descriptor)

    monkeypatch.setattr(os, "fsync", observed)
    unpack(pack(FILES), "some.tar.gz", FILES, folder)
    assert synchronised == [False, False]


def test_an_interruption_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        unpack(pack(FILES), "some.tar.gz", FILES, tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_another_process_made_meanwhile_stays(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    unpack(pack(FILES), "some.tar.gz", FILES, folder)
    unpack(pack(dict.fromkeys(FILES, b"slower")), "some.tar.gz", FILES, folder)
    assert unpacked(folder)["two.bin"] == b"second"
    assert list(tmp_path.iterdir()) == [folder]


def test_another_failure_of_the_disk_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path, target: Path) -> None:
        raise PermissionError(target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        unpack(pack(FILES), "some.tar.gz", FILES, tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []
