r"""Short-time Fourier transforms: what frequencies a signal has, and when.

A transform is three linear maps in a row: a signal is cut into frames that overlap, each frame is
multiplied with a window, and a Fourier transform follows. Two pairs of ops do it, and in each pair
one is the adjoint of the other, and its gradient rule: `frames` and `overlap_add`, `fourier` and
`fourier_adjoint`. Complex numbers stay inside: spectra have real and imaginary parts as a last
axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigen.engine.backend import (
    Array,
    add_to,
    array_of,
    device_of,
    floating,
    namespace,
    to_device,
)
from minigen.engine.creation import hann_window
from minigen.engine.op import Cotangents, op
from minigen.ops.arithmetic import abs, log, sqrt
from minigen.ops.losses import reduce
from minigen.ops.reduction import sum
from minigen.ops.shaping import pad, permute

__all__ = [
    "fourier", "fourier_adjoint", "frames", "multi_scale_spectral_loss", "overlap_add",
    "spectrogram", "stft",
]  # fmt: skip

# ----------------------------------------------------------------------------- frames that overlap


@op
def frames(x: Array, size: int, hop: int) -> Array:
    r"""Cut signals into frames, a hop apart: :math:`y_{t,n} = x_{t h + n}`.

    Parameters
    ----------
    x : Tensor or array, shape (..., L)
        Signals.
    size, hop : int
        The length of a frame, and how far apart they begin, h.

    Returns
    -------
    Tensor or array, shape (..., T, size)
        With :math:`T = \lfloor (L - \mathrm{size}) / h \rfloor + 1`; what is left over behind the
        last frame is in none.

    Raises
    ------
    ValueError
        If a number is not positive, or the signal shorter than a frame.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.frames(minigen.arange(6).float(), 4, 2).tolist()
    [[0.0, 1.0, 2.0, 3.0], [2.0, 3.0, 4.0, 5.0]]

    Derivation: frames
    """
    _check_frames(x.shape[-1] if x.ndim else 0, size, hop)
    windows = namespace(x).lib.stride_tricks.sliding_window_view(x, size, -1)
    return windows[..., ::hop, :].copy()


@frames.vjp
def frames_vjp(g: Array, _out: Array, shape_of_x: Any, *, size: int, hop: int) -> Cotangents:
    r"""Add up what overlaps: :math:`\bar x_l = \sum_{t h + n = l} g_{t,n}`.

    Derivation: frames.grad
    """
    return (overlap_add(g, shape_of_x[-1], hop),)


@op
def overlap_add(x: Array, length: int, hop: int) -> Array:
    r"""Add frames up to signals, a hop apart: :math:`y_l = \sum_{t h + n = l} x_{t,n}`.

    Parameters
    ----------
    x : Tensor or array, shape (..., T, size)
        Frames.
    length : int
        That of the signals.
    hop : int
        How far apart frames begin, h.

    Returns
    -------
    Tensor or array, shape (..., length)

    Raises
    ------
    ValueError
        If signals of that length have not so many frames.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.overlap_add(minigen.ones(2, 4), 6, 2).tolist()
    [1.0, 1.0, 2.0, 2.0, 1.0, 1.0]

    Derivation: overlap_add
    """
    count, size = x.shape[-2:]
    _check_frames(length, size, hop)
    if count != (length - size) // hop + 1:
        raise ValueError(
            f"{(length - size) // hop + 1} frames of {size} elements, {hop} apart, are expected "
            f"for signals of length {length}, got {count}"
        )
    xp, blocks = namespace(x), -(-size // hop)  # a frame is so many blocks of a hop, or a bit less
    out = xp.zeros((*x.shape[:-2], max(count + blocks - 1, -(-length // hop)) * hop), x.dtype)
    rows = out.reshape(*x.shape[:-2], -1, hop)
    for block in range(blocks):
        part = x[..., block * hop : (block + 1) * hop]
        add_to(rows[..., block : block + count, : part.shape[-1]], part)
    return out[..., :length].copy()


@overlap_add.vjp
def overlap_add_vjp(g: Array, _out: Array, shape_of_x: Any, *, length: int, hop: int) -> Cotangents:
    r"""Cut into frames: :math:`\bar x_{t,n} = g_{t h + n}`.

    Derivation: overlap_add.grad
    """
    del length  # that of g
    return (frames(g, shape_of_x[-1], hop),)


def _check_frames(length: int, size: int, hop: int) -> None:
    if size < 1 or hop < 1:
        raise ValueError(
            f"frames of at least 1 element, and 1 apart, are expected, got {size}, {hop}"
        )
    if length < size:
        raise ValueError(
            f"signals of at least {size} elements, a frame, are expected, got {length}"
        )


# ------------------------------------------------------------------------- Fourier's transformation


@op
def fourier(x: Array) -> Array:
    r"""Fourier transform of real numbers: amplitudes of cosines and, with a minus, of sines.

    .. math:: y_k = \sum_{n=0}^{N-1} x_n \left( \cos \tfrac{2 \pi k n}{N},\;
                    -\sin \tfrac{2 \pi k n}{N} \right), \qquad k = 0, \dots, \lfloor N / 2 \rfloor

    The frequencies above are those below with the other sign, and left out.

    Parameters
    ----------
    x : Tensor or array, shape (..., N)
        Real numbers.

    Returns
    -------
    Tensor or array, shape (..., N // 2 + 1, 2)
        Real and imaginary parts.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.fourier(minigen.tensor([1.0, 0.0, -1.0, 0.0])).tolist()  # one period of a cosine
    [[0.0, 0.0], [2.0, 0.0], [0.0, 0.0]]

    Derivation: fourier
    """
    x = floating(x)
    if not x.ndim or not x.shape[-1]:
        raise ValueError(f"at least one number is expected, got shape {tuple(x.shape)}")
    xp = namespace(x)
    spectrum = xp.fft.rfft(x, axis=-1)
    return xp.stack([xp.real(spectrum), xp.imag(spectrum)], -1).astype(x.dtype, copy=False)


@fourier.vjp
def fourier_vjp(g: Array, _out: Array, shape_of_x: Any) -> Cotangents:
    """Weigh cosines and sines with the cotangents, and add them up.

    Derivation: fourier.grad
    """
    return (fourier_adjoint(g, shape_of_x[-1]),)


@op
def fourier_adjoint(x: Array, size: int) -> Array:
    r"""Add up cosines and sines of given amplitudes: the adjoint of `fourier`.

    .. math:: y_n = \sum_{k=0}^{\lfloor N / 2 \rfloor} \left( x_{k,0} \cos \tfrac{2 \pi k n}{N}
                    - x_{k,1} \sin \tfrac{2 \pi k n}{N} \right)

    It is not the inverse, which weighs the inner frequencies twice and divides by N.

    Parameters
    ----------
    x : Tensor or array, shape (..., N // 2 + 1, 2)
        Amplitudes.
    size : int
        N.

    Returns
    -------
    Tensor or array, shape (..., N)

    Raises
    ------
    ValueError
        If the shape does not fit the size.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.fourier_adjoint(minigen.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]), 4).round().tolist()
    [1.0, 0.0, -1.0, 0.0]

    Derivation: fourier_adjoint
    """
    x = floating(x)
    if x.ndim < 2 or size < 1 or tuple(x.shape[-2:]) != (size // 2 + 1, 2):
        raise ValueError(
            f"amplitudes of shape (..., {size // 2 + 1}, 2) are expected for a size of {size}, got "
            f"{tuple(x.shape)}"
        )
    xp = namespace(x)
    weights = np.full(size // 2 + 1, size / 2)  # the inverse has 2 / N, and 1 / N at both ends
    weights[0] = size
    if size % 2 == 0:
        weights[-1] = size
    amplitudes = x * to_device(weights.astype(x.dtype), device_of(x))[:, None]
    spectrum = amplitudes[..., 0] + 1j * amplitudes[..., 1]
    return xp.fft.irfft(spectrum, size, axis=-1).astype(x.dtype, copy=False)


@fourier_adjoint.vjp
def fourier_adjoint_vjp(g: Array, _out: Array, _x: Array, *, size: int) -> Cotangents:
    """Transform the cotangents.

    Derivation: fourier_adjoint.grad
    """
    del size  # that of g
    return (fourier(g),)


# ----------------------------------------------------------------------------------------- in short


def stft(
    x: Array,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Array | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
) -> Any:
    r"""Short-time Fourier transform: spectra of frames, each multiplied with a window.

    .. math:: y_{k,t} = \sum_n w_n x_{t h + n} \left( \cos \tfrac{2 \pi k n}{N},\;
                        -\sin \tfrac{2 \pi k n}{N} \right)

    Parameters
    ----------
    x : Tensor or array, shape (L,) or (B, L)
        Signals.
    n_fft : int
        The length of a frame, N.
    hop_length : int, optional
        How far apart frames begin, h; a quarter of a frame by default.
    win_length : int, optional
        That of the window, which zeros fill up on both sides; a frame's by default.
    window : Tensor or array, shape (win_length,), optional
        w, such as `minigen.hann_window`; ones by default.
    center : bool, default True
        Whether half a frame is added on both sides, so that frame t has its middle on element t h.
    pad_mode : {"reflect", "constant", "replicate", "circular"}
        What is added then; see `pad`.

    Returns
    -------
    Tensor or array, shape (..., n_fft // 2 + 1, T, 2)
        Real and imaginary parts: PyTorch's complex spectra by ``view_as_real``.

    Raises
    ------
    ValueError
        If shapes do not fit, or a signal is too short.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.stft(minigen.zeros(8, 1024), 256, window=minigen.hann_window(256)).shape
    (8, 129, 17, 2)

    Derivation: stft
    """
    hop = n_fft // 4 if hop_length is None else hop_length
    if x.ndim not in (1, 2):
        raise ValueError(f"stft: x of shape (L,) or (B, L) is expected, got {tuple(x.shape)}")
    if n_fft < 1 or hop < 1:
        raise ValueError(
            f"stft: n_fft and hop_length of at least 1 are expected, got {n_fft} and {hop}"
        )
    if center:
        x = pad(x, (n_fft // 2, n_fft // 2), pad_mode)
    parts = frames(x, n_fft, hop)
    weights = filled_window("stft", parts, n_fft, win_length, window)
    spectra = fourier(parts if weights is None else parts * weights)
    axes = range(spectra.ndim - 3)
    return permute(spectra, (*axes, spectra.ndim - 2, spectra.ndim - 3, spectra.ndim - 1))


def filled_window(name: str, like: Array, size: int, length: int | None, window: Any) -> Any:
    """Return what frames are multiplied with, filled up to their length; None for ones."""
    length = size if length is None else length
    if window is None and length == size:
        return None
    if window is None:
        window = namespace(array_of(like)).ones(max(length, 1), like.dtype)
    if tuple(window.shape) != (length,) or length > size:
        raise ValueError(
            f"{name}: a window of shape (win_length,) = ({length},), at most {size}, is expected, "
            f"got {tuple(window.shape)}"
        )
    before = (size - length) // 2
    return pad(window, (before, size - length - before)) if length < size else window


def spectrogram(
    x: Array,
    n_fft: int,
    hop_length: int | None = None,
    window: Array | None = None,
    eps: float = 1e-5,
) -> Any:
    r"""Magnitudes of a short-time Fourier transform: :math:`\sqrt{a^2 + b^2 + \epsilon^2}`.

    The window is divided by its length :math:`\sqrt{\sum_n w_n^2}`: white noise of variance 1 has
    magnitudes around 1, however long the frames.

    Parameters
    ----------
    x, n_fft, hop_length
        As for `stft`.
    window : Tensor or array, shape (n_fft,), optional
        w; `minigen.hann_window` by default.
    eps : float, default 1e-5
        Keeps a slope where there is silence.

    Returns
    -------
    Tensor or array, shape (..., n_fft // 2 + 1, T)

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> loud = F.spectrogram(minigen.arange(2048).mul(0.5).sin(), 256)
    >>> loud.mean(axis=1).argmax().item()  # 0.5 radians are 20.4 periods in 256 elements
    20

    Derivation: spectrogram
    """
    if window is None:
        kind = x.dtype if x.dtype.kind == "f" else np.float32
        window = hann_window(n_fft, dtype=kind, device=device_of(array_of(x)))
    scaled = window / sqrt(sum(window * window))
    parts = stft(x, n_fft, hop_length, window=array_of(scaled))
    return sqrt(sum(parts * parts, -1) + eps * eps)


def multi_scale_spectral_loss(
    x: Array,
    target: Array,
    n_ffts: Sequence[int] = (1024, 512, 256, 128, 64),
    reduction: str = "batchmean",
    log_weight: float = 1.0,
    eps: float = 1e-5,
) -> Any:
    r"""Compare spectrograms with frames of several lengths, and their logarithms.

    .. math:: \sum_s \sum_{k,t} \left| S_s(x) - S_s(\hat x) \right|
              + \alpha \left| \ln S_s(x) - \ln S_s(\hat x) \right|

    Long frames tell frequencies apart, short ones moments. Phases are not compared, so that a sound
    may be right without having each element right. Engel et al. (2020), DDSP, arXiv:2001.04643,
    section 4.2.1.

    Parameters
    ----------
    x, target : Tensor or array, shape (N, L)
        Signals, of one shape; more than half of the longest frame long.
    n_ffts : sequence of int
        The lengths of frames; they begin a quarter of that apart.
    reduction : {"batchmean", "sum", "mean"}
        Of each scale's spectrograms, as in `minigen.ops.losses.reduce`; the scales are summed. A
        signal has about two magnitudes an element at each of them.
    log_weight : float, default 1
        What the logarithms weigh, alpha.
    eps : float, default 1e-5
        The least magnitude; see `spectrogram`.

    Raises
    ------
    ValueError
        If the shapes differ, a signal is too short, or the reduction is none of these.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> x = minigen.arange(1024).mul(0.3).sin()[None]
    >>> F.multi_scale_spectral_loss(x, -x).item()  # the same sound
    0.0

    Derivation: multi_scale_spectral_loss
    """
    if tuple(x.shape) != tuple(target.shape) or x.ndim != 2:
        raise ValueError(
            "multi_scale_spectral_loss: x and target of one shape (N, L) are expected, got "
            f"{tuple(x.shape)} and {tuple(target.shape)}"
        )
    if reduction == "none":
        raise ValueError(
            "multi_scale_spectral_loss: spectrograms of several shapes are reduced, by "
            "'batchmean', 'sum' or 'mean', got 'none'"
        )
    total: Any = 0.0
    for n_fft in n_ffts:
        ours, theirs = (spectrogram(each, n_fft, eps=eps) for each in (x, target))
        total = total + reduce(abs(ours - theirs), reduction)
        total = total + reduce(abs(log(ours) - log(theirs)), reduction) * log_weight
    return total
