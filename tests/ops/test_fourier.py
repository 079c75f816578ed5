"""Frames, spectra, and a loss of spectra."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from tests.numeric import assert_gradients, draw


@pytest.mark.derivation("frames", "overlap_add", "frames.grad", "overlap_add.grad")
@pytest.mark.parametrize(("length", "size", "hop"), [(11, 4, 2), (11, 5, 3), (9, 2, 4), (4, 4, 1)])
def test_cutting_and_adding_up_are_adjoint(length: int, size: int, hop: int) -> None:
    x = draw(2, length)
    parts: Any = F.frames(x, size, hop)
    assert parts.shape == (2, (length - size) // hop + 1, size)
    np.testing.assert_array_equal(parts[:, -1], x[:, (parts.shape[1] - 1) * hop :][:, :size])
    g = draw(*parts.shape, seed=1)
    back: Any = F.overlap_add(g, length, hop)
    assert (parts * g).sum() == pytest.approx((x * back).sum(), rel=1e-12)
    assert_gradients(lambda x: F.frames(x, size, hop), x)
    assert_gradients(lambda g: F.overlap_add(g, length, hop), g)


@pytest.mark.derivation("fourier", "fourier_adjoint", "fourier.grad", "fourier_adjoint.grad")
@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_the_transform_and_its_adjoint_are_sums_of_cosines_and_sines(size: int) -> None:
    x = draw(3, size)
    angles = 2 * np.pi * np.outer(np.arange(size // 2 + 1), np.arange(size)) / size
    matrix = np.stack([np.cos(angles), -np.sin(angles)], 1)
    spectrum: Any = F.fourier(x)
    np.testing.assert_allclose(spectrum, np.einsum("kpn,bn->bkp", matrix, x), atol=1e-12)
    g = draw(*spectrum.shape, seed=1)
    back: Any = F.fourier_adjoint(g, size)
    np.testing.assert_allclose(back, np.einsum("kpn,bkp->bn", matrix, g), atol=1e-12)


def test_gradients_of_both_orders() -> None:
    assert_gradients(F.fourier, draw(2, 6))
    assert_gradients(lambda x: F.fourier_adjoint(x, 5), draw(2, 3, 2))
    window = draw(4, low=0.2)
    assert_gradients(lambda x, w: F.stft(x, 4, 2, window=w), draw(2, 7), window)
    assert_gradients(lambda x: F.spectrogram(x, 4, eps=0.1), draw(2, 7))
    assert_gradients(
        lambda x, y: F.multi_scale_spectral_loss(x, y, (4, 6), eps=0.1),
        draw(2, 7),
        draw(2, 7, seed=1),
    )


@pytest.mark.derivation("stft")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"hop_length": 3, "win_length": 5, "pad_mode": "constant"},
        {"center": False, "hop_length": 1},
    ],
    ids=str,
)
def test_spectra_are_pytorchs(options: Any) -> None:
    torch = pytest.importorskip("torch")
    x, window = draw(2, 20), draw(options.get("win_length", 8), low=0.2)
    expected = torch.stft(
        torch.from_numpy(x), 8, window=torch.from_numpy(window), return_complex=True, **options
    )
    found = F.stft(x, 8, window=window, **options)
    np.testing.assert_allclose(found, torch.view_as_real(expected).numpy(), atol=1e-12)


def test_windows_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    for name in ("hann_window", "hamming_window"):
        for length in (1, 2, 7, 8):
            for periodic in (True, False):
                expected = getattr(torch, name)(length, periodic, dtype=torch.float64).numpy()
                found = getattr(minigen, name)(length, periodic, dtype="float64")
                np.testing.assert_allclose(found.array, expected, atol=1e-15)


@pytest.mark.derivation("spectrogram")
def test_noise_has_magnitudes_around_its_deviation_however_long_the_frames() -> None:
    noise = minigen.Generator(0).normal((20_000,), np.float64) * 3
    for size in (64, 512):
        found: Any = F.spectrogram(noise, size)
        assert np.sqrt((found[1:-1] ** 2).mean()) == pytest.approx(3, rel=0.03)


@pytest.mark.derivation("multi_scale_spectral_loss")
def test_the_loss_sums_scales_and_averages_examples() -> None:
    x, y = draw(3, 30), draw(3, 30, seed=1)
    each: Any = [F.multi_scale_spectral_loss(x[i : i + 1], y[i : i + 1], (8, 4)) for i in range(3)]
    assert float(F.multi_scale_spectral_loss(x, y, (8, 4))) == pytest.approx(np.mean(each))
    total = float(F.multi_scale_spectral_loss(x, y, (8, 4), "sum"))
    assert total == pytest.approx(np.sum(each))
    scales = [float(F.multi_scale_spectral_loss(x, y, (n,))) for n in (8, 4)]
    assert np.sum(scales) == pytest.approx(np.mean(each))
    loud = float(F.multi_scale_spectral_loss(x, y, (8,), log_weight=0.0))
    both: Any = [F.spectrogram(z, 8) for z in (x, y)]
    assert loud == pytest.approx(np.abs(both[0] - both[1]).sum() / 3)


def test_float32_stays_and_silence_has_a_gradient() -> None:
    x = minigen.zeros(2, 40, requires_grad=True)
    loss = F.multi_scale_spectral_loss(x, minigen.ones(2, 40), (16, 8))
    assert loss.dtype == np.float32
    loss.backward()
    assert x.grad is not None
    assert np.isfinite(x.grad.numpy()).all()


X = np.zeros((2, 9))
PAIR: Any = np.zeros((2, 2, 9))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.frames(X, 10, 1), "frames: signals of at least 10 elements, a frame, are"),
        (lambda: F.frames(X, 4, 0), "frames of at least 1 element, and 1 apart, are expected"),
        (lambda: F.overlap_add(X, 20, 3), "4 frames of 9 elements, 3 apart, are expected for"),
        (lambda: F.fourier_adjoint(X, 4), "amplitudes of shape (..., 3, 2) are expected for a"),
        (lambda: F.stft(PAIR, 4), "stft: x of shape (L,) or (B, L) is expected, got (2, 2, 9)"),
        (lambda: F.stft(X, 4, window=np.ones(3)), "a window of shape (win_length,) = (4,), at"),
        (lambda: F.stft(X, 2), "stft: n_fft and hop_length of at least 1 are expected, got 2 and"),
        (lambda: F.stft(X, 20), "mode 'reflect' adds at most as many elements as it finds"),
        (lambda: F.multi_scale_spectral_loss(X, X[:1]), "x and target of one shape (N, L) are"),
        (lambda: F.multi_scale_spectral_loss(X, X, (4,), "none"), "by 'batchmean', 'sum' or"),
    ],
)
def test_what_means_nothing_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
