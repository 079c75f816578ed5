"""Pieces, copies and other orders."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from tests.numeric import draw, gradient_of, leaf


@pytest.mark.parametrize(
    ("length", "size", "lengths"),
    [(5, 2, [2, 2, 1]), (4, 2, [2, 2]), (3, 7, [3]), (0, 2, [0]), (5, [0, 4, 1], [0, 4, 1])],
)
def test_split_gives_pieces_of_a_length_or_of_several(
    length: int, size: Any, lengths: list[int]
) -> None:
    x = draw(2, length)
    pieces = F.split(x, size, dim=1)
    assert [piece.shape for piece in pieces] == [(2, n) for n in lengths]
    np.testing.assert_array_equal(F.cat(pieces, dim=1), x)


@pytest.mark.parametrize(
    ("length", "chunks", "lengths"),
    [
        (8, 2, [4, 4]),
        (5, 3, [2, 2, 1]),
        (5, 4, [2, 2, 1]),
        (2, 3, [1, 1]),
        (0, 2, [0, 0]),
        (4, 1, [4]),
    ],
)
def test_chunk_gives_as_many_pieces_as_the_length_allows(
    length: int, chunks: int, lengths: list[int]
) -> None:
    x = draw(length, 3)
    pieces = F.chunk(x, chunks)
    assert [len(piece) for piece in pieces] == lengths
    np.testing.assert_array_equal(F.cat(pieces), x)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda x: F.split(x, 0), "split: a positive length of the pieces is expected, got 0"),
        (lambda x: F.split(x, [1, 1]), r"add up to 3, that of axis 0, are expected, got \[1, 1\]"),
        (lambda x: F.split(x, [4, -1]), r"got \[4, -1\]"),
        (lambda x: F.chunk(x, 0), "chunk: a positive number of pieces is expected, got 0"),
        (lambda x: F.repeat(x, 2), r"along each axis of \(3, 2\).*, got \(2,\)"),
        (lambda x: F.repeat(x, 2, -1), r"got \(2, -1\)"),
        (lambda x: F.t(x[None]), r"t: a matrix is expected, got shape \(1, 3, 2\)"),
    ],
)
def test_impossible_divisions_and_copies_are_refused(call: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        call(draw(3, 2))


def test_an_axis_that_is_not_there_is_refused() -> None:
    for call in (lambda x: F.split(x, 1, 2), lambda x: F.chunk(x, 2, 2), lambda x: F.flip(x, 2)):
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


def test_unbind_takes_slices_and_their_gradients() -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    first, second = x.unbind(dim=1)
    assert (first.tolist(), second.tolist()) == ([1, 3], [2, 4])
    (first * second).sum().backward()
    assert gradient_of(x).tolist() == [[2, 1], [4, 3]]


@pytest.mark.parametrize("diagonal", [-3, -1, 0, 1, 3])
def test_triangles_are_numpys(diagonal: int) -> None:
    x = draw(2, 3, 4)
    np.testing.assert_array_equal(F.tril(x, diagonal), np.tril(x, diagonal))
    np.testing.assert_array_equal(F.triu(x, diagonal), np.triu(x, diagonal))


def test_what_is_not_said_is_the_first_axis_and_the_main_diagonal() -> None:
    x = draw(3, 3)
    for found, expected in zip(F.split(x, 2), (x[:2], x[2:]), strict=True):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.stack(F.unbind(x)), x)
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
