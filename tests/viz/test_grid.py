from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread

import minigen
from minigen import viz
from minigen.viz.grid import PADDING_GREY


@given(
    count=st.integers(1, 12),
    channels=st.sampled_from([1, 3]),
    height=st.integers(1, 4),
    width=st.integers(1, 4),
    columns=st.none() | st.integers(1, 15),
    padding=st.integers(0, 2),
)
def test_every_image_stands_in_its_place_and_the_rest_is_padding(
    count: int, channels: int, height: int, width: int, columns: int | None, padding: int
) -> None:
    # No pixel has the padding's grey, so that what remains of it can be counted.
    images = np.random.default_rng(0).integers(100, 256, (count, channels, height, width), np.uint8)
    grid = viz.image_grid(images, columns, padding)
    across = (grid.shape[1] - padding) // (width + padding)
    if columns is not None:
        assert across == min(columns, count)
    for number, image in enumerate(images):
        row, column = divmod(number, across)
        top, left = padding + row * (height + padding), padding + column * (width + padding)
        shown = grid[top : top + height, left : left + width]
        assert (shown.reshape(height, width, channels) == image.transpose(1, 2, 0)).all()
    assert np.count_nonzero(grid != PADDING_GREY) == images.size


def test_by_default_the_grid_is_about_square() -> None:
    assert viz.image_grid(np.zeros((64, 1, 2, 2)), padding=0).shape == (16, 16)
    assert viz.image_grid(np.zeros((10, 1, 2, 2)), padding=0).shape == (6, 8)


def test_floats_are_rounded_to_the_nearest_byte() -> None:
    images = np.array([0.0, 0.001, 0.5, 0.999, 1.0]).reshape(1, 1, 1, 5)
    assert viz.image_grid(images, padding=0).tolist() == [[0, 0, 128, 255, 255]]


def test_tensors_are_shown_even_if_they_require_a_gradient() -> None:
    images = minigen.ones(1, 1, 2, 2, requires_grad=True) * 1
    assert (viz.image_grid(images, padding=0) == 255).all()


@pytest.mark.parametrize("shape", [(8, 8), (1, 8, 8), (2, 2, 8, 8), (0, 1, 8, 8)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(N, 1, H, W\) or \(N, 3, H, W\).*got \("):
        viz.image_grid(np.zeros(shape))


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_values_outside_the_range_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\] are expected.*tanh"):
        viz.image_grid(np.full((1, 1, 2, 2), value))


@pytest.mark.parametrize(("columns", "padding"), [(0, 1), (-1, 1), (2, -1)])
def test_impossible_layouts_are_refused(columns: int, padding: int) -> None:
    with pytest.raises(ValueError, match="at least one column and no negative padding"):
        viz.image_grid(np.zeros((2, 1, 2, 2)), columns, padding)


def test_a_pixel_becomes_a_square_in_the_file(tmp_path: Path) -> None:
    images = np.array([[0, 255], [51, 102]], np.uint8).reshape(1, 1, 2, 2)
    viz.save_image_grid(tmp_path / "grid.png", images, padding=0, scale=3)
    shown = imread(tmp_path / "grid.png")[..., 0]
    expected = (images[0, 0] / 255).repeat(3, axis=0).repeat(3, axis=1)
    assert shown == pytest.approx(expected)


def test_colours_survive_the_file(tmp_path: Path) -> None:
    red = np.zeros((1, 3, 2, 2))
    red[:, 0] = 1
    viz.save_image_grid(tmp_path / "grid.png", red, padding=0, scale=1)
    assert imread(tmp_path / "grid.png")[0, 0, :3].tolist() == [1, 0, 0]


@pytest.mark.parametrize(("count", "side", "length"), [(64, 8, 657), (64, 28, 699), (1, 8, 160)])
def test_small_images_are_enlarged_to_be_seen(
    tmp_path: Path, count: int, side: int, length: int
) -> None:
    viz.save_image_grid(tmp_path / "grid.png", np.zeros((count, 1, side, side)))
    assert imread(tmp_path / "grid.png").shape[:2] == (length, length)


def test_a_file_of_the_same_images_is_the_same(tmp_path: Path) -> None:
    images = np.random.default_rng(0).random((4, 1, 8, 8))
    for name in ("one.png", "two.png"):
        viz.save_image_grid(tmp_path / name, images)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
