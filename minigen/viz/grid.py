"""Many images as one."""

from __future__ import annotations

import io
import math
import os
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array, to_numpy
from minigen.engine.tensor import Tensor
from minigen.files import write_atomically

PADDING_GREY: Final = 96
"""The brightness between images: a black digit's edge can be told from it, and a white one's."""

_TARGET_LENGTH: Final = 640
_LARGEST_SCALE: Final = 16


def image_grid(
    images: Tensor | Array, columns: int | None = None, padding: int = 1
) -> npt.NDArray[np.uint8]:
    """Arrange images in rows, as one image.

    Parameters
    ----------
    images : Tensor or array, shape (N, C, H, W) with C of 1 or 3
        Floats in [0, 1], or bytes.
    columns : int, optional
        Images in a row; by default as many as make the grid about square.
    padding : int, default 1
        Grey pixels between the images and around the grid.

    Returns
    -------
    array of uint8
        Shape (rows, columns) in pixels, with a last axis of 3 if the images are coloured.

    Raises
    ------
    ValueError
        If the shape is another, there is no image, or values lie outside [0, 1].

    Examples
    --------
    >>> import minigen
    >>> image_grid(minigen.rand(10, 1, 8, 8), columns=5).shape
    (19, 46)
    """
    pixels = _as_bytes(images)
    count, channels, height, width = pixels.shape
    columns = _near_square(count) if columns is None else min(columns, count)
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


def save_image_grid(
    path: str | os.PathLike[str],
    images: Tensor | Array,
    *,
    columns: int | None = None,
    padding: int = 1,
    scale: int | None = None,
) -> None:
    """Write images as one PNG file, each pixel enlarged to a square.

    Parameters
    ----------
    path : path
        The PNG file; it is written whole or not at all.
    images, columns, padding
        As for `image_grid`.
    scale : int, optional
        The side of the square that a pixel becomes; by default the grid's longer side gets about
        640 pixels.

    Raises
    ------
    ValueError
        As for `image_grid`.

    Examples
    --------
    >>> import tempfile
    >>> import minigen
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_image_grid(f"{folder}/noise.png", minigen.rand(16, 1, 8, 8))
    """
    from matplotlib.image import imsave

    grid = image_grid(images, columns, padding)
    if scale is None:
        scale = min(_LARGEST_SCALE, max(1, round(_TARGET_LENGTH / max(grid.shape))))
    enlarged = grid.repeat(scale, axis=0).repeat(scale, axis=1)
    contents = io.BytesIO()
    imsave(contents, enlarged, format="png", cmap="gray", vmin=0, vmax=255)
    write_atomically(path, contents.getvalue())


def _near_square(count: int) -> int:
    return math.ceil(math.sqrt(count))


def _as_bytes(images: Tensor | Array) -> npt.NDArray[np.uint8]:
    """Check images and return their pixels as bytes."""
    pixels: npt.NDArray[Any] = to_numpy(images.data if isinstance(images, Tensor) else images)
    if pixels.ndim != 4 or pixels.shape[1] not in {1, 3} or not pixels.size:
        raise ValueError(
            f"image_grid: images of shape (N, 1, H, W) or (N, 3, H, W) are expected, "
            f"got {pixels.shape}"
        )
    if pixels.dtype == np.uint8:
        return pixels
    if not (pixels.min() >= 0 and pixels.max() <= 1):
        raise ValueError(
            f"image_grid: values in [0, 1] are expected, got {pixels.min():g} to {pixels.max():g}; "
            "(x + 1) / 2 brings images of a tanh there"
        )
    scaled: npt.NDArray[np.uint8] = np.rint(pixels * 255).astype(np.uint8)
    return scaled
