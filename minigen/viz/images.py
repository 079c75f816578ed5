"""Images as pictures: in a grid, in rows under one another, and in a table with labels."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.tensor import Tensor
from minigen.files import write_atomically
from minigen.viz.style import DPI, format_of, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PADDING_GREY: Final = 96
"""The brightness between images: a black digit's edge can be told from it, and a white one's."""

_ROUNDING: Final = 1e-3
"""How far outside [0, 1] a value is taken for a rounding, float16's among them."""

_TARGET_LENGTH: Final = 640
_LARGEST_SCALE: Final = 16

_CELL: Final = 72
"""About how many pixels the longer side of an image in a table gets."""

_PILLOWS: Final = {"jpg": "jpeg", "tif": "tiff"}
"""What Pillow calls a format, where that is not how names end."""

_PADDING: Final = 4
"""Grey pixels between the images of a table and around them."""


def as_bytes(images: Tensor | Array) -> npt.NDArray[np.uint8]:
    """Return the pixels of images as bytes from 0, black, to 255.

    Parameters
    ----------
    images : Tensor or array, shape (N, C, H, W)
        With C of 1 or 3: floats in [0, 1], or bytes.

    Raises
    ------
    ValueError
        If the shape or the values are others.

    Examples
    --------
    >>> import numpy as np
    >>> as_bytes(np.array([0.0, 0.5, 1.0]).reshape(1, 1, 1, 3)).tolist()
    [[[[0, 128, 255]]]]
    """
    pixels: npt.NDArray[Any] = to_numpy(array_of(images))
    if pixels.ndim != 4 or pixels.shape[1] not in {1, 3} or not pixels.size:
        raise ValueError(
            f"image_grid: images of shape (N, 1, H, W) or (N, 3, H, W) are expected, "
            f"got {pixels.shape}"
        )
    if pixels.dtype == np.uint8:
        return pixels
    low, high = float(pixels.min()), float(pixels.max())
    if not (low >= -_ROUNDING and high <= 1 + _ROUNDING):
        raise ValueError(
            f"image_grid: values in [0, 1] are expected, got {low:.8g} to {high:.8g}; "
            "(x + 1) / 2 brings images of a tanh there"
        )
    scaled: npt.NDArray[np.uint8] = np.rint(pixels.clip(0, 1) * 255).astype(np.uint8)
    return scaled


def image_grid(
    images: Tensor | Array, columns: int | None = None, padding: int = 1
) -> npt.NDArray[np.uint8]:
    """Arrange images in rows, as one image.

    Parameters
    ----------
    images : Tensor or array, shape (N, C, H, W)
    columns : int, optional
        Images in a row; by default as many as make the grid about square.
    padding : int, default 1
        Grey pixels between the images and around the grid.

    Returns
    -------
    array of uint8
        Shape (rows, columns) in pixels, with a last axis of 3 if the images are coloured.

    Examples
    --------
    >>> import minigen
    >>> image_grid(minigen.rand(10, 1, 8, 8), columns=5).shape
    (19, 46)
    """
    pixels = as_bytes(images)
    count, channels, height, width = pixels.shape
    columns = math.ceil(math.sqrt(count)) if columns is None else min(columns, count)
    if columns < 1 or padding < 0:
        raise ValueError(
            f"image_grid: at least one column and no negative padding are expected, "
            f"got columns={columns}, padding={padding}"
        )
    rows = -(-count // columns)
    pitch = (height + padding, width + padding)
    grid = np.full(
        (rows * pitch[0] + padding, columns * pitch[1] + padding, channels), PADDING_GREY, np.uint8
    )
    for place, image in enumerate(pixels):
        row, column = divmod(place, columns)
        top, left = row * pitch[0] + padding, column * pitch[1] + padding
        grid[top : top + height, left : left + width] = image.transpose(1, 2, 0)
    return grid[..., 0] if channels == 1 else grid


def save_image(path: str | os.PathLike[str], image: Tensor | Array) -> None:
    """Write one image as it is, a pixel for each of its own: grey or RGB, without alpha.

    Parameters
    ----------
    path : path
        As for `save_image_grid`. JPEG is written in quality 95, without subsampling; PNG, TIFF and
        others without loss.
    image : Tensor or array, shape (C, H, W)
        With C of 1 or 3: floats in [0, 1], or bytes.

    Raises
    ------
    ValueError
        If the shape or the values are others.

    Examples
    --------
    >>> import tempfile
    >>> import minigen
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_image(f"{folder}/noise.png", minigen.rand(3, 8, 12))
    ...     with Image.open(f"{folder}/noise.png") as picture:
    ...         print(picture.size, picture.mode)
    (12, 8) RGB
    """
    from PIL import Image

    pixels = as_bytes(array_of(image)[None])[0].transpose(1, 2, 0)
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    contents = io.BytesIO()
    ending = format_of(path)
    if ending == "svg":
        raise ValueError("save_image: an SVG file holds no pixels: name a .png file")
    options: dict[str, Any] = {}
    if ending in {"jpg", "jpeg"}:
        options = {"quality": 95, "subsampling": 0}
    elif ending == "webp":
        options = {"lossless": True}
    picture.save(contents, format=_PILLOWS.get(ending, ending), **options)
    write_atomically(path, contents.getvalue())


def save_image_grid(
    path: str | os.PathLike[str],
    images: Tensor | Array,
    *,
    columns: int | None = None,
    padding: int = 1,
    scale: int | None = None,
) -> None:
    """Write images as one picture, each pixel enlarged to a square.

    Parameters
    ----------
    path : path
        The name's ending says which format: PNG, JPEG, TIFF, WebP, PDF or SVG.
    images, columns, padding
        As for `image_grid`.
    scale : int, optional
        The side of the square that a pixel becomes; by default the grid's longer side gets about
        640 pixels.
    """
    from matplotlib.image import imsave

    grid = image_grid(images, columns, padding)
    if scale is None:
        scale = min(_LARGEST_SCALE, max(1, round(_TARGET_LENGTH / max(grid.shape))))
    enlarged = grid.repeat(scale, axis=0).repeat(scale, axis=1)
    contents = io.BytesIO()
    imsave(contents, enlarged, format=format_of(path), cmap="gray", vmin=0, vmax=255)
    write_atomically(path, contents.getvalue())


def save_reconstructions(
    path: str | os.PathLike[str],
    originals: Tensor | Array,
    reconstructions: Tensor | Array,
    *,
    corrupted: Tensor | Array | None = None,
    columns: int = 10,
    title: str | None = None,
) -> None:
    """Write a picture that shows each image above the model's reconstruction of it.

    Parameters
    ----------
    originals, reconstructions : Tensor or array, shape (N, C, H, W)
    corrupted : Tensor or array, of the same shape, optional
        What the model saw, if not the originals: a row between the two.
    columns : int, default 10
        Images in a row.
    """
    rows = {"original": originals, "reconstruction": reconstructions}
    if corrupted is not None:
        rows = {"original": originals, "corrupted": corrupted, **rows}
    save_image_rows(path, rows, columns=columns, title=title)


def save_image_rows(
    path: str | os.PathLike[str],
    rows: Mapping[str, Tensor | Array],
    *,
    columns: int = 10,
    title: str | None = None,
) -> None:
    """Write a picture in which what belongs together stands one below the other.

    Parameters
    ----------
    rows : mapping of str to Tensor or array, shape (N, C, H, W)
        Images of one shape, by what stands at the left of their row.
    columns : int, default 10
        Images in a row; where there are more, further rows of all follow.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> import tempfile
    >>> import minigen
    >>> rows = {"given": minigen.zeros(3, 1, 8, 8), "wanted": minigen.ones(3, 1, 8, 8)}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_image_rows(f"{folder}/rows.png", rows)
    """
    from matplotlib.figure import Figure

    pixels = {role: to_numpy(array_of(images)) for role, images in rows.items()}
    shapes = {role: images.shape for role, images in pixels.items()}
    if len(set(shapes.values())) > 1:
        *roles, last = pixels
        raise ValueError(
            f"save_image_rows: {', '.join(roles)} and {last} of one shape are expected, got "
            + ", ".join(f"{role} {shape}" for role, shape in shapes.items())
        )
    count = len(next(iter(pixels.values())))
    columns = max(1, min(columns, count))
    strips = [
        _stacked([images[start : start + columns] for images in pixels.values()], columns)
        for start in range(0, max(count, 1), columns)
    ]
    height, width = strips[0].shape[:2]
    size = (9, len(strips) * (8 * height / width + 0.1))  # an inch at the left is for the labels
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    panels = figure.subplots(len(strips), squeeze=False).flat
    for axes, strip in zip(panels, strips, strict=True):
        _show_rows(axes, strip, list(pixels))
    if title:
        figure.suptitle(title)
    save_figure(figure, path)


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
    """Write a picture that shows rows of images, with what each row and column is.

    Parameters
    ----------
    images : Tensor or array, shape (rows, columns, C, H, W)
    rows, columns : sequence of str, optional
        A label for each row, at its left, and for each column, below it.
    row_title, column_title : str, optional
        What the rows' and the columns' labels stand for.

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
    figure.set_layout_engine("none")
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


def draw_images(
    images: Tensor | Array | Mapping[str, Tensor | Array],
    *,
    columns: int | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw images side by side into a figure.

    Parameters
    ----------
    images : Tensor or array, shape (N, C, H, W); or a mapping of str to them
        Those of a mapping stand in a row each, in its order, with its name at the left.
    columns : int, optional
        Images in a row; by default all of a mapping's, and otherwise as many as make the grid about
        square.
    ax : matplotlib Axes, optional
        Where to draw; a new figure's if not given.

    Examples
    --------
    >>> import minigen
    >>> from matplotlib.figure import Figure
    >>> from minigen import viz
    >>> rows = {"before": minigen.rand(5, 1, 8, 8), "after": minigen.rand(5, 1, 8, 8)}
    >>> ax = viz.draw_images(rows, title="Noise", ax=Figure().subplots())
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['before', 'after']
    """
    rows: dict[str, Any] = {}
    if isinstance(images, Mapping):
        rows = {name: to_numpy(array_of(row)) for name, row in images.items()}
        shapes = {row.shape for row in rows.values()}
        if len(shapes) != 1:
            raise ValueError(f"draw_images: rows of one shape are expected, got {sorted(shapes)}")
        columns = columns or len(next(iter(rows.values())))
        rows = {name: row[:columns] for name, row in rows.items()}
        images = np.concatenate(list(rows.values()))
    grid = image_grid(images, columns)
    if ax is None:
        from matplotlib import pyplot as plt

        height, width = grid.shape[:2]
        _, ax = plt.subplots(figsize=(6.4, max(0.6, 6.4 * height / width) + 0.4))
    _show_rows(ax, grid, list(rows))
    if title:
        ax.set_title(title)
    return ax


def _stacked(rows: Sequence[Any], columns: int) -> npt.NDArray[np.uint8]:
    """Arrange rows of `columns` images, each under the one before; fill up with grey."""
    first, *others = [image_grid(images, columns) for images in rows]
    # One line of padding between two rows is enough.
    whole = np.concatenate([first, *[grid[1:] for grid in others]])
    pitch = rows[0].shape[3] + 1
    missing = (columns - len(rows[0])) * pitch
    margins = [(0, 0), (0, missing), (0, 0)][: whole.ndim]
    return np.pad(whole, margins, constant_values=PADDING_GREY)


def _show_rows(axes: Axes, pixels: npt.NDArray[np.uint8], labels: Sequence[str]) -> None:
    """Show rows of images with what each row is, if that is to be told, at its left."""
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    pitch = len(pixels) / max(len(labels), 1)
    axes.set_yticks([(row + 0.5) * pitch for row in range(len(labels))], labels)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


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
