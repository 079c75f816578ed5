"""The inverse of the short-time Fourier transform."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen.functional as F
from tests.numeric import assert_gradients, draw


@pytest.mark.derivation("istft")
@pytest.mark.parametrize("n_fft", [7, 8])
@pytest.mark.parametrize("center", [True, False])
def test_spectra_of_a_signal_give_the_signal_again(n_fft: int, center: bool) -> None:
    x, window = draw(2, 26), draw(n_fft, low=0.3)
    options: dict[str, Any] = {"hop_length": 3, "window": window, "center": center}
    spectra: Any = F.stft(x, n_fft, **options)
    again: Any = F.istft(spectra, n_fft, **options)
    reach = again.shape[-1]
    assert reach == 3 * (spectra.shape[-2] - 1) + (n_fft % 2 if center else n_fft)
    np.testing.assert_allclose(again[:, :26], x[:, :reach], atol=1e-12)


def test_a_length_cuts_off_or_adds_silence() -> None:
    x = draw(2, 24)
    spectra: Any = F.stft(x, 8, 2)
    np.testing.assert_allclose(F.istft(spectra, 8, 2, length=20), x[:, :20], atol=1e-12)
    longer: Any = F.istft(spectra, 8, 2, length=40)
    assert longer.shape == (2, 40)
    assert not longer[:, 28:].any()


def test_no_signal_has_spectra_nearer_to_given_ones() -> None:
    """It is where the squared distance, with all frequencies, has no slope."""
    given, window = draw(5, 6, 2), draw(8, low=0.3)
    weights = np.array([1, 2, 2, 2, 1])[:, np.newaxis, np.newaxis]
    options: dict[str, Any] = {"hop_length": 2, "window": window, "center": False}
    best: Any = F.istft(given, 8, **options)

    def distance(signal: Any) -> float:
        spectra: Any = F.stft(signal, 8, **options)
        shown = given.copy()
        shown[[0, -1], :, 1] = spectra[[0, -1], :, 1]  # sines of 0 and N / 2 are none
        return float((weights * (spectra - shown) ** 2).sum())

    for step in draw(4, len(best), seed=1):
        assert distance(best + 1e-3 * step) > distance(best)
        assert distance(best - 1e-3 * step) > distance(best)


def test_gradients_of_both_orders() -> None:
    window = draw(4, low=0.3)
    assert_gradients(lambda x: F.istft(x, 4, 2, window=window), draw(2, 3, 4, 2))
    assert_gradients(lambda x: F.istft(x, 5, 2, center=False, length=7), draw(3, 3, 2))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"hop_length": 3, "win_length": 5, "length": 9},
        {"center": False, "hop_length": 1},
    ],
    ids=str,
)
def test_signals_are_pytorchs(options: Any) -> None:
    torch = pytest.importorskip("torch")
    x, window = draw(2, 5, 6, 2), draw(options.get("win_length", 8), low=0.2)
    spectra = torch.view_as_complex(torch.from_numpy(x))
    expected = torch.istft(spectra, 8, window=torch.from_numpy(window), **options)
    found = F.istft(x, 8, window=window, **options)
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.istft(draw(5, 4), 8), r"istft: spectra of shape \(\.\.\., 5, T, 2\) are expect"),
        (lambda: F.istft(draw(4, 4, 2), 8), r"for n_fft 8, got \(4, 4, 2\)"),
        pytest.param(
            lambda: F.istft(draw(5, 4, 2), 8, 9),
            "9 apart that leaves some out",
            marks=pytest.mark.host_only("a check for which a device would be waited for"),
        ),
        (lambda: F.istft(draw(5, 4, 2), 8, window=np.ones(3)), "istft: a window of shape"),
    ],
)
def test_what_can_not_be_inverted_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
