"""Tiles add the sums of products that their loops run over, and write nothing beside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minigen.kernels.compiled.compilation import Loop
from minigen.kernels.compiled.tile import (
    LANES,
    ROWS,
    VECTORS,
    add_products,
    add_products_of_one_row,
    aligned,
    copy_vectors,
)

from .helpers import Array, numbers

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

COUNTS = 2, 3, 4


def _sizes() -> tuple[int, int]:
    """Return how many rows and how many numbers a whole tile has."""
    return ROWS.compiled, VECTORS * LANES.compiled


@pytest.mark.parametrize("rows_missing", [0, 1, 5])
@pytest.mark.parametrize("numbers_missing", [0, 1, 7, 20])
def test_a_tile_adds_sums_of_products_to_what_is_there(
    rows_missing: int, numbers_missing: int
) -> None:
    rows, width = _sizes()
    a = numbers((*COUNTS, rows), "float32", 0)
    b = numbers((*COUNTS, width + 3), "float32", 1)
    out = numbers((rows + 1, width + 5), "float32", 2)
    left = rows - rows_missing, max(1, width - numbers_missing)
    expected = out.astype("float64")
    products = np.einsum("ijkm,ijkv->mv", a.astype("float64"), b.astype("float64"))
    expected[: left[0], 2 : 2 + left[1]] += products[: left[0], 1 : 1 + left[1]]
    steps_of_a = 12 * rows, 4 * rows, rows
    steps_of_b = 12 * (width + 3), 4 * (width + 3), width + 3
    add_products.run(
        COUNTS, a.reshape(-1), 0, steps_of_a, 1, b.reshape(-1), 1, steps_of_b,
        out.reshape(-1), 2, width + 5, *left,
    )  # fmt: skip
    np.testing.assert_allclose(out, expected, atol=1e-5)


@pytest.mark.parametrize("left", [1, 15, 16, 63, 64, 100, 130])
def test_a_tile_of_one_row_is_as_wide_as_there_are_numbers(left: int) -> None:
    a, b = numbers(COUNTS, "float32", 0), numbers((*COUNTS, left), "float32", 1)
    out = np.zeros(left + 9, "float32")
    steps = 12 * left, 4 * left, left
    add_products_of_one_row.run(
        COUNTS, a.reshape(-1), 0, (12, 4, 1), b.reshape(-1), 0, steps, out, 0, left
    )
    expected = np.einsum("ijk,ijkv->v", a.astype("float64"), b.astype("float64"))
    np.testing.assert_allclose(out[:left], expected, atol=1e-5)
    assert not out[left:].any()


@Loop
def _copy(source: Array, into: Array) -> None:
    copy_vectors(VECTORS, LANES, source, 3, into, 5)


def test_vectors_are_copied() -> None:
    _, width = _sizes()
    source, into = numbers(width + 4, "float32", 0), np.zeros(width + 9, "float32")
    _copy.run(source, into)
    np.testing.assert_array_equal(into[5 : 5 + width], source[3 : 3 + width])
    assert not into[:5].any()
    assert not into[5 + width :].any()


@pytest.mark.parametrize("size", [1, 100, 5000])
def test_aligned_memory_begins_with_a_line_of_the_cache(size: int) -> None:
    memory: Any = aligned(size)
    assert memory.shape == (size,)
    assert memory.ctypes.data % 64 == 0
