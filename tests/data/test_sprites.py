from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import minigen.data
from minigen.data import Sprites, draw_sprites

GRID = np.indices(Sprites.factor_sizes).reshape(5, -1).T
SQUARE, ELLIPSE, HEART = range(3)


def coverage(*factors: int) -> npt.NDArray[np.float64]:
    """Return one sprite with pixels from 0 to 1."""
    image: npt.NDArray[np.float64] = draw_sprites(np.array([factors]))[0, 0] / 255
    return image


def test_no_two_sprites_are_equal() -> None:
    assert len(GRID) == math.prod(Sprites.factor_sizes) == 36_864
    assert len({image.tobytes() for image in draw_sprites(GRID)}) == len(GRID)


def test_both_splits_together_are_the_whole_grid_once() -> None:
    train, test = (minigen.data.load("sprites", split) for split in minigen.data.SPLITS)
    assert isinstance(train, Sprites)
    assert isinstance(test, Sprites)
    assert (len(train), len(test)) == (32_768, 4096)
    together = np.concatenate([train.factors, test.factors])
    np.testing.assert_array_equal(np.unique(together, axis=0), GRID)


def test_the_split_never_changes() -> None:
    # PCG64's stream, seeded with 0, is part of NumPy's promise.
    assert minigen.data.load("sprites", "test").factors[:3].tolist() == [
        [2, 0, 3, 13, 4],
        [1, 4, 0, 4, 10],
        [1, 1, 6, 9, 10],
    ]
    assert minigen.data.load("sprites", "train").factors[:3].tolist() == [
        [1, 3, 1, 8, 12],
        [0, 5, 2, 1, 14],
        [2, 5, 6, 15, 11],
    ]


@pytest.mark.parametrize("split", minigen.data.SPLITS)
def test_the_first_images_of_a_split_are_a_fair_sample(split: str) -> None:
    factors = minigen.data.load("sprites", split).factors[:2000]
    for column, size in enumerate(Sprites.factor_sizes):
        counts = np.bincount(factors[:, column], minlength=size)
        expected = 2000 / size
        assert (abs(counts - expected) < 5 * math.sqrt(expected)).all()


def test_a_loaded_image_is_the_one_drawn_from_its_factors() -> None:
    test = minigen.data.load("sprites", "test")
    assert test.images.dtype == np.uint8
    assert test.image_shape == (1, 32, 32)
    np.testing.assert_array_equal(test.images, draw_sprites(test.factors))
    np.testing.assert_array_equal(test.labels, test.factors[:, 0])
    assert test.classes == ("square", "ellipse", "heart")


def test_the_bytes_are_scaled_when_asked() -> None:
    test = minigen.data.load("sprites", "test")
    assert (test.images.min(), test.images.max()) == (0, 255)
    for low, high in ((0, 1), (-1, 1)):
        scaled = test.scaled(range=(low, high))
        assert scaled.dtype == np.float32
        assert (scaled.min(), scaled.max()) == (low, high)


@pytest.mark.parametrize("scale", range(6))
@pytest.mark.parametrize("rotation", [0, 3, 4])
def test_shapes_have_the_areas_of_geometry(scale: int, rotation: int) -> None:
    radius = 4 + 0.8 * scale
    lower_corner = math.sqrt(2) + centre_of_heart()
    areas = {
        SQUARE: 2 * radius**2,
        ELLIPSE: math.pi * radius**2 / 2,
        HEART: (4 + math.pi) * (radius / lower_corner) ** 2,
    }
    for shape, area in areas.items():
        drawn = coverage(shape, scale, rotation, 5, 9).sum()
        assert drawn == pytest.approx(area, rel=0.02)


def centre_of_heart() -> float:
    """Weigh the heart's square of area 4 and its two half-discs of area pi / 2 each."""
    half_disc = math.sqrt(0.5) + math.sqrt(0.5) * 4 / (3 * math.pi)
    return math.pi * half_disc / (4 + math.pi)


@pytest.mark.parametrize("shape", [SQUARE, ELLIPSE, HEART])
def test_x_and_y_are_the_centre_of_mass(shape: int) -> None:
    factors = GRID[GRID[:, 0] == shape][::7]
    images = draw_sprites(factors)[:, 0].astype(np.float64)
    mass = images.sum(axis=(1, 2))
    column = (images.sum(axis=1) @ np.arange(32)) / mass
    row = (images.sum(axis=2) @ np.arange(32)) / mass
    np.testing.assert_allclose(column, 8 + factors[:, 3], atol=0.03)
    np.testing.assert_allclose(row, 8 + factors[:, 4], atol=0.03)


def test_another_position_shifts_the_same_pixels() -> None:
    first = coverage(HEART, 5, 2, 0, 0)
    for x, y in ((15, 0), (0, 15), (7, 11)):
        shifted = np.roll(first, (y, x), axis=(0, 1))
        np.testing.assert_array_equal(coverage(HEART, 5, 2, x, y), shifted)


@pytest.mark.parametrize("rotation", range(8))
def test_an_ellipse_is_turned_anticlockwise(rotation: int) -> None:
    image = coverage(ELLIPSE, 5, rotation, 8, 8)
    rows, columns = np.indices(image.shape)
    right, up = columns - 16, 16 - rows
    # The principal axis from the second moments.
    angle = math.atan2(
        2 * (image * right * up).sum(), (image * right**2).sum() - (image * up**2).sum()
    )
    assert angle / 2 == pytest.approx(math.radians(11.25 * rotation), abs=0.02)


def test_a_heart_stands_on_its_tip_and_the_tip_goes_to_the_right() -> None:
    upright = coverage(HEART, 5, 0, 8, 8)
    np.testing.assert_array_equal(upright[:, 1:], upright[:, :0:-1])
    rows, columns = np.nonzero(upright)
    assert rows.max() == 16 + 8
    assert set(columns[rows == rows.max()]) == {16}
    turned = coverage(HEART, 5, 4, 8, 8)
    tip = 16 + 8 * math.sqrt(0.5)
    assert turned[math.floor(tip), math.floor(tip)] == 1
    assert turned[math.floor(tip) + 1 :].max() < 0.5


def test_every_sprite_keeps_within_its_image() -> None:
    corners = draw_sprites(GRID[np.isin(GRID[:, 3], [0, 15]) & np.isin(GRID[:, 4], [0, 15])])
    centred = draw_sprites(GRID[(GRID[:, 3] == 8) & (GRID[:, 4] == 8)])
    assert np.unique(corners.sum(axis=(1, 2, 3))).tolist() == (
        np.unique(centred.sum(axis=(1, 2, 3))).tolist()
    )


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64, np.uint64])
def test_any_integer_type_draws_the_same(dtype: npt.DTypeLike) -> None:
    factors = GRID[::1001]
    np.testing.assert_array_equal(draw_sprites(factors.astype(dtype)), draw_sprites(factors))


def test_no_factors_draw_no_images() -> None:
    assert draw_sprites(np.zeros((0, 5), np.int64)).shape == (0, 1, 32, 32)


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        (np.zeros(5, np.int64), r"factors of shape \(N, 5\) wanted, got \(5,\)"),
        (np.zeros((5, 4), np.int64), r"factors of shape \(N, 5\) wanted, got \(5, 4\)"),
        (np.zeros((1, 5)), "factors of an integer type wanted, got float64"),
        (np.array([[0, 0, 8, 0, 0]]), "the factor rotation goes from 0 to 7, found 8 to 8"),
        (np.array([[0, 0, 0, 3, 0], [0, 0, 0, -1, 0]]), "x goes from 0 to 15, found -1 to 3"),
    ],
)
def test_impossible_factors_are_refused(factors: npt.NDArray[Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^draw_sprites: .*{message}"):
        draw_sprites(factors)


def sprites(factors: npt.NDArray[Any], labels: npt.NDArray[np.int64]) -> Sprites:
    images = np.zeros((len(labels), 1, 32, 32), np.uint8)
    classes = ("square", "ellipse", "heart")
    return Sprites("sprites", "train", images, labels, classes, factors=factors)


def test_factors_are_read_only_and_those_given_stay_writeable() -> None:
    given = GRID[:3].copy()
    made = sprites(given, given[:, 0].copy())
    with pytest.raises(ValueError, match="read-only"):
        made.factors[0] = 1
    assert given.flags.writeable
    assert repr(made).startswith("Sprites('sprites', 'train', 3 images")


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        (GRID[:2], "got 2 rows of factors for 3 images"),
        (GRID[:3] + np.array([3, 0, 0, 0, 0]), "the factor shape goes from 0 to 2, found 3 to 3"),
        (GRID[:3] + np.array([1, 0, 0, 0, 0]), "the first factor, the shape, must be the label"),
    ],
)
def test_factors_that_contradict_the_images_are_refused(
    factors: npt.NDArray[Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^Dataset 'sprites': .*{message}"):
        sprites(factors, np.zeros(3, np.int64))
