"""Points of the plane over a function's surface: what a generator draws where data should be."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array, array_of, to_numpy
from minigen.engine.tensor import Tensor
from minigen.viz.style import COLOURS, DPI, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Surface = Callable[[npt.NDArray[np.float32]], Any]
"""A function of points (N, 2) that returns N numbers."""

_LINES: Final = 80
"""The surface is evaluated at as many squared points."""


def save_points(
    path: str | os.PathLike[str],
    samples: Tensor | Array,
    real: Tensor | Array,
    *,
    surface: Surface | None = None,
    surface_title: str = "score",
    title: str | None = None,
) -> None:
    """Write a PNG file of generated points over real ones, and over a surface.

    What is shown is the square around the real points with a margin of a quarter; how many samples
    fall outside it, the figure says.

    Parameters
    ----------
    samples, real : Tensor or array, shape (N, 2)
        Generated and real points, at least one real.
    surface : callable, optional
        A function of points (N, 2) that returns N numbers, shown in shades of grey with contour
        lines: such as the discriminator's score.
    surface_title : str
        What its scale is called.
    """
    from matplotlib.figure import Figure

    drawn, true = _points("samples", samples), _points("real", real)
    if not len(true):
        raise ValueError("save_points: at least one real point is expected, got none")
    centre = (true.min(0) + true.max(0)) / 2
    reach = 0.75 * max(float((true.max(0) - true.min(0)).max()), 1e-6)
    figure = Figure(figsize=(5.4, 4.8), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    if surface is not None:
        shades = _draw_surface(axes, surface, centre, reach)
        figure.colorbar(shades, ax=axes, label=surface_title, shrink=0.9)
    rings: dict[str, Any] = {
        "s": 14,
        "facecolors": "none",
        "edgecolors": COLOURS[0],
        "linewidths": 0.7,
    }
    crosses: dict[str, Any] = {"s": 9, "marker": "x", "color": COLOURS[1], "linewidths": 0.9}
    axes.scatter(true[:, 0], true[:, 1], label="real", **rings)
    axes.scatter(drawn[:, 0], drawn[:, 1], label="generated", **crosses)
    axes.set_xlim(centre[0] - reach, centre[0] + reach)
    axes.set_ylim(centre[1] - reach, centre[1] + reach)
    axes.set_aspect("equal")
    axes.legend(loc="upper right", fontsize="small")
    outside = int((np.abs(drawn - centre) > reach).any(axis=1).sum())
    axes.set_xlabel(f"{outside} of {len(drawn)} generated points lie outside" if outside else "")
    if title:
        axes.set_title(title, fontsize="medium")
    save_figure(figure, path, cut=False)


def _points(name: str, points: Tensor | Array) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = to_numpy(array_of(points))
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(f"save_points: {name} of shape (N, 2) are expected, got {array.shape}")
    return array


def _draw_surface(axes: Axes, surface: Surface, centre: npt.NDArray[Any], reach: float) -> Any:
    """Draw a surface in light shades, that points may be seen on it."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.ticker import MaxNLocator

    x, y = (np.linspace(c - reach, c + reach, _LINES, dtype=np.float32) for c in centre)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    heights = np.asarray(surface(grid), dtype=np.float64).reshape(_LINES, _LINES)
    shades = LinearSegmentedColormap.from_list("light", ["0.62", "1.0"])
    # Far from all data the surface may be steep: a few per cent of it must not use up the scale.
    low, high = np.percentile(heights, [5, 95])
    if not low < high:
        return axes.contourf(x, y, heights, cmap=shades)
    levels = MaxNLocator(12).tick_values(low, high)
    axes.contour(x, y, heights, levels=levels, colors="0.45", linewidths=0.4)
    return axes.contourf(x, y, heights, levels=levels, cmap=shades, extend="both", zorder=0)
