from __future__ import annotations

import dataclasses
import importlib
from pathlib import Path
from typing import Any

import pytest
from matplotlib.image import imread
from PIL import Image

from minigen import data
from minigen.training import Trainer

from ..pairs import squares
from ..sounds import sines
from .helpers import SMALL, call, error

demo = importlib.import_module("minigen.cli.demo")  # the package's attribute is the command

SECOND = ("--minutes", 0.05)

PACE = 0.03
"""Seconds a step, however busy the machine: a demo of some minutes has a number of steps."""


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train small networks on few digits."""
    original = data.load
    small: dict[str, dict[str, Any]] = {
        "conv-vae": {"channels": [4, 4], "hidden": [8]},
        "cgan": {"channels": [4, 4], "generator_hidden": [8], "discriminator_hidden": [8]},
        "pix2pix": {"channels": [8]},
        "audio-vae": {"channels": [4], "hidden": [8], "components": 4},
        "char-gru": {"hidden": 8},
        "text-vae": {"hidden": 8, "latent": 2},
    }

    def few(*arguments: Any, **options: Any) -> Any:
        if arguments[0] == demo.LETTERS:
            return squares(arguments[1])
        if arguments[0] == demo.SOUNDS:
            return sines(arguments[1])
        found = original(*arguments, **options)
        if arguments[0] != demo.DATA:
            return found
        parts = {name: getattr(found, name)[::50] for name in ("images", "labels", "faces")}
        return dataclasses.replace(found, **parts)

    monkeypatch.setattr(data, "load", few)
    monkeypatch.setattr(Trainer, "time_a_step", lambda _: PACE)
    config = demo._config
    monkeypatch.setattr(
        demo,
        "_config",
        lambda model: dataclasses.replace(config(model), model_config=small[model]),
    )


def test_it_trains_two_models_draws_pictures_and_says_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = call("demo", *SECOND).output
    assert "Training ConvVAE" in shown
    assert "Training ConditionalGAN" in shown
    for name in ("side-by-side.png", "training.gif", "walk.png", "digits.png", "noise.png"):
        path = Path("runs", "demo", name)
        assert f"  {path}  " in shown
        assert path.exists()
    with Image.open("runs/demo/training.gif") as animation:
        assert animation.n_frames > 1  # type: ignore[attr-defined]
    assert imread("runs/demo/side-by-side.png").std() > 0.1


def test_it_shows_translation_instead(tmp_path: Path) -> None:
    shown = call("demo", "translate", "--minutes", 0.005, "--out", tmp_path).output
    assert "Training Pix2Pix" in shown
    for name in ("letters.png", "letters.gif"):
        assert f"  {tmp_path / name}  " in shown
    assert not (tmp_path / "digits.png").exists()
    with Image.open(tmp_path / "letters.gif") as animation:
        assert animation.n_frames > 1  # type: ignore[attr-defined]


def test_it_lets_tones_be_heard_instead(tmp_path: Path) -> None:
    shown = call("demo", "sound", "--minutes", 0.005, "--out", tmp_path).output
    assert "Training AudioVAE" in shown
    for name in ("tones.png", "glides.png"):
        assert f"  {tmp_path / name}  " in shown
    for name in ("real", "reconstructed", "made-of-noise", "glides"):
        assert len(data.read_wave(tmp_path / f"{name}.wav")[0]) > 2000


def test_training_that_is_over_at_once_is_not_animated(tmp_path: Path) -> None:
    (tmp_path / "training.gif").write_bytes(b"of an earlier demo")
    shown = call("demo", "--minutes", 1e-6, "--out", tmp_path).output
    assert "side-by-side.png" in shown
    assert "training.gif" not in shown
    assert not (tmp_path / "training.gif").exists()


def test_it_may_be_shown_again_whatever_its_length(tmp_path: Path) -> None:
    call("demo", *SECOND, "--out", tmp_path)
    call("demo", "--minutes", 0.06, "--out", tmp_path)


@pytest.mark.parametrize("settings", [SMALL, ("--hidden", "8", "--channels", "4,4")])
def test_it_replaces_no_other_run(tmp_path: Path, settings: tuple[str, ...]) -> None:
    model = "vae" if settings == SMALL else "conv-vae"
    call("train", model, *settings, "--epochs", "1", "--out", tmp_path / "conv-vae")
    refused = error("demo", *SECOND, "--out", tmp_path, status=1)
    assert "holds another run" in refused
    assert not (tmp_path / "cgan").exists()


def test_no_time_and_no_other_demo_are_refused() -> None:
    assert "'poems' is not one of 'digits', 'translate', 'sound', 'text'" in error(
        "demo", "poems", status=2
    )
    assert "--minutes" in error("demo", "--minutes", 0, status=2)


def test_words_are_made_up_and_written_between_others(tmp_path: Path) -> None:
    shown = call("demo", "text", *SECOND, "--out", tmp_path).output
    assert "The texts are in:" in shown
    lines = (tmp_path / "words.txt").read_text("utf-8").splitlines()
    assert lines[1].startswith("th...: th")
    assert len(lines) == 4
    assert len((tmp_path / "ways.txt").read_text("utf-8").splitlines()) == 3
    assert f"    {lines[1]}" in shown
    again = call("demo", "text", *SECOND, "--out", tmp_path).output
    assert "Training CharGRU" in again
