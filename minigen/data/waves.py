r"""WAV files: what they hold as numbers in [-1, 1], in another rate if need be, and back again.

Integers of 8, 16, 24 and 32 bits and floating-point numbers of 32 and 64 are read, of any number of
channels, whose mean is taken. Files of the 16 bits that everything plays are written.

References
----------
Microsoft and IBM (1991), *Multimedia Programming Interface and Data Specifications 1.0*; and
Microsoft's *Multiple Channel Audio Data and WAVE Files*, of the header with a sub-format.
"""

from __future__ import annotations

import io
import math
import os
import struct
import wave
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.data.publication import DataFileError
from minigen.files import write_atomically

SUFFIX: Final = ".wav"
"""The ending of files that are read."""

Samples = npt.NDArray[np.float32]
"""A sound, shape (L,), in [-1, 1]."""

_PathLike = str | os.PathLike[str]

_INTEGERS: Final = 1
_FLOATS: Final = 3
_SUB_FORMAT: Final = 0xFFFE
_CODED: Final = {2: "ADPCM", 6: "A-law", 7: "mu-law", 17: "IMA ADPCM", 49: "GSM", 85: "MP3"}
_REMEDY: Final = "save it as WAV of 16 bits, for instance: ffmpeg -i {} -c:a pcm_s16le new.wav"

_CROSSINGS: Final = 32  # zeros of the sinc on either side, after which its window ends
_SHARPNESS: Final = 9.0  # Kaiser's beta: what is to vanish is 90 dB down
_KEPT: Final = 0.93  # of the frequencies that the lower rate has; the filter's slope takes the rest


def read_wave(path: _PathLike, rate: int | None = None) -> tuple[Samples, int]:
    """Read a WAV file.

    Parameters
    ----------
    path : path
        The file.
    rate : int, optional
        The rate, in Hz, that the sound gets; by default that of the file.

    Returns
    -------
    samples : array of float32, shape (L,)
        In [-1, 1]; the mean of all channels.
    rate : int
        How many samples a second has.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    DataFileError
        If it holds no sound that can be read: says what it is, and how to make one of it.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_wave(f"{folder}/a.wav", np.sin(np.arange(8000) * 0.3), 8000)
    ...     samples, rate = read_wave(f"{folder}/a.wav", rate=4000)
    >>> samples.shape, rate
    ((4000,), 4000)
    """
    file = Path(path)
    samples, found = _decode(file.read_bytes(), file)
    if rate is None or rate == found:
        return samples, found
    # What overshoots by the filter's ripple is cut off, as a player would.
    return np.clip(resample(samples, found, rate), -1, 1), rate


def write_wave(path: _PathLike, samples: npt.ArrayLike, rate: int) -> None:
    """Write a WAV file of 16 bits and one channel, whole or not at all.

    Parameters
    ----------
    path : path
        The file; one that exists is replaced.
    samples : array, shape (L,)
        In [-1, 1]; what lies outside is cut off.
    rate : int
        How many samples a second has.

    Raises
    ------
    ValueError
        If the shape is another, a sample no number, or the rate not positive.
    OSError
        If it can't be written.
    """
    write_atomically(path, encode_wave(samples, rate))


def encode_wave(samples: npt.ArrayLike, rate: int) -> bytes:
    """Return what `write_wave` writes.

    Examples
    --------
    >>> import numpy as np
    >>> encode_wave(np.zeros(10), 8000)[:4], len(encode_wave(np.zeros(10), 8000))
    (b'RIFF', 64)
    """
    values = np.asarray(samples, np.float64)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError(
            f"encode_wave: finite samples of shape (L,) are expected, got shape {values.shape}"
        )
    if rate < 1:
        raise ValueError(f"encode_wave: a positive rate is expected, got {rate}")
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.rint(np.clip(values, -1, 1) * 32767).astype("<i2").tobytes())
    return stream.getvalue()


def resample(samples: npt.ArrayLike, before: int, after: int) -> Samples:
    r"""Return sounds at another rate, without frequencies that it can't hold.

    Between its samples a sound is what a low-pass filter makes of them, a sinc under Kaiser's
    window:

    .. math:: y_m = \sum_n x_n\, c\, \mathrm{sinc}(c\,(t_m - n))\, w(t_m - n), \qquad
              t_m = m\, \frac{\mathrm{before}}{\mathrm{after}}

    where c is 0.93 of the lower rate's share of `before`, so that all above half of the lower rate
    is 80 dB down. Before and behind the sound there is silence.

    Parameters
    ----------
    samples : array, shape (..., L)
        Sounds.
    before, after : int
        How many samples a second has.

    Returns
    -------
    array of float32, shape (..., ceil(L after / before))

    Raises
    ------
    ValueError
        If a rate is not positive.

    References
    ----------
    Smith, Gossett (1984), "A flexible sampling-rate conversion method".

    Examples
    --------
    >>> import numpy as np
    >>> second = np.sin(2 * np.pi * 440 * np.arange(44100) / 44100)
    >>> wanted = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    >>> bool(abs(resample(second, 44100, 8000) - wanted)[100:-100].max() < 1e-4)
    True
    """
    if before < 1 or after < 1:
        raise ValueError(f"resample: positive rates are expected, got {before} and {after}")
    x = np.asarray(samples, np.float64)
    common = math.gcd(before, after)
    up, down = after // common, before // common
    if up == down:
        return x.astype(np.float32)
    count = -(-x.shape[-1] * up // down)
    cutoff = _KEPT * min(1.0, after / before)
    reach = math.ceil(_CROSSINGS / cutoff)
    padded = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(reach, reach + 1)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=-1)
    out = np.empty((*x.shape[:-1], count), np.float32)
    # Every up-th sample lies equally far behind the last one before it: it has the same weights.
    for phase in range(min(up, count)):
        first, behind = divmod(phase * down, up)
        weights = _low_pass(np.arange(-reach, reach + 1) - behind / up, cutoff, reach)
        places = slice(first, None, down)
        of_phase = out[..., phase::up]
        of_phase[...] = (windows[..., places, :] @ weights)[..., : of_phase.shape[-1]]
    return out


def _low_pass(
    times: npt.NDArray[np.floating[Any]], cutoff: float, reach: int
) -> npt.NDArray[np.float64]:
    """Return the filter's weights, which add up to one: what is constant stays as it is."""
    inside = np.clip(1 - (times / (reach + 1)) ** 2, 0, None)
    weights = np.sinc(cutoff * times) * np.i0(_SHARPNESS * np.sqrt(inside))
    normed: npt.NDArray[np.float64] = weights / weights.sum()
    return normed


# ------------------------------------------------------------------------------------ decoding


def _decode(contents: bytes, path: Path) -> tuple[Samples, int]:
    if contents[:4] != b"RIFF" or contents[8:12] != b"WAVE":
        raise DataFileError(f"{path} is no WAV file: {_REMEDY.format(path.name)}")
    chunks = _chunks(contents)
    header, data = chunks.get(b"fmt "), chunks.get(b"data")
    if header is None or len(header) < 16 or data is None:
        raise DataFileError(f"{path} is cut off: it has no whole header, or no sound behind it")
    code, channels, rate, _, block, bits = struct.unpack("<HHIIHH", header[:16])
    if code == _SUB_FORMAT and len(header) >= 26:
        code = struct.unpack("<H", header[24:26])[0]
    if not channels or not rate or block % channels:
        raise DataFileError(
            f"{path}: a header of {channels} channels in {block} bytes at {rate} Hz makes no sense"
        )
    values = _numbers(data[: len(data) // block * block], code, block // channels, bits, path)
    if not values.size:
        raise DataFileError(f"{path} holds no sound: its length is 0")
    mixed = values.reshape(-1, channels).mean(axis=1)
    if not np.isfinite(mixed).all():
        raise DataFileError(f"{path} holds no numbers: {_REMEDY.format(path.name)}")
    return np.clip(mixed, -1, 1).astype(np.float32), rate


def _chunks(contents: bytes) -> dict[bytes, bytes]:
    """Return the parts of a RIFF file by name; the last may say that it is longer than it is."""
    found: dict[bytes, bytes] = {}
    start = 12
    while start + 8 <= len(contents):
        name, size = struct.unpack("<4sI", contents[start : start + 8])
        found.setdefault(name, contents[start + 8 : start + 8 + size])
        start += 8 + size + size % 2
    return found


def _numbers(data: bytes, code: int, width: int, bits: int, path: Path) -> npt.NDArray[np.float64]:
    """Return samples as numbers, full scale at 1; those of all channels in turn."""
    if code == _FLOATS and width in {4, 8}:
        return np.frombuffer(data, f"<f{width}").astype(np.float64)
    if code == _INTEGERS and width == 1:
        return (np.frombuffer(data, np.uint8).astype(np.float64) - 128) / 128
    if code == _INTEGERS and width == 3:  # on top of a lowest byte of 0
        whole = np.zeros((len(data) // 3, 4), np.uint8)
        whole[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        return whole.view("<i4")[:, 0] / 2.0**31
    if code == _INTEGERS and width in {2, 4}:
        return np.frombuffer(data, f"<i{width}") / 2.0 ** (8 * width - 1)
    kind = _CODED.get(code, f"format {code}") if code not in {_INTEGERS, _FLOATS} else "numbers"
    raise DataFileError(
        f"{path} holds {kind} of {bits} bits: integers of 8, 16, 24 or 32 bits and floating-point "
        f"numbers of 32 or 64 are read; {_REMEDY.format(path.name)}"
    )
