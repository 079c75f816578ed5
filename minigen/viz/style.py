"""One look for all figures, and images drawn into a figure: what the lessons draw with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.tensor import Tensor
from minigen.viz.grid import image_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final = ("#1b2a6b", "#e08214", "#4d4d4d", "#35978f", "#a6611a", "#9e9ac8")
"""Told apart by brightness, too."""

_DASHES: Final = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))


def use_style() -> None:
    """Draw all figures from here on in one style, which reads in grey.

    Curves differ in colour, brightness and dashes; grids are light, titles say what is shown.

    Examples
    --------
    >>> import matplotlib
    >>> from minigen import viz
    >>> with matplotlib.rc_context():
    ...     viz.use_style()
    ...     matplotlib.rcParams["axes.grid"]
    True
    """
    import matplotlib as mpl
    from cycler import cycler

    mpl.rcParams.update(
        {
            "axes.axisbelow": True,
            "axes.grid": True,
            "axes.prop_cycle": cycler(color=COLOURS) + cycler(linestyle=_DASHES),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": "medium",
            "figure.constrained_layout.use": True,
            "figure.dpi": 100,
            "figure.figsize": (6.4, 3.8),
            "grid.color": "0.9",
            "image.cmap": "gray",
            "image.interpolation": "nearest",
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "savefig.dpi": 100,
        }
    )


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
    images : Tensor or array, shape (N, C, H, W) with C of 1 or 3; or a mapping of str to them
        Floats in [0, 1], or bytes. Those of a mapping stand in a row each, with its name at the
        left, in the order of the mapping.
    columns : int, optional
        Images in a row; by default all of a mapping's, and otherwise as many as make the grid about
        square.
    title : str
        What stands above.
    ax : matplotlib Axes, optional
        Where to draw; a new figure's if not given.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        As for `image_grid`, or if the rows of a mapping have different shapes.

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
    ax.imshow(grid, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    pitch = len(grid) / max(len(rows), 1)
    ax.set_yticks([(row + 0.5) * pitch for row in range(len(rows))], list(rows))
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    if title:
        ax.set_title(title)
    return ax
