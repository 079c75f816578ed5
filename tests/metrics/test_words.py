from __future__ import annotations

import numpy as np
import pytest

from minigen import data, metrics
from minigen.engine.random import Generator
from minigen.metrics.words import judge_words, word_judge
from minigen.models import SpokenVAE

TEST = data.load("spoken", "test")


def model() -> SpokenVAE:
    return SpokenVAE(
        (1, 32, 32), 10, TEST.classes, channels=(2, 2), hidden=(4,), latent=2,
        generator=Generator(1),
    )  # fmt: skip


def test_the_judge_of_the_package_knows_words_of_voices_that_it_never_heard() -> None:
    judge = word_judge(data.load("spoken"))
    images, labels = TEST.scaled(), TEST.labels
    accuracy = metrics.class_accuracy(judge, images, labels)
    assert accuracy == pytest.approx(metrics.TRAINED["spoken"].test_accuracy, abs=1e-4)
    assert metrics.class_accuracy(judge, images, (labels + 1) % 10) < 0.02


def test_baselines_and_real_words_stand_beside_the_model() -> None:
    chosen = slice(0, 20)
    report = judge_words(model(), TEST.scaled()[chosen], TEST.labels[chosen], data.load("spoken"))
    assert report.count == 20
    assert [*report.outcomes] == [
        "the model", "the model, as sound", "the mean of each word", "principal components",
        "training words", "the real words",
    ]  # fmt: skip
    real, means = report.outcomes["the real words"], report.outcomes["the mean of each word"]
    assert real.named == 1.0
    assert real.variety == pytest.approx(1.0)
    assert real.distance == pytest.approx(0, abs=1e-6)
    assert means.variety < 1e-6
    assert means.named > 0.9
    assert report.outcomes["training words"].named == 1.0
    untrained = report.outcomes["the model"]
    assert untrained.named < 0.5
    assert untrained.distance > report.outcomes["training words"].distance
    assert 0.3 < report.outcomes["principal components"].variety < 1
    assert report.to_dict()["outcomes"]["the model"]["named"] == untrained.named


def test_words_that_were_never_trained_on_are_refused() -> None:
    train = data.load("spoken")
    few = data.SpokenWords("spoken", "train", train.images[:3], train.labels[:3], train.classes)
    with pytest.raises(ValueError, match="the training part has no 'three'"):
        judge_words(model(), TEST.scaled()[:10], TEST.labels[:10], few)


def test_the_spread_is_within_words_alone() -> None:
    from minigen.metrics.words import _spread

    images = np.array([0, 0, 1, 1], np.float32).reshape(4, 1, 1, 1)
    assert _spread(images, np.array([0, 0, 1, 1])) == 0
    assert _spread(images, np.array([0, 1, 0, 1])) == 0.5
