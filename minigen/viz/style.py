"""One look for all figures, and figures as files."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Final

from minigen.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI: Final = 120

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


def save_figure(figure: Figure, path: str | os.PathLike[str], *, cut: bool = True) -> None:
    """Write a figure as a PNG file, cut to what it shows, or as large as it was made."""
    contents = io.BytesIO()
    if cut:
        figure.savefig(contents, format="png", bbox_inches="tight", pad_inches=0.1)
    else:
        figure.savefig(contents, format="png")
    write_atomically(path, contents.getvalue())
