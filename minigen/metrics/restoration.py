r"""How near restored images come to their originals, beside what needs no network."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from minigen import functional as F
from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor
from minigen.metrics.samples import BATCH_SIZE, measuring, minibatches

if TYPE_CHECKING:
    from minigen.models.restoration import Restorer

Pixels = npt.NDArray[np.float64]

SIDE: Final = 5
"""The height and width of the linear filter that restorations are compared with."""

_WINDOW: Final = 11  # of SSIM, in images that hold one


def psnr(x: Tensor | Array, target: Tensor | Array, *, data_range: float = 1.0) -> Pixels:
    r"""Return the peak signal-to-noise ratio of each image, in decibels.

    .. math:: 10 \log_{10} \frac{L^2}{\frac1n \sum_i (x_i - t_i)^2}

    Parameters
    ----------
    x, target : Tensor or array, shape (N, ...)
        Images, and what they should be.
    data_range : float, default 1
        L, the distance from black to white.

    Returns
    -------
    array of float64, shape (N,)
        On the host; infinite where an image is its target.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> import numpy as np
    >>> psnr(np.full((1, 1, 8, 8), 0.6), np.full((1, 1, 8, 8), 0.5)).round(6).tolist()
    [20.0]
    """
    made, wanted = (to_numpy(array_of(images)).astype(np.float64) for images in (x, target))
    if made.shape != wanted.shape:
        raise ValueError(f"psnr: one shape is expected, got {made.shape} and {wanted.shape}")
    errors = ((made - wanted) ** 2).reshape(len(made), -1).mean(axis=1)
    with np.errstate(divide="ignore"):
        ratios: Pixels = 10 * np.log10(data_range**2 / errors)
    return ratios


def sharpness(x: Tensor | Array, target: Tensor | Array) -> float:
    r"""Return how steep edges are in images, as a share of how steep they should be.

    .. math:: \sqrt{\frac{\sum_i |\nabla x_i|^2}{\sum_i |\nabla t_i|^2}}

    The sums are over all pixels of all images, the slopes differences of neighbours, downwards and
    to the right. Squares tell a steep edge from a wide one: the absolute slopes of both add up to
    the same. Blurred images have less than 1, noisy ones more; it does not say whether the edges
    are where they should be.

    Parameters
    ----------
    x, target : Tensor or array, one shape (N, C, H, W)
        Images, and what they should be.

    Returns
    -------
    float
        1 where both are flat, infinite where the targets alone are.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> import numpy as np
    >>> edge, ramp = np.zeros((1, 1, 1, 6)), np.zeros((1, 1, 1, 6))
    >>> edge[..., 3:], ramp[..., 1:] = 1, [0.25, 0.5, 0.75, 1, 1]
    >>> sharpness(ramp, edge)
    0.5
    """
    made, wanted = (to_numpy(array_of(images)).astype(np.float64) for images in (x, target))
    if made.shape != wanted.shape:
        raise ValueError(f"sharpness: one shape is expected, got {made.shape} and {wanted.shape}")
    slopes, expected = (
        sum(float((np.diff(images, axis=axis) ** 2).sum()) for axis in (2, 3))
        for images in (made, wanted)
    )
    if not expected:
        return math.inf if slopes else 1.0
    return math.sqrt(slopes / expected)


class LinearRestoration:
    r"""The best linear filter: each pixel is a weighted sum of a degraded image's 5 by 5 around it.

    .. math:: \min_{w, b} \sum_i \left( w \cdot \tilde x_{P(i)} + b - x_i \right)^2

    Where images are made larger, each of the factor x factor pixels that one becomes has weights of
    its own. All channels share them. The least squares are solved exactly, through their normal
    equations.

    Parameters
    ----------
    degraded : Tensor or array, shape (N, C, H, W)
        What is to be restored.
    originals : Tensor or array, shape (N, C, f H, f W)
        What it was.

    Examples
    --------
    >>> import minigen
    >>> from minigen import functional as F
    >>> originals = minigen.rand(20, 1, 16, 16)
    >>> darker = originals * 0.5 + 0.1
    >>> restored = LinearRestoration(darker, originals).restore(darker)
    >>> bool(abs(restored - originals).max() < 1e-4)
    True
    """

    def __init__(self, degraded: Tensor | Array, originals: Tensor | Array) -> None:
        low, high = to_numpy(array_of(degraded)), to_numpy(array_of(originals))
        self._factor = high.shape[-1] // low.shape[-1]
        pixels = _neighbourhoods(low)
        blocks = F.pixel_unshuffle(_channels_apart(high), self._factor)
        targets = blocks.transpose(0, 2, 3, 1).reshape(len(pixels), -1).astype(np.float64)
        self._weights = np.linalg.lstsq(pixels.T @ pixels, pixels.T @ targets, rcond=None)[0]

    def restore(self, degraded: Tensor | Array) -> npt.NDArray[np.float32]:
        """Return images (N, C, f H, f W), on the host, of degraded ones (N, C, H, W)."""
        low = to_numpy(array_of(degraded))
        count, channels, height, width = low.shape
        made = (_neighbourhoods(low) @ self._weights).astype(np.float32)
        blocks = made.reshape(count * channels, height, width, -1).transpose(0, 3, 1, 2)
        images: npt.NDArray[np.float32] = F.pixel_shuffle(blocks, self._factor)
        return images.reshape(count, channels, *images.shape[2:])


def _channels_apart(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return each channel as an image of its own, (N C, 1, H, W)."""
    return images.reshape(-1, 1, *images.shape[2:])


def _neighbourhoods(images: npt.NDArray[Any]) -> Pixels:
    """Return a row for each pixel of each channel: the pixels around it, and a 1."""
    apart, reach = _channels_apart(images)[:, 0], SIDE // 2
    padded = np.pad(apart, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (SIDE, SIDE), axis=(1, 2))
    rows = windows.reshape(-1, SIDE * SIDE).astype(np.float64)
    return np.concatenate([rows, np.ones((len(rows), 1))], axis=1)


@dataclass(frozen=True)
class Fidelity:
    """How near images come to their originals: mean `psnr` in dB, mean `ssim`; and `sharpness`."""

    psnr: float
    ssim: float
    sharpness: float


@dataclass(frozen=True)
class RestorationReport:
    """The fidelity of a model's restorations of `count` images, and of others, by their names."""

    count: int
    fidelity: Mapping[str, Fidelity]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as nested dictionaries of numbers, which JSON can hold."""
        return dataclasses.asdict(self)


def judge_restoration(
    model: Restorer,
    images: Array,
    others: Array,
    *,
    generator: Generator | None = None,
    batch_size: int = BATCH_SIZE,
) -> RestorationReport:
    """Degrade images, restore them, and compare them with what they were.

    The model's restorations stand beside the simplest ones, such as bicubic interpolation, and
    those of the best linear filter, which learns from other images. All are cut to [0, 1].

    Parameters
    ----------
    model : Restorer
        Such as `minigen.models.SuperResolution`.
    images : array, shape (N, C, H, W)
        What is degraded and restored: test images.
    others : array, shape (M, C, H, W)
        What the linear filter is fitted to: some thousand training images.

    Examples
    --------
    >>> import minigen
    >>> from minigen.models import SuperResolution
    >>> images = minigen.rand(20, 1, 16, 16).numpy()
    >>> model = SuperResolution((1, 16, 16), channels=(8,))
    >>> list(judge_restoration(model, images, images).fidelity)
    ['the model', 'bicubic', 'best linear 5x5 filter']
    """
    generator = generator or Generator(0)
    made: dict[str, list[Any]] = {}
    with measuring(model):
        for other, _ in minibatches(model, others, len(others)):
            linear = LinearRestoration(model.corrupt(other, generator=generator), other)
        for batch, _ in minibatches(model, images, batch_size):
            seen = model.corrupt(batch, generator=generator)
            simple, simplest = model.without_a_network(seen)
            restored = {
                "the model": model.restore(seen),
                simple: simplest,
                f"best linear {SIDE}x{SIDE} filter": linear.restore(seen),
            }
            for name, outcome in restored.items():
                cut = to_numpy(array_of(outcome)).clip(0, 1)
                made.setdefault(name, []).append(cut)
    originals = to_numpy(array_of(images))
    fidelity = {name: _fidelity(np.concatenate(parts), originals) for name, parts in made.items()}
    return RestorationReport(len(images), fidelity)


def _fidelity(made: npt.NDArray[Any], originals: npt.NDArray[Any]) -> Fidelity:
    smaller_side = min(made.shape[2:])
    window = min(_WINDOW, smaller_side - 1 + smaller_side % 2)
    similarity = [
        F.ssim(
            made[start : start + BATCH_SIZE],
            originals[start : start + BATCH_SIZE],
            kernel_size=window,
        )
        for start in range(0, len(made), BATCH_SIZE)
    ]
    return Fidelity(
        psnr=float(psnr(made, originals).mean()),
        ssim=float(np.concatenate(similarity).mean()),
        sharpness=sharpness(made, originals),
    )
