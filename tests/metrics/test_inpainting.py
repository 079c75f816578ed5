"""How near fillings come to what was there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen import metrics
from minigen.engine.random import Generator
from minigen.models import Inpainting


def images(*shape: int) -> Any:
    return Generator(2).uniform(shape)


def test_a_filling_is_the_mean_of_its_neighbours_everywhere() -> None:
    x = images(4, 2, 12, 11)
    holes = Generator(3).uniform((4, 1, 12, 11)) < 0.4
    holes[0] = False
    holes[1, :, 2:9, :6] = True
    filled = metrics.laplace_filling(x, holes)
    around = np.pad(filled, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    means = (around[..., 2:, 1:-1] + around[..., :-2, 1:-1]) / 4
    means += (around[..., 1:-1, 2:] + around[..., 1:-1, :-2]) / 4
    np.testing.assert_allclose(np.where(holes, filled, 0), np.where(holes, means, 0), atol=1e-4)
    np.testing.assert_array_equal(np.where(holes, 0, filled), np.where(holes, 0, x))


def test_a_report_has_the_error_of_the_holes_alone() -> None:
    x = np.full((10, 1, 16, 16), 0.25, np.float32)
    model = Inpainting((1, 16, 16), channels=(8, 8), code=4, hole=6, generator=Generator(1))
    report = metrics.judge_inpainting(model, x, x + 0.5, batch_size=3)
    assert report.count == 10
    assert report.hole_mse["mean image"] == pytest.approx(0.25)
    assert report.hole_mse["Laplace's equation"] == pytest.approx(0, abs=1e-8)
    seen = model.corrupt(x, generator=Generator(0))
    holes = seen[:, -1:] == 0
    errors = (model.fill(seen).numpy() - x)[holes] ** 2
    whole = metrics.judge_inpainting(model, x, x, generator=Generator(0))
    assert whole.hole_mse["the model"] == pytest.approx(errors.mean(), rel=1e-5)
