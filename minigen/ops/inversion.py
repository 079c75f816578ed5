r"""Signals again of their spectra: the inverse of the short-time Fourier transform."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from minigen.engine.backend import CPU, Array, array_of, device_of, floating, namespace, to_device
from minigen.ops.fourier import (
    filled_window,
    fourier_adjoint,
    overlap_add,
)
from minigen.ops.shaping import pad, permute

__all__ = ["istft"]

_COVERED: Final = 1e-11
"""What the squares of windows add up to at least where a signal is to be had again."""


def istft(
    x: Array,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Array | None = None,
    center: bool = True,
    length: int | None = None,
) -> Any:
    r"""Invert a short-time Fourier transform: the signal whose spectra come nearest to given ones.

    Each spectrum is transformed back to a frame :math:`f_t`, multiplied with the window once more,
    and added where frames overlap; the sum is divided by what the windows add up to:

    .. math:: y_l = \frac{\sum_{t h + n = l} w_n f_{t,n}}{\sum_{t h + n = l} w_n^2}

    Of spectra that `stft` made, that is the signal again. No signal has spectra nearer to others,
    by the sum of squares over all frequencies, those above N/2 too: Griffin and Lim (1984).

    Parameters
    ----------
    x : Tensor or array, shape (n_fft // 2 + 1, T, 2) or (B, n_fft // 2 + 1, T, 2)
        Real and imaginary parts, as `stft` returns them.
    n_fft, hop_length, win_length, window, center
        As `stft` was given them. With `center` half a frame is cut off at both ends.
    length : int, optional
        That of the signals: the end is cut off, or zeros are added; as long as frames reach by
        default.

    Returns
    -------
    Tensor or array, shape (L,) or (B, L)
        Without `length` :math:`L = h (T - 1)`, and n_fft more if not `center`.

    Raises
    ------
    ValueError
        If shapes do not fit or, on the CPU, the windows leave an element out: a hop longer than the
        window, or one that is 0 at its ends and not centred. (On a GPU that check would wait for
        the device.)

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> x, window = minigen.arange(1024).mul(0.3).sin(), minigen.hann_window(256)
    >>> again = F.istft(F.stft(x, 256, window=window), 256, window=window)
    >>> bool(abs(again - x).max() < 1e-5)
    True

    Derivation: istft
    """
    hop = n_fft // 4 if hop_length is None else hop_length
    if x.ndim not in (3, 4) or tuple(x.shape[-3:]) != (n_fft // 2 + 1, x.shape[-2], 2):
        raise ValueError(
            f"istft: spectra of shape (..., {n_fft // 2 + 1}, T, 2) are expected for n_fft "
            f"{n_fft}, got {tuple(x.shape)}"
        )
    axes = range(x.ndim - 3)
    spectra = permute(x, (*axes, x.ndim - 2, x.ndim - 3, x.ndim - 1))
    xp, kind, count = namespace(array_of(x)), floating(array_of(x)).dtype, x.shape[-2]
    share = np.full((n_fft // 2 + 1, 1), 2 / n_fft)  # but the ends, which have no partner
    share[0] = 1 / n_fft
    if n_fft % 2 == 0:
        share[-1] = 1 / n_fft
    parts = fourier_adjoint(spectra * to_device(share.astype(kind), device_of(array_of(x))), n_fft)
    weights = filled_window("istft", parts, n_fft, win_length, window)
    weights = xp.ones(n_fft, kind) if weights is None else weights
    whole = n_fft + hop * (count - 1)
    start = n_fft // 2 if center else 0
    end = whole - start if length is None else min(start + length, whole)
    squares = xp.broadcast_to(array_of(weights * weights), (count, n_fft))
    covered = overlap_add(squares, whole, hop)[start:end]
    on_host = device_of(covered) == CPU
    if not covered.size or (on_host and float(covered.min()) < _COVERED):
        raise ValueError(
            "istft: windows that overlap are expected, so that their squares add up to more than "
            f"{_COVERED:g} everywhere, got a window of {n_fft} elements {hop} apart that leaves "
            "some out"
        )
    signals = overlap_add(parts * weights, whole, hop)[..., start:end] / covered
    missing = 0 if length is None else length - (end - start)
    return pad(signals, (0, missing)) if missing else signals
