"""Runs that go on to more epochs than they were to have, or end after fewer."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from minigen.training import (
    CheckpointFolder,
    ConfigurationError,
    TrainingInterrupted,
    resume,
    train,
)
from minigen.training.loop import Trainer

from .helpers import STEPS, call_at_batch, outcome, small_config


def quietly(folder: Path, **changes: Any) -> None:
    train(small_config(**changes), folder, progress=False, pictures=False)


def go_on(folder: Path, epochs: int | None = None) -> None:
    resume(folder, epochs=epochs, progress=False, pictures=False, report=lambda _: None)


def stop_at(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    call_at_batch(monkeypatch, batch, lambda: signal.raise_signal(signal.SIGINT))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimizer": "adamw", "binarize": "dynamic", "keep": 1},
        {"model_config": {"hidden": [8], "latent": 2, "warmup": 2.5, "free_bits": 0.1}},
        {"model": "autoencoder", "model_config": {"hidden": [8], "corruption": 0.3}},
        {
            "model": "gan",
            "model_config": {"hidden": [8], "latent": 2, "average": 0.9},
            "schedule": "constant",  # one that falls knows the run's length from the start
        },
        {"model": "cvae"},
    ],
    ids=["VAE", "AdamW", "warm-up", "denoising", "GAN", "conditional"],
)
def test_a_finished_run_goes_on_as_if_it_had_been_longer_from_the_start(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    quietly(tmp_path / "longer", epochs=2, **changes)
    go_on(tmp_path / "longer", epochs=4)
    quietly(tmp_path / "whole", epochs=4, **changes)
    assert outcome(tmp_path / "longer") == outcome(tmp_path / "whole")


def test_pictures_too_are_those_of_the_longer_run(tmp_path: Path) -> None:
    train(small_config(epochs=1), tmp_path / "longer", progress=False)
    resume(tmp_path / "longer", epochs=2, progress=False, report=lambda _: None)
    train(small_config(epochs=2), tmp_path / "whole", progress=False)
    longer, whole = (
        sorted(path.name for path in (tmp_path / name / "samples").iterdir())
        for name in ("longer", "whole")
    )
    assert longer == whole
    for name in ("samples.gif", "epoch-0002.png"):
        pictures = [tmp_path / run / "samples" / name for run in ("longer", "whole")]
        assert pictures[0].read_bytes() == pictures[1].read_bytes()


@pytest.mark.parametrize("epochs", [2, 5])
def test_a_run_stopped_within_an_epoch_ends_elsewhere_too(
    uninterrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epochs: int
) -> None:
    stop_at(monkeypatch, STEPS + 4)
    with pytest.raises(TrainingInterrupted):
        quietly(tmp_path / "stopped")
    go_on(tmp_path / "stopped", epochs=epochs)
    quietly(tmp_path / "whole", epochs=epochs)
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")


def test_the_new_length_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quietly(tmp_path / "longer", epochs=1)
    stop_at(monkeypatch, 5)
    with pytest.raises(TrainingInterrupted):
        go_on(tmp_path / "longer", epochs=3)
    go_on(tmp_path / "longer")
    quietly(tmp_path / "whole", epochs=3)
    assert outcome(tmp_path / "longer") == outcome(tmp_path / "whole")


def test_a_run_without_a_checkpoint_starts_again_with_the_new_length(tmp_path: Path) -> None:
    quietly(tmp_path / "killed", epochs=1)
    for file in (tmp_path / "killed" / "checkpoints").iterdir():
        file.unlink()
    go_on(tmp_path / "killed", epochs=2)
    quietly(tmp_path / "whole", epochs=2)
    assert outcome(tmp_path / "killed") == outcome(tmp_path / "whole")


@pytest.mark.parametrize("epochs", [3, 2, 0, -1, "4", 4.0, True])
def test_what_is_no_longer_run_is_refused_and_nothing_changes(
    uninterrupted: Path, epochs: Any
) -> None:
    before = outcome(uninterrupted)
    with pytest.raises(ConfigurationError, match="epochs: "):
        go_on(uninterrupted, epochs=epochs)
    assert outcome(uninterrupted) == before


def test_a_schedule_that_depends_on_the_length_refuses_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_at(monkeypatch, 5)
    with pytest.raises(TrainingInterrupted):
        quietly(tmp_path / "stopped", epochs=2, schedule="cosine")
    for epochs in (1, 3):
        with pytest.raises(ConfigurationError, match="epochs: under the cosine schedule"):
            go_on(tmp_path / "stopped", epochs=epochs)
    go_on(tmp_path / "stopped", epochs=2)  # as it was to be
    quietly(tmp_path / "whole", epochs=2, schedule="cosine")
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")


def steps_taken(folder: Path) -> int:
    """Return how many updates the optimiser of a run has made."""
    newest = CheckpointFolder(folder / "checkpoints").newest()
    assert newest is not None
    return int(max(entry["step"] for entry in newest.optimizers["model"]["state"].values()))


@pytest.mark.parametrize(("steps", "epochs"), [(5, 1), (STEPS, 1), (STEPS + 3, 2)])
def test_a_run_of_so_many_steps_ends_within_an_epoch(
    tmp_path: Path, steps: int, epochs: int
) -> None:
    run = train(small_config(steps=steps), tmp_path, progress=False, pictures=False)
    assert (run.config.steps, run.config.epochs) == (steps, epochs)
    assert [record["epoch"] for record in run.history] == list(range(1, epochs + 1))
    assert steps_taken(tmp_path) == steps


def test_a_run_of_whole_epochs_is_the_run_of_as_many_steps(tmp_path: Path) -> None:
    quietly(tmp_path / "epochs", epochs=2, schedule="linear")
    quietly(tmp_path / "steps", steps=2 * STEPS, schedule="linear")
    whole, counted = (outcome(tmp_path / name) for name in ("epochs", "steps"))
    assert whole["bits"] == counted["bits"]
    assert whole["metrics"] == counted["metrics"]


def test_a_run_of_so_many_steps_is_stopped_and_resumed_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"steps": STEPS + 5, "schedule": "linear", "validation": 30}
    quietly(tmp_path / "whole", **options)
    stop_at(monkeypatch, STEPS + 2)
    with pytest.raises(TrainingInterrupted):
        quietly(tmp_path / "stopped", **options)
    go_on(tmp_path / "stopped")
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")
    with pytest.raises(ConfigurationError, match="epochs: the run was to have 17 steps"):
        go_on(tmp_path / "stopped", epochs=4)


def test_lazy_r1_and_the_averages_warm_up_go_on_where_a_run_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"channels": [2], "generator_hidden": [4], "discriminator_hidden": [4], "latent": 3}
    options = {"model": "cgan", "model_config": sizes | {"r1_interval": 5}, "epochs": 1}
    quietly(tmp_path / "whole", **options)
    stop_at(monkeypatch, 8)
    with pytest.raises(TrainingInterrupted):
        quietly(tmp_path / "stopped", **options)
    go_on(tmp_path / "stopped")
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")


def test_minutes_become_the_steps_that_fit_and_are_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Trainer, "time_a_step", lambda _: 0.5)
    said: list[str] = []
    run = train(small_config(), tmp_path / "timed", minutes=0.1, progress=False, report=said.append)
    assert (run.config.steps, run.config.epochs) == (12, 1)
    assert said == ["0.1 minutes: 12 steps at the present pace"]
    quietly(tmp_path / "counted", steps=12)
    assert outcome(tmp_path / "timed") == outcome(tmp_path / "counted")


def test_steps_are_timed_without_a_trace_in_the_run(tmp_path: Path) -> None:
    run = train(small_config(), tmp_path, minutes=1e-9, progress=False, pictures=False)
    assert run.config.steps == 1
    quietly(tmp_path / "plain", steps=1)
    assert outcome(tmp_path)["bits"] == outcome(tmp_path / "plain")["bits"]
