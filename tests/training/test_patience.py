"""Runs that stop when what is left out gets no better, and keep the best epoch."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigen.training import RunConfig, TrainingInterrupted, load_model, resume, train
from minigen.training.errors import ConfigurationError
from minigen.training.folder import Position
from minigen.training.history import best_epoch
from minigen.training.loop import is_over

from .helpers import call_at_batch, outcome

SMALL = {"hidden": 8, "embedding": 4, "members": 2}


def config(**changes: Any) -> RunConfig:
    settings: dict[str, Any] = {
        "model": "char-gru",
        "model_config": SMALL,
        "dataset": "tests.texts:names",
        "epochs": 30,
        "batch_size": 10,
        "learning_rate": 0.1,
        "patience": 2,
        "schedule": "constant",
    }
    return RunConfig(**settings | changes)


def losses(run: Any) -> list[float]:
    return [record["test"]["loss"] for record in run.history]


def test_a_run_stops_and_its_model_is_the_best_one(tmp_path: Path) -> None:
    run = train(config(), tmp_path, progress=False, pictures=False)
    found, best = losses(run), best_epoch(run.history)
    assert best is not None
    assert len(found) == best + 2 < 30
    assert run.config.validation == 6
    loaded = load_model(tmp_path)
    for name, value in run.model.state_dict().items():
        np.testing.assert_array_equal(value, loaded.state_dict()[name])
    names = {path.name for path in (tmp_path / "checkpoints").glob("epoch-????.safetensors")}
    assert f"epoch-{best:04}.safetensors" in names
    again = resume(tmp_path, progress=False, pictures=False)
    assert again.history == run.history


def test_without_patience_a_run_goes_to_its_end(tmp_path: Path) -> None:
    run = train(config(patience=0, epochs=4), tmp_path, progress=False, pictures=False)
    assert len(run.history) == 4
    assert run.config.validation == 0


def test_a_stopped_run_goes_on_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(config(), tmp_path / "whole", progress=False, pictures=False)
    with monkeypatch.context() as patch:
        call_at_batch(patch, 8, lambda: signal.raise_signal(signal.SIGINT))
        with pytest.raises(TrainingInterrupted):
            train(config(), tmp_path / "stopped", progress=False, pictures=False)
    resume(tmp_path / "stopped", progress=False, pictures=False)
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")


def test_a_lost_best_checkpoint_is_told(tmp_path: Path) -> None:
    run = train(config(), tmp_path, progress=False, pictures=False)
    best = best_epoch(run.history)
    (tmp_path / "checkpoints" / f"epoch-{best:04}.safetensors").unlink()
    told: list[str] = []
    load_model(tmp_path, report=told.append)
    assert "in the place of the best epoch" in told[0]


def test_a_run_is_over_after_its_patience() -> None:
    history = [{"epoch": n, "test": {"loss": x}} for n, x in enumerate((3.0, 2.0, 2.5, 2.0), 1)]
    assert is_over(config(), Position(4), history)
    assert not is_over(config(), Position(3), history[:3])
    assert not is_over(config(patience=0), Position(4), history)
    assert is_over(config(patience=0, epochs=4), Position(4), history)


def test_impatience_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="patience: an integer of at least 0"):
        config(patience=-1)
