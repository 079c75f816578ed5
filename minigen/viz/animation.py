"""Pictures in a row, as an animated GIF: how samples took shape."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from minigen.files import write_atomically

MOST_FRAMES: Final = 100
"""Of more pictures than these, evenly spaced ones are shown."""

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
    durations = [each] * (len(frames) - 1) + [_LAST_FRAME]
    contents = io.BytesIO()
    frames[0].save(
        contents,
        format="GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[round(1000 * duration) for duration in durations],
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
