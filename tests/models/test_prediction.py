from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import functional as F
from minigen import nn
from minigen.engine.backend import to_numpy
from minigen.engine.random import Generator
from minigen.models import FramePrediction


def clips(count: int = 3, frames: int = 7, side: int = 8) -> Any:
    return minigen.rand(count, frames, 1, side, side, generator=Generator(1)).array


def predictor(**options: Any) -> FramePrediction:
    """Make a small model whose network does something."""
    model = FramePrediction((1, 8, 8), (8,), **options, generator=Generator(0))
    nn.init.normal_(model.network.last.weight, 0.0, 0.3, Generator(2))
    return model.eval()


def test_a_new_model_leaves_the_last_frame_nearly_as_it_is() -> None:
    x = clips()
    made = FramePrediction((1, 8, 8), (8,)).predict(x, 2)
    once = F.sigmoid(8 * minigen.tensor(x[:, -1]) - 4)
    np.testing.assert_allclose(to_numpy(made.array[:, 0]), to_numpy(once.array), rtol=1e-6)
    twice = F.sigmoid(8 * once - 4)
    np.testing.assert_allclose(to_numpy(made.array[:, 1]), to_numpy(twice.array), rtol=1e-6)


def test_each_frame_is_predicted_from_the_last_ones_the_predicted_among_them() -> None:
    model, x = predictor(context=3), clips()
    made = model.predict(x, 2)
    seen = minigen.cat([minigen.tensor(x), made[:, :1]], axis=1)
    np.testing.assert_allclose(
        to_numpy(model.predict(seen, 1).array[:, 0]), to_numpy(made.array[:, 1]), rtol=1e-5
    )
    np.testing.assert_array_equal(to_numpy(model.predict(x[:, 4:], 2).array), to_numpy(made.array))
    assert float(abs(model.predict(x[:, 3:], 1) - made[:, :1]).max()) == 0
    assert float(abs(model.predict(x[:, ::-1], 1) - made[:, :1]).max()) > 1e-3


@pytest.mark.parametrize(
    ("criterion", "loss"),
    [("bce", F.binary_cross_entropy), ("mse", F.mse_loss), ("l1", F.l1_loss)],
)
def test_the_loss_is_the_mean_over_the_frames_ahead(criterion: str, loss: Any) -> None:
    model, x = predictor(context=2, unrolled=3, criterion=criterion), clips(frames=5)
    made = model.predict(x[:, :2], 3)
    expected = sum(loss(made[:, step], x[:, 2 + step]) for step in range(3)) / 3
    (name, value), *_ = model.terms(x).items()
    assert name == f"{criterion}_loss"
    assert float(value) == pytest.approx(float(expected), rel=1e-4)
    assert float(model.loss(x)) == float(value)


def test_evaluation_begins_at_other_frames_of_one_clip_after_the_other() -> None:
    model, x = predictor(context=2, unrolled=2), clips(count=5, frames=6)
    parts = [model.loss(x[number : number + 1, number % 3 :][:, :4]) for number in range(5)]
    assert float(model.loss(x)) == pytest.approx(float(sum(parts) / 5), rel=1e-5)


def test_training_begins_anywhere_in_a_clip() -> None:
    model, x = predictor(context=1, unrolled=1).train(), clips(count=1, frames=4)
    losses = {round(float(model.loss(x, generator=Generator(seed))), 3) for seed in range(20)}
    possible = {round(float(model.loss(x[:, first : first + 2])), 3) for first in range(3)}
    assert losses == possible


def test_of_short_clips_fewer_frames_ahead_are_learnt() -> None:
    x = clips(frames=5)
    assert float(predictor(context=4, unrolled=3).loss(x)) == pytest.approx(
        float(predictor(context=4, unrolled=1).loss(x))
    )


def test_frames_of_any_size_can_be_predicted() -> None:
    model = FramePrediction((1, 8, 8), (8, 8))
    assert model.predict(minigen.rand(2, 4, 1, 7, 10), 3).shape == (2, 3, 1, 7, 10)


def test_what_it_sees_of_a_clip_are_the_first_frames_and_it_shows_ten_more() -> None:
    model, x = predictor(context=3), clips()
    np.testing.assert_array_equal(to_numpy(model.corrupt(x)), to_numpy(x[:, :3]))
    assert model.reconstruct(model.corrupt(x)).shape == (3, 10, 1, 8, 8)


def test_clips_that_do_not_fit_are_refused() -> None:
    model = predictor(context=4)
    with pytest.raises(ValueError, match=r"at least 5 frames are expected, of which 4 are seen"):
        model.loss(clips(frames=4))
    with pytest.raises(ValueError, match=r"at least 4 frames .* got \(3, 1, 8, 8\)"):
        model.predict(clips()[:, 0])
    with pytest.raises(ValueError, match=r"frames of shape \(1, 8, 8\) are expected, got"):
        model.loss(clips(side=16))
    with pytest.raises(ValueError, match="at least one frame is expected, got 0"):
        model.predict(clips(), 0)


@pytest.mark.host_only("values on a card are not looked at: that would wait for it")
def test_clips_that_are_not_scaled_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        predictor().loss(clips() * 2)
