from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pytest

import minigen
from minigen import Generator, data, nn
from minigen.metrics import (
    TRAINED,
    FeatureExtractor,
    class_accuracy,
    extract_features,
    features,
    load_feature_extractor,
)
from minigen.metrics.train_features import measure_accuracy

NAMES = tuple(TRAINED)
FOLDER = os.environ.get("MINIGEN_DATA")
Downloaded = Literal["mnist", "fashion_mnist", "cifar10"]
Drawn = Literal["printed_digits", "printed_letters", "coloured_shapes", "coloured_shapes_64"]
DRAWN: tuple[Drawn, ...] = get_args(Drawn)


def images(count: int, shape: tuple[int, ...] = (1, 8, 8)) -> npt.NDArray[Any]:
    drawn: npt.NDArray[Any] = Generator(0).uniform((count, *shape))
    return drawn


def test_features_are_the_penultimate_layer() -> None:
    extractor = FeatureExtractor((3, 16, 8), (4, 6), classes=5, generator=Generator(0)).eval()
    x = minigen.tensor(images(7, (3, 16, 8)))
    described = extractor.features(x)
    assert described.shape == (7, 64)
    assert float(described.numpy().min()) >= 0
    np.testing.assert_array_equal(extractor(x).numpy(), extractor.head(described).numpy())
    assert extractor(x).shape == (7, 5)


def test_class_accuracy_is_the_share_that_is_named_as_asked() -> None:
    extractor = FeatureExtractor((1, 8, 8), (4,), classes=3, generator=Generator(0)).eval()
    x = images(8)
    named = extractor(x).numpy().argmax(axis=1)
    asked = np.where(np.arange(8) < 2, (named + 1) % 3, named)
    assert class_accuracy(extractor, x, asked, batch_size=3) == 0.75
    with pytest.raises(ValueError, match=r"class_accuracy: a label for each .* got 8 images and"):
        class_accuracy(extractor, x, asked[:7])
    with pytest.raises(ValueError, match=r"class_accuracy: images in \[0, 1\] are expected"):
        class_accuracy(extractor, x * 2 - 1, asked)


def test_images_of_another_shape_are_refused() -> None:
    extractor = FeatureExtractor((1, 8, 8), (4,))
    with pytest.raises(ValueError, match=r"shape \(N, 1, 8, 8\) are expected, got \(2, 1, 4, 16\)"):
        extractor.features(minigen.zeros(2, 1, 4, 16))


def test_a_side_that_can_not_be_halved_is_refused() -> None:
    with pytest.raises(ValueError, match="FeatureExtractor: 2 convolutions of stride 2"):
        FeatureExtractor((1, 6, 6), (4, 4))


@pytest.mark.parametrize("name", NAMES)
def test_the_packages_weights_are_small_frozen_and_whole(name: str) -> None:
    trained = TRAINED[name]
    assert trained.file.size < 150_000
    extractor = load_feature_extractor(name)
    assert not any(module.training for module in extractor.modules())
    assert not any(parameter.requires_grad for parameter in extractor.parameters())
    assert extractor.image_shape == trained.image_shape
    described = extract_features(extractor, images(3, trained.image_shape))
    assert described.shape == (3, 64)
    assert np.isfinite(described).all()


def test_loading_draws_nothing_from_the_default_generator() -> None:
    before = minigen.random.default_generator().get_state()
    load_feature_extractor("digits")
    assert minigen.random.default_generator().get_state() == before


def test_the_classifier_of_digits_is_as_good_as_recorded() -> None:
    accuracy = measure_accuracy(load_feature_extractor("digits"), data.load("digits", "test"))
    # A rounding may turn an image or two of 382.
    assert accuracy == pytest.approx(TRAINED["digits"].test_accuracy, abs=0.006)
    assert accuracy > 0.95


@pytest.mark.skipif(FOLDER is None, reason="MINIGEN_DATA names no folder with the real files")
@pytest.mark.parametrize(
    ("name", "least"), [("mnist", 0.99), ("fashion_mnist", 0.91), ("cifar10", 0.65)]
)
def test_the_other_classifiers_are_as_good_as_recorded(name: Downloaded, least: float) -> None:
    accuracy = measure_accuracy(load_feature_extractor(name), data.load(name, "test"))
    assert accuracy == pytest.approx(TRAINED[name].test_accuracy, abs=0.001)
    assert accuracy > least


@pytest.mark.slow
@pytest.mark.parametrize("name", DRAWN)
def test_the_classifiers_of_drawn_sets_are_as_good_as_recorded(name: Drawn) -> None:
    accuracy = measure_accuracy(load_feature_extractor(name), data.load(name, "test"))
    assert accuracy == pytest.approx(TRAINED[name].test_accuracy, abs=0.001)


@pytest.mark.parametrize("name", DRAWN)
def test_a_classifier_tells_all_classes_of_a_drawn_set_apart(name: Drawn) -> None:
    classes = {"printed_digits": 10, "printed_letters": 26}.get(name, 20)
    assert load_feature_extractor(name).head.weight.shape == (classes, 64)


def test_features_of_one_class_lie_closer_than_those_of_two() -> None:
    test = data.load("digits", "test")
    described = extract_features(load_feature_extractor("digits"), test.scaled())
    means = np.stack([described[test.labels == label].mean(axis=0) for label in range(10)])
    nearest = ((described[:, np.newaxis] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == test.labels).mean() > 0.9


@pytest.mark.parametrize("batch_size", [1, 4, 11, 100])
def test_batches_change_nothing(batch_size: int) -> None:
    extractor, x = load_feature_extractor("digits"), images(11)
    whole = extract_features(extractor, x)
    assert whole.dtype == np.float64
    parts = extract_features(extractor, x, batch_size=batch_size)
    np.testing.assert_allclose(parts, whole, rtol=1e-5, atol=1e-6)


def test_the_extractor_evaluates_meanwhile_and_keeps_its_mode() -> None:
    extractor = FeatureExtractor((1, 8, 8), (4,)).train()
    norm = extractor.body[1]
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    before = norm.running_mean.numpy().copy()
    first, second = (extract_features(extractor, images(9)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(norm.running_mean.numpy(), before)
    assert extractor.training


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [(-1, 1, r"got -1 to 1; images in \[-1, 1\]"), (0, 255, "got 0 to 255"), (0, np.nan, "nan")],
)
def test_images_outside_the_unit_interval_are_refused(
    low: float, high: float, message: str
) -> None:
    x = np.array([low, high], np.float32).repeat(32).reshape(1, 1, 8, 8)
    with pytest.raises(ValueError, match=f"^extract_features: images in .* {message}"):
        extract_features(load_feature_extractor("digits"), x)


def test_no_images_are_refused() -> None:
    with pytest.raises(ValueError, match="extract_features: at least one image"):
        extract_features(load_feature_extractor("digits"), images(0))


def test_a_data_set_without_a_classifier_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(ValueError, match="'sprites', only for digits, mnist, fashion_mnist, cifar"):
        load_feature_extractor("sprites")


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the digits' weights, used in the place of the package's."""
    path = tmp_path / TRAINED["digits"].file.name
    path.write_bytes((features.WEIGHTS / path.name).read_bytes())
    monkeypatch.setattr(features, "WEIGHTS", tmp_path)
    return path


def test_damaged_weights_are_refused(copied: Path) -> None:
    load_feature_extractor("digits")
    contents = bytearray(copied.read_bytes())
    contents[-1] ^= 1
    copied.write_bytes(contents)
    with pytest.raises(data.DataFileError, match=r"digits\.safetensors has the SHA-256 .* instead"):
        load_feature_extractor("digits")


def test_missing_weights_are_reported(copied: Path) -> None:
    copied.unlink()
    with pytest.raises(data.DataFileError, match=r"digits\.safetensors can't be read: .* anew"):
        load_feature_extractor("digits")


def test_weights_of_another_architecture_do_not_load(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(TRAINED["digits"], channels=(16,))
    monkeypatch.setitem(features.TRAINED, "digits", other)
    with pytest.raises(RuntimeError, match="nothing was loaded"):
        load_feature_extractor("digits")
