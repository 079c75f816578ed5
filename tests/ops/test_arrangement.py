"""Copies and other orders."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from tests.numeric import draw, gradient_of, leaf


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda x: F.repeat(x, 2), r"along each axis of \(3, 2\).*, got \(2,\)"),
        (lambda x: F.repeat(x, 2, -1), r"got \(2, -1\)"),
        (lambda x: F.t(x[None]), r"t: a matrix is expected, got shape \(1, 3, 2\)"),
        (lambda x: F.repeat_interleave(x, -1), r"one for each of the 6 slices of axis 0.*got -1"),
        (lambda x: F.repeat_interleave(x, np.array([1, 2]), 0), r"each of the 3 .*got \[1, 2\]"),
        (lambda x: F.roll(x, (1, 1), 0), r"roll: a shift for each of the axes \(0,\).*\(1, 1\)"),
        (lambda x: F.movedim(x, (0, 1), 0), r"movedim: as many different axes.*\(0, 1\) and 0"),
        (lambda x: F.movedim(x, (0, 0), (0, 1)), "movedim: as many different axes"),
        (lambda x: F.movedim(x, (0, 1), (1, 1)), "movedim: as many different axes"),
        (lambda x: F.unflatten(x, 0, (2, 2)), r"multiply to 3, that of axis 0,.*got \(2, 2\)"),
        (lambda x: F.unflatten(x, 0, (2, -1)), r"got \(2, -1\)"),
        (lambda x: F.unflatten(x, 0, (-1, 3, -1)), r"got \(-1, 3, -1\)"),
    ],
)
def test_impossible_copies_and_orders_are_refused(call: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        call(draw(3, 2))


@pytest.mark.parametrize(
    "call", [lambda x: F.flip(x, 2), lambda x: F.roll(x, 1, 2), lambda x: F.movedim(x, 0, 2)]
)
def test_an_axis_that_is_not_there_is_refused(call: Any) -> None:
    with pytest.raises(IndexError, match="axis 2 is out of range for 2 axes"):
        call(draw(3, 2))


@pytest.mark.parametrize("repeats", [(2, 3), (1, 1), (2, 1, 2), (0, 2)])
def test_repeat_lays_copies_as_numpys_tile(repeats: tuple[int, ...]) -> None:
    x = draw(2, 3)
    np.testing.assert_array_equal(F.repeat(x, *repeats), np.tile(x, repeats))
    np.testing.assert_array_equal(F.repeat(x, repeats), np.tile(x, repeats))


def test_every_copy_sends_its_cotangent_back() -> None:
    x = leaf([[1.0, 2.0]])
    x.repeat(3, 2).sum().backward()
    assert gradient_of(x).tolist() == [[6.0, 6.0]]


@pytest.mark.parametrize("diagonal", [-3, -1, 0, 1, 3])
def test_triangles_are_numpys(diagonal: int) -> None:
    x = draw(2, 3, 4)
    np.testing.assert_array_equal(F.tril(x, diagonal), np.tril(x, diagonal))
    np.testing.assert_array_equal(F.triu(x, diagonal), np.triu(x, diagonal))


def test_the_main_diagonal_bounds_a_triangle_unless_another_is_named() -> None:
    x = draw(3, 3)
    np.testing.assert_array_equal(F.tril(x), np.tril(x))
    np.testing.assert_array_equal(F.triu(x), np.triu(x))


def test_t_transposes_a_matrix_and_leaves_vectors_and_numbers() -> None:
    x = draw(2, 3)
    np.testing.assert_array_equal(F.t(x), x.T)
    np.testing.assert_array_equal(F.t(x[0]), x[0])
    np.testing.assert_array_equal(F.t(x[0, :1].reshape(())), x[0, 0])


def test_flip_reverses_the_axes_named() -> None:
    x = draw(2, 3)
    np.testing.assert_array_equal(F.flip(x, 1), x[:, ::-1])
    np.testing.assert_array_equal(F.flip(x, (0, -1)), x[::-1, ::-1])


@pytest.mark.parametrize(
    ("shifts", "dims"), [(1, None), (-7, None), (2, 0), (0, 1), ((1, -1), (1, 0)), ((1, 1), (1, 1))]
)
def test_what_leaves_at_the_end_comes_in_at_the_start(shifts: Any, dims: Any) -> None:
    x = draw(2, 3)
    np.testing.assert_array_equal(F.roll(x, shifts, dims), np.roll(x, shifts, dims))
    np.testing.assert_array_equal(F.roll(x[:0], shifts, dims), x[:0])


@pytest.mark.parametrize(("repeats", "axis"), [(2, None), (0, 1), ([3, 0], 0), ([1, 2, 0], -1)])
def test_copies_of_slices_stand_one_after_the_other(repeats: Any, axis: int | None) -> None:
    x = draw(2, 3)
    counts = np.array(repeats)
    np.testing.assert_array_equal(F.repeat_interleave(x, counts, axis), np.repeat(x, counts, axis))


@pytest.mark.parametrize(
    ("source", "destination"), [(0, -1), (-1, 0), ((0, 1), (2, 0)), ((2, 0), (0, 1)), (1, 1)]
)
def test_axes_move_as_numpys(source: Any, destination: Any) -> None:
    x = draw(2, 3, 4)
    expected = np.moveaxis(x, source, destination)
    np.testing.assert_array_equal(F.movedim(x, source, destination), expected)


@pytest.mark.parametrize("sizes", [(2, 3), (-1, 3), (2, -1, 1), (6,)])
def test_an_axis_is_divided_and_flattened_again(sizes: tuple[int, ...]) -> None:
    x = draw(2, 6, 3)
    divided = F.unflatten(x, 1, sizes)
    assert divided.ndim == 2 + len(sizes)
    np.testing.assert_array_equal(divided.reshape(x.shape), x)
    assert F.unflatten(x[:, :0], 1, (0, 4)).shape == (2, 0, 4, 3)


@pytest.mark.parametrize("shapes", [((3,), (2,)), ((2, 3), (2, 1)), ((), (2,)), ((3,), (2, 3))])
def test_stacks_are_numpys(shapes: tuple[tuple[int, ...], ...]) -> None:
    parts = [draw(*shape) for shape in shapes]
    if len({part.ndim for part in parts}) == 1 or () in shapes:
        np.testing.assert_array_equal(F.hstack(parts), np.hstack(parts))
    if len({part.shape[-1:] for part in parts}) == 1:
        np.testing.assert_array_equal(F.vstack(parts), np.vstack(parts))


def test_classes_become_vectors_with_a_single_1() -> None:
    classes = np.array([[2, 0], [1, 1]])
    expected = np.eye(3, dtype=np.int64)[classes]
    for found in (F.one_hot(classes), F.one_hot(minigen.tensor(classes), num_classes=3).numpy()):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == np.int64
    assert F.one_hot(np.zeros(0, np.int64), 4).shape == (0, 4)


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
@pytest.mark.parametrize(
    ("classes", "count", "error", "told"),
    [
        ([0.0], 2, TypeError, "one_hot: classes are integers, got float64"),
        ([0, 2], 2, ValueError, "classes from 0 to 1 are expected, got 0 to 2"),
        ([-1, 1], -1, ValueError, "classes from 0 to 1 are expected, got -1 to 1"),
    ],
)
def test_what_is_no_class_is_refused(
    classes: list[Any], count: int, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        F.one_hot(np.array(classes), count)


def test_without_classes_their_number_has_to_be_said() -> None:
    with pytest.raises(ValueError, match="num_classes must say how many there are"):
        F.one_hot(np.zeros(0, np.int64))


def test_shuffled_pixels_stand_in_squares_row_by_row() -> None:
    x = np.arange(16.0).reshape(1, 8, 1, 2)
    y = F.pixel_shuffle(x, 2)
    assert y[0, 0].tolist() == [[0, 2, 1, 3], [4, 6, 5, 7]]
    assert y[0, 1].tolist() == [[8, 10, 9, 11], [12, 14, 13, 15]]
    np.testing.assert_array_equal(F.pixel_shuffle(x[0], 2), y[0])


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_unshuffling_undoes_shuffling(factor: int) -> None:
    x = draw(2, 18 if factor == 3 else 4, 2, 3)
    np.testing.assert_array_equal(F.pixel_unshuffle(F.pixel_shuffle(x, factor), factor), x)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda x: F.pixel_shuffle(x, 2), r"pixel_shuffle: a multiple of 4 channels .*\(2, 6, 3"),
        (lambda x: F.pixel_shuffle(x, 0), "pixel_shuffle: a positive factor is expected, got 0"),
        (lambda x: F.pixel_shuffle(x[0, 0], 1), r"images \(..., C, H, W\) .* shape \(3, 4\)"),
        (lambda x: F.pixel_unshuffle(x, 2), "a height and a width that 2 divides are expected"),
        (lambda x: F.pixel_unshuffle(x, 3), "a height and a width that 3 divides are expected"),
    ],
)
def test_pixels_that_make_no_squares_are_refused(call: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        call(draw(2, 6, 3, 4))


def test_tiles_leave_the_axes_in_front_as_they_are() -> None:
    x = minigen.arange(4).reshape(2, 2)
    assert x.tile(2).tolist() == x.repeat(1, 2).tolist()
    assert x.tile((3, 1, 2)).shape == (3, 2, 4)
    assert x.tile(()).tolist() == x.tolist()
    assert x.ravel().tolist() == [0, 1, 2, 3]


def test_matrices_are_mirrored_in_both_directions() -> None:
    x = minigen.tensor([[1, 2], [3, 4]])
    assert x.fliplr().tolist() == [[2, 1], [4, 3]]
    assert x.flipud().tolist() == [[3, 4], [1, 2]]
    assert minigen.zeros(5, 2, 3).mT.shape == (5, 3, 2)
