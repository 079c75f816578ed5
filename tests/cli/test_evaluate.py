from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import data, metrics
from minigen.cli.trained import Trained
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


MEASURES = [
    "frechet_distance",
    "kernel_distance",
    "kernel_distance_error",
    "precision",
    "recall",
    "density",
    "coverage",
]


def test_a_gans_samples_are_judged_beside_as_many_real_ones(trained: dict[str, Path]) -> None:
    values = json.loads(call("evaluate", trained["gan"], "--json", "--generated", 50).output)
    assert list(values) == ["samples"]
    report = values["samples"]
    assert list(report) == ["count", "generated", "real", "discriminator"]
    assert report["count"] == 50
    for kind in ("generated", "real"):
        assert list(report[kind]) == MEASURES
        assert 0 < report["discriminator"][kind] < 1
    assert report["generated"]["frechet_distance"] > report["real"]["frechet_distance"]
    default = json.loads(call("evaluate", trained["gan"], "--json").output)
    assert default["samples"]["count"] == 191


def test_points_are_judged_by_their_modes_where_these_are_known(trained: dict[str, Path]) -> None:
    ring = json.loads(call("evaluate", trained["ring"], "--json").output)["samples"]
    assert list(ring["generated"]) == ["modes", "total", "high_quality", "reverse_kl"]
    assert ring["real"]["modes"] == ring["real"]["total"] == 8
    moons = json.loads(call("evaluate", trained["two_moons"], "--json", "--generated", 100).output)[
        "samples"
    ]
    assert list(moons["generated"]) == MEASURES


def test_the_table_of_samples_says_what_the_discriminator_does_not(
    trained: dict[str, Path],
) -> None:
    for name in ("gan", "ring"):
        shown = " ".join(call("evaluate", trained[name], "--generated", 50).output.split())
        assert "50 samples of gan beside real ones" in shown
        assert "do not judge the generator" in shown


def test_a_vaes_samples_are_judged_when_asked(vae: Path) -> None:
    values = json.loads(call("evaluate", vae, "--json", "--generated", 40).output)
    assert values["samples"]["count"] == 40
    assert "discriminator" not in values["samples"]
    shown = call("evaluate", vae, "--generated", 40).output
    assert "negative ELBO" in shown
    assert "Fréchet distance" in shown


def test_more_than_can_be_compared_is_refused_before_anything_is_measured(
    trained: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "evaluate", lambda *_, **__: pytest.fail("this takes long"))
    for name in ("vae", "gan", "ring"):
        message = error("evaluate", trained[name], "--generated", 2**31, status=2)
        assert message.startswith("--generated: ")
    message = error("evaluate", trained["vae"], "--samples", 2**31, status=2)
    assert "'--samples': 2147483648 is not in the range" in message


def test_what_cannot_be_judged_is_told(trained: dict[str, Path]) -> None:
    message = error("evaluate", trained["gan"], "--generated", 383, status=2)
    assert "digits has 382 test samples" in message
    assert "at most 382" in message
    message = error("evaluate", trained["autoencoder"], "--generated", 50, status=2)
    assert "'autoencoder' has no prior" in message
    message = error("evaluate", trained["gan"], "--samples", 50, status=2)
    assert "'gan' has no likelihood" in message


def test_as_many_as_there_are_test_images_are_judged_beside_training_images(
    trained: dict[str, Path],
) -> None:
    output = call("evaluate", trained["gan"], "--json", "--generated", 382).output
    samples = json.loads(output)["samples"]
    assert samples["count"] == 382
    test, train = (data.load("digits", split).scaled() for split in ("test", "train"))
    extractor = metrics.load_feature_extractor("digits")
    generator = minigen.Generator(0)
    model: Any = load_model(trained["gan"])
    made = model.sample(382, generator=generator).numpy()
    expected = metrics.judge_samples(test, made, extractor, others=train, generator=generator)
    for kind in ("generated", "real"):
        distance = samples[kind]["frechet_distance"]
        assert distance == pytest.approx(getattr(expected, kind).frechet_distance, rel=1e-5)


def test_what_was_held_out_stands_beside_samples_where_training_images_are_too_few(
    tmp_path: Path,
) -> None:
    call("train", "gan", *SMALL, "--validation", 1100, "--out", tmp_path / "held")
    values = json.loads(
        call("evaluate", tmp_path / "held", "--json", "--test", "--generated", 382).output
    )
    assert values["samples"]["count"] == 382 > 1415 - 1100


def test_of_a_conditional_model_it_is_said_how_often_the_class_asked_for_is_seen(
    trained: dict[str, Path],
) -> None:
    output = call("evaluate", trained["cvae"], "--json", "--generated", 30).output
    found = json.loads(output)["samples"]["class_accuracy"]
    extractor, test = metrics.load_feature_extractor("digits"), data.load("digits", "test")
    model: Any = load_model(trained["cvae"])
    made = model.sample(30, generator=minigen.Generator(0)).numpy()
    asked = [number % 10 for number in range(30)]
    assert found["real"] == metrics.class_accuracy(extractor, test.scaled(), test.labels)
    assert found["generated"] == metrics.class_accuracy(extractor, made, np.array(asked))
    shown = call("evaluate", trained["cvae"], "--generated", 30).output
    assert f"{found['real']:.3f}" in next(line for line in shown.split("\n") if "class acc" in line)


def test_a_run_that_held_examples_out_is_measured_on_these_unless_the_test_set_is_asked_for(
    trained: dict[str, Path], tmp_path: Path
) -> None:
    options = ("--latent", 2, "--hidden", 8, "--epochs", 1, "--validation", 100)
    said = call("train", "vae", *options, "--out", tmp_path / "held").output
    assert "validation loss  " in said
    chosen, tested = (
        call("evaluate", tmp_path / "held", *more).output for more in ((), ("--test",))
    )
    assert "100 validation images of digits" in " ".join(chosen.split())
    assert "382 test images of digits" in " ".join(tested.split())
    message = error("evaluate", tmp_path / "held", "--generated", 101, status=2)
    assert "at most 100" in message


def test_samples_of_truncated_noise_are_less_diverse(trained: dict[str, Path]) -> None:
    near, all_over = (
        json.loads(call("evaluate", trained["ring"], "--json", *more).output)["samples"]
        for more in (("--truncation", 0.01), ())
    )
    assert near["generated"]["modes"] < 8
    assert near != all_over
    assert near["real"] == all_over["real"]


def test_without_a_classifier_images_are_not_compared(
    trained: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "TRAINED", {})
    result = call("evaluate", trained["gan"], "--json", "--generated", 50)
    assert "there is no classifier for digits" in result.stderr
    assert set(json.loads(result.stdout)["samples"]) == {"count", "discriminator"}


@pytest.mark.parametrize("count", [1, 2, 30, 40])
@pytest.mark.parametrize("model", ["vae", "gan", "two_moons"])
def test_of_few_test_examples_what_can_be_measured_is(
    trained: dict[str, Path], monkeypatch: pytest.MonkeyPatch, model: str, count: int
) -> None:
    of = Trained.test
    monkeypatch.setattr(Trained, "test", lambda run: first(of(run), count))
    result = call("evaluate", trained[model], "--json")
    values = json.loads(result.stdout)
    if model == "vae":
        assert ("active_units" in values) == (count >= 2)
        assert ("at least 2 test examples" in result.stderr) == (count < 2)
        assert "negative_elbo" in values
    elif count < 2:
        assert values == {}
        assert "at least 2 test examples" in result.stderr
    else:
        assert set(values["samples"]["discriminator"]) == {"real", "generated"}
        assert ("coverage" in values["samples"].get("generated", {})) == (count >= 40)
        assert ("test examples twice as many, 40" in result.stderr) == (count < 40)
    call("evaluate", trained[model])


def first(examples: Any, count: int) -> Any:
    labels = None if examples.labels is None else examples.labels[:count]
    return dataclasses.replace(examples, images=examples.images[:count], labels=labels)
