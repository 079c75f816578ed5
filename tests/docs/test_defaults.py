"""What the documentation says of defaults is what the options have."""

from __future__ import annotations

import functools
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from minigen import models, optim
from minigen.cli.train import train
from minigen.metrics import density_coverage, precision_recall
from minigen.models.adversaries import default_channels
from minigen.models.objectives import OBJECTIVES
from minigen.training import RunConfig

DOCS = Path(__file__).parents[2] / "docs"


@functools.cache
def page(name: str) -> str:
    """Return the text of a page, its lines joined."""
    return " ".join((DOCS / name).read_text(encoding="utf-8").split())


@functools.cache
def defaults(model: str) -> dict[str, Any]:
    """Return every option of a model of 28 x 28 grey pixels or of sounds, and of its training."""
    classes: dict[str, Any] = {"classes": 10} if models.find(model).conditional else {}
    if model == "spoken-vae":
        classes |= {"words": ("a",) * 10, "channels": (8, 16)}
    if model == "text-to-image":
        classes = {"vocabulary": ("", "a"), "sentence_length": 1, "channels": (8, 16)}
    shape: tuple[int, ...] = (1, 28, 28)
    if models.find(model).kinds == ("sound",):
        shape = (1, 1024)
    if models.find(model).kinds == ("text",):
        shape, classes = (8,), {"vocabulary": ("", "a")}
    config = RunConfig(model=model).completed(models.build(model, image_shape=shape, **classes))
    betas = inspect.signature(optim.Adam).parameters["betas"].default
    training = {name: getattr(config, name) for name in ("batch_size", "learning_rate", "schedule")}
    return {**config.model_config, **training, "betas": config.betas or betas}


def written(value: Any) -> str:
    """Return how a table writes a value."""
    if isinstance(value, list | tuple):
        return ", ".join(map(written, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def table_of_defaults() -> list[list[str]]:
    text = (DOCS / "models.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"(?ms)^## Defaults$(.*?)^## ", text)
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


HEAD, _, *ROWS = table_of_defaults()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip("`"))
def test_the_table_of_defaults_has_the_values_of_the_options(row: list[str]) -> None:
    option, *cells = row
    for named, cell in zip(HEAD[1:], cells, strict=True):
        for model in re.findall(r"`([\w-]+)`", named):
            value = defaults(model).get(option.strip("`"), "")
            assert cell == written(value), f"docs/models.md, {option} of {model}"


def test_the_channels_of_other_sizes_are_those_that_are_said() -> None:
    small, large = (written(default_channels((3, side, side))) for side in (32, 64))
    assert f"images of 32 x 32 pixels get {small}, those of 64 x 64 one more" in page("models.md")
    assert large.startswith(small)
    assert len(large.split()) == len(small.split()) + 1


def test_the_dense_vae_of_the_results_is_the_default_one() -> None:
    has = defaults("vae")
    (hidden,) = has["hidden"]
    assert (
        f"Layers 784-{hidden}-{has['latent']}, ReLU, grey pixels with a Bernoulli decoder, batches "
        f"of {has['batch_size']}, Adam with learning rate 1e-3"
    ) in page("results.md")
    assert (has["decoder"], has["activation"], has["learning_rate"]) == ("bernoulli", "relu", 1e-3)


def test_the_dense_gans_of_the_results_are_the_default_ones() -> None:
    assert defaults("gan")["hidden"] == [256, 256]
    said = (
        "Beside R1, in every eighth step, the rate is 3e-3; with the least-squares objective and "
        "`wasserstein-gp`, which have no R1, it is 1e-3, and the critic of `wasserstein-gp` moves "
        "once for the generator."
    )
    assert said in page("results.md")
    for objective in OBJECTIVES.keys() - {"wasserstein"}:
        model = models.GAN((1, 28, 28), hidden=(2,), objective=objective)
        without = objective in {"least-squares", "wasserstein-gp"}
        assert (model.game.r1, model.game.critic_steps) == (0 if without else 1, 1)
        assert model.training_defaults()["lr"] == (1e-3 if without else 3e-3)
        if not without:
            assert model.game.r1_interval == 8


def test_the_help_of_training_says_what_models_have() -> None:
    """Where it speaks of all models in words."""
    said = {option.name: getattr(option, "help", None) or "" for option in train.params}
    of = {name: defaults(name) for name in models.MODELS}
    games = [name for name in of if issubclass(models.find(name), models.GAN | models.VAEGAN)]
    cyclegan, anomaly = of.pop("cyclegan"), of.pop("anomaly")
    for has in (of.pop("pix2pix"), of.pop("frame-prediction")):
        assert (has["batch_size"], has["schedule"]) == (16, "linear")
        assert (has["learning_rate"], *has["betas"]) == (2e-3, 0.9, 0.999)
    assert (cyclegan["batch_size"], cyclegan["schedule"]) == (8, "linear")
    assert (cyclegan["learning_rate"], *cyclegan["betas"]) == (1e-3, 0.5, 0.999)
    assert (anomaly["batch_size"], anomaly["schedule"]) == (32, "cosine")
    assert (anomaly["learning_rate"], *anomaly["betas"]) == (4e-3, 0.9, 0.999)
    for told in (of.pop("text-to-image"), of.pop("audio-vae"), of.pop("spoken-vae")):
        assert (told["batch_size"], told["schedule"]) == (32, "linear")
        assert (told["learning_rate"], *told["betas"]) == (2e-3, 0.9, 0.999)
    for name in ("char-gru", "char-transformer", "text-vae"):
        text = of.pop(name)
        assert text["batch_size"] == 32
        assert text["schedule"] == ("linear" if name == "text-vae" else "cosine")
    restorers = ("super-resolution", "denoising", "deblurring", "inpainting")
    for name, has in of.items():
        assert has["batch_size"] == (64 if name in (*games, *restorers) else 128)
        schedule = "linear" if name in games else "cosine" if name in restorers else "constant"
        assert has["schedule"] == schedule
        if name not in games:
            assert (has["learning_rate"], *has["betas"]) == (1e-3, 0.9, 0.999)
    sizes = (
        "64 for most GANs of images and for what restores, 32 for anomaly, text-to-image, "
        "audio-vae, spoken-vae and models of text, 16 for pix2pix and frame-prediction, 8 for "
        "cyclegan, else 128"
    )
    assert sizes in said["batch_size"]
    schedules = (
        "linear for most GANs of images, what translates, frame-prediction, text-to-image, "
        "audio-vae, spoken-vae and text-vae, cosine for what restores, anomaly, char-gru and "
        "char-transformer, else constant"
    )
    assert schedules in said["schedule"]
    but = (
        "GANs, pix2pix, anomaly, frame-prediction, text-to-image, audio-vae, spoken-vae and models "
        "of text"
    )
    assert f"1e-3 for all but {but}" in said["learning_rate"]
    assert "0.9,0.999 for all but GANs" in said["betas"]
    linear = "`linear`, which is the default of most GANs of images, of what translates, of"
    assert linear in " ".join(page("training.md").split())


def test_the_neighbours_that_are_counted_are_those_that_are_said() -> None:
    near, dense = (
        inspect.signature(measure).parameters["neighbours"].default
        for measure in (precision_recall, density_coverage)
    )
    assert f"`precision_recall` (Kynkäänniemi et al., 2019) uses k = {near}" in page("metrics.md")
    assert f"`density_coverage` (Naeem et al., 2020) k = {dense}" in page("metrics.md")
