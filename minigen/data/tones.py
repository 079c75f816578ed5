r"""Tones: short sounds whose pitch is known, drawn from formulas.

Sounds of 1,024 samples at 8 kHz, 128 ms. With numbers that are uniform on these ranges, or with
uniform logarithms where that is said, each sound has a pitch f from 110 to 440 Hz, by its
logarithm; dies away as :math:`e^{-t / \tau}` with :math:`\tau` from 20 to 80 ms, by its logarithm;
and is one of three, each as likely:

- a note: the first eight harmonics, the k-th with the amplitude :math:`k^{-s}`, s from 1 to 3;
- a chirp: a sine whose frequency goes steadily from f to another pitch, at most an octave away and
  in the same range;
- a pluck: a string displaced as a triangle, whose corner is at 0.1 to 0.5 of its length, after
  Karplus and Strong: a period that goes round and round, through a filter that takes the mean of
  neighbours.

**All sounds are aligned**: a note and a chirp begin with the phase 0, a string at its end. So the
phase at any time follows from the pitch, and a waveform is as easy to compress as a sound can be.
Recordings are not aligned, unless somebody cuts them so. Every sound has its largest sample at 0.9
of full scale, begins within a millisecond, and is faded out over the last eight.

Training and test sounds are different draws of all of these numbers. They are drawn when they are
loaded; sines may differ from machine to machine in a sample's last bit.

References
----------
Karplus, Strong (1983), "Digital synthesis of plucked-string and drum timbres"; Jaffe, Smith (1983),
"Extensions of the Karplus-Strong plucked-string algorithm", of its pitch.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from minigen.data.dataset import read_only
from minigen.data.drawn import uniform
from minigen.data.locations import Drawn
from minigen.data.sounds import LENGTH, RATE, Sounds, as_integers

if TYPE_CHECKING:
    from minigen.data.locations import FolderPath

CLASSES: Final = ("note", "chirp", "pluck")
PITCHES: Final = (110.0, 440.0)
"""The lowest and the highest pitch, in Hz."""

NUMBERS: Final = 4
"""How many numbers decide what a sound is, beside its class."""

_COUNTS: Final = {"train": 12_000, "test": 1_500}
_DECAYS: Final = (0.02, 0.08)
_SLOPES: Final = (1.0, 3.0)
_CORNERS: Final = (0.1, 0.5)
_HARMONICS: Final = 8
_LOUDEST: Final = 0.9
_FADE_IN: Final = 8
_FADE_OUT: Final = 64

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Tones(Sounds):
    """`Sounds` whose pitch is known.

    Parameters
    ----------
    pitch : array of float64, shape (N, 2)
        The frequency, in Hz, with which each sound begins and ends; of all but chirps they are one.

    Examples
    --------
    >>> import minigen.data
    >>> tones = minigen.data.load("tones", "test")
    >>> tones
    Tones('tones', 'test', 1,500 sounds of 1024 samples at 8000 Hz, 3 classes)
    >>> tones.classes, tones.pitch.shape
    (('note', 'chirp', 'pluck'), (1500, 2))
    """

    pitch: Floats

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pitch.shape != (len(self), 2):
            raise ValueError(
                f"{self._title}: pitch of shape ({len(self)}, 2) wanted, got {self.pitch.shape}"
            )
        object.__setattr__(self, "pitch", read_only(self.pitch))


@dataclass(frozen=True)
class TonesSource(Drawn):
    """Tones, drawn when they are loaded from the stream of bits that `seed` starts."""

    name: str = "tones"
    seed: int = 23

    def load(self, split: str, _root: FolderPath | None = None) -> Tones:
        """Draw one split: see `minigen.data.load`."""
        return _drawn(self.name, split, self.seed)


@functools.cache
def _drawn(name: str, split: str, seed: int) -> Tones:
    which, *shares = uniform((seed, list(_COUNTS).index(split)), _COUNTS[split], 1 + NUMBERS)
    labels = (which * len(CLASSES)).astype(np.int64)
    sounds, pitch = draw(labels, np.stack(shares))
    return Tones(
        name=name,
        split=split,
        samples=as_integers(sounds),
        rate=RATE,
        labels=labels,
        classes=CLASSES,
        pitch=pitch,
    )


def draw(labels: npt.NDArray[np.int64], shares: Floats) -> tuple[npt.NDArray[np.float32], Floats]:
    """Draw sounds.

    Parameters
    ----------
    labels : array of int64, shape (N,)
        The class of each, an index into `CLASSES`.
    shares : array of float64, shape (4, N)
        Where each lies in the ranges at the top of this file, from 0, the lower end, to 1: the
        pitch, the time in which it dies away, its timbre (a note's slope, a string's corner), and a
        chirp's last pitch, from an octave below the first to an octave above it.

    Returns
    -------
    sounds : array of float32, shape (N, 1024)
    pitch : array of float64, shape (N, 2)
        In Hz, at the beginning and at the end.

    Examples
    --------
    >>> import numpy as np
    >>> sounds, pitch = draw(np.array([0, 1, 2]), np.full((4, 3), 0.5))
    >>> sounds.shape, pitch[0].round()
    ((3, 1024), array([220., 220.]))
    """
    low, high = PITCHES
    height, decay, timbre, glide = shares
    first = _between_logarithms(low, high, height)
    last = np.where(labels == 1, np.clip(first * 4.0**glide / 2, low, high), first)
    decays = _between_logarithms(*_DECAYS, decay)
    sounds = np.empty((len(labels), LENGTH), np.float32)
    for number, make in enumerate((_notes, _chirps, _plucks)):
        of_it = labels == number
        sounds[of_it] = make(first[of_it], last[of_it], decays[of_it], timbre[of_it])
    sounds *= _fades()
    sounds *= _LOUDEST / abs(sounds).max(axis=1, keepdims=True)
    return sounds, np.stack([first, last], axis=1)


def _between_logarithms(low: float, high: float, share: Floats) -> Floats:
    between: Floats = low * (high / low) ** share
    return between


def _times() -> npt.NDArray[np.float32]:
    return (np.arange(LENGTH) / RATE).astype(np.float32)


def _column(values: Floats) -> npt.NDArray[np.float32]:
    return values[:, np.newaxis].astype(np.float32)


def _notes(first: Floats, _last: Floats, decays: Floats, timbre: Floats) -> npt.NDArray[np.float32]:
    low, high = _SLOPES
    phase, slopes = 2 * math.pi * _column(first) * _times(), _column(low + (high - low) * timbre)
    waves = sum(k**-slopes * np.sin(k * phase) for k in range(1, _HARMONICS + 1))
    return np.asarray(waves * np.exp(-_times() / _column(decays)), np.float32)


def _chirps(
    first: Floats, last: Floats, decays: Floats, _timbre: Floats
) -> npt.NDArray[np.float32]:
    t = _times()
    cycles = _column(first) * t + _column(last - first) * t**2 * (RATE / (2 * LENGTH))
    return np.asarray(np.sin(2 * math.pi * cycles) * np.exp(-t / _column(decays)), np.float32)


def _plucks(
    first: Floats, _last: Floats, decays: Floats, timbre: Floats
) -> npt.NDArray[np.float32]:
    r"""Let periods go round, one block of a period's length after the other.

    .. math:: y_n = \rho \left( \tfrac{1 - d}{2} y_{n-N} + \tfrac12 y_{n-N-1}
                    + \tfrac{d}{2} y_{n-N-2} \right)

    is the mean of neighbours, at a place between samples: the delay, and so the period, is
    :math:`N + 1/2 + d`. What the mean leaves of the fundamental, the loss :math:`\rho` brings to
    :math:`e^{-1 / (f \tau)}` a period or a little less.
    """
    period = RATE / first
    whole = np.floor(period - 0.5).astype(int)
    between, losses = period - 0.5 - whole, np.exp(-period / RATE / decays)
    corners = _CORNERS[0] + (_CORNERS[1] - _CORNERS[0]) * timbre
    sounds = np.empty((len(first), LENGTH), np.float32)
    for size in np.unique(whole):  # strings of one length at once
        of_it = np.flatnonzero(whole == size)
        d, loss, corner = (values[of_it, np.newaxis] for values in (between, losses, corners))
        place = (np.arange(size) + 0.5) / size
        string = np.where(place < corner, place / corner, (1 - place) / (1 - corner))
        start = size + 2  # silence before the string's first period, which goes into the second
        y = np.zeros((len(of_it), 2 + LENGTH + size))
        y[:, 2:start] = string - string.mean(axis=1, keepdims=True)
        for begin in range(start, y.shape[1], size):
            end = min(begin + size, y.shape[1])
            delayed = [y[:, begin - size - k : end - size - k] for k in range(3)]
            mean = ((1 - d) * delayed[0] + delayed[1] + d * delayed[2]) / 2
            y[:, begin:end] = loss * mean
        sounds[of_it] = y[:, 2 : 2 + LENGTH]
    return sounds


def _fades() -> npt.NDArray[np.float32]:
    """Return what sounds are multiplied with, so that they click at neither end."""
    gains = np.ones(LENGTH, np.float32)
    gains[:_FADE_IN] = np.arange(1, _FADE_IN + 1) / _FADE_IN
    gains[-_FADE_OUT:] = np.arange(_FADE_OUT)[::-1] / _FADE_OUT
    return gains


TONES: Final = TonesSource()
