"""A table of images with labels: walks through latent space."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.tensor import Tensor
from minigen.viz.figures import DPI, save_figure
from minigen.viz.grid import image_grid

_CELL: Final = 72
"""About how many pixels an image's longer side gets."""

_PADDING: Final = 4
"""Grey pixels between the images and around them."""


def save_image_table(
    path: str | os.PathLike[str],
    images: Tensor | Array,
    *,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    row_title: str | None = None,
    column_title: str | None = None,
    title: str | None = None,
) -> None:
    """Write a PNG file that shows rows of images, with what each row and column is.

    Parameters
    ----------
    path : path
        The PNG file; it is written whole or not at all.
    images : Tensor or array, shape (rows, columns, C, H, W) with C of 1 or 3
        Floats in [0, 1], or bytes.
    rows, columns : sequence of str, optional
        A label for each row, at its left, and for each column, below it.
    row_title, column_title : str, optional
        What the rows' and the columns' labels stand for.
    title : str, optional
        What stands above the table.

    Raises
    ------
    ValueError
        If the labels are not as many as the rows or columns, or as for `image_grid`.

    Examples
    --------
    >>> import tempfile
    >>> import minigen
    >>> images = minigen.rand(2, 3, 1, 8, 8)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_image_table(f"{folder}/table.png", images, rows=["z0", "z1"], title="A table")
    """
    from matplotlib.figure import Figure

    pixels = to_numpy(array_of(images))
    if pixels.ndim != 5:
        raise ValueError(
            "save_image_table: images of shape (rows, columns, C, H, W) are expected, "
            f"got {pixels.shape}"
        )
    down, across = pixels.shape[:2]
    row_labels, column_labels = _labels("row", rows, down), _labels("column", columns, across)
    scale = max(1, round(_CELL / max(1, *pixels.shape[3:])))
    enlarged = pixels.reshape(down * across, *pixels.shape[2:]).repeat(scale, 2).repeat(scale, 3)
    grid = image_grid(enlarged, across, _PADDING)
    height, width = grid.shape[:2]
    # The axes fill the figure, so that the grid is shown pixel by pixel; the words stand outside,
    # and the file is cut to hold them.
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(grid, cmap="gray", vmin=0, vmax=255, interpolation="nearest", aspect="auto")
    axes.set_xticks(_centres(across, width), column_labels)
    axes.set_yticks(_centres(down, height), row_labels)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if row_title:
        axes.set_ylabel(row_title, labelpad=8)
    if column_title:
        axes.set_xlabel(column_title, labelpad=8)
    if title:
        axes.set_title(title, pad=10)
    save_figure(figure, path)


def _labels(name: str, labels: Sequence[str] | None, count: int) -> Sequence[str]:
    """Return a label for each row or column; empty ones if there are none."""
    if labels is None:
        return [""] * count
    if len(labels) != count:
        raise ValueError(
            f"save_image_table: a label for each {name} is expected, got {len(labels)} for {count}"
        )
    return labels


def _centres(count: int, length: int) -> list[float]:
    """Return where the middles of images lie, in pixels counted from 0."""
    pitch = (length - _PADDING) / count
    return [(place + 0.5) * pitch + (_PADDING - 1) / 2 for place in range(count)]
