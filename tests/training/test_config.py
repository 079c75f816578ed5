from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import data, nn, optim
from minigen.data.cifar10 import AUGMENTATION
from minigen.models.augmentation import Augmentation
from minigen.training import (
    OPTIMIZERS,
    ConfigurationError,
    Examples,
    RunConfig,
    RunError,
    load_examples,
)

from .helpers import small_config


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("model", "gan9", "one of autoencoder, conv-autoencoder, vae, conv-vae"),
        ("dataset", "cats", "one of digits, mnist, fashion_mnist"),
        ("binarize", "half", "one of none, static, dynamic"),
        ("optimizer", "newton", "one of adam, adamw, rmsprop, sgd"),
        ("schedule", "exponential", "one of constant, cosine, linear"),
        ("epochs", 0, "an integer of at least 1 is expected, got 0"),
        ("epochs", 2.0, "an integer of at least 1 is expected, got 2.0"),
        ("batch_size", True, "an integer of at least 1 is expected, got True"),
        ("steps", 0, "an integer of at least 1 is expected, got 0"),
        ("validation", -1, "an integer of at least 0 is expected, got -1"),
        ("keep", 0, "an integer of at least 1"),
        ("seed", -1, "an integer of at least 0"),
        ("learning_rate", 0.0, "a positive number is expected, got 0.0"),
        ("learning_rate", float("nan"), "a positive number is expected, got nan"),
        ("learning_rate", float("inf"), "a positive number is expected, got inf"),
        ("betas", [0.5], r"two numbers in \[0, 1\) are expected"),
        ("betas", [0.5, 1.0], r"two numbers in \[0, 1\) are expected"),
        ("device", "tpu", "use 'cpu', 'cuda' or 'cuda:N'"),
    ],
)
def test_a_value_out_of_its_range_is_named(name: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name}: .*{message}"):
        small_config(**{name: value})


def test_the_device_is_spelt_in_one_way() -> None:
    assert small_config(device="cuda").device == "cuda:0"


def test_json_holds_all_of_it() -> None:
    config = small_config(seed=2**70, learning_rate=0.1, binarize="dynamic", keep=5)
    assert RunConfig.from_json(config.to_json()) == config
    assert json.loads(config.to_json())["minigen"] == minigen.__version__


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "can't be read"),
        ("{", "can't be read"),
        ("3", "can't be read"),
        ("{}", "lacks batch_size, betas, binarize"),
    ],
)
def test_a_text_that_is_no_configuration_is_refused(text: str, message: str) -> None:
    with pytest.raises(RunError, match=message):
        RunConfig.from_json(text)


@pytest.mark.parametrize(("name", "value"), [("epochs", "ten"), ("momentum", 0.9)])
def test_a_changed_json_is_refused_with_the_entry_at_fault(name: str, value: Any) -> None:
    entries = json.loads(small_config().to_json()) | {name: value}
    with pytest.raises(RunError, match=name):
        RunConfig.from_json(json.dumps(entries))


def test_a_data_set_says_how_a_discriminator_sees_it_and_what_has_none_is_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = {field.name for field in dataclasses.fields(Augmentation)}
    assert AUGMENTATION.keys() == options
    digits = dataclasses.replace(data.load("digits"), augmentation=AUGMENTATION)
    monkeypatch.setattr(data, "load", lambda *_: digits)
    told = load_examples(RunConfig(model="dcgan"), "train").decided()
    assert told == {"image_shape": [1, 8, 8], **AUGMENTATION}
    assert load_examples(RunConfig(model="vae"), "train").decided() == {"image_shape": [1, 8, 8]}


def test_initial_weights_are_decided_by_the_seed() -> None:
    shape = {"image_shape": [1, 2, 2], "hidden": [4], "latent": 2}
    first, same, other = (
        small_config(model_config=shape, seed=seed).build_model().state_dict() for seed in (1, 1, 2)
    )
    name = "encoder.0.weight"
    assert np.array_equal(first[name].array, same[name].array)
    assert not np.array_equal(first[name].array, other[name].array)


@pytest.mark.parametrize("options", [{"latent": 0}, {"depth": 3}, {"decoder": "poisson"}])
def test_what_the_model_refuses_is_a_fault_of_the_configuration(options: dict[str, Any]) -> None:
    config = small_config(model_config={"image_shape": [1, 2, 2], **options})
    with pytest.raises(ConfigurationError, match=f"model_config: .*{next(iter(options))}"):
        config.build_model()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_optimiser_is_that_of_the_name_with_the_learning_rate(name: str) -> None:
    config = small_config(
        optimizer=name, learning_rate=0.25, model_config={"image_shape": [1, 2, 2]}
    )
    optimizer = config.build_optimizer(config.build_model())
    assert type(optimizer).__name__.lower() == name
    assert isinstance(optimizer, optim.Optimizer)
    assert [group["lr"] for group in optimizer.param_groups] == [0.25]


def test_betas_are_for_optimisers_that_have_them() -> None:
    config = small_config(betas=(0.5, 0.9), model_config={"image_shape": [1, 2, 2]})
    optimizer = config.build_optimizer(config.build_model())
    assert optimizer.param_groups[0]["betas"] == [0.5, 0.9]
    with pytest.raises(ConfigurationError, match="betas: sgd has none"):
        small_config(betas=(0.5, 0.9), optimizer="sgd")


def test_what_is_left_open_is_completed_by_the_model() -> None:
    config = small_config(model_config={"image_shape": [1, 2, 2]})
    model = config.build_model()
    completed = config.completed(model)
    assert (completed.learning_rate, completed.betas) == (1e-3, None)
    assert completed.model_config == model.config()
    assert small_config(learning_rate=0.5).completed(model).learning_rate == 0.5


def test_the_learning_rate_stays_or_falls_to_zero_at_the_end_of_the_run() -> None:
    rates: dict[str, list[float]] = {}
    for schedule in ("constant", "cosine"):
        config = small_config(
            schedule=schedule, learning_rate=0.5, model_config={"image_shape": [1, 2, 2]}
        )
        optimizer = config.build_optimizer(config.build_model())
        run = config.build_schedule(optimizer, 4)
        rates[schedule] = []
        for _ in range(5):
            rates[schedule].append(run.get_last_lr()[0])
            run.step()
    assert rates["constant"] == [0.5] * 5
    wave = [0.5 * (1 + math.cos(math.pi * share / 4)) / 2 for share in range(5)]
    assert rates["cosine"] == pytest.approx(wave)


@pytest.mark.parametrize("split", ["train", "test"])
def test_grey_images_are_scaled_and_left_grey(split: str) -> None:
    examples = load_examples(small_config(), split)
    assert np.array_equal(examples.images, data.load("digits", split).scaled())
    assert len(examples) == len(data.load("digits", split))


def test_static_binarisation_is_one_data_set_for_all_runs() -> None:
    for split in ("train", "test"):
        first, second = (
            load_examples(small_config(binarize="static", seed=seed), split).images
            for seed in (0, 1)
        )
        assert np.array_equal(first, second)
        assert set(np.unique(first)) == {0, 1}


def test_dynamic_binarisation_draws_training_images_afresh() -> None:
    examples = load_examples(small_config(binarize="dynamic"), "train")
    generator = minigen.Generator(0)
    first, second = (examples.batch(np.arange(50), generator)[0] for _ in range(2))
    assert set(np.unique(first)) == set(np.unique(second)) == {0, 1}
    assert not np.array_equal(first, second)
    grey = examples.images[:50]
    assert np.array_equal(first[grey == 0], grey[grey == 0])
    assert np.array_equal(first[grey == 1], grey[grey == 1])


def test_dynamic_and_static_binarisation_share_their_test_images() -> None:
    dynamic, static = (
        load_examples(small_config(binarize=kind), "test") for kind in ("dynamic", "static")
    )
    assert np.array_equal(dynamic.images, static.images)
    assert not dynamic.resampled


def test_a_batch_holds_the_images_of_its_indices() -> None:
    images = np.arange(20, dtype=np.float32).reshape(5, 1, 2, 2)
    batch, labels = Examples(images).batch(np.array([3, 0]), minigen.Generator(0))
    assert np.array_equal(batch, images[[3, 0]])
    assert labels is None


def test_a_conditional_model_gets_the_labels_of_its_images() -> None:
    examples = load_examples(small_config(model="cvae"), "test")
    digits = data.load("digits", "test")
    indices = np.array([5, 0, 77])
    images, labels = examples.batch(indices, minigen.Generator(0))
    assert np.array_equal(images, digits.scaled()[indices])
    assert labels is not None
    assert np.array_equal(labels, digits.labels[indices])
    assert examples.classes == 10
    assert load_examples(small_config(), "test").labels is None


def test_the_first_images_come_as_they_are() -> None:
    examples = load_examples(small_config(model="cvae", binarize="dynamic"), "train")
    images, labels = examples.first(7)
    assert np.array_equal(images, examples.images[:7])
    assert labels is not None
    assert np.array_equal(labels, data.load("digits").labels[:7])
    assert load_examples(small_config(), "test").first(3)[1] is None


def test_points_are_taken_as_they_are() -> None:
    examples = load_examples(small_config(dataset="ring"), "test")
    assert np.array_equal(examples.images, data.load("ring", "test").points)
    with pytest.raises(ConfigurationError, match="binarize: ring has points"):
        load_examples(small_config(dataset="ring", binarize="dynamic"), "train")


# ------------------------------------------------------------------------ pictures of one's own


@pytest.fixture
def shades(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of sixty small pictures."""
    monkeypatch.setattr("minigen.data.locations.cache_folder", lambda: tmp_path / "cache")
    np.save(tmp_path / "shades.npy", np.random.default_rng(0).random((60, 4, 4)))
    return tmp_path / "shades.npy"


def test_a_path_is_pictures_of_ones_own_and_called_as_its_end(shades: Path) -> None:
    config = small_config(dataset=str(shades))
    assert config.own_data == data.OwnData(str(shades))
    assert config.dataset == "shades.npy"
    assert RunConfig.from_json(config.to_json()) == config


def test_what_is_known_of_them_is_settled_once(shades: Path) -> None:
    settled = small_config(dataset=str(shades)).settled(progress=False)
    assert settled.own_data is not None
    assert settled.own_data.number == 60
    assert len(settled.own_data.digest or "") == 64
    assert settled.settled() is settled
    assert RunConfig.from_json(settled.to_json()) == settled
    assert small_config().settled() == small_config()


def test_without_pictures_of_ones_own_the_json_does_not_speak_of_them() -> None:
    assert "own_data" not in json.loads(small_config().to_json())


@pytest.mark.parametrize("entry", [{"path": "a", "fit": "squeeze"}, {"size": 3}, 7])
def test_a_json_with_wrong_pictures_is_refused(entry: Any) -> None:
    entries = json.loads(small_config().to_json()) | {"own_data": entry}
    with pytest.raises(RunError, match="is no configuration of a run"):
        RunConfig.from_json(json.dumps(entries))


def test_both_parts_are_loaded_scaled(shades: Path) -> None:
    config = small_config(dataset=str(shades)).settled(progress=False)
    parts = [load_examples(config, split) for split in ("train", "test")]
    assert sum(map(len, parts)) == 60
    for part in parts:
        assert part.images.dtype == np.float32
        assert 0 <= part.images.min() < part.images.max() <= 1


def test_pictures_that_are_not_those_of_the_run_are_refused(shades: Path) -> None:
    config = small_config(dataset=str(shades)).settled(progress=False)
    np.save(shades, np.zeros((50, 4, 4)))
    with pytest.raises(data.ChangedDataError, match=r"\(60 then, 50 now\).*--data PATH"):
        load_examples(config, "train")
    shades.unlink()
    with pytest.raises(data.MissingDataError, match=r"are not at .* any more.*--data PATH"):
        load_examples(config, "train")


def test_pictures_that_were_moved_keep_the_name_of_the_run(shades: Path) -> None:
    config = small_config(dataset=str(shades)).settled(progress=False)
    moved = config.moved(shades.rename(shades.with_name("other.npy")))
    assert moved.dataset == "shades.npy"
    assert len(load_examples(moved, "train")) > 40
    assert config.moved(None) is config
    with pytest.raises(ConfigurationError, match="the run is on digits"):
        small_config().moved("elsewhere")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_images_that_hold_nan_are_refused_where_they_enter(
    monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    broken = data.load("digits").scaled()
    broken[[7, 9], 0, 3, 3] = value
    monkeypatch.setattr(data.Dataset, "scaled", lambda _: broken)
    message = "digits: 2 of 1,415 images hold NaN or infinite values, number 7 the first"
    with pytest.raises(data.DataError, match=message):
        load_examples(small_config(), "train")


def test_examples_held_out_are_the_same_in_every_run_and_trained_on_in_none() -> None:
    whole = load_examples(small_config(model="cvae"), "train")
    parts = {
        split: load_examples(small_config(model="cvae", validation=300, seed=seed), split)
        for seed, split in enumerate(("train", "validation"))
    }
    assert [len(parts[split]) for split in ("train", "validation")] == [len(whole) - 300, 300]
    rows = {split: {image.tobytes() for image in part.images} for split, part in parts.items()}
    assert not rows["train"] & rows["validation"]
    assert rows["train"] | rows["validation"] == {image.tobytes() for image in whole.images}
    of_image = dict(zip((image.tobytes() for image in whole.images), whole.labels, strict=True))  # type: ignore[arg-type]
    for part in parts.values():
        assert [of_image[image.tobytes()] for image in part.images] == list(part.labels)  # type: ignore[arg-type]
        assert len(set(part.labels)) == 10  # type: ignore[arg-type]
    one, other = (load_examples(small_config(validation=n), "test").images for n in (0, 300))
    np.testing.assert_array_equal(one, other)


def test_examples_held_out_are_never_drawn_afresh() -> None:
    config = small_config(binarize="dynamic", validation=50)
    assert set(load_examples(config, "validation").images.ravel().tolist()) == {0.0, 1.0}
    assert load_examples(config, "train").resampled


def test_a_run_keeps_something_to_train_on() -> None:
    with pytest.raises(ConfigurationError, match=r"fewer than the 1,415 training .* got 1,415"):
        load_examples(small_config(validation=1415), "train")


def test_what_is_left_open_is_the_models_and_otherwise_the_librarys() -> None:
    shape = {"image_shape": [1, 8, 8]}
    found = {}
    for name, options in (("vae", {}), ("dcgan", {}), ("dcgan", {"objective": "wasserstein"})):
        config = RunConfig(model=name, model_config=shape | options)
        done = config.completed(config.build_model())
        found[name, *options.values()] = (done.learning_rate, done.batch_size, done.schedule)
        again = RunConfig(model=name, model_config=shape, batch_size=7, schedule="cosine")
        assert (kept := again.completed(again.build_model())).batch_size == 7
        assert kept.schedule == "cosine"
    assert found == {
        ("vae",): (1e-3, 128, "constant"),
        ("dcgan",): (1e-3, 64, "linear"),
        ("dcgan", "wasserstein"): (5e-5, 128, "constant"),
    }


def test_the_linear_schedule_keeps_the_rate_for_half_the_run_and_ends_at_a_fiftieth() -> None:
    optimizer = optim.SGD([nn.Parameter([1.0])], lr=2.0)
    schedule = RunConfig(schedule="linear").build_schedule(optimizer, 100)
    rates = [schedule.rates(step)[0] for step in (0, 49, 50, 75, 100)]
    assert rates == pytest.approx([2.0, 2.0, 2.0, 2.0 * 0.51, 2.0 / 50])
    shortest = RunConfig(schedule="linear").build_schedule(optimizer, 1)
    assert shortest.rates(0) == [2.0]


def test_a_file_says_steps_and_validation_only_where_they_are_used() -> None:
    plain, used = small_config(), small_config(steps=5, validation=7)
    assert not {"steps", "validation"} & json.loads(plain.to_json()).keys()
    assert RunConfig.from_json(plain.to_json()) == plain
    assert RunConfig.from_json(used.to_json()) == used


@pytest.mark.parametrize(("dataset", "side"), [("textures_brick", 32), ("digits", 16)])
def test_features_that_no_classifier_has_are_refused(dataset: str, side: int) -> None:
    network = {"image_shape": [1, side, side], "channels": [4], "perceptual": 1.0}
    config = small_config(model="denoising", dataset=dataset, model_config=network)
    message = f"perceptual: there is no classifier for images of 1x{side}x{side} of {dataset}, only"
    with pytest.raises(ConfigurationError, match=message):
        config.build_model()
