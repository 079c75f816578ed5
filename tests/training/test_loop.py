from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import minigen
import minigen.functional as F
from minigen import models
from minigen.models import VAE
from minigen.training import DivergenceError, Trainer, train

from .helpers import STEPS, outcome, small_config


class FragileVAE(VAE):
    """Takes, in training or in evaluation, the logarithm of a number that may be negative."""

    name = "fragile"
    in_training = True
    below = 0.0

    def terms(
        self, x: Any, labels: Any = None, *, noise: Any = None, generator: Any = None
    ) -> dict[str, Any]:
        terms = super().terms(x, labels, noise=noise, generator=generator)
        if self.training == self.in_training and generator is not None:
            drawn = minigen.tensor(generator.uniform(20))
            terms["loss"] = terms["loss"] + F.log(drawn - self.below).sum() * 0.0
        return terms


@pytest.fixture
def fragile(monkeypatch: pytest.MonkeyPatch) -> type[FragileVAE]:
    monkeypatch.setitem(models.MODELS, "fragile", FragileVAE)
    return FragileVAE


def run_and_fail(folder: Path, **changes: Any) -> DivergenceError:
    with pytest.raises(DivergenceError) as failure:
        train(small_config(**changes), folder, progress=False)
    return failure.value


@pytest.mark.parametrize("interval", [1, 5])
def test_the_offending_batch_is_repeated_with_its_noise_to_name_the_cause(
    tmp_path: Path,
    fragile: type[FragileVAE],
    monkeypatch: pytest.MonkeyPatch,
    interval: int,
) -> None:
    # One batch in about fifty draws so small a number; with other noise, no cause is found.
    monkeypatch.setattr(fragile, "below", 0.001)
    original = Trainer.__init__

    def with_interval(self: Trainer, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options)
        self._interval = interval

    monkeypatch.setattr(Trainer, "__init__", with_interval)
    failure = run_and_fail(tmp_path, model="fragile", epochs=50)
    assert "log made nan" in failure.cause
    assert "float32 (20,)" in failure.cause
    assert "test_loop.py" in failure.cause
    assert f"in epoch {failure.epoch}, step {failure.step}. Cause: " in str(failure)
    finished = failure.epoch - 1
    assert finished > 0
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == list(range(1, failure.epoch))
    assert failure.checkpoint == tmp_path / f"checkpoints/epoch-{finished:04}.safetensors"
    assert failure.checkpoint.exists()
    assert str(failure.checkpoint) in str(failure)
    assert (tmp_path / "samples" / "losses.png").exists()


def test_a_learning_rate_that_is_too_high_ends_the_run_at_once(tmp_path: Path) -> None:
    failure = run_and_fail(tmp_path, learning_rate=1e30, optimizer="sgd")
    assert (failure.epoch, failure.step) == (1, 2)
    assert failure.checkpoint is None
    assert "made" in failure.cause
    assert "lower learning rate may help; no checkpoint yet" in str(failure)


def test_a_test_loss_that_is_not_finite_ends_the_run_too(
    tmp_path: Path, fragile: type[FragileVAE], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fragile, "in_training", False)
    monkeypatch.setattr(fragile, "below", 1.0)
    failure = run_and_fail(tmp_path, model="fragile")
    assert str(failure).startswith("the test loss became NaN or infinite after epoch 1. Cause: log")
    assert failure.step == STEPS
    assert not (tmp_path / "metrics.jsonl").exists()


def test_numpy_does_not_warn_beside(tmp_path: Path) -> None:
    # Warnings are errors in these tests: without the trainer's silence this fails otherwise.
    run_and_fail(tmp_path, learning_rate=1e4, optimizer="sgd", epochs=20)


def test_training_is_left_in_training_mode_by_the_evaluation(
    tmp_path: Path, fragile: type[FragileVAE], monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[bool] = []
    original = fragile.terms

    def noted(self: FragileVAE, *arguments: Any, **options: Any) -> dict[str, Any]:
        modes.append(self.training)
        return original(self, *arguments, **options)

    monkeypatch.setattr(fragile, "below", -1.0)
    monkeypatch.setattr(fragile, "terms", noted)
    train(small_config(model="fragile", epochs=2), tmp_path, progress=False, pictures=False)
    _rehearsal, *modes = modes
    assert modes == [*[True] * STEPS, False] * 2


def test_as_many_checkpoints_are_kept_as_asked(tmp_path: Path) -> None:
    train(small_config(epochs=4, keep=3), tmp_path, progress=False, pictures=False)
    assert outcome(tmp_path)["weights"] == "epoch-0004.safetensors"
    assert sorted(file.name for file in (tmp_path / "checkpoints").iterdir()) == [
        f"epoch-{epoch:04}.{kind}safetensors" for epoch in (2, 3, 4) for kind in ("", "training.")
    ]


GAN: dict[str, Any] = {"model": "gan", "model_config": {"hidden": [8], "latent": 2}}


def test_a_gans_sides_have_an_optimiser_each_and_move_in_their_turns(tmp_path: Path) -> None:
    options = {"hidden": [8], "latent": 2, "critic_steps": 5}
    config = small_config(model="gan", model_config=options, epochs=1)
    moved: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models.GAN, "finish_turn", lambda _self, side: moved.append(side))
        run = train(config, tmp_path, progress=False, pictures=False)
    steps = STEPS - 1  # the last batch is not full, and left out
    assert moved.count("discriminator") == steps
    assert moved.count("generator") == steps // 5
    assert set(run.history[0]["train"]) == {
        "discriminator_loss", "penalty", "real_score", "fake_score", "generator_loss",
    }  # fmt: skip


def test_the_watch_is_kept_in_the_history_and_speaks_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("minigen.models.watch.COLLAPSED", 1e9)
    original = Trainer.__init__

    def with_report(self: Trainer, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options, report=told.append)

    monkeypatch.setattr(Trainer, "__init__", with_report)
    run = train(small_config(**GAN, epochs=2), tmp_path, progress=False, pictures=False)
    for record in run.history:
        assert set(record["watch"]) == {"discriminator", "generator_gradient", "sample_variance"}
    assert len(told) == 2
    assert told[1].startswith("watch: after epoch 2 the samples' variance is")


def test_a_fault_in_a_gans_turn_is_traced_with_its_noise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = models.GAN._generator_terms

    def fragile(self: Any, noise: Any, *told: Any) -> Any:
        terms = original(self, noise, *told)
        if self.training:  # one batch in some hundred has so small a number
            terms["generator_loss"] = terms["generator_loss"] + 0.0 * F.log(noise.min() + 3.9)
        return terms

    monkeypatch.setattr(models.GAN, "_generator_terms", fragile)
    failure = run_and_fail(tmp_path, **GAN, epochs=50)
    assert "log made nan" in failure.cause


def test_a_rest_too_small_for_a_pack_is_left_out(tmp_path: Path) -> None:
    options = {**GAN["model_config"], "packing": 8}  # the last batch of the digits has 7 images
    config = small_config(model="gan", model_config=options, epochs=1)
    run = train(config, tmp_path, progress=False, pictures=False)
    assert len(run.history) == 1
