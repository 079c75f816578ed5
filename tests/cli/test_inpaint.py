from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .helpers import call, error


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inpainting") / "run"
    call("train", "inpainting", "--channels", "8,8", "--code", 4, "--hole", 3, "--epochs", 1,
         "--out", folder)  # fmt: skip
    return folder


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


def mask(path: Path, height: int = 8, width: int = 8, white: bool = True) -> Path:
    pixels = np.zeros((height, width), np.uint8)
    pixels[2:5, 3:6] = 255 * white
    Image.fromarray(pixels).save(path)
    return path


def test_the_white_part_of_a_mask_is_filled_and_the_rest_stays(
    run: Path, picture: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "filled.png"
    result = call("inpaint", run, picture, "--mask", mask(tmp_path / "mask.png"), "--out", out)
    assert result.output.strip() == str(out)
    made, given = np.asarray(Image.open(out)), np.asarray(Image.open(picture))
    hole = np.asarray(Image.open(tmp_path / "mask.png")) == 255
    np.testing.assert_array_equal(made[~hole], given[~hole])
    assert (made[hole] != given[hole]).any()


def test_without_a_name_it_is_put_with_the_run_beside_its_hole_if_asked_for(
    run: Path, picture: Path, tmp_path: Path
) -> None:
    call("inpaint", run, picture, "--mask", mask(tmp_path / "mask.png"), "--beside")
    with Image.open(run / "inpainted" / "picture.png") as made:
        assert made.size == (16, 8)


def test_what_does_not_fit_is_named(run: Path, picture: Path, vae: Path, tmp_path: Path) -> None:
    good, small = mask(tmp_path / "mask.png"), mask(tmp_path / "small.png", 6, 7)
    black = mask(tmp_path / "black.png", white=False)
    message = error("inpaint", run, picture, "--mask", small, status=2)
    assert "small.png is 7x6 pixels (width x height), and" in message
    message = error("inpaint", run, picture, "--mask", good, "--out", tmp_path / "x.npz", status=2)
    assert "a name that ends in .png" in message
    assert "is black all over: paint" in error("inpaint", run, picture, "--mask", black, status=2)
    assert "fills no holes: train" in error("inpaint", vae, picture, "--mask", good, status=1)
    Image.new("L", (7, 6)).save(tmp_path / "other.png")
    message = error("inpaint", run, tmp_path / "other.png", "--mask", small, status=1)
    assert "other.png does not fit the model: UNet: images of 8x8 are expected" in message


def test_fillings_are_evaluated(run: Path) -> None:
    out = call("evaluate", run).output
    assert all(name in out for name in ("the model", "mean image", "Laplace's equation"))
