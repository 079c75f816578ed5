from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

import minigen
from minigen import viz
from minigen.viz import table


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were drawn, instead of files."""
    kept: list[Figure] = []
    monkeypatch.setattr(table, "save_figure", lambda figure, _path: kept.append(figure))
    return kept


def images(*shape: int) -> npt.NDArray[Any]:
    return np.random.default_rng(0).integers(100, 256, shape, np.uint8)


def test_rows_and_columns_are_those_of_the_array(drawn: list[Figure]) -> None:
    x = images(2, 3, 1, 30, 36)
    viz.save_image_table("", x)
    (axes,) = drawn[0].axes
    shown = np.asarray(axes.images[0].get_array())
    assert shown.shape == (2 * 64 + 4, 3 * 76 + 4)
    for row in range(2):
        for column in range(3):
            top, left = 4 + row * 64, 4 + column * 76
            part = shown[top : top + 60, left : left + 72]
            assert (part == x[row, column, 0].repeat(2, axis=0).repeat(2, axis=1)).all()


def test_labels_stand_beside_the_middle_of_what_they_name(drawn: list[Figure]) -> None:
    viz.save_image_table(
        "",
        images(2, 3, 3, 72, 72),
        rows=["z0", "z1"],
        columns=["a", "b", "c"],
        row_title="rows",
        column_title="columns",
        title="a title",
    )
    (axes,) = drawn[0].axes
    # Images begin at the pixels 4, 80 and 156; their middles lie 35.5 pixels further.
    assert axes.get_xticks().tolist() == [39.5, 115.5, 191.5]
    assert axes.get_yticks().tolist() == [39.5, 115.5]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "c"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["z0", "z1"]
    words = (axes.get_ylabel(), axes.get_xlabel(), axes.get_title())
    assert words == ("rows", "columns", "a title")


def test_a_pixel_becomes_a_square_in_the_file(tmp_path: Path) -> None:
    x = images(1, 2, 1, 8, 8)
    viz.save_image_table(tmp_path / "table.png", x)
    shown = imread(tmp_path / "table.png")[..., 0]
    enlarged = x[0].repeat(9, axis=2).repeat(9, axis=3)
    expected = viz.image_grid(enlarged, 2, padding=4) / 255
    margin = (shown.shape[0] - expected.shape[0]) // 2
    height, width = expected.shape
    inside = shown[margin : margin + height, margin : margin + width]
    assert inside == pytest.approx(expected, abs=1.01 / 255)  # matplotlib's map of greys rounds


def test_tensors_are_shown_even_if_they_require_a_gradient(tmp_path: Path) -> None:
    viz.save_image_table(tmp_path / "t.png", minigen.ones(1, 2, 1, 8, 8, requires_grad=True) * 1)
    assert imread(tmp_path / "t.png").shape[0] > 72


@pytest.mark.parametrize("shape", [(4, 1, 8, 8), (0, 3, 1, 8, 8), (3, 0, 1, 8, 8)])
def test_other_shapes_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"images of shape .* are expected"):
        viz.save_image_table(tmp_path / "table.png", np.zeros(shape))


def test_labels_must_be_as_many_as_what_they_name(tmp_path: Path) -> None:
    x = images(2, 3, 1, 4, 4)
    with pytest.raises(ValueError, match="a label for each row is expected, got 3 for 2"):
        viz.save_image_table(tmp_path / "table.png", x, rows=["a", "b", "c"])
    with pytest.raises(ValueError, match="a label for each column is expected, got 0 for 3"):
        viz.save_image_table(tmp_path / "table.png", x, columns=[])
    assert list(tmp_path.iterdir()) == []
