"""Ops that move elements: values, adjoints, and the indices that can go wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigen
import minigen.functional as F
from minigen.ops.shaping import as_shape, axis_index, unbroadcast
from tests.numeric import Floats, Function, draw, gradient_of, leaf

SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)


def assert_adjoint(forward: Function, x: Floats) -> None:
    """Check that <g, A x> = <A' g, x> for a linear op, and that A' A' = A under a second pass."""
    source = leaf(x)
    y = forward(source)
    g = leaf(draw(*y.shape, seed=1))
    (pulled,) = minigen.grad(y, source, g, create_graph=True)
    assert pulled is not None
    assert pulled.shape == x.shape
    left, right = (g.numpy() * y.numpy()).sum(), (pulled.numpy() * x).sum()
    np.testing.assert_allclose(left, right, rtol=1e-10, atol=1e-12)
    if pulled.requires_grad:
        direction = draw(*x.shape, seed=2)
        (pushed,) = minigen.grad(pulled, g, direction)
        assert pushed is not None
        np.testing.assert_allclose(pushed.numpy(), forward(direction), rtol=1e-12)


# --- adjoints of any shape ------------------------------------------------------------------------


@settings(max_examples=100)
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3))
def test_sum_to_size_is_the_adjoint_of_broadcast_to(shapes: hnp.BroadcastableShapes) -> None:
    small, large = shapes.input_shapes[0], shapes.result_shape
    x, y = draw(*small), draw(*large, seed=1)
    spread: Any = F.broadcast_to(x, large)
    summed: Any = F.sum_to_size(y, small)
    np.testing.assert_array_equal(spread, np.broadcast_to(x, large))
    np.testing.assert_allclose((spread * y).sum(), (x * summed).sum(), atol=1e-12)
    assert_adjoint(lambda t: F.broadcast_to(t, large), x)
    assert_adjoint(lambda t: F.sum_to_size(t, small), y)


@settings(max_examples=200)
@given(st.data())
def test_put_is_the_adjoint_of_getitem_for_any_basic_index(data: st.DataObject) -> None:
    shape = data.draw(SHAPES.filter(lambda s: len(s) > 0))
    index = data.draw(hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True))
    x = draw(*shape)
    picked: Any = F.getitem(x, index)
    np.testing.assert_array_equal(picked, x[index])
    assert_adjoint(lambda t: F.getitem(t, index), x)
    assert_adjoint(lambda t: F.put(t, index, shape), draw(*np.shape(picked), seed=3))


@settings(max_examples=200)
@given(st.data())
def test_put_is_the_adjoint_of_getitem_for_any_integer_arrays(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=3))
    index = data.draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2)))
    x = draw(*shape)
    assert_adjoint(lambda t: t[index], x)
    assert_adjoint(lambda t: F.put(t, index, shape), draw(*x[index].shape, seed=3))


@settings(max_examples=100)
@given(st.data())
def test_put_is_the_adjoint_of_getitem_for_any_mask(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(max_dims=3, max_side=3))
    mask = data.draw(hnp.arrays(np.bool_, shape[: data.draw(st.integers(1, len(shape)))]))
    x = draw(*shape)
    np.testing.assert_array_equal(leaf(x)[mask].numpy(), x[mask])
    assert_adjoint(lambda t: t[mask], x)


@settings(max_examples=100)
@given(st.data())
def test_shapes_and_axes_change_as_in_numpy_and_back(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    x, ndim = draw(*shape), len(shape)
    order = tuple(data.draw(st.permutations(range(ndim))))
    calls: list[tuple[Function, Floats]] = [
        (lambda t: F.permute(t, order), x.transpose(order)),
        (F.squeeze, x.squeeze()),
        (lambda t: F.reshape(t, (x.size,)), x.reshape(-1)),
        (F.clone, x),
    ]
    if ndim:
        a, b = (data.draw(st.integers(-ndim, ndim - 1)) for _ in range(2))
        calls.append((lambda t: F.transpose(t, a, b), x.swapaxes(a, b)))
    new = data.draw(st.integers(-ndim - 1, ndim))
    calls.append((lambda t: F.unsqueeze(t, new), np.expand_dims(x, new)))
    for forward, expected in calls:
        np.testing.assert_array_equal(forward(leaf(x)).numpy(), expected)
        assert_adjoint(forward, x)


@settings(max_examples=100)
@given(st.data())
def test_padding_and_joining_are_undone_by_slicing(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=3))
    x = draw(*shape)
    count = data.draw(st.integers(0, len(shape)))
    widths = data.draw(st.lists(st.integers(0, 2), min_size=2 * count, max_size=2 * count))
    pairs = [(0, 0)] * (len(shape) - count) + list(zip(widths[::2], widths[1::2], strict=True))[
        ::-1
    ]
    np.testing.assert_array_equal(F.pad(x, widths), np.pad(x, pairs))
    assert_adjoint(lambda t: F.pad(t, widths), x)
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    assert_adjoint(lambda t: F.cat([t, t * 2, x * 0], axis), x)
    assert_adjoint(lambda t: F.stack([t, t * 2], axis), x)


# --- reshape, permute and their kin ---------------------------------------------------------------


def test_lengths_come_one_by_one_or_as_a_sequence() -> None:
    x = leaf(draw(2, 3, 4))
    for y in (x.reshape(6, 4), x.reshape((6, 4)), x.reshape([6, -1]), x.view(-1, 4)):
        assert y.shape == (6, 4)
    for y in (x.permute(2, 0, 1), x.permute((2, 0, 1)), x.permute([-1, 0, 1])):
        assert y.shape == (4, 2, 3)
    assert x.broadcast_to(5, 2, 3, 4).shape == x.expand((5, 2, 3, 4)).shape == (5, 2, 3, 4)
    assert x.reshape(24).shape == x.reshape(-1).shape == F.reshape(x, -1).shape == (24,)
    assert minigen.ones(1, 1).reshape(()).shape == minigen.ones(1).reshape().shape == ()
    assert x.reshape(np.int64(6), np.int64(4)).shape == (6, 4)
    length: Any = np.int64(24)
    assert F.reshape(x, length).shape == (24,)


def test_the_transpose_reverses_all_axes() -> None:
    x = leaf(draw(2, 3, 4))
    np.testing.assert_array_equal(x.T.numpy(), x.numpy().T)
    assert minigen.tensor(1.0).T.shape == ()
    assert leaf(draw(3)).T.shape == (3,)


def test_flatten_merges_axes() -> None:
    x = leaf(draw(2, 3, 4))
    assert x.flatten().shape == (24,)
    assert x.flatten(1).shape == (2, 12)
    assert x.flatten(0, 1).shape == (6, 4)
    assert x.flatten(1, 1).shape == (2, 3, 4)
    assert x.flatten(start_dim=-2, end_dim=-1).shape == (2, 12)
    assert minigen.tensor(1.0).flatten().shape == (1,)
    assert minigen.zeros(2, 0).flatten().shape == (0,)


def test_squeeze_drops_only_axes_of_length_1() -> None:
    x = minigen.ones(1, 2, 1)
    assert x.squeeze().shape == (2,)
    assert x.squeeze(0).shape == (2, 1)
    assert x.squeeze(-1).shape == (1, 2)
    assert x.squeeze(1).shape == (1, 2, 1)
    assert x.squeeze((0, 1)).shape == (2, 1)
    assert x.squeeze(dim=0).shape == (2, 1)
    assert x.unsqueeze(dim=1).shape == (1, 1, 2, 1)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda x: x.reshape(4), ValueError, "reshape: cannot reshape"),
        (lambda x: x.reshape(-1, -1), ValueError, "reshape: "),
        (lambda x: x.permute(0, 0), ValueError, "permute: "),
        (lambda x: x.permute(0), ValueError, "permute: "),
        (lambda x: x.permute(0, 5), (ValueError, IndexError), "permute: "),
        (lambda x: x.transpose(0, 2), IndexError, "transpose: axis 2 is out of range for 2 axes"),
        (lambda x: x.unsqueeze(4), IndexError, "unsqueeze: axis 4 is out of range for 3 axes"),
        (lambda x: x.squeeze(-3), IndexError, "squeeze: axis -3 is out of range for 2 axes"),
        (lambda x: x.flatten(1, 0), ValueError, "flatten: start_dim 1 comes after end_dim 0"),
        (lambda x: x.flatten(2), IndexError, "flatten: axis 2 is out of range"),
        (lambda x: x.broadcast_to(2, 4), ValueError, "broadcast_to: "),
        (lambda x: x.broadcast_to(3), ValueError, "broadcast_to: "),
        (
            lambda x: F.sum_to_size(x, (2,)),
            ValueError,
            r"shape \(2,\) does not broadcast to \(2, 3",
        ),
        (lambda x: F.sum_to_size(x, (1, 2, 3)), ValueError, "does not broadcast"),
        (lambda x: F.sum_to_size(x, (4, 3)), ValueError, "does not broadcast"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_by_the_ops_name(
    call: Any, kind: Any, message: str
) -> None:
    with pytest.raises(kind, match=message):
        call(minigen.ones(2, 3))


def test_axis_index_and_as_shape() -> None:
    assert axis_index(-1, 3) == 2
    assert as_shape(3) == (3,)
    assert as_shape([2, 3]) == (2, 3)
    for axis in (3, -4):
        with pytest.raises(IndexError, match=f"axis {axis} is out of range for 3 axes"):
            axis_index(axis, 3)


# --- indexing -------------------------------------------------------------------------------------

MATRIX = np.arange(12.0).reshape(3, 4)
INDICES: dict[str, Any] = {
    "integer": 1,
    "negative": -1,
    "NumPy integer": np.int64(2),
    "slice": slice(None, None, 2),
    "reversed": slice(None, None, -1),
    "rows and columns": (slice(1, None), slice(0, 3)),
    "ellipsis": (..., 1),
    "only ellipsis": ...,
    "new axis": (slice(None), None),
    "empty tuple": (),
    "list": [2, 0],
    "empty list": [],
    "repeated": np.array([1, 1, 1]),
    "negative integers": np.array([-1, 0, -1]),
    "unsigned": np.array([2, 0], np.uint8),
    "matrix of integers": np.array([[0, 1], [2, 2]]),
    "pairs": (np.array([0, 0, 2]), np.array([1, 1, 3])),
    "broadcast": (np.array([[0], [2]]), np.array([1, 3])),
    "array and slice": (np.array([0, 2]), slice(1, 3)),
    "slice and array": (slice(None), np.array([3, 3])),
    "integer and array": (1, np.array([3, 3])),
    "no integers": np.array([], int),
    "mask": MATRIX % 3 == 0,
    "row mask": np.array([True, False, True]),
    "column mask": (slice(None), np.array([True, False, True, True])),
    "empty mask": np.zeros((3, 4), bool),
    "zero axes": np.array(2),
    "true": True,
    "false": False,
}


@pytest.mark.parametrize("name", INDICES)
def test_an_index_picks_what_numpy_picks_and_its_gradient_counts_the_picks(name: str) -> None:
    index = INDICES[name]
    x = leaf(MATRIX)
    y = x[index]
    np.testing.assert_array_equal(y.numpy(), MATRIX[index])
    y.sum().backward()
    counts = np.zeros_like(MATRIX)
    for place in np.arange(12).reshape(3, 4)[index].ravel():
        counts.ravel()[place] += 1
    np.testing.assert_array_equal(gradient_of(x), counts)


def as_tensors(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(as_tensors(part) for part in index)
    return minigen.tensor(index) if isinstance(index, np.ndarray) else index


@pytest.mark.parametrize("pick", [lambda x, i: x[i], F.getitem], ids=["brackets", "function"])
@pytest.mark.parametrize(
    "name", [n for n, i in INDICES.items() if as_tensors(i) is not i and "tuple" not in n]
)
def test_tensors_serve_as_indices(name: str, pick: Any) -> None:
    index = INDICES[name]
    x = leaf(MATRIX)
    y = pick(x, as_tensors(index))
    np.testing.assert_array_equal(y.numpy(), MATRIX[index])
    y.sum().backward()
    again = leaf(MATRIX)
    again[index].sum().backward()
    np.testing.assert_array_equal(gradient_of(x), gradient_of(again))


def test_a_list_of_tensors_serves_as_an_index() -> None:
    x = leaf([1.0, 2.0, 3.0])
    y = x[[minigen.tensor(2), minigen.tensor(0)]]
    assert y.tolist() == [3, 1]
    y.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [1, 0, 1])


def test_integer_tensors_bound_slices() -> None:
    x = leaf([1.0, 2.0, 3.0])
    y = x[minigen.tensor(1) : minigen.tensor(3)]
    assert y.tolist() == [2, 3]
    y.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [0, 1, 1])


@pytest.mark.parametrize("index", [3, -4, (0, 4), (0, 0, 0), np.array([True] * 4)])
def test_an_index_out_of_range_is_an_index_error(index: Any) -> None:
    with pytest.raises(IndexError, match=r"getitem: .*\(got float32 \(3, 4\)\)"):
        minigen.ones(3, 4)[index]


@pytest.mark.host_only("CuPy wraps an index out of range round, and to check is to wait")
def test_an_array_of_indices_out_of_range_is_an_index_error() -> None:
    with pytest.raises(IndexError, match=r"getitem: .*\(got float32 \(3, 4\)\)"):
        minigen.ones(3, 4)[np.array([5])]


@pytest.mark.parametrize(
    "index", [1.0, "row", np.array([0.5]), minigen.tensor(1.0), (0, None, "a")]
)
def test_an_index_of_another_kind_is_an_index_error(index: Any) -> None:
    with pytest.raises((IndexError, TypeError), match=r"getitem: .*\(got float32 \(3,\)\)"):
        minigen.ones(3)[index]


def test_gradients_add_up_over_overlapping_picks() -> None:
    x = leaf([1.0, 2.0, 3.0])
    (x[:2] * x[1:]).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [2, 4, 2])


def test_put_adds_and_put_twice_adds_twice() -> None:
    y = F.put(minigen.tensor([1.0, 2.0, 4.0]), np.array([1, 1, 0]), (3,))
    assert y.tolist() == [4, 3, 0]
    assert F.put(minigen.tensor([1.0, 2.0]), slice(0, 2), 3).tolist() == [1, 2, 0]


def test_many_float32_elements_put_at_one_place_keep_their_digits() -> None:
    total = F.put(minigen.full((100_000,), 0.1), minigen.zeros(100_000, dtype="int64"), (1,))
    assert total.dtype == np.float32
    assert total.item() == pytest.approx(10_000 * (1 + 1.49e-8), rel=1e-7)


@pytest.mark.host_only("CuPy adds no int64 at indices")
@pytest.mark.parametrize("count", [3, 100])
def test_integers_that_no_float_holds_are_put_as_they_are(count: int) -> None:
    x = minigen.tensor(np.arange(count) + 2**60)
    places = minigen.tensor(np.arange(count)[::-1].copy())
    assert F.put(x, places, (count,)).tolist() == x.tolist()[::-1]


@pytest.mark.parametrize(
    "name",
    ["integer", "NumPy integer", "reversed", "rows and columns", "ellipsis", "new axis"],
)
def test_what_is_picked_once_gets_its_cotangent_bit_for_bit(name: str) -> None:
    index = INDICES[name]
    x = leaf(MATRIX)
    y = x[index]
    y.backward(np.full(y.shape, -0.0))  # to which 0 is not added
    assert np.signbit(gradient_of(x)[index]).all()
    assert np.signbit(gradient_of(x)).sum() == y.size


# --- joining and padding --------------------------------------------------------------------------


def test_cat_and_stack_join_along_the_first_axis_by_default() -> None:
    a, b = draw(2, 3), draw(4, 3, seed=1)
    np.testing.assert_array_equal(F.cat([a, b]), np.concatenate([a, b]))
    np.testing.assert_array_equal(F.concatenate(a, b), np.concatenate([a, b]))
    np.testing.assert_array_equal(F.stack([a, a]), np.stack([a, a]))


def test_cat_and_stack_are_numpys() -> None:
    a, b = draw(2, 3), draw(2, 3, seed=1)
    for axis in (0, 1, -1, -2):
        for y in (F.cat([leaf(a), b], axis), F.cat((a, leaf(b)), dim=axis)):
            np.testing.assert_array_equal(y.numpy(), np.concatenate([a, b], axis))
    for axis in (0, 1, 2, -1):
        for y in (F.stack([leaf(a), b], axis), F.stack((a, leaf(b)), dim=axis)):
            np.testing.assert_array_equal(y.numpy(), np.stack([a, b], axis))
    assert F.stack([leaf(1.0), leaf(2.0)]).tolist() == [1, 2]
    assert F.cat([leaf(a)]).shape == (2, 3)


def test_joined_parts_of_different_lengths_get_their_own_gradient() -> None:
    a, b, c = leaf(draw(1, 2)), leaf(draw(0, 2)), leaf(draw(3, 2))
    weight = draw(4, 2, seed=5)
    (F.cat([a, b, c]) * weight).sum().backward()
    np.testing.assert_array_equal(gradient_of(a), weight[:1])
    assert gradient_of(b).shape == (0, 2)
    np.testing.assert_array_equal(gradient_of(c), weight[1:])


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: F.cat([]), ValueError, "cat: no tensors to join"),
        (lambda: F.stack([]), ValueError, "stack: tensors of one shape are needed, got"),
        (lambda: F.cat([minigen.ones(2, 3), minigen.ones(2, 4)]), ValueError, "concatenate: .*got"),
        (lambda: F.cat([minigen.ones(2), minigen.ones(1, 2)]), ValueError, "concatenate: .*got"),
        (lambda: F.cat([minigen.tensor(1.0)]), ValueError, "concatenate: zero-dimensional"),
        (lambda: F.cat([minigen.ones(2)], axis=1), IndexError, "concatenate: axis 1 is out"),
        (
            lambda: F.stack([minigen.ones(2), minigen.ones(3)]),
            ValueError,
            r"one shape are needed, got \[\(2,\), \(3,\)\]",
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(call: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        call()


def test_pads_come_in_pytorchs_order_from_the_last_axis() -> None:
    x = leaf([[1.0, 2.0]])
    assert F.pad(x, (1, 0)).tolist() == [[0, 1, 2]]
    assert F.pad(x, (0, 1, 1, 0), value=9.0).tolist() == [[9, 9, 9], [1, 2, 9]]
    assert F.pad(x, ()).tolist() == [[1, 2]]
    F.pad(x, (1, 2, 3, 4), "constant", 5.0).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [[1, 1]])


@pytest.mark.parametrize("widths", [(1,), (-1, 0), (1, 1, 1, 1, 1, 1)])
def test_pads_that_do_not_fit_are_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"pad: pad .* must hold pairs \(before, after\)"):
        F.pad(minigen.ones(2, 2), widths)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("reflect", [3, 2, 1, 2, 3, 2]),
        ("replicate", [1, 1, 1, 2, 3, 3]),
        ("circular", [2, 3, 1, 2, 3, 1]),
    ],
)
def test_a_border_may_be_copied_from_within(mode: str, expected: list[int]) -> None:
    x = leaf([1.0, 2.0, 3.0])
    padded = F.pad(x, (2, 1), mode=mode)
    assert padded.tolist() == expected
    padded.sum().backward()
    assert gradient_of(x).tolist() == [expected.count(value) for value in (1, 2, 3)]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"pad": (3, 0), "mode": "reflect"}, r"an axis of 4 or more is .* \(3, 0\), got 3"),
        ({"pad": (0, 4), "mode": "circular"}, r"an axis of 4 or more is .* \(0, 4\), got 3"),
        ({"pad": (1, 1), "mode": "mirror"}, "mode 'mirror' is none of 'constant', 'reflect'"),
        ({"pad": (1, 1), "mode": "reflect", "value": 2.0}, "value 2.0 belongs to mode 'constant'"),
    ],
)
def test_borders_that_can_not_be_copied_are_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=f"pad: .*{told}"):
        F.pad(minigen.ones(3), **options)
    F.pad(minigen.ones(3), (2, 2), mode="reflect")
    F.pad(minigen.ones(3), (3, 3), mode="circular")


def test_nothing_is_there_to_replicate_along_an_empty_axis() -> None:
    with pytest.raises(ValueError, match="an axis of 1 or more is expected"):
        F.pad(minigen.ones(0), (1, 1), mode="replicate")


# --- memory ---------------------------------------------------------------------------------------


def test_a_clone_shares_no_memory_and_keeps_the_graph() -> None:
    x = leaf([1.0, 2.0])
    y = x.clone()
    assert not np.shares_memory(x.array, y.array)
    (y * y).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [2, 4])


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize("create_graph", [False, True])
def test_the_gradient_of_a_copy_goes_back_to_the_device_of_its_source(create_graph: bool) -> None:
    x = minigen.tensor([1.0, 2.0], device="cuda", requires_grad=True)
    y = F.to_device(x, "cpu")
    (gradient,) = minigen.grad(y.sum(), x, create_graph=create_graph)
    assert gradient is not None
    assert (y.device, gradient.device) == ("cpu", x.device)


def test_views_show_the_memory_of_their_source_as_in_pytorch() -> None:
    x = minigen.ones(2, 3)
    for view in (x.reshape(6), x.T, x[0], x.unsqueeze(0), x.flatten(), x.transpose(0, 1)):
        assert np.shares_memory(view.array, x.array)


def test_conversions_keep_values_and_shape() -> None:
    x = minigen.tensor([1.5, -2.5])
    values: dict[str, npt.NDArray[Any]] = {
        "float64": np.array([1.5, -2.5]),
        "int64": np.array([1, -2]),
        "bool": np.array([True, True]),
    }
    for dtype, expected in values.items():
        np.testing.assert_array_equal(x.astype(dtype).numpy(), expected)
        np.testing.assert_array_equal(F.astype(x, dtype).numpy(), expected)


def test_unbroadcast_sums_where_shapes_differ_and_only_there() -> None:
    g = np.ones((2, 3))
    assert unbroadcast(g, np.ones(3)).tolist() == [2, 2, 2]
    assert unbroadcast(g, (2, 1)).tolist() == [[3], [3]]
    assert unbroadcast(g, np.ones((2, 3))) is g
