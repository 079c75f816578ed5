"""Animated GIFs: how samples took shape, picture by picture, and clips."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from minigen.engine.backend import Array
from minigen.engine.tensor import Tensor
from minigen.files import write_atomically
from minigen.viz.images import as_bytes

if TYPE_CHECKING:
    from PIL import Image

MOST_FRAMES: Final = 100
"""Of more pictures than these, evenly spaced ones are shown."""

_CLIP_SIDE: Final = 256
"""About how many pixels the longer side of a clip gets."""

_LAST_FRAME: Final = 2.0
"""Seconds for which the last picture stays before the animation begins again."""


def save_animation(
    path: str | os.PathLike[str],
    pictures: Sequence[str | os.PathLike[str]],
    *,
    seconds: float = 10.0,
) -> None:
    """Write an animated GIF of pictures of one size.

    Parameters
    ----------
    pictures : sequence of path
        PNG files, in their order; the first and the last are always shown, of others at most so
        many that there are 100.
    seconds : float, default 10
        How long the animation lasts at most: a picture is shown for half a second or less.

    Examples
    --------
    >>> import tempfile
    >>> import minigen
    >>> from minigen import viz
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     names = [f"{folder}/{number}.png" for number in range(3)]
    ...     for name in names:
    ...         viz.save_image_grid(name, minigen.rand(4, 1, 8, 8))
    ...     viz.save_animation(f"{folder}/noise.gif", names)
    """
    from PIL import Image

    if not pictures or not seconds > 0:
        raise ValueError(
            "save_animation: at least one picture and positive seconds are expected, "
            f"got {len(pictures)} and {seconds}"
        )
    frames = []
    for name in _evenly(pictures):
        with Image.open(name) as picture:
            frames.append(picture.convert("RGB"))
    sizes = {frame.size for frame in frames}
    if len(sizes) > 1:
        raise ValueError(f"save_animation: pictures of one size are expected, got {sorted(sizes)}")
    each = min(0.5, seconds / len(frames))
    _write(path, frames, [each] * (len(frames) - 1) + [_LAST_FRAME])


def save_clip(
    path: str | os.PathLike[str],
    clip: Tensor | Array,
    *,
    seconds: float = 0.15,
    scale: int | None = None,
) -> None:
    """Write images that follow one another as an animated GIF.

    Parameters
    ----------
    clip : Tensor or array, shape (T, C, H, W)
        With C of 1 or 3: floats in [0, 1], or bytes.
    seconds : float, default 0.15
        How long each image is shown.
    scale : int, optional
        The side of the square that a pixel becomes; by default the longer side gets about 256
        pixels.

    Examples
    --------
    >>> import tempfile
    >>> import minigen
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_clip(f"{folder}/noise.gif", minigen.rand(7, 1, 8, 12))
    ...     with Image.open(f"{folder}/noise.gif") as picture:
    ...         print(picture.size, picture.n_frames)
    (252, 168) 7
    """
    from PIL import Image

    pixels = as_bytes(clip)
    if not seconds > 0:
        raise ValueError(f"save_clip: positive seconds are expected, got {seconds}")
    if scale is None:
        scale = max(1, round(_CLIP_SIDE / max(pixels.shape[2:])))
    enlarged = pixels.repeat(scale, axis=2).repeat(scale, axis=3).transpose(0, 2, 3, 1)
    frames = [
        Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image) for image in enlarged
    ]
    _write(path, frames, [seconds] * len(frames))


def _write(
    path: str | os.PathLike[str], frames: Sequence[Image.Image], seconds: Sequence[float]
) -> None:
    """Write pictures that are shown for so many seconds each, again and again."""
    contents = io.BytesIO()
    frames[0].save(
        contents,
        format="GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[round(1000 * duration) for duration in seconds],
        loop=0,
    )
    write_atomically(Path(path), contents.getvalue())


def _evenly(
    pictures: Sequence[str | os.PathLike[str]],
) -> list[str | os.PathLike[str]]:
    """Choose evenly spaced pictures, both ends among them."""
    count = min(len(pictures), MOST_FRAMES)
    if count == 1:
        return [pictures[0]]
    return [pictures[round(i * (len(pictures) - 1) / (count - 1))] for i in range(count)]
