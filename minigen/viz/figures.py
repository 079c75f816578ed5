"""Figures of a training run: reconstructions beside originals, and curves of the loss."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from minigen.engine.backend import Array, to_numpy
from minigen.engine.tensor import Tensor
from minigen.files import write_atomically
from minigen.viz.grid import PADDING_GREY, image_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI: Final = 120

_TITLES: Final = {
    "loss": "Loss",
    "reconstruction": "Reconstruction",
    "kl": "KL divergence",
}
_SHARED: Final = {"_loss": "Losses", "_score": "Scores"}
"""The titles of panels that several terms share, by the end of these terms' names."""
# Told apart by brightness and by their dashes, so that a grey print says the same as the screen.
_LINES: Final[dict[str, dict[str, Any]]] = {
    "train": {"color": "#e08214", "linestyle": "--", "marker": "o", "markersize": 3.5},
    "test": {"color": "#1b2a6b", "linestyle": "-", "marker": "s", "markersize": 3.5},
}


def save_reconstructions(
    path: str | os.PathLike[str],
    originals: Tensor | Array,
    reconstructions: Tensor | Array,
    *,
    corrupted: Tensor | Array | None = None,
    columns: int = 10,
    title: str | None = None,
) -> None:
    """Write a PNG file that shows each image above the model's reconstruction of it.

    Parameters
    ----------
    path : path
        The PNG file; it is written whole or not at all.
    originals, reconstructions : Tensor or array, shape (N, C, H, W) with C of 1 or 3
        Floats in [0, 1], or bytes.
    corrupted : Tensor or array, of the same shape, optional
        What the model saw, if not the originals: a row between the two.
    columns : int, default 10
        Images in a row.
    title : str, optional
        What stands above the figure.

    Raises
    ------
    ValueError
        If the shapes differ, or as for `image_grid`.

    Examples
    --------
    >>> import tempfile
    >>> import minigen
    >>> x = minigen.rand(10, 1, 8, 8)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_reconstructions(f"{folder}/reconstructions.png", x, x)
    """
    from matplotlib.figure import Figure

    rows = {"original": _numpy(originals), "reconstruction": _numpy(reconstructions)}
    if corrupted is not None:
        rows = {"original": rows["original"], "corrupted": _numpy(corrupted), **rows}
    shapes = {role: images.shape for role, images in rows.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(
            "save_reconstructions: originals and reconstructions of one shape are expected, got "
            + ", ".join(f"{role} {shape}" for role, shape in shapes.items())
        )
    count = len(rows["original"])
    columns = max(1, min(columns, count))
    strips = [
        _stacked([images[start : start + columns] for images in rows.values()], columns)
        for start in range(0, max(count, 1), columns)
    ]
    height, width = strips[0].shape[:2]
    size = (9, len(strips) * (8 * height / width + 0.1))  # an inch at the left is for the labels
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    panels = figure.subplots(len(strips), squeeze=False).flat
    for axes, strip in zip(panels, strips, strict=True):
        _draw_strip(axes, strip, tuple(rows))
    if title:
        figure.suptitle(title)
    save_figure(figure, path)


def save_curves(
    path: str | os.PathLike[str],
    history: Sequence[Mapping[str, Any]],
    *,
    title: str | None = None,
    unit: str = "nats/image",
) -> None:
    """Write a PNG file with the curves of a run: each term of the loss against the epoch.

    The losses of a model with several sides, such as a GAN's generator and discriminator, share a
    panel, and so do its scores; there only the averages over training are shown.

    Parameters
    ----------
    path : path
        The PNG file; it is written whole or not at all.
    history : sequence of mapping
        One record an epoch, as in a run's ``metrics.jsonl``: ``"epoch"``, and for ``"train"`` and
        ``"test"`` the terms in nats an image, by name.
    title : str, optional
        What stands above the figure.
    unit : str, default "nats/image"
        What losses, reconstruction and KL are in.

    Raises
    ------
    ValueError
        If the history is empty.

    Examples
    --------
    >>> import tempfile
    >>> history = [
    ...     {"epoch": 1, "train": {"loss": 30.0}, "test": {"loss": 28.0}},
    ...     {"epoch": 2, "train": {"loss": 24.0}, "test": {"loss": 23.0}},
    ... ]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_curves(f"{folder}/losses.png", history)
    """
    from matplotlib.figure import Figure

    if not history:
        raise ValueError("save_curves: at least one epoch's record is expected, got none")
    panels = _panels(_distinct_terms(history))
    figure = Figure(figsize=(1 + 3.6 * len(panels), 3.4), dpi=DPI, layout="constrained")
    all_axes = figure.subplots(1, len(panels), squeeze=False).flat
    for axes, (name, terms) in zip(all_axes, panels.items(), strict=True):
        _draw_terms(axes, history, terms, unit)
        axes.set_title(name)
    if title:
        figure.suptitle(title)
    save_figure(figure, path)


def _panels(terms: Sequence[str]) -> dict[str, list[str]]:
    """Divide terms among panels, which are known by their titles."""
    panels: dict[str, list[str]] = {}
    for term in terms:
        shared = [title for ending, title in _SHARED.items() if term.endswith(ending)]
        panels.setdefault(shared[0] if shared else _TITLES.get(term, term), []).append(term)
    return panels


def _draw_terms(
    axes: Axes, history: Sequence[Mapping[str, Any]], terms: Sequence[str], unit: str
) -> None:
    """Draw the curves of a panel: one term in training and test, or several in training."""
    from matplotlib.ticker import MaxNLocator

    epochs = [record["epoch"] for record in history]
    if len(terms) == 1:
        (term,) = terms
        curves = {split: [record[split].get(term) for record in history] for split in _LINES}
    else:
        curves = {
            term.rpartition("_")[0]: [record["train"].get(term) for record in history]
            for term in terms
        }
    crowded = len(epochs) > 30
    for (label, values), line in zip(curves.items(), _LINES.values(), strict=False):
        style = line | {"marker": None} if crowded else line
        if any(value is not None for value in values):
            heights = [np.nan if value is None else value for value in values]
            axes.plot(epochs, heights, label=label, **style)
    axes.set_xlabel("epoch")
    axes.set_ylabel(unit if set(terms) <= _TITLES.keys() else "")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(visible=True, color="0.9")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)


def _distinct_terms(history: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the terms in order, without those that only repeat an earlier one."""
    terms: dict[tuple[float | None, ...], str] = {}
    for term in dict.fromkeys(term for record in history for term in record["train"]):
        values = tuple(record[split].get(term) for record in history for split in _LINES)
        terms.setdefault(values, term)
    return list(terms.values())


def _stacked(rows: Sequence[Any], columns: int) -> npt.NDArray[np.uint8]:
    """Arrange rows of `columns` images, each under the one before; fill up with grey."""
    first, *others = [image_grid(images, columns) for images in rows]
    # One line of padding between two rows is enough.
    whole = np.concatenate([first, *[grid[1:] for grid in others]])
    pitch = rows[0].shape[3] + 1
    missing = (columns - len(rows[0])) * pitch
    margins = [(0, 0), (0, missing), (0, 0)][: whole.ndim]
    return np.pad(whole, margins, constant_values=PADDING_GREY)


def _draw_strip(axes: Axes, strip: npt.NDArray[np.uint8], labels: tuple[str, ...]) -> None:
    """Show rows of images with what each row is at its left."""
    axes.imshow(strip, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    pitch = len(strip) / len(labels)
    axes.set_yticks([(row + 0.5) * pitch for row in range(len(labels))], labels)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _numpy(images: Tensor | Array) -> Any:
    return to_numpy(images.data if isinstance(images, Tensor) else images)


def save_figure(figure: Figure, path: str | os.PathLike[str], *, cut: bool = True) -> None:
    """Write a figure as a PNG file, cut to what it shows, or as large as it was made."""
    contents = io.BytesIO()
    if cut:
        figure.savefig(contents, format="png", bbox_inches="tight", pad_inches=0.1)
    else:
        figure.savefig(contents, format="png")
    write_atomically(path, contents.getvalue())
