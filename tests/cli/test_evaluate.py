from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

import minigen
from minigen import data, metrics
from minigen.training import load_model

from .helpers import SMALL, call, error


def test_json_has_the_bound_and_its_parts_on_the_test_images(vae: Path) -> None:
    values = json.loads(call("evaluate", vae, "--json", "--seed", 3).output)
    assert list(values) == ["negative_elbo", "reconstruction", "kl", "active_units"]
    images = data.load("digits", "test").scaled()
    expected = metrics.evaluate(load_model(vae), images, generator=minigen.Generator(3))
    active = metrics.active_units(load_model(vae), images).count  # type: ignore[arg-type]
    assert values == {**expected, "active_units": active}


def test_with_samples_there_is_the_likelihood_too(vae: Path) -> None:
    values = json.loads(call("evaluate", vae, "--json", "--samples", 20).output)
    assert list(values) == ["negative_elbo", "reconstruction", "kl", "nll", "active_units"]
    assert values["nll"] < values["negative_elbo"]
    again = json.loads(call("evaluate", vae, "--json", "--samples", 20).output)
    assert again == values


def test_a_conditional_model_is_told_the_classes(trained: dict[str, Path]) -> None:
    folder = trained["cvae"]
    values = json.loads(call("evaluate", folder, "--json", "--samples", 20).output)
    test = data.load("digits", "test")
    model: Any = load_model(folder)
    generators = [minigen.Generator(0) for _ in range(2)]
    expected = metrics.evaluate(model, test.scaled(), test.labels, generator=generators[0])
    nll = metrics.nll(model, test.scaled(), 20, test.labels, generator=generators[1])
    active = metrics.active_units(model, test.scaled(), test.labels).count
    assert values == {**expected, "nll": nll, "active_units": active}


def test_where_factors_are_known_the_gap_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = data.load

    def few(*arguments: Any, **options: Any) -> Any:
        sprites = original(*arguments, **options)
        parts = {name: getattr(sprites, name)[::20] for name in ("images", "labels", "factors")}
        return dataclasses.replace(sprites, **parts)

    monkeypatch.setattr(data, "load", few)
    call("train", "vae", *SMALL, "--dataset", "sprites", "--out", tmp_path)
    values = json.loads(call("evaluate", tmp_path, "--json").output)
    sprites = few("sprites", "test")
    means = metrics.latent_means(load_model(tmp_path), sprites.scaled())  # type: ignore[arg-type]
    gap = metrics.mutual_information_gap(means, sprites.factors).value
    assert values["mutual_information_gap"] == gap
    assert "mutual information gap" in call("evaluate", tmp_path).output


def test_an_autoencoder_has_a_reconstruction_only(trained: dict[str, Path]) -> None:
    folder = trained["autoencoder"]
    assert list(json.loads(call("evaluate", folder, "--json").output)) == ["reconstruction"]
    message = error("evaluate", folder, "--samples", 5, status=2)
    assert "'autoencoder' has no likelihood" in message


def test_the_table_says_what_and_in_which_unit(vae: Path) -> None:
    values = json.loads(call("evaluate", vae, "--json", "--samples", 5).output)
    shown = call("evaluate", vae, "--samples", 5).output
    assert "vae on 382 test images of digits" in shown
    assert "nats/image" in shown
    for value in values.values():
        assert (str(value) if isinstance(value, int) else f"{value:.3f}") in shown


@pytest.mark.parametrize(
    ("settings", "caveat"),
    [
        ((), "grey pixels, no likelihoods"),
        (("--decoder", "gaussian"), "Densities of pixels"),
        (("--binarize", "static"), "drawn black or white once"),
    ],
)
def test_the_table_says_what_the_values_compare_with(
    tmp_path: Path, settings: tuple[str, ...], caveat: str
) -> None:
    call("train", "vae", *SMALL, *settings, "--out", tmp_path)
    assert caveat in " ".join(call("evaluate", tmp_path).output.split())
