"""One look for all figures, and figures as files."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from minigen.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI: Final = 120

FORMATS: Final = ("png", "jpg", "jpeg", "tif", "tiff", "webp", "pdf", "svg")
"""How a picture's name may end."""

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


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the format that a picture's name asks for by its ending; PNG if it has none.

    Raises
    ------
    io.UnsupportedOperation
        If it is none of `FORMATS`: an OSError and a ValueError.

    Examples
    --------
    >>> format_of("samples.JPG"), format_of("samples")
    ('jpg', 'png')
    """
    ending = Path(path).suffix.removeprefix(".").lower() or "png"
    if ending not in FORMATS:
        raise io.UnsupportedOperation(
            f"{Path(path).name}: no picture can be written as {ending!r}; the endings known are "
            f"{', '.join(FORMATS)}"
        )
    return ending


def save_figure(figure: Figure, path: str | os.PathLike[str], *, cut: bool = True) -> None:
    """Write a figure, cut to what it shows, or as large as it was made; see `format_of`.

    It is written at its own resolution, whatever matplotlib's settings say of files.
    """
    contents = io.BytesIO()
    margins: dict[str, Any] = {"bbox_inches": "tight", "pad_inches": 0.1} if cut else {}
    figure.savefig(contents, format=format_of(path), dpi=figure.dpi, **margins)
    write_atomically(path, contents.getvalue())
