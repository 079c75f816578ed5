"""Where the program waits for the device: at the loss that is logged, as often as chosen."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import metrics, nn, optim
from minigen.models import MODELS
from minigen.training import OPTIMIZERS, RunConfig, RunFolder, Trainer, load_examples
from minigen.training.loop import STEPS_BETWEEN_READINGS
from tests.strict.counters import Counters, counting

pytestmark = pytest.mark.usefixtures("cupy")

STEPS = 2 * STEPS_BETWEEN_READINGS + 5

LOGGED = "minigen/engine/backend.py"
"""The terms are read by `to_numpy`, which `RunningAverages.read` calls."""


def small_layers(model: str) -> dict[str, Any]:
    """Return options that make a model small, as far as it has them."""
    known = inspect.signature(MODELS[model]).parameters
    grouped = {"inpainting", "pix2pix", "cyclegan", "frame-prediction"}  # by group norm
    channels, patches = [8] if model in grouped else [4], {"patch_channels": [4]}
    wanted: dict[str, Any] = {"hidden": [6], "latent": 2, "channels": channels, **patches}
    if MODELS[model].kinds == ("text",):
        wanted |= {"hidden": 6, "embedding": 4, "width": 8}
    return {name: value for name, value in wanted.items() if name in known}


def small_data(model: str) -> str:
    """Return a small data set of a kind that a model takes."""
    small = {
        "pair": "tests.pairs:squares",
        "clip": "tests.clips:points",
        "captioned image": "tests.captions:bars",
        "spectrogram": "tests.words:beeps",
        "sound": "tests.sounds:sines",
        "text": "tests.texts:names",
    }
    return next((small[kind] for kind in MODELS[model].kinds if kind in small), "digits")


def counted_steps(config: RunConfig, folder: Path) -> tuple[Trainer, list[Counters]]:
    """Train for a while; return what was counted in each step."""
    files = RunFolder(folder)
    examples = [load_examples(config, split) for split in ("train", "test")]
    images = examples[0].images
    decided = examples[0].decided()
    config = RunConfig(**{**vars(config), "model_config": {**decided, **config.model_config}})
    trainer = Trainer(config, files, *examples, progress=False, pictures=False)
    counted = []
    for step in range(STEPS):
        indices = (np.arange(8) + 8 * step) % len(images)
        with counting() as counters:
            trainer._step(indices)
        counted.append(counters)
    return trainer, counted


def expected_steps(trainer: Trainer) -> list[int]:
    """Return the steps in which the losses are to be read: after so many turns of its sides."""
    turns = np.cumsum([len(trainer.model.turns(step)) for step in range(STEPS)])
    readings = turns // STEPS_BETWEEN_READINGS
    return np.flatnonzero(np.diff(readings, prepend=0)).tolist()


@pytest.mark.parametrize(
    ("model", "optimizer"),
    [*((model, "adam") for model in MODELS), *(("vae", other) for other in OPTIMIZERS)],
)
def test_a_training_step_waits_for_the_device_only_where_the_loss_is_read(
    model: str, optimizer: str, tmp_path: Path
) -> None:
    config = RunConfig(
        model=model,
        model_config=small_layers(model),
        dataset=small_data(model),
        optimizer=optimizer,
        learning_rate=1e-4,
        device="cuda",
    )
    trainer, counted = counted_steps(config, tmp_path)
    assert all(parameter.device == "cuda:0" for parameter in trainer.model.parameters())
    assert [step for step, counters in enumerate(counted) if counters.reads] == expected_steps(
        trainer
    )
    assert not any(counters.synchronisations for counters in counted)
    lines = {line.partition(":")[0] for counters in counted for line in counters.reads}
    assert lines == {LOGGED}


def test_each_reading_reads_all_terms_of_the_steps_since_the_last_at_once(tmp_path: Path) -> None:
    config = RunConfig(model="vae", model_config=small_layers("vae"), device="cuda")
    trainer, counted = counted_steps(config, tmp_path)
    assert [len(counters.reads) for counters in counted if counters.reads] == [1, 1]
    assert len(trainer._averages.values()) == 3


def test_what_a_step_sends_is_its_batch_and_its_noise(tmp_path: Path) -> None:
    for model, count in (("autoencoder", 1), ("vae", 2), ("cvae", 3)):
        config = RunConfig(model=model, model_config=small_layers(model), device="cuda")
        _, counted = counted_steps(config, tmp_path)
        assert {len(counters.uploads) for counters in counted} == {count}, model


def _network() -> nn.Module:
    """Return layers of every kind that keeps something between steps."""
    generator = minigen.Generator(0)
    return nn.Sequential(
        nn.utils.spectral_norm(nn.Conv2d(1, 4, 3, padding=1, generator=generator)),
        nn.BatchNorm2d(4),
        nn.LeakyReLU(0.2),
        nn.MaxPool2d(2),
        nn.ConvTranspose2d(4, 2, 2, 2, generator=generator),
        nn.InstanceNorm2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Dense(128, 3, generator=generator),
    ).to("cuda")


def _clip_norm(parameters: list[nn.Parameter]) -> None:
    nn.utils.clip_grad_norm_(parameters, 0.1)


def _clip_value(parameters: list[nn.Parameter]) -> None:
    nn.utils.clip_grad_value_(parameters, 0.1)


@pytest.mark.parametrize("clip", [None, _clip_norm, _clip_value])
def test_layers_schedules_clipping_and_averages_of_weights_never_wait(
    clip: Callable[[list[nn.Parameter]], None] | None,
) -> None:
    network = _network()
    optimizer = optim.Adam(network.parameters(), amsgrad=True, weight_decay=0.1)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    average = nn.ExponentialAverage(network, 0.9)
    x = minigen.randn(4, 1, 8, 8, device="cuda")
    labels = minigen.tensor([0, 1, 2, 1], device="cuda")
    with counting() as counters:
        for _ in range(70):  # past the sweep of vanishing moments
            optimizer.zero_grad()
            loss = minigen.functional.cross_entropy(network(x), labels)
            loss.backward()
            if clip is not None:
                clip(list(network.parameters()))
            optimizer.step()
            schedule.step()
            average.update(network)
    assert counters.reads == counters.synchronisations == []
    assert len(counters.uploads) == 70  # the masks of dropout, drawn on the host


def test_a_gradient_penalty_does_not_wait_either() -> None:
    network = nn.Sequential(nn.Dense(3, 4), nn.Tanh(), nn.Dense(4, 1)).to("cuda")
    x = minigen.randn(5, 3, device="cuda", requires_grad=True)
    with counting() as counters:
        (slope,) = minigen.grad(network(x).sum(), x, create_graph=True)
        assert slope is not None
        ((slope * slope).sum(axis=1).sqrt() - 1).pow(2).mean().backward()
    assert counters == Counters()


def test_an_evaluation_reads_once_a_batch_and_term(tmp_path: Path) -> None:
    config = RunConfig(model="vae", model_config=small_layers("vae"), device="cuda")
    trainer, _ = counted_steps(config, tmp_path)
    images = np.full((10, 1, 8, 8), 0.5, np.float32)
    with counting() as counters:
        metrics.average_terms(trainer.model, images, batch_size=5)
    assert len(counters.reads) == 2 * 3
    assert counters.synchronisations == []
