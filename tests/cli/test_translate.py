from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .helpers import call, error


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("translation") / "run"
    call("train", "pix2pix", "--dataset", "tests.pairs:squares", "--channels", "8,8", "--depth", 1,
         "--epochs", 1, "--out", folder)  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def styles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run of two styles that are the package's own pairs."""
    folder = tmp_path_factory.mktemp("styles") / "run"
    call("train", "cyclegan", "--dataset", "tests.pairs:squares", "--channels", "8",
         "--patch-channels", 4, "--epochs", 2, "--out", folder)  # fmt: skip
    return folder


def picture(path: Path, mode: str = "L") -> Path:
    bands = len(Image.new(mode, (1, 1)).getbands())
    pixels = np.random.default_rng(0).integers(0, 256, (7, 10, bands), np.uint8)
    Image.fromarray(pixels.squeeze(2) if bands == 1 else pixels).save(path)
    return path


def test_pictures_of_any_size_are_translated_beside_what_was_given(
    run: Path, tmp_path: Path
) -> None:
    source = picture(tmp_path / "small.png")
    result = call("translate", run, source, "--beside", "--out", tmp_path / "new")
    assert result.output.strip() == str(tmp_path / "new" / "small.png")
    made = np.asarray(Image.open(tmp_path / "new" / "small.png"))
    assert made.shape == (7, 20)
    np.testing.assert_array_equal(made[:, :10], Image.open(source))
    assert (made[:, 10:] != made[:, :10]).any()


def test_a_folder_is_taken_whole_and_colours_stay_colours(run: Path, tmp_path: Path) -> None:
    for name, mode in (("b.png", "RGB"), ("a.jpg", "L")):
        picture(tmp_path / name, mode)
    lines = call("translate", run, tmp_path).output.split()
    assert lines == [str(run / "translated" / name) for name in ("a.png", "b.png")]
    for line, mode in zip(lines, ("L", "RGB"), strict=True):
        with Image.open(line) as made:
            assert (made.size, made.mode) == ((10, 7), mode)


def test_what_can_not_be_translated_is_named(run: Path, vae: Path, tmp_path: Path) -> None:
    message = error("translate", vae, picture(tmp_path / "a.png"), status=1)
    assert "translates nothing: train pix2pix or cyclegan" in message
    message = error("translate", run, tmp_path / "a.png", "--direction", "b-to-a", status=2)
    assert "--direction: the model 'pix2pix'" in message
    assert "cyclegan goes both ways" in message
    (tmp_path / "empty").mkdir()
    assert "holds no file that ends in" in error("translate", run, tmp_path / "empty", status=2)
    assert "makes nothing of noise" in error("sample", run, status=1)
    message = error("train", "pix2pix", "--out", tmp_path / "no", status=2)
    assert "pix2pix takes pairs; digits holds images" in message
    message = error("train", "vae", "--dataset", "tests.pairs:squares", status=2)
    assert message.endswith("squares holds pairs, which pix2pix and cyclegan take")


def test_translations_are_evaluated_and_shown(run: Path, tmp_path: Path) -> None:
    shown = " ".join(call("evaluate", run).output.split())
    names = ("the model", "as they are", "the targets", "called target", "recognised")
    assert all(word in shown for word in (*names, "nearest of 72 targets"))
    call("reconstruct", run, "--out", tmp_path / "x.png")
    assert (tmp_path / "x.png").exists()
    assert (run / "samples" / "reconstructions.png").exists()


def test_two_styles_are_translated_in_either_direction(styles: Path, tmp_path: Path) -> None:
    source, made = picture(tmp_path / "x.png"), {}
    for way in ((), ("--direction", "a-to-b"), ("--direction", "b-to-a")):
        call("translate", styles, source, *way, "--out", tmp_path / "new")
        made[way] = (tmp_path / "new" / "x.png").read_bytes()
    assert made[()] == made["--direction", "a-to-b"] != made["--direction", "b-to-a"]


def test_the_error_beside_true_images_and_what_is_hidden_are_evaluated(styles: Path) -> None:
    shown = " ".join(call("evaluate", styles).output.split())
    names = ("a to b", "b to a", "called the other style", "beside the true image",
             "led back from the translation under noise", "led back from the true image",
             "right on 100.0%")  # fmt: skip
    assert all(name in shown for name in names)
    for name in ("reconstructions.png", "epoch-0002.png", "samples.gif"):
        assert (styles / "samples" / name).exists()


def test_styles_of_ones_own_are_described_and_have_no_true_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minigen.data.locations.cache_folder", lambda: tmp_path / "cache")
    for style, count in (("a", 20), ("b", 30)):
        (tmp_path / "mine" / style).mkdir(parents=True)
        for number in range(count):
            picture(tmp_path / "mine" / style / f"{number}.png")
    shown = " ".join(call("data", tmp_path / "mine", "--show", tmp_path / "s.png").stdout.split())
    assert "read as 1x7x10 grey in two styles (as they are)" in shown
    assert (tmp_path / "s.png").exists()
    call("train", "cyclegan", "--dataset", tmp_path / "mine", "--channels", 8, "--steps", 1,
         "--out", tmp_path / "run")  # fmt: skip
    shown = " ".join(call("evaluate", tmp_path / "run").output.split())
    assert "led back from the translation" in shown
    assert "true image │" not in shown
    message = error("train", "vae", "--dataset", tmp_path / "mine", status=2)
    assert message.endswith("mine holds images in two styles, which cyclegan takes")


def test_pairs_of_ones_own_are_described_and_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minigen.data.locations.cache_folder", lambda: tmp_path / "cache")
    for number in range(30):
        for half in ("input", "target"):
            (tmp_path / "mine" / half).mkdir(parents=True, exist_ok=True)
            picture(tmp_path / "mine" / half / f"{number}.png", "RGB")
    sheet = tmp_path / "sheet.png"
    shown = " ".join(call("data", tmp_path / "mine", "--show", sheet).stdout.split())
    assert "classes none" in shown
    assert "read as pairs of 3x7x10 colour (as they are)" in shown
    assert sheet.exists()
    call("train", "pix2pix", "--dataset", tmp_path / "mine", "--channels", 8, "--epochs", 1,
         "--out", tmp_path / "run")  # fmt: skip
    source = picture(tmp_path / "other.png", "RGB")
    call("translate", tmp_path / "run", source)
    assert (tmp_path / "run" / "translated" / "other.png").exists()
