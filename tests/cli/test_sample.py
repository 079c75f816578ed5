from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread
from PIL import Image

import minigen
from minigen.training import load_model

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


@pytest.mark.parametrize(
    ("name", "format"),
    [("x.jpg", "JPEG"), ("x.JPEG", "JPEG"), ("x.png", "PNG"), ("x.webp", "WEBP")],
)
@pytest.mark.parametrize("command", ["sample", "reconstruct", "interpolate", "traverse"])
def test_pictures_are_of_the_format_that_their_names_end_in(
    vae: Path, tmp_path: Path, command: str, name: str, format: str
) -> None:
    call(command, vae, "--count", 2, "--out", tmp_path / "new" / "folder" / name)
    with Image.open(tmp_path / "new" / "folder" / name) as picture:
        assert picture.format == format


@pytest.mark.parametrize("name", ["picture.gif", "picture.txt", "picture", "picture.jpg.exe"])
@pytest.mark.parametrize("command", ["sample", "reconstruct", "interpolate", "traverse"])
def test_other_endings_are_refused_before_a_folder_is_made(
    vae: Path, tmp_path: Path, command: str, name: str
) -> None:
    out = tmp_path / "new" / name
    message = error(command, vae, "--out", out, status=2)
    assert message.startswith("Invalid value for '--out': a name that ends in .png, .jpg, ")
    assert message.endswith(f"is expected, got '{out}'")
    assert not out.parent.exists()


@pytest.mark.parametrize("command", ["sample", "reconstruct", "interpolate", "traverse"])
def test_an_empty_name_is_refused(vae: Path, command: str) -> None:
    message = error(command, vae, "--out", "", status=2)
    assert message == "Invalid value for '--out': a name is expected, got an empty one"


def test_samples_of_truncated_noise_are_those_of_the_models(
    trained: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "x.npz"
    call("sample", trained["ring"], "--count", 9, "--truncation", 0.3, "--out", out)
    model: Any = load_model(trained["ring"])
    expected = model.sample(9, truncation=0.3, generator=minigen.Generator(0)).numpy()
    np.testing.assert_array_equal(np.load(out)["points"], expected)


@pytest.mark.parametrize("limit", [0, -1, 0.001, "nan"])
def test_noise_is_not_truncated_to_nothing(
    trained: dict[str, Path], tmp_path: Path, limit: Any
) -> None:
    out = tmp_path / "new" / "x.png"
    message = error("sample", trained["gan"], "--truncation", limit, "--out", out, status=2)
    assert message.startswith("Invalid value for '--truncation'")
    assert not out.parent.exists()


@pytest.mark.parametrize("command", ["sample", "evaluate"])
def test_noise_that_is_not_known_to_be_normal_is_not_truncated(vae: Path, command: str) -> None:
    message = error(command, vae, "--truncation", 0.7, status=2)
    assert message.startswith("--truncation: the model 'vae' in")
    assert "a GAN does" in message


# ---------------------------------------------------------------- for programs that compare images


def test_each_image_gets_a_file_of_its_own(vae: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "fakes"
    assert call("sample", vae, "--count", 12, "--separate", folder).output.strip() == str(folder)
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == [f"{number:05}.png" for number in range(12)]
    with minigen.no_grad():
        samples = load_model(vae).sample(12, generator=minigen.Generator(0)).numpy()  # type: ignore[attr-defined]
    for file, sample in zip(files, samples, strict=True):
        with Image.open(file) as picture:
            assert picture.mode == "L"
            assert (np.asarray(picture) == np.rint(sample[0] * 255)).all()


def test_separate_images_may_be_jpeg(vae: Path, tmp_path: Path) -> None:
    call("sample", vae, "--count", 2, "--separate", tmp_path / "fakes", "--format", "jpg")
    with Image.open(tmp_path / "fakes" / "00001.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (8, 8))


@pytest.mark.parametrize("how", ["--format", "--out"])
def test_an_archive_holds_bytes_with_the_channels_last(vae: Path, tmp_path: Path, how: str) -> None:
    out = tmp_path / "new" / "x.npz"
    given = ("--out", out, "--format", "npz") if how == "--format" else ("--out", out)
    call("sample", vae, "--count", 5, *given)
    call("sample", vae, "--count", 5, "--separate", tmp_path / "fakes")
    with np.load(out) as archive:
        assert list(archive) == ["images"]
        images = archive["images"]
    assert images.dtype == np.uint8
    assert images.shape == (5, 8, 8, 1)
    for number in range(5):
        with Image.open(tmp_path / "fakes" / f"{number:05}.png") as picture:
            assert (np.asarray(picture) == images[number, ..., 0]).all()
    call("sample", vae, "--count", 5, "--format", "npz")
    assert (vae / "samples" / "sample.npz").exists()


def test_many_samples_are_those_that_are_drawn_at_once(
    trained: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archives = []
    for size in (7, 1000):
        monkeypatch.setattr(sys.modules["minigen.cli.sample"], "_AT_ONCE", size)
        call("sample", trained["cvae"], "--count", 30, "--out", tmp_path / "x.npz")
        with np.load(tmp_path / "x.npz") as archive:
            archives.append(archive["images"].astype(int))
    assert abs(archives[0] - archives[1]).max() <= 1  # but for rounding


def test_a_folder_with_files_is_left_alone(vae: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.png").touch()
    message = error("sample", vae, "--separate", tmp_path, status=2)
    assert f"--separate: {tmp_path} holds files" in message
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["mine.png"]


def test_points_are_no_pictures_but_may_be_written_as_numbers(
    trained: dict[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "fakes"
    message = error("sample", trained["ring"], "--separate", folder, status=2)
    assert "makes points of the plane, none of which is a picture: see --format npz" in message
    assert not folder.exists()
    call("sample", trained["ring"], "--count", 9, "--out", tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz") as archive:
        assert archive["points"].shape == (9, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--separate", "x", "--out", "x.png"), "--separate writes a file an image, and --out one"),
        (("--separate", "x", "--format", "npz"), "--format npz one file for all"),
        (("--format", "npz", "--out", "x.png"), "'--format': --out x.png ends otherwise"),
        (("--format", "jpg", "--out", "x.png"), "'--format': --out x.png ends otherwise"),
        (("--count", 10_001), "--count: one picture shows 10,000 samples at most"),
        (("--count", 2**31, "--format", "npz"), "'--count': 2147483648 is not in the range"),
        (("--separate", ""), "'--separate': a name is expected, got an empty one"),
    ],
)
def test_what_does_not_go_together_is_told(
    vae: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[object, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in error("sample", vae, *arguments, status=2)
    assert [file.name for file in tmp_path.iterdir()] == ["vae"]


def test_jpeg_has_two_endings(vae: Path, tmp_path: Path) -> None:
    call("sample", vae, "--format", "jpg", "--out", tmp_path / "x.jpeg")


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
