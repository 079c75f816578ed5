from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread
from PIL import Image

import minigen
from minigen import models, viz
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
    for name in ("one", "two"):
        shown.draw_samples(name, "now")
    first, second = (imread(tmp_path / "samples" / f"{name}.png") for name in ("one", "two"))
    assert np.array_equal(first, second)


def test_drawing_leaves_the_model_in_training_and_takes_no_default_noise(tmp_path: Path) -> None:
    shown = album(tmp_path)
    state = minigen.random.default_generator().get_state()
    shown._model.train()
    shown.draw(HISTORY, last=True)
    assert shown._model.training
    assert minigen.random.default_generator().get_state() == state


@pytest.mark.parametrize("packing", [1, 3])
def test_points_are_drawn_over_the_discriminators_surface(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: int
) -> None:
    folder = RunFolder(tmp_path)
    folder.create(small_config())
    model = models.GAN((2,), (8,), 3, packing=packing, generator=minigen.Generator(1))
    real = minigen.Generator(0).normal((40, 2))
    seen: list[Any] = []
    monkeypatch.setattr(
        viz, "save_points", lambda *arguments, **words: seen.append((arguments, words))
    )
    Album(folder, model, (real, None), seed=0, title="a run").draw_samples("here", "now")
    (((path, samples, shown), words),) = seen
    assert path == tmp_path / "samples" / "here.png"
    assert samples.shape == (500, 2)
    assert shown is real
    assert words["title"] == "a run, now"
    heights = words["surface"](real)
    assert heights.shape == (40,)
    alone = model.discriminate(np.repeat(real[3:4], packing, axis=0)).item()
    assert heights[3] == pytest.approx(alone, rel=1e-5)


def test_a_class_a_column_is_drawn_of_a_conditional_model(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.create(small_config())
    model = models.ConditionalVAE((1, 4, 4), 3, [4], 2)
    images = minigen.Generator(0).uniform((30, 1, 4, 4))
    Album(folder, model, (images, np.zeros(30, np.int64)), seed=0, title="").draw_samples(
        "here", ""
    )
    height, width, _ = imread(tmp_path / "samples" / "here.png").shape
    assert 2.5 < height / width < 2.8  # 8 rows of 3


def test_the_samples_of_all_epochs_become_an_animation(tmp_path: Path) -> None:
    shown = album(tmp_path)
    shown.draw_samples("epoch-0001", "")
    shown.draw_animation()
    assert drawn(tmp_path) == {"epoch-0001.png"}  # one picture does not move
    for epoch in (1, 2, 3):
        shown.draw_samples(f"epoch-{epoch:04}", "")
    shown.draw_animation()
    with Image.open(tmp_path / "samples" / "samples.gif") as animation:
        assert animation.format == "GIF"


def test_a_run_of_few_epochs_draws_samples_on_the_way_to_animate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    animated: list[Path] = []
    monkeypatch.setattr(viz, "save_animation", lambda _path, frames: animated.extend(frames))
    shown = album(tmp_path, epochs=2, steps=500)  # a picture in every 21st step, for 24 at most
    for step in range(1, 501):
        shown.draw_on_the_way(step)
    shown.draw(HISTORY, last=True)
    assert [file.name for file in animated] == [f"{step:08}.png" for step in range(21, 501, 21)]


@pytest.mark.parametrize("length", [{"epochs": 24, "steps": 240}, {"epochs": 2, "steps": 239}])
def test_a_run_of_many_epochs_or_of_few_steps_draws_none_on_the_way(
    tmp_path: Path, length: dict[str, Any]
) -> None:
    shown = album(tmp_path, **length)
    for step in range(1, 240):
        shown.draw_on_the_way(step)
    assert drawn(tmp_path) == set()


def test_samples_that_are_not_finite_are_not_drawn(tmp_path: Path) -> None:
    shown = album(tmp_path)
    parameter = next(iter(shown._model.decoder.parameters()))  # type: ignore[attr-defined]
    parameter.data = np.full(parameter.shape, np.nan, np.float32)
    shown.draw_samples("here", "")
    assert drawn(tmp_path) == set()
