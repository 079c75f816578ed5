"""The library's own product of matrices, compared with NumPy's, and the ops that take it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import functional as F
from minigen.engine.recording import with_own_products
from minigen.kernels.cuda.product import cut, product
from tests.kernels.cuda.helpers import DTYPES, drawn, sent
from tests.strict.counters import counting
from tests.strict.library import Library
from tests.strict.raw import block_of

SHAPES = [
    ((1, 1), (1, 1)),
    ((5, 7), (7, 3)),
    ((64, 16), (16, 64)),
    ((65, 17), (17, 130)),
    ((3, 700), (700, 4)),
    ((2, 5, 7), (2, 7, 3)),
    ((5, 7), (2, 7, 3)),
    ((2, 1, 5, 7), (3, 7, 4)),
]


def agree(found: Any, expected: Any, dtype: str) -> None:
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(found.get(), expected, rtol=tolerance, atol=10 * tolerance)
    assert found.dtype == np.dtype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_products_are_numpys(left: Any, right: Any, dtype: str) -> None:
    a, b = drawn(dtype, *left), drawn(dtype, *right, seed=1)
    with with_own_products():
        agree(product(sent(a), sent(b)), a @ b, dtype)


def test_factors_may_lie_in_any_order() -> None:
    a, b = drawn("float32", 9, 40), drawn("float32", 30, 20, seed=1)
    with with_own_products():
        agree(product(sent(a.T), sent(a)), a.T @ a, "float32")
        agree(product(sent(a[:, ::2]), sent(b.T)[:, :2]), a[:, ::2] @ b.T[:, :2], "float32")


def test_any_number_of_threads_computes_the_same_bits() -> None:
    a, b = drawn("float32", 70, 30), drawn("float32", 30, 5, seed=1)
    found = []
    with with_own_products():
        for threads in (1, 2, 8):
            with block_of(threads):
                found.append(product(sent(a), sent(b)).get())
    assert (found[0] == found[1]).all()
    assert (found[0] == found[2]).all()


def test_long_sums_are_cut_into_slices_that_are_added(cupy: Library) -> None:
    a, b = drawn("float32", 3, 1000), drawn("float32", 1000, 4, seed=1)
    with counting() as counters, with_own_products():
        agree(product(sent(a), sent(b)), a @ b, "float32")
    assert [launch.name for launch in counters.launches] == ["product", "add_slices"]


def test_slices_are_of_nearly_one_length() -> None:
    for tiles, depth in ((1, 1), (1, 257), (5, 10_000), (500, 10_000)):
        slices, each = cut(tiles, depth)
        assert (slices - 1) * each < depth <= slices * each


def test_it_writes_where_it_is_told(cupy: Library) -> None:
    a, b = drawn("float32", 3, 5), drawn("float32", 5, 4, seed=1)
    out = cupy.empty((3, 4), np.float32)
    with with_own_products():
        assert product(sent(a), sent(b), out) is out
    agree(out, a @ b, "float32")
    assert product(sent(a), sent(b), out) is out  # cuBLAS
    agree(out, a @ b, "float32")


def test_a_sum_of_nothing_is_zero() -> None:
    with with_own_products():
        found = product(sent(np.ones((2, 0), np.float32)), sent(np.ones((0, 3), np.float32)))
        assert (found.get() == np.zeros((2, 3))).all()
        assert product(sent(np.ones((0, 2), np.float32)), sent(np.ones((2, 3)))[:, :1]).size == 0


def test_what_does_not_fit_is_told() -> None:
    a, b = sent(np.ones((2, 3), np.float32)), sent(np.ones((4, 3), np.float32))
    with with_own_products(), pytest.raises(ValueError, match=r"\(2, 3\) and \(4, 3\) have no"):
        product(a, b)


def gradients(*, own: bool, batch_last: bool) -> list[Any]:
    """Return results and gradients of the ops, by cuBLAS or the library's own kernel."""
    x = drawn("float32", 6, 5)
    x = np.ascontiguousarray(x.T).T if batch_last else x
    weight, bias, other = drawn("float32", 4, 5), drawn("float32", 4), drawn("float32", 2, 5, 3)
    given = [minigen.Tensor(sent(a), requires_grad=True) for a in (x, weight, bias, other)]

    def run() -> list[Any]:
        y = F.linear(given[0], given[1], given[2])
        z = F.matmul(given[0], given[3])
        (y.square().sum() + z.square().sum()).backward()
        return [y.array, z.array, *(each.grad.array for each in given if each.grad is not None)]

    if not own:
        return run()
    with counting() as counters, with_own_products():
        found = run()
    assert counters.total("product") == 0
    return found


@pytest.mark.parametrize("batch_last", [False, True])
def test_dense_layers_and_products_take_it(batch_last: bool) -> None:
    ours, theirs = (gradients(own=own, batch_last=batch_last) for own in (True, False))
    assert len(ours) == 6
    for one, other in zip(ours, theirs, strict=True):
        agree(one, other.get(), "float32")
    if batch_last:
        assert ours[0].flags.f_contiguous  # as x is held


def test_without_being_asked_cublas_multiplies() -> None:
    a = sent(drawn("float32", 3, 3))
    with counting() as counters:
        product(a, a)
    assert counters.total("product") == 1
