"""Images with a sentence under each."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.tensor import Tensor
from minigen.viz.images import PADDING_GREY, as_bytes
from minigen.viz.style import DPI, save_figure

COLUMNS: Final = 6
"""How many images stand in a row at least, if there are so many."""

_LONGER_SIDE: Final = 128  # about how many pixels an image's longer side gets
_GAP: Final = 24  # pixels between images, and around
_POINTS: Final = 7  # the size of letters
_LETTER: Final = 6.2  # pixels: about how wide one is
_LINE: Final = 16  # pixels: how high a line is


def save_captioned_images(
    path: str | os.PathLike[str],
    images: Tensor | Array | Sequence[Tensor | Array],
    captions: Sequence[str],
    *,
    columns: int | None = None,
    title: str | None = None,
) -> None:
    """Write images as one picture, each with its sentence underneath.

    Parameters
    ----------
    path : path
        As for `save_image_grid`.
    images : Tensor or array, shape (N, C, H, W); or a sequence of them
        Of several sets, the first images stand above one another, and so on.
    captions : sequence of str
        The sentences; none, or one for each image.
    columns : int, optional
        Images in a row; by default 6, or as many as make the page about square.
    title : str, optional
        What stands above all.

    Raises
    ------
    ValueError
        If sets differ in shape, or there is not a sentence for each image.

    Examples
    --------
    >>> import tempfile
    >>> import minigen
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sentences = ["a cat on a mat", "two cats on a mat"]
    ...     save_captioned_images(f"{folder}/cats.png", minigen.rand(2, 3, 32, 32), sentences)
    """
    from matplotlib.figure import Figure

    several = isinstance(images, (list, tuple))
    sets = [to_numpy(array_of(each)) for each in (images if several else [images])]
    count = len(sets[0])
    if len({each.shape for each in sets}) > 1 or len(captions) not in {0, count}:
        raise ValueError(
            "save_captioned_images: images of one shape, and none or one sentence for each, are "
            f"expected, got {', '.join(str(each.shape) for each in sets)} and {len(captions)} "
            "sentences"
        )
    whole = _framed(sets)
    height, width, channels = whole.shape[1:]
    texts = [textwrap.fill(caption, int((width + _GAP / 2) / _LETTER)) for caption in captions]
    lines = max((text.count("\n") + 1 for text in texts), default=0)
    columns = max(1, min(columns or max(COLUMNS, round(count**0.5)), count))
    down, across = height + lines * _LINE + _GAP, width + _GAP
    size = -(-count // columns) * down + _GAP, columns * across + _GAP
    page = np.full((*size, channels), 255, np.uint8)
    corners = [(_GAP + n // columns * down, _GAP + n % columns * across) for n in range(count)]
    for (top, left), image in zip(corners, whole, strict=True):
        page[top : top + height, left : left + width] = image
    figure = Figure(figsize=(size[1] / DPI, size[0] / DPI), dpi=DPI)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(page.squeeze(), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_axis_off()
    for (top, left), text in zip(corners, texts, strict=False):
        axes.text(left + width / 2, top + height + 4, text, size=_POINTS, ha="center", va="top")
    if title:
        axes.set_title(title)
    save_figure(figure, path)


def _framed(sets: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.uint8]:
    """Return images (N, H, W, C), enlarged and framed, those of several sets joined downwards."""
    scale = max(1, round(_LONGER_SIDE / max(sets[0].shape[2:])))
    enlarged = [as_bytes(each).repeat(scale, axis=2).repeat(scale, axis=3) for each in sets]
    frame = [(0, 0), (0, 0), (1, 1), (1, 1)]
    framed = [np.pad(each, frame, constant_values=PADDING_GREY) for each in enlarged]
    return np.concatenate(framed, axis=2).transpose(0, 2, 3, 1)
