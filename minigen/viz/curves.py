"""The curves of a training run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from minigen.viz.style import COLOURS, DPI, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TITLES: Final = {
    "loss": "Loss",
    "reconstruction": "Reconstruction",
    "kl": "KL divergence",
}
_SHARED: Final = {"_loss": "Losses", "_score": "Scores"}
"""The titles of panels that several terms share, by the end of these terms' names."""
# Told apart by brightness and by their dashes, so that a grey print says the same as the screen.
_LINES: Final[dict[str, dict[str, Any]]] = {
    "train": {"color": COLOURS[1], "linestyle": "--", "marker": "o", "markersize": 3.5},
    "test": {"color": COLOURS[0], "linestyle": "-", "marker": "s", "markersize": 3.5},
}


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
    history : sequence of mapping
        One record an epoch, at least one, as in a run's ``metrics.jsonl``: ``"epoch"``, and for
        ``"train"`` and ``"test"`` the terms by name.
    unit : str
        What loss, reconstruction and KL are in.

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
