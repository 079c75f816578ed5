from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

import minigen
from minigen import models
from minigen.training import RunFolder
from minigen.training.pictures import Album

from .helpers import small_config

HISTORY = [{"epoch": 3, "train": {"loss": 2.0}, "test": {"loss": 1.0}}]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that shows the last entry."""
    times = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: times[-1])
    return times


def album(path: Path, name: str = "vae", **options: Any) -> Album:
    folder = RunFolder(path)
    folder.create(small_config())
    model = models.build(name, image_shape=(1, 4, 4), hidden=[4], latent=2)
    images = minigen.Generator(0).uniform((30, 1, 4, 4))
    return Album(folder, model, (images, None), seed=0, title="a run", **options)


def drawn(path: Path) -> set[str]:
    """Return the names of the pictures, and take them away."""
    names = {file.name for file in (path / "samples").iterdir()}
    for name in names:
        (path / "samples" / name).unlink()
    return names


def test_samples_come_after_every_epoch_and_figures_now_and_then(
    tmp_path: Path, clock: list[float]
) -> None:
    figures = {"reconstructions.png", "losses.png"}
    shown = album(tmp_path)
    shown.draw(HISTORY, last=False)
    assert drawn(tmp_path) == {"epoch-0003.png", *figures}
    clock.append(1009.0)
    shown.draw(HISTORY, last=False)
    assert drawn(tmp_path) == {"epoch-0003.png"}
    clock.append(1010.0)
    shown.draw(HISTORY, last=False)
    assert drawn(tmp_path) == {"epoch-0003.png", *figures}
    shown.draw(HISTORY, last=True)
    assert drawn(tmp_path) == {"epoch-0003.png", *figures}


def test_a_model_that_cannot_sample_is_not_asked_to(tmp_path: Path) -> None:
    album(tmp_path, "autoencoder").draw(HISTORY, last=True)
    assert drawn(tmp_path) == {"reconstructions.png", "losses.png"}


def test_samples_are_drawn_from_the_same_noise_every_time(tmp_path: Path) -> None:
    shown = album(tmp_path)
    for epoch in (1, 2):
        shown.draw_samples(epoch)
    first, second = (imread(tmp_path / "samples" / f"epoch-000{epoch}.png") for epoch in (1, 2))
    assert np.array_equal(first, second)


def test_drawing_leaves_the_model_in_training_and_takes_no_default_noise(tmp_path: Path) -> None:
    shown = album(tmp_path)
    state = minigen.random.default_generator().get_state()
    shown._model.train()
    shown.draw(HISTORY, last=True)
    assert shown._model.training
    assert minigen.random.default_generator().get_state() == state
