r"""Log-mel spectrograms: what a sound is made of, about as an ear has it; and sounds again of them.

Ears tell low frequencies apart better than high ones. On the mel scale,

.. math:: m(f) = 2595 \log_{10}\left(1 + \frac{f}{700}\right),

equal steps sound about equally far apart (O'Shaughnessy, 1987, *Speech Communication: Human and
Machine*, p. 150). Triangles that are equally wide on that scale gather the magnitudes of a
short-time Fourier transform in bands, as in Davis and Mermelstein (1980), and loudness is heard by
ratios: decibels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen import functional as F
from minigen.data.phases import griffin_lim
from minigen.engine.creation import hann_window
from minigen.engine.random import Generator

Numbers = npt.NDArray[np.float64]

_UPDATES: Final = 50
_TINY: Final = 1e-12
_LOUDEST: Final = 0.9
_SILENCE: Final = 0.02  # of the loudest sample
_BEFORE: Final = 0.02  # seconds


def mel_of(hertz: npt.ArrayLike) -> Numbers:
    """Return where frequencies in Hz lie on the mel scale.

    Examples
    --------
    >>> mel_of([0, 1000, 4000]).round(1).tolist()
    [0.0, 1000.0, 2146.1]
    """
    mels: Numbers = 2595 * np.log10(1 + np.asarray(hertz, np.float64) / 700)
    return mels


def hertz_of(mel: npt.ArrayLike) -> Numbers:
    """Return the frequencies in Hz of places on the mel scale.

    Examples
    --------
    >>> hertz_of(mel_of([50, 440])).round(6).tolist()
    [50.0, 440.0]
    """
    hertz: Numbers = 700 * (10 ** (np.asarray(mel, np.float64) / 2595) - 1)
    return hertz


def mel_filters(bands: int, n_fft: int, rate: int, low: float, high: float) -> Numbers:
    r"""Return triangles on the mel scale, each from its neighbours' peaks to its own, of height 1.

    .. math:: F_{b,k} = \max\left(0, \min\left(\frac{f_k - c_{b-1}}{c_b - c_{b-1}},
              \frac{c_{b+1} - f_k}{c_{b+1} - c_b}\right)\right), \qquad f_k = \frac{k\,r}{N}

    where the peaks :math:`c_0, \dots, c_{B+1}` are equally far apart in mel from `low` to `high`.

    Parameters
    ----------
    bands : int
        B.
    n_fft : int
        The length of frames, N.
    rate : int
        Samples a second, r.
    low, high : float
        The frequencies in Hz where the first triangle begins and the last one ends.

    Returns
    -------
    array of float64, shape (bands, n_fft // 2 + 1)

    Raises
    ------
    ValueError
        If frequencies are not in order, or above half the rate; or a band is so narrow that no
        frequency of a frame falls into it.

    Examples
    --------
    >>> filters = mel_filters(3, 16, 8000, 0, 4000)
    >>> filters.round(2)[:, :5].tolist()
    [[0.0, 0.89, 0.17, 0.0, 0.0], [0.0, 0.11, 0.83, 0.65, 0.2], [0.0, 0.0, 0.0, 0.35, 0.8]]
    """
    if bands < 1 or n_fft < 2 or not 0 <= low < high <= rate / 2:
        raise ValueError(
            "mel_filters: at least 1 band, frames of at least 2 samples and 0 <= low < high <= "
            f"{rate / 2:g} Hz, half the rate, are expected, got {bands} bands, {n_fft} samples, "
            f"{low:g} and {high:g} Hz"
        )
    lowest, highest = mel_of([low, high])
    peaks = hertz_of(np.linspace(lowest, highest, bands + 2))
    frequencies = np.arange(n_fft // 2 + 1) * (rate / n_fft)
    below, own, above = (peaks[place : place + bands, np.newaxis] for place in range(3))
    rising = (frequencies - below) / (own - below)
    falling = (above - frequencies) / (above - own)
    filters = np.maximum(0, np.minimum(rising, falling))
    if not filters.any(axis=1).all():
        raise ValueError(
            f"mel_filters: {bands} bands are so narrow that no frequency of a frame of {n_fft} "
            "samples falls into some: fewer bands, or longer frames, are expected"
        )
    return filters


@dataclass(frozen=True)
class LogMel:
    """How sounds become images in [0, 1], of which rows are bands and columns are moments.

    The highest band is the first row, as spectrograms are drawn. 1 is as loud as the loudest place
    of a sound, whatever its loudness; and 0 is `decibels` below.

    Parameters
    ----------
    rate : int
        Samples a second that sounds have.
    n_fft, hop : int
        The samples of a frame, and how far apart frames begin.
    bands, frames : int
        Rows and columns of an image.
    low, high : float
        The frequencies in Hz where the first band begins and the last one ends.
    decibels : float
        How much is told apart.

    Examples
    --------
    >>> time = np.arange(LogMel().samples) / LogMel().rate
    >>> image = LogMel().image(np.sin(2 * np.pi * 1000 * time))
    >>> image.shape, float(image.max()), int(image[:, 16].argmax())
    ((32, 32), 1.0, 17)
    """

    rate: int = 8000
    n_fft: int = 512
    hop: int = 160
    bands: int = 32
    frames: int = 32
    low: float = 50.0
    high: float = 4000.0
    decibels: float = 60.0

    @property
    def samples(self) -> int:
        """How many samples of a sound are seen: the last frame has its middle on the last."""
        return self.hop * (self.frames - 1) + 1

    @cached_property
    def filters(self) -> Numbers:
        """The triangles, shape (bands, n_fft // 2 + 1)."""
        return mel_filters(self.bands, self.n_fft, self.rate, self.low, self.high)

    @cached_property
    def window(self) -> Numbers:
        """Hann's window, shape (n_fft,)."""
        window: Numbers = hann_window(self.n_fft, dtype="float64").numpy()
        return window

    def image(self, sound: npt.ArrayLike) -> Numbers:
        """Return log-mel spectrograms of sounds (..., L) at `rate`: (..., bands, frames).

        Of a sound that is too long the beginning is taken, behind a short one there is silence;
        silence alone is 0 everywhere.
        """
        heard = np.asarray(sound, np.float64)[..., : self.samples]
        rest = self.samples - heard.shape[-1]
        rows = np.pad(heard.reshape(-1, heard.shape[-1]), ((0, 0), (0, rest)))
        spectra: Any = F.stft(rows, self.n_fft, self.hop, window=self.window, pad_mode="constant")
        mels = self.filters @ np.sqrt(np.square(spectra).sum(axis=-1))
        loudest = np.maximum(mels.max(axis=(1, 2), keepdims=True), _TINY)
        decibels = 20 * np.log10(np.maximum(mels / loudest, _TINY))
        images: Numbers = np.clip(1 + decibels[:, ::-1] / self.decibels, 0, 1)
        return images.reshape(*heard.shape[:-1], self.bands, self.frames)

    def sound(
        self, image: npt.ArrayLike, *, iterations: int = 32, generator: Generator | None = None
    ) -> Numbers:
        """Return sounds whose log-mel spectrograms are about those given, (..., samples).

        Magnitudes of frequencies are estimated from bands by `magnitudes_of`, and phases by
        `minigen.data.phases.griffin_lim`. What is 0 in an image is silent, and the loudest sample
        of a sound is 0.9.

        Parameters
        ----------
        image : array, shape (..., bands, frames)
            Spectrograms, as `image` returns them; what lies outside [0, 1] is cut off.
        iterations : int, default 32
            As of `griffin_lim`.
        generator : Generator, optional
            Draws the first phases; by default one with seed 0.

        Raises
        ------
        ValueError
            If the images are not of shape (..., bands, frames).
        """
        given = np.asarray(image, np.float64)
        if given.shape[-2:] != (self.bands, self.frames):
            raise ValueError(
                f"LogMel: images of shape (..., {self.bands}, {self.frames}) are expected, got "
                f"{given.shape}"
            )
        upright = np.clip(given.reshape(-1, *given.shape[-2:])[:, ::-1], 0, 1)
        mels = np.where(upright > 0, 10 ** ((upright - 1) * self.decibels / 20), 0)
        sounds = griffin_lim(
            magnitudes_of(mels, self.filters),
            self.n_fft,
            self.hop,
            window=self.window,
            iterations=iterations,
            length=self.samples,
            generator=generator or Generator(0),
        )
        loudest = np.maximum(abs(sounds).max(axis=-1, keepdims=True), _TINY)
        scaled: Numbers = sounds / loudest * _LOUDEST
        return scaled.reshape(*given.shape[:-2], self.samples)


def from_onset(sound: npt.ArrayLike, rate: int) -> Numbers:
    """Return a sound (L,) without the silence before it and behind it, but for 20 ms before.

    Silent is what is below a fiftieth of the loudest sample.

    Examples
    --------
    >>> from_onset([0, 0, 0, 0.01, 1, -0.5, 0.01], rate=100).tolist()
    [0.0, 0.01, 1.0, -0.5]
    """
    heard = np.asarray(sound, np.float64)
    (loud,) = np.nonzero(abs(heard) > _SILENCE * abs(heard).max(initial=0))
    if not len(loud):
        return heard[:0]
    start = max(0, loud[0] - round(_BEFORE * rate))
    return heard[start : loud[-1] + 1]


def magnitudes_of(mels: npt.ArrayLike, filters: Numbers, updates: int = _UPDATES) -> Numbers:
    r"""Return magnitudes S, none negative, of which triangular filters F make about given bands M.

    There are more frequencies than bands, and many answers; from one that is in proportion to
    :math:`F^T M` the squared error falls with every update of Lee and Seung (2001),

    .. math:: S \leftarrow S \odot \frac{F^T M}{F^T F S}

    Parameters
    ----------
    mels : array, shape (..., bands, T)
        M, none negative.
    filters : array, shape (bands, K)
        F.
    updates : int
        How many.

    Returns
    -------
    array of float64, shape (..., K, T)

    References
    ----------
    Lee, Seung (2001), "Algorithms for non-negative matrix factorization", theorem 1.

    Examples
    --------
    >>> filters = mel_filters(8, 64, 8000, 0, 4000)
    >>> mels = filters @ np.arange(33.0)[:, np.newaxis]
    >>> bool(abs(filters @ magnitudes_of(mels, filters) / mels - 1).max() < 0.01)
    True

    Derivation: mel_inversion
    """
    gathered = filters.T @ np.asarray(mels, np.float64)
    magnitudes = gathered.copy()
    for _ in range(updates):
        magnitudes *= gathered / np.maximum(filters.T @ (filters @ magnitudes), _TINY)
    return magnitudes
