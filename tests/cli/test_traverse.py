from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigen import metrics, models, viz
from minigen.training import RunFolder, load_examples, load_model

from .helpers import call, error

Tables = list[tuple[Any, dict[str, Any]]]


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Tables:
    """The tables that were drawn, instead of files."""
    drawn: Tables = []
    monkeypatch.setattr(
        viz, "save_image_table", lambda _path, images, **words: drawn.append((images, words))
    )
    return drawn


@pytest.fixture
def uneven(vae: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run whose third latent variable is the most active and whose first the least."""
    model = models.VAE((1, 8, 8), (8,), 3)
    for unit, scale in enumerate((0.5, 2.0, 8.0)):
        model.to_mu.weight.array[unit] = scale * model.to_mu.weight.array[0]
    monkeypatch.setattr("minigen.training.load_model", lambda *_, **__: model.eval())
    return vae


def test_the_most_active_variable_comes_first(uneven: Path, tables: Tables) -> None:
    call("traverse", uneven, "--steps", 5, "--range", 2)
    call("traverse", uneven, "--steps", 5, "--range", 2, "--count", 2)
    (images, words), (fewer, shorter) = tables
    assert [label.split()[0] for label in words["rows"]] == ["z2", "z1", "z0"]
    assert words["columns"] == ["−2", "−1", "0", "1", "2"]
    assert images.shape == (3, 5, 1, 8, 8)
    assert (fewer == images[:2]).all()
    assert shorter["rows"] == words["rows"][:2]


@pytest.mark.parametrize("from_prior", [False, True])
def test_the_others_stay_at_an_images_mean_or_at_zero(
    vae: Path, tables: Tables, from_prior: bool
) -> None:
    call("traverse", vae, "--image", 7, *(["--from-prior"] if from_prior else []))
    ((images, words),) = tables
    model: Any = load_model(vae)
    test = load_examples(RunFolder(vae).read_config(), "test").images
    variances = metrics.active_units(model, test).variances
    z = np.zeros(2, np.float32) if from_prior else metrics.latent_means(model, test[7:8])[0]
    expected = models.traverse(model, z, 9).detach().numpy()[np.argsort(-variances)]
    np.testing.assert_allclose(images, expected, rtol=1e-5)
    first_line = words["title"].splitlines()[0]
    assert first_line.endswith("at 0" if from_prior else "at test image 7's mean")
    for label in words["rows"]:
        unit = int(label[1])
        assert label == f"z{unit} ({variances[unit]:.3f})"


def test_a_learnt_priors_mean_and_deviations_are_the_scale(
    vae: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    model: Any = models.VAE((1, 8, 8), (8,), 2, prior="mixture", components=3)
    monkeypatch.setattr("minigen.training.load_model", lambda *_, **__: model.eval())
    call("traverse", vae, "--from-prior", "--steps", 3)
    ((images, words),) = tables
    middle = model.decode_images(model.prior_moments()[0][None]).numpy()
    np.testing.assert_allclose(images[:, 1], np.repeat(middle, 2, axis=0), rtol=1e-5)
    assert words["title"].splitlines()[0].endswith("at the prior's mean")
    assert words["column_title"] == "standard deviations from the prior's mean"


def test_values_between_are_not_rounded_to_others(vae: Path, tables: Tables) -> None:
    call("traverse", vae)
    assert tables[0][1]["columns"][:3] == ["−3", "−2.25", "−1.5"]


def test_the_picture_is_put_where_it_is_asked_for(vae: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "rows.png"
    assert call("traverse", vae, "--out", out).output.strip() == str(out)
    assert out.exists()
    call("traverse", vae)
    assert (vae / "samples" / "traverse.png").read_bytes() == out.read_bytes()


def test_an_autoencoder_has_no_scale_to_go_along(trained: dict[str, Path]) -> None:
    message = error("traverse", trained["autoencoder"], status=1)
    assert "'autoencoder', has no prior" in message
    assert "minigen interpolate" in message


def test_an_image_that_is_not_there_is_told(vae: Path) -> None:
    message = error("traverse", vae, "--image", 382, status=2)
    assert "digits has 382 test images, 0 to 381" in message


@pytest.mark.parametrize(
    "option",
    [("--steps", 1), ("--range", 0), ("--count", 0), ("--range", "inf"), ("--range", "nan")]
    + [(name, 2**31) for name in ("--steps", "--range", "--count", "--image")],
)
def test_options_out_of_their_range_are_refused(vae: Path, option: tuple[str, object]) -> None:
    assert option[0] in error("traverse", vae, *option, status=2)


def test_of_a_conditional_model_all_images_are_of_the_class_of_the_one_that_stays(
    trained: dict[str, Path], tables: Tables
) -> None:
    folder = trained["cvae"]
    call("traverse", folder, "--image", 5, "--steps", 3, "--range", 1)
    ((images, words),) = tables
    test = load_examples(RunFolder(folder).read_config(), "test")
    assert test.labels is not None
    model: Any = load_model(folder)
    z = metrics.latent_means(model, test.images[5:6], test.labels[5:6])[0]
    order = [int(label.split()[0][1:]) for label in words["rows"]]
    label = int(test.labels[5])
    expected = models.traverse(model, z, 3, 1.0, label).detach().numpy()[order]
    np.testing.assert_allclose(images, expected, rtol=1e-5)


def test_a_gan_has_no_encoder(trained: dict[str, Path]) -> None:
    message = error("traverse", trained["gan"], status=1)
    assert "has no encoder, by which" in message
