from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .helpers import call, error


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("restorers")
    for model in ("super-resolution", "denoising"):
        call("train", model, "--channels", 4, "--epochs", 1, "--out", root / model)
    return {model: root / model for model in ("super-resolution", "denoising")}


def picture(path: Path, width: int = 10, height: int = 7, mode: str = "L") -> Path:
    bands = len(Image.new(mode, (1, 1)).getbands())
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, bands), np.uint8)
    Image.fromarray(pixels.squeeze(2) if bands == 1 else pixels).save(path)
    return path


def test_a_picture_of_any_size_becomes_twice_as_large(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    source = picture(tmp_path / "small.png")
    result = call("enhance", runs["super-resolution"], source, "--out", tmp_path / "new")
    assert result.output.strip() == str(tmp_path / "new" / "small.png")
    with Image.open(tmp_path / "new" / "small.png") as made:
        assert (made.size, made.mode) == ((20, 14), "L")


def test_without_a_folder_they_are_put_with_the_run_and_a_folder_is_taken_whole(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    for name in ("b.png", "a.jpg"):
        picture(tmp_path / name)
    lines = call("enhance", runs["denoising"], tmp_path).output.split()
    assert lines == [str(runs["denoising"] / "enhanced" / name) for name in ("a.png", "b.png")]
    assert all(Path(line).exists() for line in lines)


def test_a_grey_model_restores_each_channel_of_a_coloured_picture(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    source = picture(tmp_path / "colour.png", mode="RGB")
    with Image.open(source) as whole:
        for name, band in zip("RGB", whole.split(), strict=True):
            band.save(tmp_path / f"{name}.png")
    bands = [tmp_path / f"{name}.png" for name in "RGB"]
    call("enhance", runs["denoising"], source, *bands, "--out", tmp_path / "new")
    made = [np.asarray(Image.open(tmp_path / "new" / f"{name}.png")) for name in "RGB"]
    np.testing.assert_array_equal(Image.open(tmp_path / "new" / "colour.png"), np.dstack(made))


def test_what_was_given_can_stand_beside(runs: dict[str, Path], tmp_path: Path) -> None:
    source = picture(tmp_path / "small.png", 4, 3)
    call("enhance", runs["super-resolution"], source, "--beside", "--out", tmp_path / "new")
    made = np.asarray(Image.open(tmp_path / "new" / "small.png"))
    assert made.shape == (6, 16)
    np.testing.assert_array_equal(made[::2, :8:2], Image.open(source))


def test_what_can_not_be_restored_is_named(
    runs: dict[str, Path], vae: Path, tmp_path: Path
) -> None:
    source, other = picture(tmp_path / "a.png"), picture(tmp_path / "a.jpg")
    run = runs["denoising"]
    assert "does not restore pictures: train super" in error("enhance", vae, source, status=1)
    assert "would both become a.png" in error("enhance", run, source, other, status=2)
    (tmp_path / "empty").mkdir()
    assert "holds no file that ends in .png" in error("enhance", run, tmp_path / "empty", status=2)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    message = error("enhance", run, tmp_path / "broken.png", status=1)
    assert "broken.png holds no picture in a known format" in message
    assert not (run / "enhanced" / "broken.png").exists()


def test_restorations_are_evaluated_and_shown_beside_what_was_seen(
    runs: dict[str, Path], tmp_path: Path
) -> None:
    out = call("evaluate", runs["super-resolution"]).output
    assert all(name in out for name in ("the model", "bicubic", "best linear 5x5", "PSNR", "SSIM"))
    call("reconstruct", runs["super-resolution"], "--out", tmp_path / "x.png")
    assert (tmp_path / "x.png").exists()
    assert "makes nothing of noise" in error("sample", runs["denoising"], status=1)
