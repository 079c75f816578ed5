"""The distributions of pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minigen
from minigen.engine.random import Generator
from minigen.models.likelihoods import GaussianPixels


@pytest.mark.derivation("gaussian.learnt_variance")
def test_the_best_variance_of_pixels_is_the_mean_squared_error() -> None:
    pixels = GaussianPixels().to(np.float64)
    output = minigen.tensor(Generator(0).normal((5, 9), np.float64))
    x = Generator(1).uniform((5, 9), np.float64)
    error = float(((pixels.mean(output).numpy() - x) ** 2).mean())
    with minigen.no_grad():
        pixels.logvar.copy_(minigen.tensor([math.log(error)], dtype="float64"))
    loss = pixels.negative_log_likelihood(output, x, "batchmean")
    loss.backward()
    assert pixels.logvar.grad is not None
    assert pixels.logvar.grad.item() == pytest.approx(0, abs=1e-12)
    assert loss.item() == pytest.approx(9 / 2 * (math.log(2 * math.pi * error) + 1), rel=1e-12)
