from __future__ import annotations

import json
from pathlib import Path

import pytest

from minigen.training import RunError, RunFolder

from .helpers import small_config


def test_a_new_run_has_its_folders_and_its_configuration(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "some" / "where")
    folder.expect_free()
    folder.create(small_config())
    assert sorted(file.name for file in folder.path.iterdir()) == [
        "checkpoints",
        "config.json",
        "samples",
    ]
    assert folder.read_config() == small_config()


@pytest.mark.parametrize(
    "file", ["config.json", "metrics.jsonl", "checkpoints/epoch-0001.safetensors"]
)
def test_any_trace_of_another_run_is_refused(tmp_path: Path, file: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.touch()
    with pytest.raises(RunError, match=r"holds another run: .*--resume.*--overwrite"):
        RunFolder(tmp_path).expect_free()


def test_a_folder_of_other_things_may_be_used_and_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    folder = RunFolder(tmp_path)
    folder.expect_free()
    folder.create(small_config())
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="is a file"):
        RunFolder(tmp_path / "file").expect_free()
    with pytest.raises(RunError, match="holds no run"):
        RunFolder(tmp_path / "file").read_config()


def test_a_new_run_removes_the_files_of_the_old_one_and_no_others(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.create(small_config(seed=1))
    mine = [tmp_path / "notes.txt", folder.checkpoints / "best.safetensors"]
    old = [
        folder.metrics,
        folder.checkpoints / "epoch-0001.safetensors",
        folder.checkpoints / "epoch-0001.training.safetensors",
        folder.samples / "epoch-0001.png",
    ]
    for file in (*mine, *old):
        file.touch()
    folder.create(small_config(seed=2))
    assert folder.read_config().seed == 2
    assert all(file.exists() for file in mine)
    assert not any(file.exists() for file in old)


def test_without_a_configuration_there_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"holds no run: there is no .*config\.json"):
        RunFolder(tmp_path).read_config()


def test_a_damaged_configuration_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(RunError, match=f"{tmp_path.name}: config.json can't be read"):
        RunFolder(tmp_path).read_config()


def test_metrics_are_a_line_an_epoch(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    records = [{"epoch": epoch, "train": {"loss": 1 / epoch}, "test": {}} for epoch in (1, 2, 3)]
    folder.write_history(records)
    lines = folder.metrics.read_text().splitlines()
    assert [json.loads(line) for line in lines] == records
    folder.write_history([])
    assert folder.metrics.read_bytes() == b""


def test_what_a_killed_process_left_half_written_is_removed(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.create(small_config())
    for place in (folder.path, folder.checkpoints, folder.samples):
        (place / "file.0123abcd.partial").touch()
        (place / "file").touch()
    folder.remove_partial_files()
    for place in (folder.path, folder.checkpoints, folder.samples):
        assert not list(place.glob("*.partial"))
        assert (place / "file").exists()
