from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.image import imread

import minigen
from minigen import viz
from minigen.viz import images
from minigen.viz.images import PADDING_GREY


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were drawn, instead of files."""
    kept: list[Figure] = []
    monkeypatch.setattr(images, "save_figure", lambda figure, _path: kept.append(figure))
    return kept


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


def test_rows_that_are_named_stand_below_one_another(tmp_path: Path) -> None:
    black, white = np.zeros((3, 1, 8, 8)), np.ones((3, 1, 8, 8))
    viz.save_image_rows(tmp_path / "two.png", {"given": black, "wanted": white})
    viz.save_image_rows(tmp_path / "three.png", {"given": black, "made": white, "wanted": white})
    two, three = (imread(tmp_path / f"{n}.png") for n in ("two", "three"))
    assert three.shape[0] > 1.3 * two.shape[0]
    with pytest.raises(ValueError, match="given and wanted of one shape are expected, got given"):
        viz.save_image_rows(tmp_path / "bad.png", {"given": black, "wanted": white[:2]})


def test_no_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="got \\(0, 1, 8, 8\\)"):
        viz.save_reconstructions(tmp_path / "r.png", np.zeros((0, 1, 8, 8)), np.zeros((0, 1, 8, 8)))


@pytest.fixture
def styled() -> Iterator[None]:
    """The style of the lessons' figures, for this test."""
    with mpl.rc_context():
        viz.use_style()
        yield


def random_images(*shape: int) -> npt.NDArray[Any]:
    return np.random.default_rng(0).integers(100, 256, shape, np.uint8)


def test_rows_and_columns_of_a_table_are_those_of_the_array(drawn: list[Figure]) -> None:
    x = random_images(2, 3, 1, 30, 36)
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
        random_images(2, 3, 3, 72, 72),
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


def test_a_pixel_of_a_table_becomes_a_square_in_the_file(tmp_path: Path) -> None:
    x = random_images(1, 2, 1, 8, 8)
    viz.save_image_table(tmp_path / "table.png", x)
    shown = imread(tmp_path / "table.png")[..., 0]
    enlarged = x[0].repeat(9, axis=2).repeat(9, axis=3)
    expected = viz.image_grid(enlarged, 2, padding=4) / 255
    margin = (shown.shape[0] - expected.shape[0]) // 2
    height, width = expected.shape
    inside = shown[margin : margin + height, margin : margin + width]
    assert inside == pytest.approx(expected, abs=1.01 / 255)  # matplotlib's map of greys rounds


def test_tensors_are_shown_in_a_table_even_if_they_require_a_gradient(tmp_path: Path) -> None:
    viz.save_image_table(tmp_path / "t.png", minigen.ones(1, 2, 1, 8, 8, requires_grad=True) * 1)
    assert imread(tmp_path / "t.png").shape[0] > 72


@pytest.mark.parametrize("shape", [(4, 1, 8, 8), (0, 3, 1, 8, 8), (3, 0, 1, 8, 8)])
def test_other_shapes_are_refused_for_a_table(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"images of shape .* are expected"):
        viz.save_image_table(tmp_path / "table.png", np.zeros(shape))


def test_labels_must_be_as_many_as_what_they_name(tmp_path: Path) -> None:
    x = random_images(2, 3, 1, 4, 4)
    with pytest.raises(ValueError, match="a label for each row is expected, got 3 for 2"):
        viz.save_image_table(tmp_path / "table.png", x, rows=["a", "b", "c"])
    with pytest.raises(ValueError, match="a label for each column is expected, got 0 for 3"):
        viz.save_image_table(tmp_path / "table.png", x, columns=[])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("styled")
def test_images_are_drawn_as_one_grid_under_a_title() -> None:
    ax = viz.draw_images(minigen.rand(6, 1, 8, 8), columns=3, title="Noise", ax=Figure().subplots())
    (picture,) = ax.get_images()
    assert np.asarray(picture.get_array()).shape == (19, 28)
    assert ax.get_title() == "Noise"
    assert list(ax.get_xticks()) == list(ax.get_yticks()) == []


@pytest.mark.usefixtures("styled")
def test_rows_are_named_and_cut_to_the_columns() -> None:
    rows = {"original": minigen.zeros(5, 3, 4, 4), "reconstruction": np.ones((5, 3, 4, 4))}
    ax = viz.draw_images(rows, columns=2, ax=Figure().subplots())
    pixels = np.asarray(ax.get_images()[0].get_array())
    assert pixels.shape == (11, 11, 3)
    assert (pixels[1, 1], pixels[6, 1]) == (pytest.approx(0), pytest.approx(255))
    assert [label.get_text() for label in ax.get_yticklabels()] == list(rows)


@pytest.mark.usefixtures("styled")
def test_without_axes_a_new_figure_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import pyplot as plt

    made = Figure()
    monkeypatch.setattr(plt, "subplots", lambda **_: (made, made.subplots()))
    assert viz.draw_images(minigen.rand(4, 1, 8, 8)).figure is made


@pytest.mark.usefixtures("styled")
def test_rows_of_different_shapes_are_refused() -> None:
    rows = {"a": minigen.rand(2, 1, 8, 8), "b": minigen.rand(3, 1, 8, 8)}
    with pytest.raises(ValueError, match="rows of one shape"):
        viz.draw_images(rows, ax=Figure().subplots())


def test_what_a_rounding_carries_outside_is_clipped() -> None:
    pixels = np.array([1 + 1e-6, -1e-6, 1, 0], np.float32).reshape(1, 1, 2, 2)
    assert viz.image_grid(pixels, padding=0).tolist() == [[255, 0], [255, 0]]
    with pytest.raises(ValueError, match=r"got 0 to 1\.0013"):
        viz.image_grid(pixels.clip(0) * 1.0013)


@pytest.mark.parametrize(
    ("ending", "signature"),
    [(".jpg", b"\xff\xd8\xff"), (".JPEG", b"\xff\xd8\xff"), (".png", b"\x89PNG"), ("", b"\x89PNG")],
)
def test_the_name_decides_the_format(tmp_path: Path, ending: str, signature: bytes) -> None:
    images = np.full((2, 1, 8, 8), 0.5)
    viz.save_image_grid(tmp_path / f"grid{ending}", images)
    viz.save_image_table(tmp_path / f"table{ending}", images[None])
    for path in tmp_path.iterdir():
        assert path.read_bytes().startswith(signature)
    with pytest.raises(OSError, match=r"grid\.docx: no picture can be written as 'docx'.*png, jpg"):
        viz.save_image_grid(tmp_path / "grid.docx", images)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
@pytest.mark.parametrize("ending", ["png", "jpg", "JPEG", "tif", "webp"])
def test_one_image_is_written_pixel_by_pixel(
    tmp_path: Path, ending: str, channels: int, mode: str
) -> None:
    from PIL import Image

    image = np.random.default_rng(0).random((channels, 5, 7))
    viz.save_image(tmp_path / f"x.{ending}", image)
    with Image.open(tmp_path / f"x.{ending}") as picture:
        if ending != "webp":  # which has no grey
            assert picture.mode == mode
        found = np.asarray(picture.convert(mode), int).reshape(5, 7, channels)
    far = 40 if ending in {"jpg", "JPEG"} else 0
    assert abs(found - np.rint(image * 255).transpose(1, 2, 0)).max() <= far


def test_one_image_of_another_shape_or_format_is_refused(tmp_path: Path) -> None:
    for shape in ((5, 7), (2, 5, 7), (1, 1, 5, 7)):
        with pytest.raises(ValueError, match="image"):
            viz.save_image(tmp_path / "x.png", np.zeros(shape))
    with pytest.raises(ValueError, match="SVG"):
        viz.save_image(tmp_path / "x.svg", np.zeros((1, 5, 7)))
    with pytest.raises(FileNotFoundError, match="absent"):
        viz.save_image(tmp_path / "absent" / "x.png", np.zeros((1, 5, 7)))
