from __future__ import annotations

import json
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import data, files, models, nn, viz
from minigen.engine.random import default_generator
from minigen.models import VAE
from minigen.training import (
    ConfigurationError,
    RunError,
    Trainer,
    TrainingInterrupted,
    load_examples,
    load_model,
    resume,
    runs,
    train,
)

from .helpers import STEPS, call_at_batch, outcome, small_config


def quietly(folder: Path, **changes: Any) -> runs.Run:
    """Train a small run without pictures and progress bars."""
    return train(small_config(**changes), folder, progress=False, pictures=False)


def go_on(folder: Path) -> list[str]:
    """Resume without pictures and progress bars; return what was told."""
    told: list[str] = []
    resume(folder, progress=False, pictures=False, report=told.append)
    return told


def stop_at(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    """Have Ctrl-C pressed while the batch of that number is made."""
    call_at_batch(monkeypatch, batch, lambda: signal.raise_signal(signal.SIGINT))


# -------------------------------------------------------------------------------- what is written


def test_a_run_writes_a_line_an_epoch_with_terms_and_no_times(uninterrupted: Path) -> None:
    records = [
        json.loads(line) for line in (uninterrupted / "metrics.jsonl").read_text().splitlines()
    ]
    assert [record["epoch"] for record in records] == [1, 2, 3]
    for record in records:
        assert list(record) == ["epoch", "train", "test"]
        for split in ("train", "test"):
            assert list(record[split]) == ["loss", "reconstruction", "kl"]
            terms = record[split]
            assert terms["loss"] == pytest.approx(terms["reconstruction"] + terms["kl"], rel=1e-5)
    assert records[-1]["test"]["loss"] < records[0]["test"]["loss"] < 64 * np.log(2)


def test_the_configuration_names_all_that_the_model_was_made_from(uninterrupted: Path) -> None:
    config = json.loads((uninterrupted / "config.json").read_text())
    assert config["model_config"] == {
        "image_shape": [1, 8, 8],
        "hidden": [8],
        "latent": 2,
        "activation": "relu",
        "decoder": "bernoulli",
        "prior": "standard",
        "components": 100,
        "beta": 1.0,
        "warmup": 0.0,
        "free_bits": 0.0,
        "importance_samples": 1,
    }
    model = models.build(config["model"], **config["model_config"])
    assert model.config() == config["model_config"]


def test_the_average_over_an_epoch_is_over_its_images(tmp_path: Path) -> None:
    # With a vanishing learning rate every batch sees the same weights.
    run = quietly(tmp_path, model="autoencoder", epochs=1, learning_rate=1e-30)
    images = data.load("digits").scaled()
    model: Any = run.model
    with minigen.no_grad():
        expected = model.loss(images).item()
    assert run.history[0]["train"]["loss"] == pytest.approx(expected, rel=1e-6)


def test_pytorch_loads_the_weights_as_they_are(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    safetensors_torch = pytest.importorskip("safetensors.torch")
    run = quietly(tmp_path, epochs=1)

    class TorchVAE(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.encoder = torch.nn.Sequential(torch.nn.Linear(64, 8), torch.nn.ReLU())
            self.to_mu = torch.nn.Linear(8, 2)
            self.to_logvar = torch.nn.Linear(8, 2)
            self.decoder = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU())
            self.to_pixels = torch.nn.Linear(8, 64)

    theirs = TorchVAE()
    weights = tmp_path / "checkpoints" / "epoch-0001.safetensors"
    theirs.load_state_dict(safetensors_torch.load_file(weights), strict=True)
    x = data.load("digits", "test").scaled()[:5]
    with torch.no_grad():
        mu = theirs.to_mu(theirs.encoder(torch.tensor(x.reshape(5, 64))))
        shown = torch.sigmoid(theirs.to_pixels(theirs.decoder(mu))).reshape(5, 1, 8, 8)
    model: Any = run.model
    with minigen.no_grad():
        assert model.reconstruct(x).numpy() == pytest.approx(shown.numpy(), abs=1e-6)


def test_progress_and_the_running_loss_are_shown_on_the_error_stream(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(small_config(epochs=2), tmp_path, pictures=False)
    shown = capsys.readouterr()
    assert shown.out == ""
    for epoch in (1, 2):
        assert f"epoch {epoch}/2: 100%" in shown.err
    assert f"{STEPS}/{STEPS}" in shown.err
    assert "loss=" in shown.err
    assert "test=" in shown.err


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("vae", "epoch-0001.png epoch-0002.png losses.png reconstructions.png samples.gif"),
        ("gan", "epoch-0001.png epoch-0002.png losses.png samples.gif"),
        ("autoencoder", "losses.png reconstructions.png"),
    ],
)
def test_pictures_are_drawn(tmp_path: Path, model: str, expected: str) -> None:
    train(small_config(model=model, epochs=2), tmp_path, progress=False)
    assert sorted(file.name for file in (tmp_path / "samples").iterdir()) == expected.split()


def test_the_model_comes_back_ready_for_use(tmp_path: Path) -> None:
    run = quietly(tmp_path, epochs=1)
    assert not run.model.training
    assert run.folder == tmp_path
    loaded: Any = load_model(tmp_path)
    assert not loaded.training
    model: Any = run.model
    x = minigen.Generator(0).uniform((3, 1, 8, 8))
    with minigen.no_grad():
        assert np.array_equal(loaded.reconstruct(x).array, model.reconstruct(x).array)


# -------------------------------------------------------------------------------------- same bits


def test_the_same_configuration_gives_the_same_bits(uninterrupted: Path, tmp_path: Path) -> None:
    quietly(tmp_path)
    assert outcome(tmp_path) == outcome(uninterrupted)


def test_another_seed_gives_another_run(uninterrupted: Path, tmp_path: Path) -> None:
    quietly(tmp_path, seed=1)
    assert outcome(tmp_path)["bits"] != outcome(uninterrupted)["bits"]


def test_pictures_and_progress_bars_have_no_influence(uninterrupted: Path, tmp_path: Path) -> None:
    train(small_config(), tmp_path)
    assert outcome(tmp_path) == outcome(uninterrupted)


def test_the_state_of_the_default_generator_has_no_influence(
    uninterrupted: Path, tmp_path: Path
) -> None:
    minigen.manual_seed(12345)
    quietly(tmp_path)
    assert outcome(tmp_path) == outcome(uninterrupted)


def test_the_loss_may_be_read_now_and_then(
    uninterrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Trainer.__init__

    def as_on_a_gpu(self: Trainer, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options)
        self._interval = 5

    monkeypatch.setattr(Trainer, "__init__", as_on_a_gpu)
    stop_at(monkeypatch, STEPS + 8)
    with pytest.raises(TrainingInterrupted):
        quietly(tmp_path)
    go_on(tmp_path)
    assert outcome(tmp_path) == outcome(uninterrupted)


# ---------------------------------------------------------------------------- stopped and resumed


@pytest.mark.parametrize("batch", [1, 2, STEPS - 1, STEPS, STEPS + 1, 3 * STEPS - 1])
def test_ctrl_c_saves_within_the_epoch_and_resuming_gives_the_same_bits(
    uninterrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    stop_at(monkeypatch, batch)
    with pytest.raises(TrainingInterrupted) as stop:
        quietly(tmp_path)
    epoch, step = divmod(batch, STEPS)  # the step that was being made is finished
    name = f"epoch-{epoch:04}-step-{step:05}" if step else f"epoch-{epoch:04}"
    assert stop.value.checkpoint == tmp_path / "checkpoints" / f"{name}.safetensors"
    assert stop.value.checkpoint.exists()
    assert f"minigen train --resume {tmp_path}" in str(stop.value)
    assert go_on(tmp_path) == [f"{tmp_path}: going on from {name}"]
    assert outcome(tmp_path) == outcome(uninterrupted)


def test_a_stop_in_the_last_step_of_all_lets_the_run_finish(
    uninterrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_at(monkeypatch, 3 * STEPS)
    quietly(tmp_path)
    assert outcome(tmp_path) == outcome(uninterrupted)


def test_a_run_may_be_stopped_again_and_again(
    uninterrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start: Callable[[Path], object] = quietly
    stops = 0
    while True:
        with monkeypatch.context() as patch:
            stop_at(patch, 5)
            try:
                start(tmp_path)
                break
            except TrainingInterrupted:
                stops += 1
                start = go_on
    assert stops == 3 * STEPS // 5
    assert outcome(tmp_path) == outcome(uninterrupted)


VARIANTS: list[dict[str, Any]] = [
    {"optimizer": "sgd"},
    {"optimizer": "rmsprop"},
    {"optimizer": "adamw"},
    {"schedule": "cosine"},
    {"binarize": "static"},
    {"binarize": "dynamic"},
    {"model": "autoencoder"},
    {"model": "cvae"},
    {"model": "gan", "dataset": "digits", "model_config": {"hidden": [8], "latent": 2}},
    {
        "model": "dcgan",
        "model_config": {"channels": [4, 4], "latent": 2, "spectral_norm": True, "average": 0.9},
    },
    {
        "model": "cgan",
        "model_config": {"channels": [4], "latent": 2, "objective": "wasserstein-gp"},
        "schedule": "cosine",
    },
    {
        "model": "vae-gan",
        "model_config": {"channels": [4], "hidden": [6], "latent": 2, "batch_norm": True},
        "schedule": "linear",
    },
    {
        "model": "super-resolution",
        "dataset": "digits",
        "model_config": {"channels": [4], "adversarial": 1.0, "perceptual": 1.0},
    },
    {"model_config": {"hidden": [8, 4], "latent": 2, "decoder": "gaussian", "beta": 0.5}},
    {"seed": 2**63},
]


@pytest.mark.parametrize("changes", VARIANTS, ids=str)
def test_resuming_gives_the_same_bits_whatever_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    quietly(tmp_path / "whole", epochs=2, **changes)
    stop_at(monkeypatch, STEPS + 7)
    with pytest.raises(TrainingInterrupted):
        quietly(tmp_path / "stopped", epochs=2, **changes)
    go_on(tmp_path / "stopped")
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")


class NoisyVAE(VAE):
    """Has layers that draw from the default generator, and from one of their own."""

    name = "noisy"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.encoder = nn.Sequential(
            *self.encoder.children(),
            nn.Dropout(0.5),
            nn.Dropout(0.5, generator=minigen.Generator(7)),
            nn.BatchNorm1d(8),
        )


def test_layers_with_noise_and_running_statistics_go_on_where_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(models.MODELS, "noisy", NoisyVAE)
    quietly(tmp_path / "whole", epochs=2, model="noisy")
    stop_at(monkeypatch, STEPS + 7)
    with pytest.raises(TrainingInterrupted):
        quietly(tmp_path / "stopped", epochs=2, model="noisy")
    default_generator().normal(100)
    go_on(tmp_path / "stopped")
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")


class Killed(BaseException):
    """Stands in for SIGKILL: nothing in the library catches it."""


def count_writes(action: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many files an action puts in place."""
    replace = Path.replace
    count = 0

    def counting(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", counting)
        action()
    return count


def kill_at_write(number: int, monkeypatch: pytest.MonkeyPatch, *, before: bool) -> None:
    """Kill the run before or after it puts its file of that number, from 1, in place."""
    replace = Path.replace
    count = 0

    def killing(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count == number and before:
            raise Killed
        replace(self, target)
        if count == number:
            raise Killed
        return target

    monkeypatch.setattr(Path, "replace", killing)
    # A process that is killed does not tidy up.
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)


@pytest.mark.parametrize("before", [True, False])
def test_a_kill_at_any_write_costs_nothing_but_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    for figure in ("save_curves", "save_reconstructions"):  # they take most of the time
        monkeypatch.setattr(
            viz, figure, lambda path, *_, **__: files.write_atomically(path, b"a picture")
        )
    whole = tmp_path / "whole"
    writes = count_writes(lambda: train(small_config(epochs=2), whole, progress=False), monkeypatch)
    assert writes > 8
    for number in range(1, writes + 1):
        folder = tmp_path / f"killed-{number}"
        with monkeypatch.context() as patch:
            kill_at_write(number, patch, before=before)
            with pytest.raises(Killed):
                train(small_config(epochs=2), folder, progress=False)
        if not (folder / "config.json").exists():  # nothing to resume yet
            assert number == 1
            continue
        go_on(folder)
        assert outcome(folder) == outcome(whole), f"killed at write {number}"
        assert not list(folder.rglob("*.partial"))
        shutil.rmtree(folder)


def test_a_run_without_a_checkpoint_starts_again(
    uninterrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill() -> None:
        raise Killed

    with monkeypatch.context() as patch:
        call_at_batch(patch, 5, kill)
        with pytest.raises(Killed):
            quietly(tmp_path)
    assert go_on(tmp_path) == [f"{tmp_path}: there is no checkpoint, so the run starts again"]
    assert outcome(tmp_path) == outcome(uninterrupted)


def test_a_damaged_checkpoint_is_named_and_made_anew(uninterrupted: Path, tmp_path: Path) -> None:
    shutil.copytree(uninterrupted, tmp_path, dirs_exist_ok=True)
    newest = tmp_path / "checkpoints" / "epoch-0003.safetensors"
    newest.write_bytes(newest.read_bytes()[:-10])
    damaged, going_on = go_on(tmp_path)
    assert str(newest) in damaged
    assert going_on == f"{tmp_path}: going on from epoch-0002"
    assert outcome(tmp_path) == outcome(uninterrupted)


def test_a_finished_run_says_so_and_needs_no_data(
    uninterrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(uninterrupted, tmp_path, dirs_exist_ok=True)
    (tmp_path / "metrics.jsonl").unlink()  # as after a kill at the worst moment

    def unreachable(*_: object) -> None:
        raise data.DataError("no data")

    monkeypatch.setattr(runs, "load_examples", unreachable)
    told: list[str] = []
    run = resume(tmp_path, report=told.append)
    assert told == [f"{tmp_path}: the run is finished after 3 epochs"]
    assert [record["epoch"] for record in run.history] == [1, 2, 3]
    assert outcome(tmp_path) == outcome(uninterrupted)


def test_what_is_told_is_logged_by_default(
    uninterrupted: Path, caplog: pytest.LogCaptureFixture
) -> None:
    resume(uninterrupted)
    assert "the run is finished after 3 epochs" in caplog.text


# -------------------------------------------------------------------------------- what is refused


def test_a_folder_with_a_run_is_refused_before_anything_is_touched(
    uninterrupted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = outcome(uninterrupted)
    monkeypatch.setattr(runs, "load_examples", lambda *_: pytest.fail("data was loaded"))
    with pytest.raises(RunError, match="holds another run"):
        quietly(uninterrupted)
    assert outcome(uninterrupted) == before


def test_overwriting_replaces_the_run(uninterrupted: Path, tmp_path: Path) -> None:
    quietly(tmp_path, seed=1, epochs=4)
    train(small_config(), tmp_path, overwrite=True, progress=False, pictures=False)
    assert outcome(tmp_path) == outcome(uninterrupted)


@pytest.mark.parametrize(
    "changes", [{"model_config": {"latent": 0}}, {"device": "cuda:99"}, {"dataset": "mnist"}]
)
def test_a_run_that_cannot_start_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path / "empty"))
    with pytest.raises((ConfigurationError, minigen.DeviceError, data.DataError)):
        quietly(tmp_path / "run", **changes)
    assert not (tmp_path / "run").exists()


def test_there_must_be_a_run_to_go_on_with(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no run"):
        resume(tmp_path)
    with pytest.raises(RunError, match="holds no run"):
        load_model(tmp_path)


def test_there_must_be_a_checkpoint_to_load(uninterrupted: Path, tmp_path: Path) -> None:
    shutil.copy(uninterrupted / "config.json", tmp_path)
    with pytest.raises(RunError, match="holds no checkpoint yet"):
        load_model(tmp_path)


def test_a_checkpoint_of_another_model_is_refused(uninterrupted: Path, tmp_path: Path) -> None:
    shutil.copytree(uninterrupted, tmp_path, dirs_exist_ok=True)
    entries = json.loads((tmp_path / "config.json").read_text())
    entries["model_config"]["latent"] = 3
    entries["epochs"] = 4
    (tmp_path / "config.json").write_text(json.dumps(entries))
    for act in (resume, load_model):
        with pytest.raises(RunError, match=r"(?s)epoch-0003.* does not fit .*config\.json.*to_mu"):
            act(tmp_path)


def test_a_model_may_be_loaded_elsewhere_than_it_was_trained(uninterrupted: Path) -> None:
    model = load_model(uninterrupted, device="cpu")
    assert next(iter(model.parameters())).device == "cpu"
    with pytest.raises(minigen.DeviceError):
        load_model(uninterrupted, device="cuda:99")


def test_test_images_are_those_of_the_run(tmp_path: Path) -> None:
    run = quietly(tmp_path, binarize="static", epochs=1)
    images = load_examples(run.config, "test").images
    assert set(np.unique(images)) == {0, 1}


def test_without_a_standard_error_stream_there_is_no_bar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    run = train(small_config(epochs=1), tmp_path, pictures=False)
    assert len(run.history) == 1


def test_a_run_is_shown_as_a_table_of_its_epochs(tmp_path: Path) -> None:
    run = quietly(tmp_path, epochs=2)
    title, heading, *rows = str(run).splitlines()
    assert title == f"vae on digits: {tmp_path}"
    assert heading.split("  ")[:2] == ["epoch", "train loss"]
    assert heading.endswith("test kl")
    assert [row.split()[0] for row in rows] == ["1", "2"]
    assert rows[-1].split()[1] == f"{run.history[-1]['train']['loss']:.2f}"
    assert run._repr_mimebundle_(include=None, exclude=None) == {"text/plain": str(run)}
