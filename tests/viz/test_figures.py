from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from minigen import viz
from minigen.viz import figures
from minigen.viz.grid import PADDING_GREY


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were drawn, instead of files."""
    kept: list[Figure] = []
    monkeypatch.setattr(figures, "save_figure", lambda figure, _path: kept.append(figure))
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


def test_originals_stand_above_their_reconstructions(drawn: list[Figure]) -> None:
    originals = np.random.default_rng(0).integers(100, 256, (5, 1, 2, 3), np.uint8)
    viz.save_reconstructions("", originals, originals - 1, columns=3, title="a title")
    (figure,) = drawn
    assert figure.get_suptitle() == "a title"
    first, second = (np.asarray(axes.images[0].get_array()) for axes in figure.axes)
    assert first.shape == second.shape == (7, 13)
    for number, strip in ((0, first), (1, first), (2, first), (3, second), (4, second)):
        left = 1 + number % 3 * 4
        assert (strip[1:3, left : left + 3] == originals[number, 0]).all()
        assert (strip[4:6, left : left + 3] == originals[number, 0] - 1).all()
    assert (second[:, 9:] == PADDING_GREY).all()  # where a sixth image would be


def test_rows_of_images_are_labelled(drawn: list[Figure]) -> None:
    images = np.zeros((4, 3, 8, 8))
    viz.save_reconstructions("", images, images)
    (axes,) = drawn[0].axes
    labels = [(label.get_position()[1], label.get_text()) for label in axes.get_yticklabels()]
    assert labels == [(4.75, "original"), (14.25, "reconstruction")]


def test_images_and_reconstructions_must_pair_up(tmp_path: Path) -> None:
    message = r"original \(2, 1, 8, 8\), reconstruction \(3, 1, 8, 8\)"
    with pytest.raises(ValueError, match=message):
        viz.save_reconstructions(tmp_path / "r.png", np.zeros((2, 1, 8, 8)), np.zeros((3, 1, 8, 8)))


def test_what_a_denoising_model_saw_stands_between(tmp_path: Path) -> None:
    clean, noisy = np.zeros((3, 1, 8, 8)), np.ones((3, 1, 8, 8))
    viz.save_reconstructions(tmp_path / "two.png", clean, clean)
    viz.save_reconstructions(tmp_path / "three.png", clean, clean, corrupted=noisy)
    two, three = (imread(tmp_path / f"{n}.png") for n in ("two", "three"))
    assert three.shape[0] > 1.3 * two.shape[0]
    with pytest.raises(ValueError, match=r"corrupted \(2, 1, 8, 8\)"):
        viz.save_reconstructions(tmp_path / "bad.png", clean, clean, corrupted=noisy[:2])


def test_no_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="got \\(0, 1, 8, 8\\)"):
        viz.save_reconstructions(tmp_path / "r.png", np.zeros((0, 1, 8, 8)), np.zeros((0, 1, 8, 8)))


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
