from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from minigen import viz
from tests.captions import SENTENCES, bars

from .helpers import call, error


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("captions") / "run"
    call("train", "text-to-image", "--dataset", "tests.captions:bars", "--channels", "4",
         "--hidden", "6", "--latent", "2", "--epochs", 1, "--out", folder)  # fmt: skip
    return folder


@pytest.fixture
def captions(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What stands under the pictures that are drawn."""
    seen: list[Any] = []
    draw = viz.save_captioned_images

    def save(path: Any, images: Any, captions: Any, **options: Any) -> None:
        seen.append(captions)
        draw(path, images, captions, **options)

    monkeypatch.setattr(viz, "save_captioned_images", save)
    return seen


def test_a_sentence_is_shown_as_often_as_asked(
    run: Path, tmp_path: Path, captions: list[Any]
) -> None:
    call(
        "sample", run, "--text", "A BLUE bar, standing!", "--count", 3, "--out", tmp_path / "a.png"
    )
    assert captions == [["a blue bar standing"] * 3]
    call("sample", run, "--text", SENTENCES[0], "--count", 2, "--format", "npz",
         "--out", tmp_path / "a.npz")  # fmt: skip
    images = np.load(tmp_path / "a.npz")["images"]
    assert images.shape == (2, 8, 8, 3)
    assert (images[0] != images[1]).any()


def test_without_a_sentence_those_of_test_images_are_shown(
    run: Path, tmp_path: Path, captions: list[Any]
) -> None:
    call("sample", run, "--count", 25, "--out", tmp_path / "a.png")
    call("reconstruct", run, "--count", 3, "--out", tmp_path / "b.png")
    test = bars("test").captions()
    assert captions == [[*test, test[0]], test[:3]]
    for name in ("samples/epoch-0001.png", "samples/reconstructions.png"):
        assert (run / name).exists()


@pytest.mark.parametrize("command", ["interpolate", "traverse"])
def test_walks_are_drawn(run: Path, tmp_path: Path, command: str) -> None:
    call(command, run, "--count", 2, "--out", tmp_path / "w.png")
    assert (tmp_path / "w.png").exists()


def test_sentences_that_can_not_be_told_are_refused(run: Path, vae: Path, tmp_path: Path) -> None:
    message = error("sample", run, "--text", "a green bar", status=2)
    assert message.endswith(
        "--text: the word 'green' is not known in 'a green bar'; known are: a, bar, blue, flat, "
        "lying, red, standing"
    )
    assert "of 1 to 5 words is expected, got 0" in error("sample", run, "--text", "", status=2)
    assert "is told no sentence; text-to-image is" in error(
        "sample", vae, "--text", "a bar", status=2
    )
    message = error("train", "text-to-image", "--out", tmp_path / "no", status=2)
    assert "text-to-image takes captioned images; digits holds images" in message


def test_bounds_are_measured_and_that_there_is_no_judge_is_said(run: Path) -> None:
    result = call("evaluate", run, "--generated", 20)
    assert "negative ELBO" in result.stdout
    assert "no judge knows whether these images show what their sentences say" in result.stderr


def test_scenes_are_judged_beside_looking_up_and_real_ones(tmp_path: Path) -> None:
    call("train", "text-to-image", "--dataset", "tests.captions:few_scenes", "--channels", 4,
         "--hidden", 6, "--latent", 2, "--steps", 1, "--out", tmp_path / "run")  # fmt: skip
    shown = " ".join(call("evaluate", tmp_path / "run").stdout.split())
    assert "text-to-image on 20 test sentences of" in shown
    rows = ("the model", "the model, seen sentences", "the nearest seen scene")
    assert all(f"│ {row} │" in shown for row in rows)
    assert "│ the real scenes │ 100.0% │ 100.0% │ 100.0% │ 100.0% │ 100.0% │" in shown


def test_pictures_with_captions_are_described_and_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, captions: list[Any]
) -> None:
    monkeypatch.setattr("minigen.data.locations.cache_folder", lambda: tmp_path / "cache")
    mine = tmp_path / "mine"
    mine.mkdir()
    lines = []
    for number, image in enumerate(bars("train").images):
        Image.fromarray(image.transpose(1, 2, 0)).save(mine / f"{number}.png")
        lines.append(f"{number}.png\tNumber {number % 3}")
    (mine / "captions.txt").write_text("\n".join(lines))
    shown = " ".join(call("data", mine, "--show", tmp_path / "sheet.png").stdout.split())
    assert "read as 3x8x8 colour with a sentence (as they are)" in shown
    assert {*captions[0]} == {"Number 0", "Number 1", "Number 2"}
    call("train", "text-to-image", "--dataset", mine, "--channels", 4, "--epochs", 1,
         "--out", tmp_path / "run")  # fmt: skip
    call("sample", tmp_path / "run", "--text", "number 2", "--count", 1)
    assert captions[-1] == ["number 2"]
