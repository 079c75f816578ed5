"""How translation between two styles does, and what it hides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import kinds, metrics
from minigen.engine.random import Generator
from minigen.models import CycleGAN

from ..pairs import squares

TEST, TRAIN = (kinds.find("pair").examples(squares(split)) for split in ("test", "train"))


class Cheat(CycleGAN):
    """A translator that leaves images as they are, but for a faint mark of where they came from.

    Back from there it turns what has the mark into black, and all else into white.
    """

    def translate(self, x: Any, direction: str = "a-to-b") -> Any:
        pixels = minigen.tensor(x).numpy()
        if direction == "a-to-b":
            return minigen.tensor(np.where(pixels == 0, np.float32(0.001), pixels))
        marked = (pixels == np.float32(0.001)).any(axis=(1, 2, 3), keepdims=True)
        return minigen.tensor(np.where(marked, 0, np.ones_like(pixels)))


def cheating() -> Cheat:
    return Cheat((1, 16, 16), channels=(8,), patch_channels=(4,))


def test_a_message_is_read_from_a_translation_not_under_noise_nor_from_a_true_image() -> None:
    report = metrics.judge_cycle(cheating(), TEST, TRAIN)
    assert (report.count, report.judge_accuracy) == (12, 1)
    there = report.directions["a-to-b"]
    black, white = (error(TEST[:, :1], shade) for shade in (0, 1))
    assert there.led_back == {
        "the translation": pytest.approx(black),
        "the translation under noise": pytest.approx(white),
        "the true image": pytest.approx(white),
        "the true image under noise": pytest.approx(white),
    }
    assert there.l1 == pytest.approx(25 / 256, rel=0.02)
    assert there.unchanged == pytest.approx(25 / 256)
    assert there.called == 0


def test_without_true_images_there_is_no_error_beside_them() -> None:
    report = metrics.judge_cycle(cheating(), TEST, TRAIN, paired=False, noise=0.0)
    back = report.directions["b-to-a"]
    assert (back.l1, back.unchanged) == (None, None)
    assert list(back.led_back) == ["the translation", "the translation under noise"]
    assert len(set(back.led_back.values())) == 1


def test_the_styles_that_are_called_are_those_of_their_direction() -> None:
    model = CycleGAN((1, 16, 16), channels=(8,), generator=Generator(0))  # as they are, nearly
    report = metrics.judge_cycle(model, TEST, TRAIN, batch_size=5)
    assert [way.called for way in report.directions.values()] == [0, 0]
    swapped = np.concatenate([TEST[:, 1:], TEST[:, :1]], axis=1)
    report = metrics.judge_cycle(model, swapped, TRAIN)
    assert [way.called for way in report.directions.values()] == [1, 1]
    assert report.judge_accuracy == 0


def error(images: Any, others: Any) -> float:
    return float(np.abs(images - others).mean())
