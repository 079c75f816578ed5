"""Images with a sentence under each."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from typing import Final

import numpy as np

from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.tensor import Tensor
from minigen.viz.images import PADDING_GREY, as_bytes
from minigen.viz.style import DPI, save_figure

COLUMNS: Final = 6
"""How many images stand in a row."""

_CELL: Final = 1.5  # inches: the width of an image and what is left beside it
_LINE: Final = 0.14  # inches: the height of a line of a sentence
_LETTERS: Final = 24  # that go on a line
_SCALE: Final = 4


def save_captioned_images(
    path: str | os.PathLike[str],
    images: Tensor | Array | Sequence[Tensor | Array],
    captions: Sequence[str],
    *,
    columns: int = COLUMNS,
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
    columns : int, default 6
        Images in a row.
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
    pixels = [as_bytes(each).repeat(_SCALE, axis=2).repeat(_SCALE, axis=3) for each in sets]
    frame = [(0, 0), (0, 0), (1, 1), (1, 1)]
    framed = [np.pad(each, frame, constant_values=PADDING_GREY) for each in pixels]
    whole = np.concatenate(framed, axis=2).transpose(0, 2, 3, 1)
    lines = [textwrap.fill(caption, _LETTERS) for caption in captions] or [""] * count
    height, width = whole.shape[1:3]
    below = _LINE * (1 + max(text.count("\n") + 1 if text else 0 for text in lines))
    columns, rows = min(columns, count), -(-count // columns)
    size = columns * _CELL, rows * (0.87 * _CELL * height / width + below) + 0.3 * bool(title)
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    for axes in (panels := figure.subplots(rows, columns, squeeze=False).ravel()):
        axes.set_axis_off()
    for axes, image, text in zip(panels, whole, lines, strict=False):
        axes.imshow(image.squeeze(), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axes.text(
            0.5,
            -0.05 * width / height,
            text,
            transform=axes.transAxes,
            ha="center",
            va="top",
            fontsize="x-small",
        )
    if title:
        figure.suptitle(title)
    save_figure(figure, path)
