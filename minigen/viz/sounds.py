"""Sounds: as waveforms above their spectrograms, and as something a notebook plays."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.data.spectra import DECIBELS, decibels, magnitudes
from minigen.data.waves import encode_wave
from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.tensor import Tensor
from minigen.viz.style import COLOURS, DPI, save_figure

Floats = npt.NDArray[np.float64]

FRAME: Final = 256
"""The longest frame of a spectrogram, in samples; frames begin an eighth of it apart."""

_SIDE: Final = 64  # about the height and the width of a spectrogram in a table

_GAP: Final = 0.1  # of a sound's length: the silence between two


def spectrogram_images(sounds: Tensor | Array) -> npt.NDArray[np.float32]:
    """Return spectrograms of sounds (..., L) as grey images (..., 1, 65, W), low pitches below.

    Of sounds of 64 samples or more they are about as wide as high; shorter ones have fewer rows.
    """
    x = to_numpy(array_of(sounds))
    length = x.shape[-1]
    loudness = 1 + decibels(magnitudes(x, min(_SIDE * 2, length), -(-length // _SIDE))) / DECIBELS
    upright: npt.NDArray[np.float32] = loudness[..., np.newaxis, ::-1, :].astype(np.float32)
    return upright


def in_a_row(sounds: npt.NDArray[Any]) -> Floats:
    """Return sounds (N, L) one after the other, with a little silence behind each."""
    gap = round(sounds.shape[-1] * _GAP)
    return np.pad(np.asarray(sounds, np.float64), [(0, 0), (0, gap)]).ravel()


def save_sounds(
    path: str | os.PathLike[str],
    rows: Mapping[str, Tensor | Array],
    rate: int,
    *,
    title: str | None = None,
) -> None:
    """Write a picture of sounds: each row a waveform, and below it a spectrogram.

    Parameters
    ----------
    path : path
        The picture.
    rows : mapping of str to Tensor or array
        By their title, sounds (N, L) or (N, 1, L) in [-1, 1], shown one after the other.
    rate : int
        How many samples a second has, in Hz.
    title : str, optional
        What stands above all.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 2.1 * len(rows) + 0.4), dpi=DPI, layout="constrained")
    heights = [1, 2] * len(rows)
    axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    for (name, sounds), wave, spectrum in zip(rows.items(), axes[::2], axes[1::2], strict=True):
        x = to_numpy(array_of(sounds))
        x = x.reshape(len(x), x.shape[-1])
        line = in_a_row(x)
        seconds = len(line) / rate
        wave.plot(np.arange(len(line)) / rate, line, color=COLOURS[0], linewidth=0.6)
        wave.set_ylim(-1, 1)
        wave.set_yticks([-1, 0, 1])
        frame = min(FRAME, x.shape[-1])
        loudness = decibels(magnitudes(line, frame, max(1, frame // 8)))
        extent = (0.0, seconds, 0.0, rate / 2000)
        spectrum.imshow(
            loudness, "magma", aspect="auto", origin="lower", extent=extent, vmin=-DECIBELS, vmax=0
        )
        spectrum.set_ylabel("kHz")
        if name:
            wave.set_title(name, loc="left", fontsize="medium")
    axes[-1].set_xlabel("seconds")
    if title:
        figure.suptitle(title, fontsize="medium")
    save_figure(figure, path, cut=False)


@dataclass(frozen=True, eq=False, repr=False)
class Player:
    """A sound that a notebook shows as something to be played.

    Parameters
    ----------
    samples : Tensor or array, shape (L,), (N, L) or (N, 1, L)
        One sound, or several, which are played one after the other.
    rate : int
        How many samples a second has, in Hz.

    Examples
    --------
    >>> import numpy as np
    >>> player = Player(np.zeros((2, 1, 100)), 8000)
    >>> player
    2 sounds, to be played in a notebook
    >>> player._repr_html_()[:48]
    '<audio controls src="data:audio/wav;base64,UklGR'
    """

    samples: Any
    rate: int

    @property
    def wave(self) -> bytes:
        """The sound as a WAV file."""
        x = to_numpy(array_of(self.samples))
        return encode_wave(x if x.ndim == 1 else in_a_row(x.reshape(-1, x.shape[-1])), self.rate)

    def __repr__(self) -> str:
        count = 1 if self.samples.ndim == 1 else len(self.samples)
        return f"{count} sound{'s' * (count > 1)}, to be played in a notebook"

    def _repr_html_(self) -> str:
        source = base64.b64encode(self.wave).decode("ascii")
        return f'<audio controls src="data:audio/wav;base64,{source}"></audio>'
