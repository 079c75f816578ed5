"""Tiles: the algorithms' matrices, and where they pay."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from minigen.kernels import tiles as module
from minigen.kernels import winograd
from minigen.kernels.tiles import (
    LEAST_COLUMNS,
    LEAST_SAVED,
    THREE_TAPS,
    TWO_TAPS,
    Algorithm,
    Tiles,
    combine,
    combined,
    deal_columns,
    tiles_of,
)
from minigen.ops.convolution import conv2d, conv2d_weight, conv_transpose2d
from minigen.ops.windows import Windows

ALGORITHMS = [TWO_TAPS, THREE_TAPS]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_algorithm_is_exact_in_integers(algorithm: Algorithm) -> None:
    images, kernels, outputs = (np.array(m) for m in algorithm[:3])
    scale = np.array(algorithm.scale)
    assert algorithm.products == algorithm.outputs + algorithm.taps - 1
    for i, k, p in itertools.product(*map(range, (len(images), algorithm.taps, algorithm.outputs))):
        found = scale * images[:, i] @ (kernels[:, k] * outputs[:, p])
        assert found == (i == p + k)  # output p is the sum over taps k of elements p + k


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_all_factors_are_exact_and_every_sum_begins_with_one(algorithm: Algorithm) -> None:
    for matrix in algorithm[:3]:
        lines = [*matrix, *zip(*matrix, strict=True)]
        assert all(set(line) <= {-1, 0, 1} and 1 in line for line in lines)
    assert set(algorithm.scale) <= {0.5, 1}


def tiles(size: int, taps: int = 2, stride: int = 2, padding: int = 1, batch: int = 64) -> Tiles:
    windows = Windows((taps * stride,) * 2, (stride,) * 2, (padding,) * 2)
    found = tiles_of(windows, (size, size), batch, 512, 512)
    assert found is not None
    return found


def test_multiplications_saved_are_counted_for_each_number_transformed() -> None:
    of_16 = tiles(32)  # 16 outputs: 8 tiles of nine products for sixteen
    assert of_16.saved(256, 128) == pytest.approx((16 - 9) * 256 * 128 / (9 * (256 + 128)))
    of_7 = tiles(14)  # 7 outputs need 4 tiles, the last of which reaches over the end
    assert of_7.saved(256, 128) == pytest.approx((49 / 4 - 9) * 256 * 128 / (9 * (256 + 128)))


def test_tiles_are_used_where_they_pay() -> None:
    windows = Windows((4, 4), (2, 2), (1, 1))
    assert tiles_of(windows, (32, 32), 64, 128, 256) is not None
    assert tiles_of(windows, (32, 32), 64, 3, 64) is None
    assert tiles_of(windows, (32, 32), 64, 64, 3) is None
    assert tiles_of(windows, (14, 14), 128, 64, 128) is None
    few = (LEAST_COLUMNS - 1) // 8
    assert tiles_of(windows, (32, 32), few, 128, 256) is None
    assert tiles_of(windows, (32, 32), few + 1, 128, 256) is not None


@pytest.mark.parametrize(
    "windows",
    [
        Windows((4, 2), (2, 2), (1, 1)),
        Windows((4, 4), (2, 1), (1, 1)),
        Windows((5, 5), (2, 2), (1, 1)),
        Windows((4, 4), (2, 2), (1, 1), (1, 2)),
        Windows((2, 2), (2, 2), (1, 1)),
        Windows((8, 8), (2, 2), (1, 1)),
    ],
    ids=["two sizes", "two strides", "a rest", "dilation", "one tap", "four taps"],
)
def test_windows_without_an_algorithm_get_no_tiles(windows: Windows) -> None:
    assert tiles_of(windows, (32, 32), 64, 512, 512) is None


def test_a_layer_that_saves_just_enough_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    windows = Windows((4, 4), (2, 2), (1, 1))
    channels = next(c for c in range(1, 512) if tiles(32).saved(4 * c, c) >= LEAST_SAVED)
    assert tiles_of(windows, (32, 32), 64, channels, channels) is not None
    assert tiles_of(windows, (32, 32), 64, channels - 1, channels - 1) is None
    monkeypatch.setattr(module, "LEAST_SAVED", tiles(32).saved(4 * channels, channels))
    assert tiles_of(windows, (32, 32), 64, channels, channels) is not None


@pytest.mark.parametrize(("taps", "stride"), [(2, 1), (2, 2), (2, 3), (3, 1), (3, 2)])
def test_lanes_end_with_the_last_column_that_a_tile_sees(taps: int, stride: int) -> None:
    found = tiles(stride * 7, taps, stride)
    step = stride * found.algorithm.outputs
    last = step * (found.across - 1) + stride * found.algorithm.products - 1
    assert found.places == last // step + 1


@pytest.mark.parametrize("lanes", [1, 2, 4])
@pytest.mark.parametrize("shift", [0, 1, 5])
@pytest.mark.parametrize("width", [1, 3, 8])
def test_columns_are_dealt_out_to_lanes(lanes: int, shift: int, width: int) -> None:
    rows = np.random.default_rng(0).standard_normal((2, 3, width, 4))
    places = -(-(shift + width) // lanes) + 1
    out = np.full((3, lanes, 2, places, 4), np.nan)
    deal_columns(rows, lanes, shift, out)
    padded = np.zeros((2, 3, places * lanes, 4))
    padded[:, :, shift : shift + width] = rows
    for column in range(places * lanes):
        place, lane = divmod(column, lanes)
        np.testing.assert_array_equal(out[:, lane, :, place], padded[:, :, column].swapaxes(0, 1))


def test_columns_behind_the_last_place_are_left_out() -> None:
    rows = np.arange(6.0).reshape(1, 1, 6, 1)
    out = np.full((1, 2, 1, 2, 1), np.nan)
    deal_columns(rows, 2, 0, out)
    np.testing.assert_array_equal(out[0, :, 0, :, 0], [[0, 2], [1, 3]])
    out = np.full((1, 2, 1, 3, 1), np.nan)
    deal_columns(rows + 1, 2, 3, out)  # of three zeros and six columns, the first six
    np.testing.assert_array_equal(out[0, :, 0, :, 0], [[0, 0, 2], [0, 1, 3]])


COEFFICIENTS = list(itertools.product((-1, 0, 1), repeat=3))


@pytest.mark.parametrize("coefficients", COEFFICIENTS)
@pytest.mark.parametrize("missing", [None, 0, 2])
def test_sums_are_written_with_zeros_for_what_is_missing(
    coefficients: tuple[int, ...], missing: int | None
) -> None:
    parts: list[np.ndarray | None] = [np.array([1.0, 2.0]), np.array([4.0, 8.0]), np.array([16.0])]
    expected = np.zeros(2)
    for number, (coefficient, part) in enumerate(zip(coefficients, list(parts), strict=True)):
        if number == missing:
            parts[number] = None
        elif part is not None:
            expected = expected + coefficient * part
    out = np.full(2, np.nan)
    combine(coefficients, parts, out)
    np.testing.assert_array_equal(out, expected)
    if any(coefficients):
        np.testing.assert_array_equal(
            combined(coefficients, parts, np.empty(2)) + 0 * out, expected
        )


def test_an_array_by_itself_is_not_copied() -> None:
    parts = [np.ones(2), np.ones(2)]
    scratch = np.empty(2)
    assert combined((0, 1), parts, scratch) is parts[1]
    assert combined((0, -1), parts, scratch) is scratch
    assert combined((1, 1), parts, scratch) is scratch


# ------------------------------------------------------------------ what the derivation's page says


def exactly(algorithm: Algorithm) -> list[np.ndarray]:
    """Return B, G and A."""
    images, kernels, outputs = (np.array(matrix, float) for matrix in algorithm[:3])
    return [images, np.array(algorithm.scale)[:, None] * kernels, outputs]


@pytest.mark.derivation("winograd.two_taps", "winograd.three_taps", "winograd.trilinear")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_outputs_and_both_gradients_have_the_same_matrices(algorithm: Algorithm) -> None:
    images, kernels, outputs = exactly(algorithm)
    rng = np.random.default_rng(0)
    d, g, z = (rng.integers(-9, 10, len(matrix.T)) for matrix in (images, kernels, outputs))
    sees = [(i + a, a, i) for i in range(len(z)) for a in range(len(g))]
    of_d, of_g, of_z = np.zeros(len(d)), np.zeros(len(g)), np.zeros(len(z))
    for element, a, i in sees:
        of_d[element] += g[a] * z[i]
        of_g[a] += d[element] * z[i]
        of_z[i] += d[element] * g[a]
    np.testing.assert_array_equal(images.T @ ((kernels @ g) * (outputs @ z)), of_d)
    np.testing.assert_array_equal(kernels.T @ ((images @ d) * (outputs @ z)), of_g)
    np.testing.assert_array_equal(outputs.T @ ((images @ d) * (kernels @ g)), of_z)


@pytest.mark.derivation("winograd.plane")
@pytest.mark.parametrize(("taps", "stride"), [(2, 1), (2, 2), (3, 1), (3, 2)])
def test_kernels_are_transformed_by_rows_and_by_columns(taps: int, stride: int) -> None:
    plane = tiles(stride * 6, taps, stride)
    weight = np.random.default_rng(0).integers(-9, 10, (3, 2, *plane.windows.kernel)).astype(float)
    found = winograd.transformed_kernels(weight, plane)
    _, kernels, _ = exactly(plane.algorithm)
    for line, (a, b, channel) in enumerate(np.ndindex(stride, stride, 2)):
        for out in range(3):
            phase = weight[out, channel, a::stride, b::stride]
            np.testing.assert_array_equal(
                found[:, out, line], (kernels @ phase @ kernels.T).ravel()
            )


@pytest.mark.derivation("winograd.tiles")
@pytest.mark.parametrize(("taps", "stride"), [(2, 1), (2, 2), (2, 3), (3, 1), (3, 2)])
def test_each_window_sees_its_taps_among_the_elements_of_its_tile(taps: int, stride: int) -> None:
    plane = tiles(stride * 5 + 1, taps, stride)
    for window in range(plane.number[0]):
        row, output = divmod(window, plane.algorithm.outputs)
        for tap in range(taps * stride):
            alpha, phase = divmod(tap, stride)
            h = stride * window + tap - plane.windows.padding[0]
            seen = h if 0 <= h < plane.size[0] else None
            assert plane.image_row(row, output + alpha, phase) == seen


@pytest.mark.derivation("winograd.products")
@pytest.mark.parametrize(("taps", "stride"), [(2, 1), (2, 2), (3, 1)])
@pytest.mark.parametrize("number", [(4, 6), (7, 7), (1, 3)])
def test_products_saved_are_those_of_all_windows_less_those_of_all_tiles(
    taps: int, stride: int, number: tuple[int, int]
) -> None:
    plane = tiles(stride * 6, taps, stride)._replace(number=number)
    products, step = plane.algorithm.products**2, plane.algorithm.outputs
    count = len([*itertools.product(range(0, number[0], step), range(0, number[1], step))])
    direct, in_tiles = number[0] * number[1] * taps**2 * 5 * 7, count * products * 5 * 7
    transformed = count * products * (5 + 7)
    assert plane.saved(5, 7) == pytest.approx((direct - in_tiles) / transformed)


@pytest.mark.derivation("winograd.conv2d", "winograd.conv2d_weight", "winograd.conv_transpose2d")
@pytest.mark.parametrize(("kernel", "stride"), [(2, 1), (4, 2), (3, 1), (6, 2)])
@pytest.mark.parametrize("several", [False, True], ids=["a column of windows", "several"])
def test_whole_numbers_are_convolved_without_any_error(
    kernel: int, stride: int, several: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEAST_SAVED", -np.inf)
    monkeypatch.setattr(module, "LEAST_COLUMNS", 1)
    windows = Windows((kernel, kernel), (stride, stride), (1, 1))
    rng = np.random.default_rng(0)
    x = rng.integers(-9, 10, (2, 3, 9, 8 if several else max(1, kernel - 2))).astype(float)
    weight = rng.integers(-9, 10, (4, 3, *windows.kernel)).astype(float)
    g = rng.integers(-9, 10, (2, 4, *windows.fitting(x.shape[2:]))).astype(float)
    options = {"stride": windows.stride, "padding": windows.padding}
    sizes = {"kernel_size": windows.kernel, **options}
    back = {"output_padding": windows.left_over(x.shape[2:]), **options}
    for found, expected in (
        (
            winograd.conv2d_in_tiles(x, weight, None, **options),
            conv2d.forward(x, weight, **options),
        ),
        (winograd.conv2d_weight_in_tiles(x, g, **sizes), conv2d_weight.forward(x, g, **sizes)),
        (
            winograd.conv_transpose2d_in_tiles(g, weight, None, **back),
            conv_transpose2d.forward(g, weight, **back),
        ),
    ):
        np.testing.assert_array_equal(found, expected)


def test_rows_of_tiles_lie_on_the_image_by_the_padding_above() -> None:
    windows = Windows((4, 4), (2, 2), (1, 3))
    found = tiles_of(windows, (32, 28), 64, 512, 512)
    assert found is not None
    assert [found.image_row(1, k, phase) for k in range(3) for phase in (0, 1)] == [
        3,
        4,
        5,
        6,
        7,
        8,
    ]
    assert found.image_row(0, 0, 0) is None
    assert found.image_row(0, 0, 1) == 0
