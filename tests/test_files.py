from __future__ import annotations

import os
from pathlib import Path

import pytest

from minigen.files import PARTIAL_SUFFIX, sync_folder, write_atomically


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for contents in (b"first", b"", b"third"):
        write_atomically(path, contents)
        assert path.read_bytes() == contents
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_file_has_the_permissions_that_any_new_file_has(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_atomically(tmp_path / "file", b"")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_failed_write_leaves_the_old_file_and_no_partial_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full_disk(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("file", b"old")]


def test_bytes_reach_the_disk_before_the_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor: int) -> None:
        held = Path(f"/proc/self/fd/{descriptor}")
        order.append("folder" if held.is_dir() else f"file of {held.stat().st_size} bytes")
        fsync(descriptor)

    def noted_replace(self: Path, target: Path) -> Path:
        assert self.name.endswith(PARTIAL_SUFFIX)
        assert self.parent == target.parent
        order.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    write_atomically(tmp_path / "file", b"12345")
    assert order == ["file of 5 bytes", "rename", "folder"]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "absent" / "file", b"")


def test_folders_are_not_synced_where_the_system_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "O_DIRECTORY")
    sync_folder(tmp_path / "absent")  # would raise if it were opened


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        write_atomically(tmp_path / "absent" / "file.png", b"")
    assert raised.value.filename == str(tmp_path / "absent")
    assert "no such folder to write file.png into" in str(raised.value)
