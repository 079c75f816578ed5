"""Pieces along an axis."""

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


def test_pieces_are_those_of_the_first_axis_unless_another_is_named() -> None:
    x = draw(3, 3)
    for found, expected in zip(F.split(x, 2), (x[:2], x[2:]), strict=True):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.stack(F.unbind(x)), x)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda x: F.split(x, 0), "split: a positive length of the pieces is expected, got 0"),
        (lambda x: F.split(x, [1, 1]), r"add up to 3, that of axis 0, are expected, got \[1, 1\]"),
        (lambda x: F.split(x, [4, -1]), r"got \[4, -1\]"),
        (lambda x: F.chunk(x, 0), "chunk: a positive number of pieces is expected, got 0"),
        (
            lambda x: F.index_select(x, 0, x),
            r"one axis of integers.*got shape \(3, 2\)",
        ),
    ],
)
def test_impossible_divisions_are_refused(call: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        call(draw(3, 2))


@pytest.mark.parametrize(("start", "length"), [(3, 1), (0, 4), (-4, 1), (1, -1)])
def test_a_piece_that_reaches_over_an_end_is_refused(start: int, length: int) -> None:
    with pytest.raises(IndexError, match=f"start {start} and length {length}"):
        F.narrow(draw(3, 2), 0, start, length)


@pytest.mark.parametrize("call", [lambda x: F.split(x, 1, 2), lambda x: F.chunk(x, 2, 2)])
def test_an_axis_that_is_not_there_is_refused(call: Any) -> None:
    with pytest.raises(IndexError, match="axis 2 is out of range for 2 axes"):
        call(draw(3, 2))


@pytest.mark.parametrize(("start", "length"), [(0, 3), (1, 2), (3, 0), (-2, 1)])
def test_a_piece_has_a_start_and_a_length(start: int, length: int) -> None:
    x = draw(2, 3)
    first = start % 3 if start < 0 else start
    expected = x[:, first : first + length]
    np.testing.assert_array_equal(F.narrow(x, 1, start, length), expected)


def test_slices_that_an_index_names_twice_get_both_cotangents() -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    x.index_select(dim=1, index=minigen.tensor([1, 1])).sum().backward()
    assert gradient_of(x).tolist() == [[0, 2], [0, 2]]


def test_unbind_takes_slices_and_their_gradients() -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    first, second = x.unbind(dim=1)
    assert (first.tolist(), second.tolist()) == ([1, 3], [2, 4])
    (first * second).sum().backward()
    assert gradient_of(x).tolist() == [[2, 1], [4, 3]]


def test_as_many_pieces_come_as_are_asked_for() -> None:
    x = minigen.arange(10).reshape(2, 5)
    assert [piece.shape[1] for piece in x.tensor_split(3, dim=1)] == [2, 2, 1]
    assert [piece.shape[0] for piece in x.tensor_split(3)] == [1, 1, 0]
    first, second, third = F.tensor_split(x, [1, -1], dim=1)
    assert [first.tolist(), second.shape, third.tolist()] == [[[0], [5]], (2, 3), [[4], [9]]]
    with pytest.raises(ValueError, match="tensor_split: a positive number of pieces"):
        x.tensor_split(0)


def test_a_slice_is_selected_by_its_place() -> None:
    x = minigen.arange(6).reshape(2, 3)
    assert x.select(0, 1).tolist() == [3, 4, 5]
    assert x.select(-1, -3).tolist() == [0, 3]
    with pytest.raises(IndexError):
        x.select(0, 2)
