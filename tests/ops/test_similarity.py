"""A Gaussian blur and structural similarity."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigen.functional as F
from minigen.derivations import check
from tests.numeric import assert_gradients, draw


@pytest.mark.derivation("gaussian_blur")
@given(st.integers(1, 7), st.integers(1, 7), st.floats(0.3, 2.0))
def test_a_blur_keeps_flat_images_and_treats_both_directions_alike(
    height: int, width: int, sigma: float
) -> None:
    flat: Any = F.gaussian_blur(np.full((1, 1, height, width), 0.7), sigma)
    np.testing.assert_allclose(flat, 0.7, rtol=1e-12)
    x = draw(1, 2, height, width)
    turned: Any = F.gaussian_blur(x.swapaxes(2, 3), sigma)
    np.testing.assert_allclose(turned.swapaxes(2, 3), F.gaussian_blur(x, sigma), atol=1e-12)


def test_a_point_becomes_a_gaussian_of_the_asked_for_width() -> None:
    point = np.zeros((1, 1, 1, 61))
    point[..., 30] = 1
    blurred: Any = F.gaussian_blur(point, 4.0, kernel_size=61)
    places = np.arange(61) - 30
    assert (blurred.ravel() * places**2).sum() == pytest.approx(16, rel=1e-6)


def test_beyond_its_border_an_image_is_mirrored_and_the_border_stands_once() -> None:
    middle, beside = np.array([1, np.exp(-0.5)]) / (1 + 2 * np.exp(-0.5))
    expected = {(5.0,): [5], (1.0, 0.0): [middle, 2 * beside], (1.0, 0, 0): [middle, beside, 0]}
    for row, shares in expected.items():
        found: Any = F.gaussian_blur(np.array(row).reshape(1, 1, 1, -1), 1.0, kernel_size=3)
        np.testing.assert_allclose(found.ravel(), shares, rtol=1e-12)


def test_two_blurs_are_one_whose_variances_add() -> None:
    x = np.pad(draw(1, 1, 8, 8), ((0, 0), (0, 0), (20, 20), (20, 20)))
    twice: Any = F.gaussian_blur(F.gaussian_blur(x, 1.5, 21), 2.0, 21)
    np.testing.assert_allclose(twice, F.gaussian_blur(x, 2.5, 35), atol=1e-4)


@pytest.mark.derivation("ssim")
def test_equal_images_have_a_similarity_of_one_and_negatives_a_negative_one() -> None:
    x = draw(3, 2, 12, 13, low=0)
    check("ssim", np.ones(3), F.ssim(x, x))
    assert np.all(F.ssim(1 - x, x) < 0)


@pytest.mark.derivation("ssim")
def test_windows_of_eleven_pixels_are_compared_by_brightness_and_structure() -> None:
    x, y = draw(1, 1, 11, 12, low=0), draw(1, 1, 11, 12, seed=1, low=0) * 0.2
    places = np.arange(11) - 5
    weights = np.exp(-(places[:, None] ** 2 + places**2) / (2 * 1.5**2))
    weights /= weights.sum()
    expected = []
    for left in range(2):
        a, b = (images[0, 0, :, left : left + 11] for images in (x, y))
        mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
        var_a, var_b = (weights * (a - mean_a) ** 2).sum(), (weights * (b - mean_b) ** 2).sum()
        covariance = (weights * (a - mean_a) * (b - mean_b)).sum()
        brightness = (2 * mean_a * mean_b + 1e-4) / (mean_a**2 + mean_b**2 + 1e-4)
        expected.append(brightness * (2 * covariance + 9e-4) / (var_a + var_b + 9e-4))
    np.testing.assert_allclose(F.ssim(x, y), [np.mean(expected)], rtol=1e-10)


def test_a_window_reaches_three_deviations_and_may_be_a_single_pixel() -> None:
    point = np.zeros((1, 1, 1, 41))
    point[..., 20] = 1
    for sigma, reach in ((2.0, 6), (0.4, 2)):
        blurred: Any = F.gaussian_blur(point, sigma)
        assert np.flatnonzero(blurred).tolist() == list(range(20 - reach, 21 + reach))
    np.testing.assert_array_equal(F.gaussian_blur(point, 1.0, kernel_size=1), point)


def test_structural_similarity_is_symmetric_and_each_image_has_its_own() -> None:
    x, y = draw(3, 1, 12, 12, low=0), draw(3, 1, 12, 12, seed=1, low=0)
    together: Any = F.ssim(x, y)
    np.testing.assert_allclose(F.ssim(y, x), together, rtol=1e-12)
    alone = [F.ssim(a[None], b[None])[0] for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(alone, together, rtol=1e-12)


def test_the_range_of_values_is_a_unit() -> None:
    x, y = draw(1, 1, 12, 12, low=0), draw(1, 1, 12, 12, seed=1, low=0)
    np.testing.assert_allclose(F.ssim(255 * x, 255 * y, data_range=255), F.ssim(x, y), rtol=1e-9)


def test_flat_and_black_images_have_a_similarity_and_a_gradient() -> None:
    black = np.zeros((1, 1, 11, 11))
    assert F.ssim(black, black).tolist() == [1.0]
    assert_gradients(lambda x: F.ssim(x, black), black + 0.1, order=1)


@pytest.mark.parametrize(
    ("function", "count"),
    [
        (lambda x: F.gaussian_blur(x, 0.9), 1),
        (lambda x: F.gaussian_blur(x, 0.5, 3), 1),
        (lambda x, y: F.ssim(x, y, sigma=1.0, kernel_size=3), 2),
        (lambda x, y: F.ssim(x, y, sigma=1.0, kernel_size=5, data_range=2.0), 2),
    ],
)
def test_gradients_of_both_orders(function: Any, count: int) -> None:
    assert_gradients(function, *(draw(2, 2, 5, 6, seed=seed) for seed in range(count)))


def test_float32_stays_and_integers_become_floats() -> None:
    x = np.ones((1, 1, 11, 11), np.float32)
    for images in (x, x.astype(np.uint8)):
        assert F.gaussian_blur(images, 1.0).dtype == np.float32
        assert F.ssim(images, images).dtype == np.float32


X = np.zeros((2, 1, 12, 12))
HALF: Any = 3.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.gaussian_blur(X, 0.0), "gaussian_blur: sigma must be positive, got 0.0"),
        (lambda: F.gaussian_blur(X, np.nan), "sigma must be positive, got nan"),
        (lambda: F.gaussian_blur(X, 1.0, 4), "kernel_size must be an odd number, got 4"),
        (lambda: F.gaussian_blur(X, 1.0, -3), "kernel_size must be an odd number, got -3"),
        (lambda: F.gaussian_blur(X, 1.0, HALF), "kernel_size must be an odd number, got 3.5"),
        (lambda: F.gaussian_blur(X, np.inf), "sigma must be positive, got inf"),
        (lambda: F.ssim(X, X, data_range=np.inf), "data_range must be positive, got inf"),
        (lambda: F.gaussian_blur(X[0], 1.0), "(N, C, H, W) are expected, got (1, 12, 12)"),
        (lambda: F.ssim(X, X[:1]), "one shape are expected, got (2, 1, 12, 12) and (1, 1, 12, 12)"),
        (lambda: F.ssim(X[..., :9], X[..., :9]), "at least 11x11 pixels are expected"),
        (lambda: F.ssim(X, X, data_range=0), "ssim: data_range must be positive, got 0"),
        (lambda: F.ssim(X, X, kernel_size=0), "ssim: kernel_size must be an odd number, got 0"),
    ],
)
def test_what_means_nothing_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
