"""Matrix products, the affine map, and vectors looked up in a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigen
import minigen.functional as F
from tests.numeric import assert_gradients, draw, gradient_of, leaf


@settings(max_examples=60)
@given(hnp.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=2, max_side=3))
def test_products_and_their_gradients_are_right_for_any_shapes_that_fit(
    shapes: hnp.BroadcastableShapes,
) -> None:
    left, right = (draw(*shape, seed=i) for i, shape in enumerate(shapes.input_shapes))
    a, b = leaf(left), leaf(right)
    y = a @ b
    np.testing.assert_allclose(y.numpy(), left @ right)
    g = draw(*y.shape, seed=5)
    y.backward(g)
    da, db = draw(*left.shape, seed=6), draw(*right.shape, seed=7)
    np.testing.assert_allclose((g * (da @ right)).sum(), (gradient_of(a) * da).sum(), atol=1e-10)
    np.testing.assert_allclose((g * (left @ db)).sum(), (gradient_of(b) * db).sum(), atol=1e-10)


def test_a_vector_meets_every_matrix_of_a_stack() -> None:
    stack, vector = leaf(draw(2, 3, 4, 5)), leaf(draw(4, seed=1))
    (vector @ stack).sum().backward()
    np.testing.assert_allclose(gradient_of(vector), stack.numpy().sum((0, 1, 3)), rtol=1e-12)
    expected = np.broadcast_to(vector.numpy()[:, None], stack.shape)
    np.testing.assert_array_equal(gradient_of(stack), expected)


@pytest.mark.parametrize(
    "shapes", [((3, 0), (0, 2)), ((0, 3), (3, 2)), ((0,), (0,)), ((2, 0), (0,))]
)
def test_empty_products_are_zero(shapes: Any) -> None:
    a, b = (minigen.zeros(shape, requires_grad=True) for shape in shapes)
    y = a @ b
    assert (y.numpy() == 0).all()
    y.sum().backward()
    assert gradient_of(a).shape == a.shape
    assert gradient_of(b).shape == b.shape


@pytest.mark.parametrize(
    "shapes", [((2, 3), (2, 3)), ((3,), (2,)), ((), (2,)), ((2, 3), ()), ((2, 2, 3), (3, 3, 2))]
)
def test_shapes_that_do_not_fit_are_refused_by_name(shapes: Any) -> None:
    a, b = (minigen.ones(shape) for shape in shapes)
    with pytest.raises(ValueError, match=r"matmul: .*\(got float32"):
        a @ b


def test_the_method_and_the_function_are_the_operator() -> None:
    a, b = minigen.tensor(draw(2, 3)), minigen.tensor(draw(3, 2))
    np.testing.assert_array_equal(a.matmul(b).numpy(), (a @ b).numpy())
    np.testing.assert_array_equal(F.matmul(a, b).numpy(), (a @ b).numpy())
    np.testing.assert_array_equal(F.matmul(a.numpy(), b).numpy(), (a @ b).numpy())


@pytest.mark.parametrize("lead", [(), (4,), (2, 3), (0,), (1, 0, 2)])
@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("bias", [False, True])
def test_linear_maps_the_last_axis(lead: tuple[int, ...], outputs: int, bias: bool) -> None:
    x, weight, b = leaf(draw(*lead, 3)), leaf(draw(outputs, 3)), leaf(draw(outputs))
    y = F.linear(x, weight, b) if bias else F.linear(x, weight)
    expected = np.zeros((*lead, outputs))
    for index in np.ndindex(*lead):
        for o in range(outputs):
            expected[(*index, o)] = sum(
                x.numpy()[(*index, i)] * weight.numpy()[o, i] for i in range(3)
            )
    np.testing.assert_allclose(y.numpy(), expected + (b.numpy() if bias else 0), atol=1e-14)
    y.sum().backward()
    assert gradient_of(x).shape == x.shape
    np.testing.assert_allclose(gradient_of(x) - weight.numpy().sum(0), 0, atol=1e-14)
    assert gradient_of(weight).shape == (outputs, 3)
    if bias:
        np.testing.assert_array_equal(gradient_of(b), np.full(outputs, np.prod(lead)))


@settings(max_examples=30)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_linear_has_gradients_of_both_orders(n: int, inputs: int, outputs: int) -> None:
    assert_gradients(F.linear, draw(n, inputs), draw(outputs, inputs), draw(outputs))


def test_weight_and_bias_come_by_keyword_too() -> None:
    x, weight, bias = minigen.ones(1, 3), minigen.ones(2, 3), minigen.ones(2)
    assert F.linear(x, weight=weight, bias=bias).tolist() == [[4, 4]]
    assert F.linear(x, weight, None).tolist() == [[3, 3]]


def test_layers_without_inputs_or_outputs_have_gradients() -> None:
    for inputs, outputs in [(0, 2), (2, 0)]:
        x = minigen.ones(3, inputs, requires_grad=True)
        weight = minigen.ones(outputs, inputs, requires_grad=True)
        F.linear(x, weight).sum().backward()
        assert gradient_of(x).shape == (3, inputs)
        assert gradient_of(weight).shape == (outputs, inputs)


@pytest.mark.parametrize(
    "shapes", [((2, 3), (3, 2)), ((2, 3), (3,)), ((), (2, 3)), ((2, 3), (2, 3, 1))]
)
def test_a_weight_that_does_not_fit_is_refused_with_what_is_expected(shapes: Any) -> None:
    x, weight = (minigen.ones(shape) for shape in shapes)
    with pytest.raises(ValueError, match=r"linear: x of shape \(\.\.\., in\) and weight of shape"):
        F.linear(x, weight)


@pytest.mark.parametrize("shape", [(3,), (1,), (1, 2), ()])
def test_a_bias_that_does_not_fit_is_refused_even_if_it_broadcasts(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"linear: bias of shape \(2,\) is expected"):
        F.linear(minigen.ones(4, 3), minigen.ones(2, 3), minigen.ones(shape))


@pytest.mark.parametrize("indices", [2, [0, 2, 2], [[1, 0], [2, 1]], np.zeros((0, 2), int)])
def test_each_index_gives_its_row(indices: Any) -> None:
    table, indices = draw(3, 4), np.array(indices)
    np.testing.assert_array_equal(F.embedding(indices, table), table[indices])
    found = F.embedding(minigen.tensor(indices), leaf(table))
    np.testing.assert_array_equal(found.numpy(), table[indices])


def test_rows_looked_up_twice_get_both_cotangents_and_others_none() -> None:
    table = leaf(np.zeros((3, 2)))
    F.embedding(np.array([2, 0, 2]), table).backward(np.array([[1.0, 2], [3, 4], [5, 6]]))
    assert gradient_of(table).tolist() == [[3, 4], [0, 0], [6, 8]]


def test_gradients_of_both_orders() -> None:
    picks = np.array([[0, 1], [1, 1]])
    assert_gradients(lambda table: F.tanh(F.embedding(picks, table)), draw(3, 2))


@pytest.mark.host_only("on a device the check would have to wait, and is left out")
@pytest.mark.parametrize("indices", [[0, 3], [-1, 0]])
def test_indices_out_of_range_are_refused(indices: list[int]) -> None:
    with pytest.raises(IndexError, match="indices from 0 to 2 are expected, the table has 3 rows"):
        F.embedding(np.array(indices), draw(3, 2))


@pytest.mark.parametrize(
    ("indices", "got"), [(np.ones(2), "float64"), (np.ones(2, bool), "bool"), ([1, 2], "list")]
)
def test_indices_must_be_integers(indices: Any, got: str) -> None:
    with pytest.raises(TypeError, match=f"integers are expected as indices, got {got}"):
        F.embedding(indices, draw(3, 2))


def test_the_table_must_be_a_matrix() -> None:
    with pytest.raises(ValueError, match=r"weight of shape \(n, features\) is expected, got \(3,"):
        F.embedding(np.array([0]), draw(3))


@pytest.mark.parametrize(
    ("product", "shapes", "told"),
    [
        (F.mm, [(2, 3), (3,)], r"mm: 2 axes are expected of each, got \(2, 3\) and \(3,\)"),
        (F.bmm, [(2, 3), (3, 2)], r"bmm: 3 axes are expected of each, got \(2, 3\) and \(3, 2\)"),
        (F.dot, [(3,), (3, 1)], r"dot: 1 axes are expected of each, got \(3,\) and \(3, 1\)"),
    ],
)
def test_a_product_that_is_named_by_its_shapes_refuses_others(
    product: Any, shapes: Any, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        product(*[draw(*shape) for shape in shapes])


@pytest.mark.parametrize("p", [1, 2, np.inf])
def test_norms_are_numpys_along_axes(p: float) -> None:
    x = draw(3, 4)
    np.testing.assert_allclose(F.norm(x, p, 1), np.linalg.norm(x, p, 1), rtol=1e-12)
    np.testing.assert_allclose(F.norm(x, p), np.linalg.norm(x.ravel(), p), rtol=1e-12)
    assert F.norm(x, p, axis=1, keepdims=True).shape == (3, 1)


def test_the_norm_of_zeros_has_no_slope_at_either_order() -> None:
    x = leaf(np.zeros((2, 3)))
    (slope,) = minigen.grad(F.norm(x, axis=1).sum(), x, create_graph=True)
    assert slope is not None
    assert not slope.numpy().any()


@pytest.mark.parametrize("p", [1, 2, np.inf])
def test_the_norm_of_zeros_is_zero(p: float) -> None:
    assert F.norm(np.zeros((2, 3)), p, axis=1).tolist() == [0, 0]


def test_another_norm_is_refused() -> None:
    with pytest.raises(ValueError, match="norm: p is 1, 2 or inf, got 3"):
        F.norm(draw(2), 3)


def test_vectors_are_scaled_to_length_1_and_zeros_stay() -> None:
    x = draw(3, 4)
    x[1] = 0
    lengths = np.linalg.norm(F.normalize(x), axis=1)
    np.testing.assert_allclose(lengths, [1, 0, 1])
    np.testing.assert_allclose(np.abs(F.normalize(x[0], 1, 0)).sum(), 1)
    np.testing.assert_allclose(F.normalize(x * 1e-13, eps=1e-3), x * 1e-10)


def test_the_cosine_of_short_vectors_is_that_of_the_length_that_stands_for_theirs() -> None:
    x = draw(2, 3)
    np.testing.assert_allclose(F.cosine_similarity(x, 5 * x), 1)
    np.testing.assert_allclose(F.cosine_similarity(x, x, 0, eps=100), (x * x).sum(0) / 1e4)


@pytest.mark.parametrize("dims", [0, 1, 2, ([0, 2], [1, 0]), ([-1], [0])])
def test_products_along_pairs_of_axes_are_numpys(dims: Any) -> None:
    a, b = draw(3, 4, 3, seed=0), draw(3, 3, 2, seed=1)
    b = b if dims != 2 else draw(4, 3, 2, seed=1)
    np.testing.assert_allclose(F.tensordot(a, b, dims), np.tensordot(a, b, dims), atol=1e-12)


def test_axes_of_different_lengths_do_not_meet() -> None:
    with pytest.raises(ValueError, match="tensordot: axes of one length in pairs"):
        F.tensordot(minigen.ones(2, 3), minigen.ones(2, 3), 1)
    with pytest.raises(ValueError, match="vdot: 1 axes are expected of each"):
        F.vdot(minigen.ones(1, 2), minigen.ones(1, 2))


def test_inner_products_are_along_the_last_axes() -> None:
    a, b = draw(2, 3, 4, seed=0), draw(5, 4, seed=1)
    np.testing.assert_allclose(F.inner(a, b), np.inner(a, b), atol=1e-12)
    assert F.inner(minigen.tensor(2.0), minigen.ones(3)).tolist() == [2.0] * 3


def test_products_are_added_and_a_weight_of_zero_looks_away() -> None:
    x, a, b = draw(2, seed=0), draw(3, 4, seed=1), draw(4, 2, seed=2)
    np.testing.assert_allclose(F.addmm(x, a, b, beta=2, alpha=0.5), 2 * x + a @ b / 2)
    np.testing.assert_allclose(F.addmm(x * np.nan, a, b, beta=0), a @ b)
    stacked = F.baddbmm(x, a[None], b[None])
    np.testing.assert_allclose(stacked, (x + a @ b)[None])
