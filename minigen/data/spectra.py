"""Spectra of sounds as they are looked at and compared: magnitudes, and decibels.

Models learn by `minigen.ops.fourier`, which has gradients.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DECIBELS: Final = 60.0
"""What lies so far below a sine of full scale counts as silence."""


def magnitudes(sounds: npt.ArrayLike, frame: int, hop: int) -> Floats:
    r"""Return magnitudes of short-time spectra, of sounds in frames under Hann's window.

    .. math:: S_{k,t} = \frac4N \left| \sum_n w_n x_{t h + n} e^{-2 \pi i k n / N} \right|

    A sine of full scale has 1, whatever the frame. Half a frame of silence is added on both sides.

    Parameters
    ----------
    sounds : array, shape (..., L)
        Sounds in [-1, 1].
    frame, hop : int
        How long frames are, N, and how far apart they begin, h.

    Returns
    -------
    array of float64, shape (..., N // 2 + 1, T)

    Examples
    --------
    >>> import numpy as np
    >>> sine = np.sin(2 * np.pi * np.arange(1024) / 8)
    >>> S = magnitudes(sine, 256, 64)
    >>> S.shape, int(S[:, 8].argmax()), round(float(S[32, 8]), 3)
    ((129, 17), 32, 1.0)
    """
    x = np.asarray(sounds, np.float64)
    padded = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(frame // 2, frame // 2)])
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame, axis=-1)[..., ::hop, :]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame)
    spectra = np.abs(np.fft.rfft(frames * window, axis=-1)) * (4 / frame)
    return np.swapaxes(spectra, -1, -2)


def decibels(magnitude: Floats, least: float = DECIBELS) -> Floats:
    """Return magnitudes in decibels, 0 for a sine of full scale, `-least` at least."""
    return 20 * np.log10(np.maximum(magnitude, 10 ** (-least / 20)))
