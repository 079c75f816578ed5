"""How near restorations come to their originals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen.functional as F
from minigen import metrics
from minigen.engine.random import Generator
from minigen.models import Denoising, SuperResolution


def images(*shape: int) -> Any:
    return Generator(2).uniform(shape)


def test_the_peak_signal_to_noise_ratio_falls_by_twenty_decibels_with_ten_times_the_error() -> None:
    x = images(3, 1, 8, 8)
    np.testing.assert_allclose(metrics.psnr(x + 0.1, x), 20, rtol=1e-5)
    np.testing.assert_allclose(metrics.psnr(x + 0.01, x), 40, rtol=1e-4)
    np.testing.assert_allclose(metrics.psnr(255 * x + 25.5, 255 * x, data_range=255), 20, rtol=1e-5)
    assert metrics.psnr(x, x).tolist() == [np.inf] * 3
    with pytest.raises(ValueError, match=r"one shape is expected, got \(3, 1, 8, 8\) and \(2,"):
        metrics.psnr(x, x[:2])


def test_sharpness_is_a_share_of_the_slopes_that_should_be_there() -> None:
    x = images(3, 1, 8, 8)
    assert metrics.sharpness(x, x) == 1
    assert metrics.sharpness(0.5 * x + 0.2, x) == pytest.approx(0.5, rel=1e-5)
    assert metrics.sharpness(F.gaussian_blur(x, 1.0), x) < 0.5
    assert metrics.sharpness(x + images(3, 1, 8, 8)[::-1], x) > 1.2
    flat = np.ones((3, 1, 8, 8))
    assert (metrics.sharpness(flat, flat), metrics.sharpness(x, flat)) == (1, np.inf)
    with pytest.raises(ValueError, match=r"one shape is expected, got \(3, 1, 8, 8\) and \(2,"):
        metrics.sharpness(x, x[:2])


def test_a_wide_edge_is_less_sharp_in_either_direction() -> None:
    edge, ramp = np.zeros((1, 1, 2, 6)), np.zeros((1, 1, 2, 6))
    edge[..., 3:], ramp[..., 1:] = 1, [0.25, 0.5, 0.75, 1, 1]
    assert metrics.sharpness(ramp, edge) == pytest.approx(0.5)
    assert metrics.sharpness(ramp.swapaxes(2, 3), edge.swapaxes(2, 3)) == pytest.approx(0.5)


def test_each_image_has_a_ratio_of_its_own() -> None:
    x = images(2, 3, 4, 4)
    errors = np.array([0.1, 0.01], np.float32).reshape(2, 1, 1, 1)
    np.testing.assert_allclose(metrics.psnr(x + errors, x), [20, 40], rtol=1e-4)


def test_no_linear_filter_of_its_size_fits_better() -> None:
    """The errors are orthogonal to all that a filter sees: the normal equations."""
    x = images(20, 2, 10, 10)
    seen: Any = F.gaussian_blur(x, 1.0)
    restored = metrics.LinearRestoration(seen, x).restore(seen)
    errors = (restored - x).reshape(40, 10, 10).astype(np.float64)
    around = np.pad(seen.reshape(40, 10, 10), ((0, 0), (2, 2), (2, 2)), mode="edge")
    for down, right in np.ndindex(5, 5):
        tap = around[:, down : down + 10, right : right + 10]
        assert abs((errors * tap).mean()) < 1e-5
    assert abs(errors.mean()) < 1e-5


def test_a_linear_filter_makes_images_larger_by_whole_factors() -> None:
    small = images(30, 1, 6, 6)
    large: Any = F.interpolate(small, scale_factor=3, mode="bilinear")
    restored = metrics.LinearRestoration(small, large).restore(small)
    np.testing.assert_allclose(restored, large, atol=1e-5)


def test_a_report_compares_the_model_with_what_needs_no_network() -> None:
    x = images(12, 1, 16, 16)
    untrained = SuperResolution((1, 16, 16), channels=(4,), generator=Generator(1))
    report = metrics.judge_restoration(untrained, x, x, batch_size=5)
    assert report.count == 12
    assert report.fidelity["the model"] == report.fidelity["bicubic"]
    made: Any = untrained.reconstruct(untrained.corrupt(x))
    assert report.fidelity["the model"].psnr == pytest.approx(metrics.psnr(made, x).mean())
    assert report.fidelity["the model"].ssim == pytest.approx(F.ssim(made, x).mean().item())
    best = report.fidelity["best linear 5x5 filter"]
    assert best.psnr > report.fidelity["bicubic"].psnr


def test_the_generator_decides_the_noise_and_images_may_be_smaller_than_a_window() -> None:
    x = images(12, 1, 8, 8)
    model = Denoising((1, 8, 8), channels=(4,), generator=Generator(1))
    first, same, other = (
        metrics.judge_restoration(model, x, x, generator=Generator(seed)) for seed in (1, 1, 2)
    )
    assert first == same != other
