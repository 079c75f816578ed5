from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigen import viz
from minigen.cli import pictures
from minigen.engine.random import Generator
from minigen.training import RunFolder, load_examples, load_model

from .helpers import call, error


@pytest.mark.parametrize("model", ["vae", "autoencoder"])
def test_rows_go_from_one_reconstruction_to_another(
    trained: dict[str, Path], tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables: list[tuple[Any, dict[str, Any]]] = []
    monkeypatch.setattr(
        viz, "save_image_table", lambda _path, images, **words: tables.append((images, words))
    )
    out = tmp_path / "i.png"
    call("interpolate", trained[model], "--count", 3, "--steps", 5, "--seed", 4, "--out", out)
    ((images, words),) = tables
    assert images.shape == (3, 5, 1, 8, 8)
    test = load_examples(RunFolder(trained[model]).read_config(), "test").images
    chosen = test[Generator(4).permutation(len(test))[:6]]
    loaded: Any = load_model(trained[model])
    expected = loaded.reconstruct(chosen).detach().numpy()
    np.testing.assert_allclose(images[:, 0].numpy(), expected[:3], rtol=1e-4)
    np.testing.assert_allclose(images[:, -1].numpy(), expected[3:], rtol=1e-4)
    assert words["columns"] == ["0", "0.25", "0.5", "0.75", "1"]
    assert words["title"].startswith(f"{model} on digits")


def test_the_picture_is_put_where_it_is_asked_for(vae: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "walk.png"
    assert call("interpolate", vae, "--out", out).output.strip() == str(out)
    assert out.exists()
    call("interpolate", vae)
    assert (vae / "samples" / "interpolate.png").read_bytes() == out.read_bytes()


def test_the_seed_decides_which_images_are_paired(vae: Path, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.png" for number in range(3)]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        call("interpolate", vae, "--count", 2, "--steps", 2, "--seed", seed, "--out", file)
    first, same, other = (file.read_bytes() for file in files)
    assert first == same != other


def test_there_are_no_more_pairs_than_test_images_allow(vae: Path) -> None:
    call("interpolate", vae, "--count", 191, "--steps", 2)
    message = error("interpolate", vae, "--count", 192, status=2)
    assert "there are 382 test images, 191 pairs" in message


def test_unless_a_number_is_asked_for_few_test_images_make_few_rows(
    vae: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes: list[tuple[int, ...]] = []
    monkeypatch.setattr(viz, "save_image_table", lambda _path, x, **_: shapes.append(x.shape))
    call("interpolate", vae, "--steps", 2)
    monkeypatch.setattr(pictures, "LINES", 500)
    call("interpolate", vae, "--steps", 2)
    assert [shape[0] for shape in shapes] == [8, 191]


def test_one_step_is_no_way(vae: Path) -> None:
    assert "--steps" in error("interpolate", vae, "--steps", 1, status=2)


def test_of_a_conditional_model_both_ends_are_of_one_class(
    trained: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables: list[Any] = []
    monkeypatch.setattr(viz, "save_image_table", lambda _path, images, **_: tables.append(images))
    folder = trained["cvae"]
    call("interpolate", folder, "--count", 4, "--steps", 3, "--out", tmp_path / "i.png")
    test = load_examples(RunFolder(folder).read_config(), "test")
    assert test.labels is not None
    order = Generator(0).permutation(len(test))
    labels = test.labels[order]
    ends: list[int] = []
    for label in labels[:4]:
        ends.append(next(i for i in range(4, len(test)) if labels[i] == label and i not in ends))
    model: Any = load_model(folder)
    for column, places in ((0, range(4)), (-1, ends)):
        chosen = order[list(places)]
        expected = model.reconstruct(test.images[chosen], test.labels[chosen]).detach().numpy()
        np.testing.assert_allclose(tables[0][:, column].numpy(), expected, rtol=1e-4)
    call("interpolate", folder, "--count", 191, "--steps", 2, "--out", tmp_path / "all.png")


def test_a_gans_rows_go_from_noise_to_noise(
    trained: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables: list[tuple[Any, dict[str, Any]]] = []
    monkeypatch.setattr(
        viz, "save_image_table", lambda _path, images, **words: tables.append((images, words))
    )
    call("interpolate", trained["gan"], "--count", 3, "--steps", 4, "--out", tmp_path / "i.png")
    ((images, words),) = tables
    assert images.shape == (3, 4, 1, 8, 8)
    start, end = Generator(0).normal((2, 3, 2))
    model: Any = load_model(trained["gan"])
    for column, z in ((0, start), (-1, end)):
        expected = model.decode_images(z).detach().numpy()
        np.testing.assert_allclose(images[:, column].numpy(), expected, rtol=1e-4, atol=1e-6)
    assert "from one draw of noise to another" in words["title"]
    message = error("interpolate", trained["ring"], status=1)
    assert "makes points of the plane" in message


def test_more_images_than_a_picture_shows_are_refused(vae: Path) -> None:
    for option in ("--count", "--steps"):
        message = error("interpolate", vae, option, 2**31, status=2)
        assert f"'{option}': 2147483648 is not in the range" in message
    message = error("interpolate", vae, "--count", 191, "--steps", 100, status=2)
    assert "191 rows of 100 images are too many for one picture" in message
