from __future__ import annotations

import numpy as np
import pytest

import minigen
from minigen import data
from minigen.training import ConfigurationError, Examples, load_examples

from .helpers import small_config


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
