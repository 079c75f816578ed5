"""A kernel's window on a small image: the still picture; the script computes what moves."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigen
import minigen.functional as F
from docs.moving.making import Made
from docs.moving.packing import drawn
from minigen import viz

IMAGE = np.array(
    [[0, 0, 1, 0, 0], [0, 1, 2, 1, 0], [1, 2, 3, 2, 1], [0, 1, 2, 1, 0], [0, 0, 1, 0, 0]]
)
KERNELS = {
    "edges": [[0, -1, 0], [-1, 4, -1], [0, -1, 0]],
    "sum": [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
    "slope to the right": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "copy": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
}


def made() -> Made:
    """Return the image, the kernels, and a picture of one step of the first."""
    return Made(_still(), {"image": IMAGE.tolist(), "kernels": KERNELS})


def _still() -> bytes:
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    viz.use_style()
    image, kernel = IMAGE.astype(float), np.array(KERNELS["edges"], float)
    output = F.conv2d(minigen.tensor(image[None, None]), minigen.tensor(kernel[None, None]))
    figure, panels = plt.subplots(1, 3, figsize=(7.6, 2.9), width_ratios=(5, 3, 3))
    titles = ("Input, and the window", "Kernel", "Output")
    grids = (image, kernel, output.numpy()[0, 0])
    for axes, title, grid in zip(panels, titles, grids, strict=True):
        _draw(axes, grid, title)
    window: dict[str, Any] = {"fill": False, "linewidth": 3, "edgecolor": viz.COLOURS[1]}
    panels[0].add_patch(Rectangle((0.5, 0.5), 3, 3, **window))
    panels[2].add_patch(Rectangle((0.5, 0.5), 1, 1, **window))
    return drawn(figure)


def _draw(axes: Any, grid: Any, title: str) -> None:
    axes.imshow(grid, cmap="Greys", vmin=-6, vmax=14)
    for (row, column), value in np.ndenumerate(grid):
        axes.text(column, row, f"{value:g}", ha="center", va="center")
    axes.set(title=title, xticks=(), yticks=())
    axes.grid(visible=False)
