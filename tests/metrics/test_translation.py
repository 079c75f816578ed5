"""How near translations come to what was wanted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen import kinds, metrics
from minigen.engine.random import Generator
from minigen.models import Pix2Pix

from ..pairs import squares

KIND = kinds.find("pair")


def images(*shape: int) -> Any:
    return Generator(2).uniform(shape)


@pytest.fixture(scope="module")
def report() -> metrics.TranslationReport:
    model = Pix2Pix((1, 16, 16), channels=(8,), depth=1, generator=Generator(1))
    test, train = KIND.examples(squares("test")), KIND.examples(squares("train"))
    return metrics.judge_translation(model, test, train, batch_size=5)


def test_a_report_compares_the_model_with_inputs_and_targets(
    report: metrics.TranslationReport,
) -> None:
    inputs, targets = report.outcomes["as they are"], report.outcomes["the targets"]
    assert (report.count, report.candidates) == (12, 72)
    assert inputs.l1 == pytest.approx(25 / 256)
    assert (inputs.of_the_inputs, targets.l1) == (1, 0)
    test = KIND.examples(squares("test"))
    model = Pix2Pix((1, 16, 16), channels=(8,), depth=1, generator=Generator(1))
    error = np.abs(model.translate(test[:, :1]).numpy() - test[:, 1:]).mean()
    assert report.outcomes["the model"].l1 == pytest.approx(error, rel=1e-5)
    assert report.outcomes["the model"].of_the_inputs == pytest.approx(error / inputs.l1, rel=1e-5)


def test_a_judge_tells_targets_from_inputs_that_it_has_not_seen(
    report: metrics.TranslationReport,
) -> None:
    calls = [report.outcomes[name].called_targets for name in ("as they are", "the targets")]
    assert calls == [0, 1]
    assert report.judge_accuracy == 1


def test_a_judge_sees_as_much_of_an_image_as_it_can_halve() -> None:
    black, white = np.zeros((9, 1, 10, 9), np.float32), np.ones((9, 1, 10, 9), np.float32)
    judge = metrics.train_style_judge(black, white)
    assert metrics.judged_targets(judge, white).all()
    assert not metrics.judged_targets(judge, black).any()


def test_the_nearest_image_may_stand_a_pixel_away_and_no_further() -> None:
    others = images(9, 2, 8, 8)
    assert metrics.nearest_images(others, others).tolist() == [*range(9)]
    moved = np.roll(others, (1, -1), axis=(2, 3))
    assert metrics.nearest_images(moved, others).tolist() == [*range(9)]
    stripes = np.zeros((2, 1, 6, 12), np.float32)
    stripes[0, ..., 2], stripes[1, ..., 5] = 1, 1
    between = np.roll(stripes[:1], 2, axis=3)
    assert metrics.nearest_images(between, stripes).tolist() == [1]
    assert metrics.nearest_images(between, stripes, shift=0).tolist() == [0]
