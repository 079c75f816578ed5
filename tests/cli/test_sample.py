from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.image import imread

from .helpers import call, error


def test_samples_become_a_picture(vae: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "samples.png"
    assert call("sample", vae, "--count", 9, "--out", out).output.strip() == str(out)
    assert imread(out).shape[:2] == (28 * 16, 28 * 16)  # 3 x 3 images of 8 pixels, 4 lines


def test_without_a_name_the_picture_is_put_with_the_others(vae: Path) -> None:
    call("sample", vae)
    assert (vae / "samples" / "sample.png").exists()


def test_the_seed_decides_what_is_drawn(vae: Path, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.png" for number in range(3)]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        call("sample", vae, "--seed", seed, "--out", file)
    first, same, other = (file.read_bytes() for file in files)
    assert first == same != other


def test_an_autoencoder_has_nothing_to_sample_from(trained: dict[str, Path]) -> None:
    message = error("sample", trained["autoencoder"], status=1)
    assert "has no prior to sample from" in message
    assert "train a VAE" in message


def test_a_conditional_model_draws_a_class_a_column_or_the_one_that_is_asked_for(
    trained: dict[str, Path], tmp_path: Path, vae: Path
) -> None:
    cvae, out = trained["cvae"], tmp_path / "samples.png"
    shapes = []
    for arguments in ((), ("--class", 7)):
        call("sample", cvae, "--count", 20, "--out", out, *arguments)
        shapes.append(imread(out).shape)
    assert shapes[0][1] > 4 * shapes[0][0]  # 2 rows of 10 images
    assert shapes[1][1] < 2 * shapes[1][0]  # 4 rows of 5
    message = "knows 10 classes, 0 to 9"
    assert message in error("sample", cvae, "--class", 10, "--out", out, status=2)
    assert "knows 0 classes" in error("sample", vae, "--class", 1, "--out", out, status=2)


@pytest.mark.parametrize("name", ["picture.jpg", "picture"])
def test_other_kinds_of_pictures_are_refused(vae: Path, name: str) -> None:
    assert f"a .png file, not '{name}'" in error("sample", vae, "--out", name, status=2)


def test_a_folder_without_a_run_is_told(tmp_path: Path) -> None:
    assert "holds no run" in error("sample", tmp_path, status=1)
    assert "does not exist" in error("sample", tmp_path / "absent", status=2)


def test_a_damaged_checkpoint_is_told(vae: Path) -> None:
    (vae / "checkpoints" / "epoch-0001.safetensors").write_bytes(b"")
    result = call("sample", vae, status=1)
    assert "epoch-0001.safetensors is damaged" in result.output
    assert "holds no checkpoint yet" in result.output


def test_a_place_that_cannot_be_written_is_told(vae: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "file" in error("sample", vae, "--out", tmp_path / "file" / "x.png", status=1)


def test_points_are_drawn_over_real_ones(trained: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "points.png"
    call("sample", trained["ring"], "--count", 30, "--out", out)
    assert imread(out).shape[2] == 4
