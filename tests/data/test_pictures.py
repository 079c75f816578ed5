from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from minigen.data import OwnData
from minigen.data.pictures import BadPictureError, PictureFile, reading


def decoded(path: Path, **options: Any) -> Any:
    """Return what becomes of a picture file, (C, H, W)."""
    with reading():
        return PictureFile(name=path.name, path=path).decode(OwnData("unused", **options))[1]


def gradient(height: int = 6, width: int = 4) -> Any:
    """Return different greys in every place, from 0 to 255."""
    values = np.linspace(0, 255, height * width).round()
    return values.reshape(height, width).astype(np.uint8)


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.gif", "a.tif", "A.PNG"])
def test_greys_without_loss_stay_what_they_are(tmp_path: Path, name: str) -> None:
    Image.fromarray(gradient()).save(tmp_path / name)
    np.testing.assert_array_equal(decoded(tmp_path / name)[0], gradient())


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_greys_with_loss_stay_nearly_what_they_are(tmp_path: Path, name: str) -> None:
    smooth = np.tile(np.linspace(0, 255, 32), (32, 1)).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / name, quality=95)
    assert abs(decoded(tmp_path / name, channels=1)[0] - smooth.astype(int)).max() < 6


def test_colours_become_channels_first_and_greys_by_their_luminance(tmp_path: Path) -> None:
    Image.new("RGB", (3, 2), (255, 0, 10)).save(tmp_path / "a.png")
    assert decoded(tmp_path / "a.png").shape == (3, 2, 3)
    assert decoded(tmp_path / "a.png")[:, 0, 0].tolist() == [255, 0, 10]
    grey = decoded(tmp_path / "a.png", channels=1)
    assert grey.shape == (1, 2, 3)
    assert grey[0, 0, 0] == round(0.299 * 255 + 0.114 * 10)


def test_greys_are_repeated_where_colours_are_asked_for(tmp_path: Path) -> None:
    Image.fromarray(gradient()).save(tmp_path / "a.png")
    assert (decoded(tmp_path / "a.png", channels=3) == gradient()).all()


def test_a_palette_gives_its_colours(tmp_path: Path) -> None:
    colour = Image.new("RGB", (4, 4), (200, 30, 90))
    colour.quantize(4).save(tmp_path / "a.png")
    assert decoded(tmp_path / "a.png")[:, 1, 1].tolist() == [200, 30, 90]


@pytest.mark.parametrize(("background", "expected"), [("white", 255), ("black", 0), ("#333", 51)])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_show_the_background(
    tmp_path: Path, mode: str, background: str, expected: int
) -> None:
    clear = Image.new(mode, (2, 2), (100, 100, 100, 0) if mode == "RGBA" else (100, 0))
    clear.save(tmp_path / "a.png")
    assert (decoded(tmp_path / "a.png", background=background) == expected).all()


def test_half_transparent_pixels_are_halfway_to_the_background(tmp_path: Path) -> None:
    Image.new("RGBA", (2, 2), (0, 0, 0, 128)).save(tmp_path / "a.png")
    assert abs(decoded(tmp_path / "a.png").astype(int) - 127).max() <= 1


def test_a_transparent_colour_of_a_palette_shows_the_background(tmp_path: Path) -> None:
    picture = Image.new("P", (2, 2), 1)
    picture.putpalette([0, 0, 0, 10, 20, 30])
    picture.save(tmp_path / "a.gif", transparency=1)
    assert (decoded(tmp_path / "a.gif", background="white", channels=3) == 255).all()


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bits_are_scaled_to_eight_and_not_cut_off(tmp_path: Path, name: str) -> None:
    deep = gradient().astype(np.uint16) * 257
    Image.fromarray(deep).save(tmp_path / name)
    np.testing.assert_array_equal(decoded(tmp_path / name)[0], gradient())


def test_reals_in_a_tiff_are_greys(tmp_path: Path) -> None:
    for scale in (1.0, 255.0):
        Image.fromarray((gradient() / 255 * scale).astype(np.float32)).save(tmp_path / "a.tif")
        np.testing.assert_array_equal(decoded(tmp_path / "a.tif")[0], gradient())


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, 256.0])
def test_reals_that_are_no_greys_are_refused(tmp_path: Path, value: float) -> None:
    Image.fromarray(np.full((2, 2), value, np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(BadPictureError, match=r"NaN or infinite|neither \[0, 1\] nor"):
        decoded(tmp_path / "a.tif")


def test_black_and_white_is_0_and_255(tmp_path: Path) -> None:
    Image.fromarray(gradient() > 127).save(tmp_path / "a.png")
    assert set(decoded(tmp_path / "a.png").ravel().tolist()) == {0, 255}


def test_inks_become_colours(tmp_path: Path) -> None:
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=95)
    red, green, blue = decoded(tmp_path / "a.jpg")[:, 4, 4].astype(int)
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp"])
def test_a_picture_stands_upright_whatever_its_orientation(
    tmp_path: Path, name: str, orientation: int
) -> None:
    upright = Image.new("L", (16, 32), 0)
    ImageDraw.Draw(upright).rectangle((0, 0, 7, 7), fill=255)  # a mark at the upper left
    how = Image.Transpose
    stored = {
        1: upright,
        2: upright.transpose(how.FLIP_LEFT_RIGHT),
        3: upright.transpose(how.ROTATE_180),
        4: upright.transpose(how.FLIP_TOP_BOTTOM),
        5: upright.transpose(how.TRANSPOSE),
        6: upright.transpose(how.ROTATE_90),
        7: upright.transpose(how.TRANSVERSE),
        8: upright.transpose(how.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / name, exif=exif)
    picture = PictureFile(name=name, path=tmp_path / name)
    assert picture.look().size == (32, 16)
    seen = decoded(tmp_path / name, channels=1)[0]
    assert seen.shape == (32, 16)
    assert seen[4, 4] > 200
    assert seen[[4, 28, 28], [12, 4, 12]].max() < 50


def test_metadata_that_cannot_be_read_do_no_harm(tmp_path: Path) -> None:
    Image.fromarray(gradient()).save(tmp_path / "a.jpg", exif=b"Exif\0\0nonsense")
    assert decoded(tmp_path / "a.jpg").shape == (1, 6, 4)


def test_of_several_frames_the_first_is_taken(tmp_path: Path) -> None:
    frames = [Image.new("L", (4, 4), shade) for shade in (50, 100, 150)]
    for name in ("a.gif", "a.tif", "a.webp", "a.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        assert abs(decoded(tmp_path / name, channels=1).astype(int) - 50).max() <= 2, name


def test_the_format_is_told_by_what_is_in_the_file(tmp_path: Path) -> None:
    Image.fromarray(gradient()).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    np.testing.assert_array_equal(decoded(tmp_path / "a.jpg")[0], gradient())


# ---------------------------------------------------------------------------------- fitting


def striped() -> Image.Image:
    """Return a picture twice as wide as high: black, then white in the middle half, then black."""
    stripes = np.zeros((20, 40), np.uint8)
    stripes[:, 10:30] = 255
    return Image.fromarray(stripes)


def test_crop_cuts_the_middle_out(tmp_path: Path) -> None:
    striped().save(tmp_path / "a.png")
    assert (decoded(tmp_path / "a.png", size=20) == 255).all()


def test_pad_keeps_all_with_borders_of_the_background(tmp_path: Path) -> None:
    striped().save(tmp_path / "a.png")
    padded = decoded(tmp_path / "a.png", size=40, fit="pad", background="#808080")[0]
    assert (padded[[0, 9, 30, 39]] == 128).all()
    np.testing.assert_array_equal(padded[10:30], np.asarray(striped()))


def test_stretch_keeps_all_and_distorts(tmp_path: Path) -> None:
    striped().save(tmp_path / "a.png")
    stretched = decoded(tmp_path / "a.png", size=(40, 40), fit="stretch")[0]
    assert (stretched[:, 14:26] == 255).all()
    assert (stretched[:, [0, 39]] == 0).all()


def test_a_size_is_height_and_width(tmp_path: Path) -> None:
    striped().save(tmp_path / "a.png")
    assert decoded(tmp_path / "a.png", size=(48, 64)).shape == (1, 48, 64)


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (3, 2)])
def test_any_proportions_fit(tmp_path: Path, shape: tuple[int, int], fit: str) -> None:
    Image.fromarray(np.full(shape, 7, np.uint8)).save(tmp_path / "a.png")
    fitted = decoded(tmp_path / "a.png", size=16, fit=fit, background="black")
    assert fitted.shape == (1, 16, 16)
    assert fitted.max() <= 7


# --------------------------------------------------------------------------------- bad files


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        (b"", "is empty"),
        (b"a text", "holds no picture in a known format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "holds no picture"),
    ],
)
def test_a_file_without_a_picture_is_bad(tmp_path: Path, contents: bytes, reason: str) -> None:
    (tmp_path / "a.png").write_bytes(contents)
    with pytest.raises(BadPictureError, match=reason):
        decoded(tmp_path / "a.png")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif", "a.bmp"])
def test_a_truncated_file_is_bad(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    Image.fromarray(noise).save(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadPictureError):
        decoded(tmp_path / name)


def test_a_link_to_nothing_and_a_pipe_are_bad(tmp_path: Path) -> None:
    import os

    (tmp_path / "a.png").symlink_to(tmp_path / "absent.png")
    with pytest.raises(BadPictureError, match="is a link to nothing"):
        decoded(tmp_path / "a.png")
    os.mkfifo(tmp_path / "b.png")
    with pytest.raises(BadPictureError, match="is no regular file"):
        decoded(tmp_path / "b.png")
