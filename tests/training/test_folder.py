from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import minigen
from minigen import files, nn, optim
from minigen.engine.backend import is_array
from minigen.training import Checkpoint, CheckpointFolder, Position, RunError, RunFolder

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


POSITIONS = [Position(0, 3), Position(1), Position(1, 12), Position(2), Position(10_000)]


def checkpoint(position: Position, value: float = 1.0) -> Checkpoint:
    """Return a checkpoint whose parts can be told from another's."""
    layer = nn.Dense(3, 2, generator=minigen.Generator(int(value)))
    optimizers = {
        "one": optim.Adam([layer.weight], lr=0.1),
        "other": optim.SGD([layer.bias], lr=0.1, momentum=0.5),
    }
    layer(minigen.ones(1, 3)).sum().backward()
    for optimizer in optimizers.values():
        optimizer.step()
    return Checkpoint(
        position=position,
        weights=layer.state_dict(),
        optimizers={side: each.state_dict() for side, each in optimizers.items()},
        generators={"noise": minigen.Generator(int(value)).get_state()},
        averages={"count": 3, "totals": {"loss": 0.1 + value}},
        history=[{"epoch": 1, "train": {"loss": 1 / 3}, "test": {"loss": value}}],
    )


def bits(value: Any) -> Any:
    """Make values comparable, bit by bit."""
    if isinstance(value, dict):
        return {name: bits(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [bits(entry) for entry in value]
    if isinstance(value, minigen.Tensor):
        value = value.array
    if is_array(value):
        return value.dtype.str, value.shape, value.tobytes()
    return value


def test_what_is_read_is_what_was_saved(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    saved = checkpoint(Position(3, 57))
    assert folder.save(saved, keep=1) == tmp_path / "epoch-0003-step-00057.safetensors"
    read = folder.read(Position(3, 57))
    for part in ("position", "weights", "optimizers", "generators", "averages", "history"):
        assert bits(getattr(read, part)) == bits(getattr(saved, part)), part


def test_the_weights_file_holds_the_weights_alone(tmp_path: Path) -> None:
    saved = checkpoint(Position(1))
    stored = load_file(CheckpointFolder(tmp_path).save(saved, keep=1))
    assert bits(stored) == bits(dict(saved.weights))


def test_arrays_in_another_memory_order_are_stored_as_they_are_seen(tmp_path: Path) -> None:
    array = np.arange(6.0).reshape(2, 3).T
    scalar = np.array(7)
    saved = Checkpoint(Position(1), {"a": array, "b": scalar}, {})
    stored = load_file(CheckpointFolder(tmp_path).save(saved, keep=1))
    assert np.array_equal(stored["a"], array)
    assert stored["b"].shape == ()


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    for number, position in enumerate(POSITIONS, start=1):
        folder.save(checkpoint(position), keep=2)
        assert folder.finished() == POSITIONS[:number][-2:][::-1]
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "epoch-0002.safetensors",
        "epoch-0002.training.safetensors",
        "epoch-10000.safetensors",
        "epoch-10000.training.safetensors",
    ]


def test_nothing_is_removed_before_the_newer_one_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save(checkpoint(Position(1)), keep=1)
    kept = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    sync = files.sync_folder

    def check(path: Path) -> None:
        sync(path)
        assert kept.items() <= {file.name: file.read_bytes() for file in path.iterdir()}.items()

    monkeypatch.setattr(files, "sync_folder", check)
    folder.save(checkpoint(Position(2)), keep=1)
    assert folder.finished() == [Position(2)]


@pytest.mark.parametrize("writes", [0, 1])
def test_a_checkpoint_is_finished_when_its_weights_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save(checkpoint(Position(1), 1), keep=2)
    replace = Path.replace
    done: list[Path] = []

    def killed(self: Path, target: Path) -> Path:
        if len(done) == writes:
            raise KeyboardInterrupt
        done.append(target)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        folder.save(checkpoint(Position(2), 2), keep=2)
    monkeypatch.undo()
    assert folder.finished() == [Position(1)]
    newest = folder.newest(pytest.fail)
    assert newest is not None
    assert newest.position == Position(1)
    folder.save(checkpoint(Position(2), 2), keep=2)
    assert folder.finished() == [Position(2), Position(1)]


def damage_by_truncation(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def damage_by_emptying(path: Path) -> None:
    path.write_bytes(b"")


def damage_header(path: Path) -> None:
    path.write_bytes(b"\xff" * 100)


@pytest.mark.parametrize("suffix", ["safetensors", "training.safetensors"])
@pytest.mark.parametrize("damage", [damage_by_truncation, damage_by_emptying, damage_header])
def test_a_damaged_one_is_named_and_the_one_before_it_used(
    tmp_path: Path, suffix: str, damage: Any
) -> None:
    folder = CheckpointFolder(tmp_path)
    for epoch in (1, 2):
        folder.save(checkpoint(Position(epoch), epoch), keep=2)
    damage(tmp_path / f"epoch-0002.{suffix}")
    told: list[str] = []
    newest = folder.newest(told.append)
    assert newest is not None
    assert newest.position == Position(1)
    (message,) = told
    assert f"epoch-0002.{suffix}" in message or "epoch-0002.safetensors" in message
    assert "going back" in message


def test_one_changed_bit_in_the_weights_is_found(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    path = folder.save(checkpoint(Position(1)), keep=2)
    contents = bytearray(path.read_bytes())
    contents[-1] ^= 1
    path.write_bytes(contents)
    with pytest.raises(RunError, match=r"epoch-0001\.safetensors is damaged"):
        folder.read(Position(1))


def test_a_missing_training_state_is_named(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save(checkpoint(Position(1)), keep=2)
    folder.training_file(Position(1)).unlink()
    with pytest.raises(RunError, match=r"epoch-0001\.training\.safetensors can't be read"):
        folder.read(Position(1))


def test_files_of_two_checkpoints_do_not_mix(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    for epoch in (1, 2):
        folder.save(checkpoint(Position(epoch), epoch), keep=2)
    folder.training_file(Position(1)).replace(folder.training_file(Position(2)))
    with pytest.raises(
        RunError, match=r"not what epoch-0002\.training\.safetensors was saved with"
    ):
        folder.read(Position(2))


def test_a_file_of_somebody_else_is_no_checkpoint_and_stays(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    folder = CheckpointFolder(tmp_path)
    save_file({}, tmp_path / "best.safetensors")
    save_file({}, tmp_path / "epoch-1-of-mine.safetensors")
    assert folder.finished() == []
    folder.save(checkpoint(Position(1)), keep=1)
    assert (tmp_path / "best.safetensors").exists()
    assert (tmp_path / "epoch-1-of-mine.safetensors").exists()


def test_a_training_state_without_notes_is_named(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    folder = CheckpointFolder(tmp_path)
    folder.save(checkpoint(Position(1)), keep=1)
    save_file({}, folder.training_file(Position(1)), metadata={"training": "{}"})
    with pytest.raises(RunError, match=r"epoch-0001\.safetensors|training"):
        folder.read(Position(1))


def test_all_damaged_is_as_none(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save(checkpoint(Position(1)), keep=1).write_bytes(b"")
    told: list[str] = []
    assert folder.newest(told.append) is None
    assert len(told) == 1


def test_going_on_after_a_damaged_one_removes_it(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    for position in (Position(1), Position(2, 5)):
        folder.save(checkpoint(position), keep=2)
    damage_by_truncation(folder.weights_file(Position(2, 5)))
    folder.save(checkpoint(Position(2)), keep=2)
    assert folder.finished() == [Position(2), Position(1)]


def test_numbers_that_json_could_bend_come_back_exactly(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    values = [0.1, 1 / 3, 1e-308, 5e-324, math.pi * 1e300]
    history = [{"epoch": 1, "train": {"loss": value}, "test": {}} for value in values]
    folder.save(Checkpoint(Position(1), {}, {}, history=history), keep=1)
    assert folder.read(Position(1)).history == history
