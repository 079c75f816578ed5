"""How near predicted frames come to those that followed."""

from __future__ import annotations

import numpy as np
import pytest

from minigen import kinds, metrics
from minigen.engine.random import Generator
from minigen.metrics.prediction import copied, extrapolated
from minigen.models import FramePrediction

from ..clips import points

KIND = kinds.find("clip")
TRAIN, TEST = (KIND.examples(points(split)) for split in ("train", "test"))


def test_a_report_compares_the_model_by_frames_ahead_with_what_needs_no_network() -> None:
    model = FramePrediction((1, 8, 8), (8,), context=2, generator=Generator(0))
    report = metrics.judge_prediction(model, TEST, TRAIN, batch_size=3)
    assert (report.count, report.context) == (8, 2)
    wanted = TEST[:, 2:]
    errors = ((model.predict(TEST[:, :2], 4).numpy() - wanted) ** 2).mean(axis=(0, 2, 3, 4))
    assert report.mse["the model"] == pytest.approx(errors, rel=1e-5)
    assert report.mse["the last frame"] == pytest.approx([2 / 64] * 4)  # two points differ
    assert report.to_copying == pytest.approx(errors[0] / (2 / 64), rel=1e-5)
    assert report.to_dict()["mse"] == report.mse
    short = metrics.judge_prediction(model, TEST, TRAIN, frames=1)
    assert len(short.mse["the model"]) == 1


def test_the_lines_through_two_frames_are_cut_to_what_is_possible() -> None:
    seen = np.array([0.5, 0.9, 0.4, 0.6], np.float32).reshape(2, 2, 1, 1, 1)
    assert extrapolated(seen, 3).ravel().tolist() == pytest.approx([1, 1, 1, 0.8, 1, 1])
    assert copied(seen, 2).ravel().tolist() == pytest.approx([0.9, 0.9, 0.6, 0.6])
    np.testing.assert_array_equal(extrapolated(seen[:, :1], 2), copied(seen[:, :1], 2))


def test_a_linear_filter_learns_to_shift() -> None:
    """Away from the edge, where the points come back at the other side."""
    noise = np.random.default_rng(0).random((20, 1, 1, 10, 10), np.float32)
    moving = np.concatenate([np.roll(noise, frame, axis=4) for frame in range(4)], axis=1)
    made = metrics.LinearPrediction(moving, context=2).predict(moving[:, :2], frames=2)
    inner = (..., slice(3, -3), slice(4, -4))
    assert np.abs(made[:, 0][inner] - moving[:, 2][inner]).mean() < 0.1
    assert np.abs(moving[:, 1][inner] - moving[:, 2][inner]).mean() > 0.25
    assert (made.min(), made.max()) >= (0, 0)
    assert made.max() <= 1


def test_where_nothing_moves_no_error_is_small_enough() -> None:
    still = np.repeat(TEST[:, :1], 4, axis=1)
    model = FramePrediction((1, 8, 8), (8,), context=2)
    assert metrics.judge_prediction(model, still, still).to_copying == np.inf


def test_clips_without_a_frame_to_predict_are_refused() -> None:
    model = FramePrediction((1, 8, 8), (8,), context=6)
    with pytest.raises(ValueError, match=r"more than the 6 frames that are seen .* got 6"):
        metrics.judge_prediction(model, TEST, TRAIN)
