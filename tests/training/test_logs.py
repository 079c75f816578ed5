"""TensorBoard's event files: that every value of every epoch is there, once."""

from __future__ import annotations

import importlib.util
import signal
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minigen.training import ConfigurationError, RunFolder, TrainingInterrupted, resume, train
from minigen.training.history import values

from .helpers import STEPS, call_at_batch, outcome, small_config


@pytest.fixture(scope="module")
def events() -> Any:
    """The format of events, if tensorboardX is installed."""
    pytest.importorskip("tensorboardX", reason="writes TensorBoard's files, and is not installed")
    from tensorboardX.proto import event_pb2

    return event_pb2


def scalars(events: Any, folder: Path) -> list[tuple[str, int, float]]:
    """Return what TensorBoard finds in a folder: names, steps and values."""
    return [
        (value.tag, event.step, value.simple_value)
        for file in sorted(folder.iterdir())
        for event in map(events.Event.FromString, _records(file.read_bytes()))
        for value in event.summary.value
    ]


def _records(contents: bytes) -> Iterator[bytes]:
    """Iterate over a file of records: length, its checksum, data, their checksum."""
    while contents:
        (length,) = struct.unpack_from("<Q", contents)
        yield contents[12 : 12 + length]
        contents = contents[16 + length :]


def expected(folder: Path) -> list[tuple[str, int, Any]]:
    return [
        (name, record["epoch"], pytest.approx(value))
        for record in RunFolder(folder).read_history()
        for name, value in values(record, "/").items()
        if name != "epoch"
    ]


@pytest.mark.parametrize("model", ["vae", "gan"])
def test_every_value_of_every_epoch_is_there(events: Any, tmp_path: Path, model: str) -> None:
    train(small_config(model=model), tmp_path, progress=False, pictures=False, log="tensorboard")
    found = scalars(events, tmp_path / "tensorboard")
    assert found == expected(tmp_path)
    assert ("watch/sample_variance" in {name for name, _, _ in found}) == (model == "gan")


def test_a_run_that_was_stopped_and_went_on_longer_has_each_epoch_once(
    events: Any, uninterrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_at_batch(monkeypatch, STEPS + 4, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(TrainingInterrupted):
        train(small_config(), tmp_path, progress=False, pictures=False, log="tensorboard")
    assert {step for _, step, _ in scalars(events, tmp_path / "tensorboard")} == {1}
    resume(tmp_path, progress=False, pictures=False, log="tensorboard")
    assert scalars(events, tmp_path / "tensorboard") == expected(tmp_path)
    assert outcome(tmp_path) == outcome(uninterrupted)
    resume(tmp_path, epochs=4, progress=False, pictures=False, log="tensorboard")
    assert scalars(events, tmp_path / "tensorboard") == expected(tmp_path)


def test_a_finished_run_is_logged_afterwards(events: Any, tmp_path: Path) -> None:
    train(small_config(epochs=1), tmp_path, progress=False, pictures=False)
    assert not (tmp_path / "tensorboard").exists()
    resume(tmp_path, progress=False, log="tensorboard")
    assert scalars(events, tmp_path / "tensorboard") == expected(tmp_path)


def test_a_run_that_is_replaced_leaves_no_events(events: Any, tmp_path: Path) -> None:
    train(small_config(epochs=1), tmp_path, progress=False, pictures=False, log="tensorboard")
    train(small_config(epochs=1), tmp_path, progress=False, pictures=False, overwrite=True)
    assert not list((tmp_path / "tensorboard").iterdir())


def test_a_log_that_cannot_be_written_is_told_before_there_is_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match="log: one of tensorboard is"):
        train(small_config(), tmp_path / "run", log="wandb")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    missing = r"pip install 'minigen-numpy\[tensorboard\]'"
    with pytest.raises(ConfigurationError, match=missing):
        train(small_config(), tmp_path / "run", log="tensorboard")
    with pytest.raises(ConfigurationError, match=missing):
        resume(tmp_path / "run", log="tensorboard")
    assert not list(tmp_path.iterdir())
