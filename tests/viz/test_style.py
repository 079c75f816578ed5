from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import minigen
from minigen import viz


@pytest.fixture(autouse=True)
def _style_of_this_test() -> Iterator[None]:
    with mpl.rc_context():
        viz.use_style()
        yield


def test_curves_differ_in_dashes_and_brightness_too() -> None:
    ax = Figure().subplots()
    lines = [ax.plot([0, 1])[0] for _ in viz.COLOURS]
    assert len({str(line.get_linestyle()) for line in lines[:4]}) == 4
    brightness = sorted(float(np.dot(to_rgb(c), (0.299, 0.587, 0.114))) for c in viz.COLOURS[:3])
    assert min(np.diff(brightness)) > 0.1


def test_images_are_drawn_as_one_grid_under_a_title() -> None:
    ax = viz.draw_images(minigen.rand(6, 1, 8, 8), columns=3, title="Noise", ax=Figure().subplots())
    (picture,) = ax.get_images()
    assert np.asarray(picture.get_array()).shape == (19, 28)
    assert ax.get_title() == "Noise"
    assert list(ax.get_xticks()) == list(ax.get_yticks()) == []


def test_rows_are_named_and_cut_to_the_columns() -> None:
    rows = {"original": minigen.zeros(5, 3, 4, 4), "reconstruction": np.ones((5, 3, 4, 4))}
    ax = viz.draw_images(rows, columns=2, ax=Figure().subplots())
    pixels = np.asarray(ax.get_images()[0].get_array())
    assert pixels.shape == (11, 11, 3)
    assert (pixels[1, 1], pixels[6, 1]) == (pytest.approx(0), pytest.approx(255))
    assert [label.get_text() for label in ax.get_yticklabels()] == list(rows)


def test_without_axes_a_new_figure_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import pyplot as plt

    made = Figure()
    monkeypatch.setattr(plt, "subplots", lambda **_: (made, made.subplots()))
    assert viz.draw_images(minigen.rand(4, 1, 8, 8)).figure is made


def test_rows_of_different_shapes_are_refused() -> None:
    rows = {"a": minigen.rand(2, 1, 8, 8), "b": minigen.rand(3, 1, 8, 8)}
    with pytest.raises(ValueError, match="rows of one shape"):
        viz.draw_images(rows, ax=Figure().subplots())
