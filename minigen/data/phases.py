r"""Sounds of which magnitudes alone are known: phases are sought that fit together."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen import functional as F
from minigen.engine.backend import Array, array_of, device_of, floating, namespace, to_device
from minigen.engine.random import Generator, default_generator


def griffin_lim(
    magnitudes: Array,
    n_fft: int,
    hop_length: int | None = None,
    window: Array | None = None,
    iterations: int = 32,
    momentum: float = 0.99,
    length: int | None = None,
    generator: Generator | None = None,
) -> Any:
    r"""Find signals whose short-time Fourier transforms have given magnitudes, about.

    From phases that are drawn at random, two steps alternate. `istft` finds the signal whose
    spectra come nearest; and its spectra :math:`C = \mathrm{stft}(\mathrm{istft}(Y))` keep their
    phases and get the magnitudes S again:

    .. math:: Y \leftarrow S\, \frac{\tilde C}{|\tilde C|}, \qquad
              \tilde C = C + \alpha\, (C - C_{\text{before}})

    Without momentum, :math:`\alpha = 0`, the distance between magnitudes that are wanted and those
    that the signal has never grows: Griffin and Lim (1984). With it the distance falls faster, and
    further: Perraudin, Balazs and Søndergaard (2013). It is no op to learn through: nothing is
    recorded.

    Parameters
    ----------
    magnitudes : Tensor or array, shape (n_fft // 2 + 1, T) or (B, n_fft // 2 + 1, T)
        S, none negative: absolute values of `stft` with centred frames.
    n_fft, hop_length
        As for `stft`.
    window : Tensor or array, shape (n_fft,), optional
        As for `stft`: ones by default.
    iterations : int, default 32
        How often the steps alternate.
    momentum : float in [0, 1), default 0.99
        :math:`\alpha`.
    length : int, optional
        That of the signals; as long as frames reach by default.
    generator : Generator, optional
        Draws the first phases.

    Returns
    -------
    array, shape (L,) or (B, L)

    Raises
    ------
    ValueError
        If shapes do not fit, a magnitude is negative, or a number lies outside its range.

    References
    ----------
    Griffin, Lim (1984), "Signal estimation from modified short-time Fourier transform", IEEE
    Transactions on Acoustics, Speech, and Signal Processing 32(2). Perraudin, Balazs, Søndergaard
    (2013), "A fast Griffin-Lim algorithm".

    Examples
    --------
    >>> import numpy as np
    >>> import minigen.functional as F
    >>> x, window = np.sin(np.arange(1024) * 0.3), np.hanning(257)[:-1]
    >>> wanted = np.linalg.norm(F.stft(x, 256, window=window), axis=-1)
    >>> y = griffin_lim(wanted, 256, window=window)
    >>> found = np.linalg.norm(F.stft(y, 256, window=window), axis=-1)
    >>> bool(np.linalg.norm(found - wanted) < 0.2 * np.linalg.norm(wanted))
    True

    Derivation: griffin_lim
    """
    wanted = floating(array_of(magnitudes))
    if wanted.ndim not in (2, 3) or wanted.shape[-2] != n_fft // 2 + 1:
        raise ValueError(
            f"griffin_lim: magnitudes of shape (..., {n_fft // 2 + 1}, T) are expected for n_fft "
            f"{n_fft}, got {tuple(wanted.shape)}"
        )
    if not bool((wanted >= 0).all()):
        raise ValueError("griffin_lim: magnitudes that are not negative are expected")
    if iterations < 1 or not 0 <= momentum < 1:
        raise ValueError(
            "griffin_lim: at least 1 iteration and a momentum in [0, 1) are expected, got "
            f"{iterations} and {momentum}"
        )
    source = generator or default_generator()
    options: dict[str, Any] = {
        "hop_length": hop_length,
        "window": None if window is None else array_of(window),
    }
    spectra = wanted[..., np.newaxis] * _directions(
        source.normal((*wanted.shape, 2), wanted.dtype, device_of(wanted))
    )
    before: Any = 0
    for _ in range(iterations):
        fitting = F.stft(F.istft(spectra, n_fft, length=length, **options), n_fft, **options)
        ahead = fitting + momentum * (fitting - before)
        spectra, before = wanted[..., np.newaxis] * _directions(ahead), fitting
    return F.istft(spectra, n_fft, length=length, **options)


def _directions(spectra: Array) -> Array:
    """Return complex numbers (..., 2) divided by their magnitudes; 0 has the direction of 1."""
    xp = namespace(spectra)
    size = xp.sqrt((spectra * spectra).sum(axis=-1, keepdims=True))
    one = to_device(np.array([1, 0], spectra.dtype), device_of(spectra))
    return xp.where(size > 0, spectra / xp.maximum(size, xp.finfo(spectra.dtype).tiny), one)
