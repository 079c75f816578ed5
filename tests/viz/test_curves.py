from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from minigen import viz
from minigen.viz import curves


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were drawn, instead of files."""
    kept: list[Figure] = []
    monkeypatch.setattr(curves, "save_figure", lambda figure, _path: kept.append(figure))
    return kept


def history(epochs: int, *terms: str) -> list[dict[str, Any]]:
    """Return records whose terms fall, each from another height, the test terms one higher."""
    return [
        {
            "epoch": epoch,
            "train": {term: 10.0 * place - epoch for place, term in enumerate(terms, start=1)},
            "test": {term: 10.0 * place - epoch + 1 for place, term in enumerate(terms, start=1)},
        }
        for epoch in range(1, epochs + 1)
    ]


def test_each_term_has_its_curves_with_title_labels_and_units(drawn: list[Figure]) -> None:
    viz.save_curves("", history(3, "loss", "reconstruction", "kl", "penalty"), title="a run")
    (figure,) = drawn
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["Loss", "Reconstruction", "KL divergence", "penalty"]
    assert figure.get_suptitle() == "a run"
    for place, axes in enumerate(figure.axes, start=1):
        assert axes.get_xlabel() == "epoch"
        assert axes.get_ylabel() == ("" if place == 4 else "nats/image")
        train, test = axes.get_lines()
        assert (train.get_label(), test.get_label()) == ("train", "test")
        assert np.asarray(train.get_data()).tolist() == [
            [1, 2, 3],
            [10 * place - epoch for epoch in (1, 2, 3)],
        ]
        assert np.asarray(test.get_ydata()).tolist() == [10 * place - e + 1 for e in (1, 2, 3)]


def test_curves_can_be_told_apart_without_colour(drawn: list[Figure]) -> None:
    viz.save_curves("", history(3, "loss"))
    train, test = drawn[0].axes[0].get_lines()
    assert train.get_linestyle() != test.get_linestyle()
    assert train.get_marker() != test.get_marker()


def test_a_term_that_repeats_another_is_left_out(drawn: list[Figure]) -> None:
    records = history(3, "loss")
    for record in records:
        for split in ("train", "test"):
            record[split]["reconstruction"] = record[split]["loss"]
    viz.save_curves("", records)
    assert [axes.get_title() for axes in drawn[0].axes] == ["Loss"]


def test_epochs_are_marked_with_whole_numbers_and_points_while_there_is_room(
    drawn: list[Figure],
) -> None:
    for epochs in (1, 2, 30, 31):
        viz.save_curves("", history(epochs, "loss"))
    for figure in drawn:
        ticks = figure.axes[0].get_xticks()
        assert (ticks == np.round(ticks)).all()
    markers = [figure.axes[0].get_lines()[0].get_marker() for figure in drawn]
    assert markers == ["o", "o", "o", "None"]


def test_no_history_gives_no_curves(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one epoch"):
        viz.save_curves(tmp_path / "losses.png", [])


def test_figures_become_png_files_of_some_size(tmp_path: Path) -> None:
    images = np.random.default_rng(0).random((12, 1, 8, 8))
    viz.save_reconstructions(tmp_path / "reconstructions.png", images, images)
    viz.save_curves(tmp_path / "losses.png", history(3, "loss", "kl"))
    for file in tmp_path.iterdir():
        height, width, _ = imread(file).shape
        assert height > 200
        assert width > 800


def test_the_losses_of_two_sides_share_a_panel_and_so_do_the_scores(drawn: list[Figure]) -> None:
    names = ("discriminator_loss", "real_score", "fake_score", "penalty", "generator_loss")
    records = history(3, *names)
    del records[0]["train"]["generator_loss"]  # its side had no turn yet
    del records[1]["test"]["penalty"]
    viz.save_curves("", records)
    (figure,) = drawn
    assert [axes.get_title() for axes in figure.axes] == ["Losses", "Scores", "penalty"]
    labels = [[line.get_label() for line in axes.lines] for axes in figure.axes]
    assert labels[:2] == [["discriminator", "generator"], ["real", "fake"]]
    discriminator, generator, penalty = (
        np.asarray(line.get_ydata(), dtype=float)
        for line in (*figure.axes[0].lines, figure.axes[2].lines[1])
    )
    expected = [record["train"]["discriminator_loss"] for record in records]
    assert discriminator.tolist() == expected
    assert np.isnan(generator[0])
    assert generator[1:].tolist() == [r["train"]["generator_loss"] for r in records[1:]]
    assert np.isnan(penalty[1])
    assert [axes.get_ylabel() for axes in figure.axes] == ["", "", ""]
