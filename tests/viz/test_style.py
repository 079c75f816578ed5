from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread

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


GREY = minigen.full((2, 3, 1, 8, 8), 0.5)

PICTURES: dict[str, Callable[[Path], None]] = {
    "table": lambda path: viz.save_image_table(path, GREY, rows=["a", "b"], title="A table"),
    "rows": lambda path: viz.save_image_rows(path, {"given": GREY[0], "wanted": GREY[1]}),
    "captions": lambda path: viz.save_captioned_images(path, GREY[0], ["a", "b", "c"], title="x"),
    "points": lambda path: viz.save_points(path, np.eye(4, 2), np.eye(4, 2)),
    "sounds": lambda path: viz.save_sounds(path, {"tone": np.zeros((1, 2000))}, 8000),
}


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_is_written_without_a_warning_once_a_style_is_set(
    kind: str, tmp_path: Path
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PICTURES[kind](tmp_path / "styled.png")


@pytest.mark.parametrize("kind", ["table", "rows"])
def test_images_are_written_pixel_by_pixel_whatever_the_settings_of_files(
    kind: str, tmp_path: Path
) -> None:
    sizes = []
    for dpi in (72, 300):
        mpl.rcParams["savefig.dpi"] = dpi
        PICTURES[kind](tmp_path / "picture.png")
        sizes.append(imread(tmp_path / "picture.png").shape)
    assert sizes[0] == sizes[1]
