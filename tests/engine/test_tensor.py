"""Tensors: how they are made, what they say of themselves, and what they refuse."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import Tensor
from minigen.engine import backend
from tests.numeric import gradient_of, leaf

# --- making one -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [0.5, [0.5, 1], [[0.5], [1.5]], (0.5, 1.5), [], [np.float32(1), 2.5]]
)
def test_python_floats_become_float32(data: Any) -> None:
    x = minigen.tensor(data)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x.array, np.array(data, np.float32))


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (3, "int64"),
        ([1, 2], "int64"),
        (True, "bool"),
        ([True, False], "bool"),
        (range(3), "int64"),
        ([True, 2], "int64"),
    ],
)
def test_python_integers_and_booleans_keep_their_kind(data: Any, dtype: str) -> None:
    assert minigen.tensor(data).dtype == np.dtype(dtype)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint8", "int64", "?"])
def test_an_array_keeps_its_own_dtype(dtype: str) -> None:
    assert minigen.tensor(np.ones(2, dtype)).dtype == np.dtype(dtype)
    assert minigen.tensor(minigen.tensor(np.ones(2, dtype))).dtype == np.dtype(dtype)
    assert minigen.tensor(np.ones((), dtype)[()]).dtype == np.dtype(dtype)


@pytest.mark.parametrize("dtype", ["float64", np.float64, float, np.dtype("f8"), "f8", "double"])
def test_a_dtype_is_whatever_numpy_accepts_as_one(dtype: Any) -> None:
    for data in (1, [1.5], np.ones(2, np.float32), minigen.ones(2)):
        assert minigen.tensor(data, dtype=dtype).dtype == np.float64
    assert minigen.ones(2).to(dtype).dtype == np.float64
    assert minigen.zeros(2, dtype=dtype).dtype == np.float64


def test_python_floats_asked_as_float64_keep_all_their_digits() -> None:
    assert minigen.tensor(0.1, dtype="float64").item() == 0.1


@pytest.mark.host_only("a tensor shows NumPy's memory")
def test_tensor_copies_and_the_class_does_not() -> None:
    array = np.ones(3, np.float32)
    copied, shown = minigen.tensor(array), Tensor(array)
    array[0] = 5
    assert copied.tolist() == [1, 1, 1]
    assert shown.tolist() == [5, 1, 1]
    other = minigen.tensor(shown)
    assert not np.shares_memory(other.array, shown.array)


def test_a_read_only_array_becomes_a_tensor_that_can_be_written() -> None:
    array = np.broadcast_to(np.float32(1), (2, 2))
    x = minigen.tensor(array)
    x[0, 0] = 3
    assert x.tolist() == [[3, 1], [1, 1]]


def test_nested_lists_may_hold_tensors_and_arrays() -> None:
    x = leaf([1.0, 2.0])
    assert minigen.tensor([x[0], 3.0, np.float64(4)]).tolist() == [1, 3, 4]
    assert minigen.tensor([[x, x], [x, x]]).shape == (2, 2, 2)
    assert not minigen.tensor([x, x]).requires_grad


def test_a_tensor_made_from_a_tensor_is_a_leaf_outside_its_graph() -> None:
    x = leaf([1.0, 2.0])
    y = minigen.tensor(x * 2, requires_grad=True)
    assert y.is_leaf
    (y * y).sum().backward()
    assert x.grad is None
    np.testing.assert_array_equal(gradient_of(y), [4, 8])


@pytest.mark.parametrize("data", [None, "ab", object(), [1j], np.array(["a"]), [None, 1.0]])
def test_data_that_are_no_numbers_are_refused(data: Any) -> None:
    with pytest.raises(TypeError, match=r"tensor: .*expected floats, integers or Booleans"):
        minigen.tensor(data)


def test_ragged_lists_are_refused() -> None:
    with pytest.raises(ValueError, match="inhomogeneous"):
        minigen.tensor([[1.0, 2.0], [3.0]])


@pytest.mark.parametrize("data", [1, [1, 2], True, np.ones(2, np.int32), np.ones(2, np.bool_)])
def test_integers_and_booleans_cannot_require_a_gradient(data: Any) -> None:
    with pytest.raises(TypeError, match="has no gradient; convert it first"):
        minigen.tensor(data, requires_grad=True)
    x = minigen.tensor(data)
    with pytest.raises(TypeError, match="has no gradient; convert it first"):
        x.requires_grad = True
    with pytest.raises(TypeError, match="has no gradient; convert it first"):
        x.requires_grad_()
    assert not x.requires_grad


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "cuda:-1", "CPU", 0, ""])
def test_an_unknown_device_is_refused_by_name(device: Any) -> None:
    with pytest.raises(ValueError, match=f"unknown device {device!r}"):
        minigen.tensor(1.0, device=device)


# --- attributes -------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (3,), (2, 0, 3), (1, 2, 3, 4)])
def test_a_tensor_tells_its_shape_axes_size_dtype_and_device(shape: tuple[int, ...]) -> None:
    x = minigen.zeros(shape, dtype="float64", device="cpu")
    assert x.shape == shape
    assert x.ndim == len(shape)
    assert x.size == int(np.prod(shape))
    assert x.dtype == np.float64
    assert x.device == "cpu"
    assert not x.requires_grad
    assert x.grad is None
    assert isinstance(x.array, np.ndarray)


def test_results_of_ops_on_zero_axes_hold_arrays_and_not_scalars() -> None:
    x = leaf(np.ones(3))
    for y in (x.sum(), x.sum().exp(), x[0], x @ x, x.sum() * 2, x.max(), x.mean()):
        assert backend.is_array(y.array)
        assert y.shape == ()


def test_attributes_that_are_facts_cannot_be_set() -> None:
    x = minigen.ones(2)
    for name in ("shape", "ndim", "size", "dtype", "device", "is_leaf", "unheard_of"):
        with pytest.raises(AttributeError):
            setattr(x, name, 1)


def test_new_data_need_the_same_shape() -> None:
    x = minigen.ones(2)
    with pytest.raises(ValueError, match=r"tensor.data: got shape \(3,\), expected \(2,\)"):
        x.data = np.ones(3)


def test_new_data_given_as_numbers_keep_the_dtype() -> None:
    x = leaf([1.0, 2.0])
    x.data = [3.5, 4.5]
    assert x.dtype == np.float32
    assert x.tolist() == [3.5, 4.5]


def test_integers_cannot_become_the_data_of_a_tensor_that_requires_a_gradient() -> None:
    x = leaf([1.0, 2.0])
    with pytest.raises(TypeError, match="int"):
        x.data = np.array([1, 2])
    assert x.dtype == np.float32


def test_requires_grad_is_switched_on_and_off_on_leaves_only() -> None:
    x = minigen.ones(2)
    assert x.requires_grad_() is x
    y = x * 2
    with pytest.raises(RuntimeError, match=r"made by the op mul; detach\(\)"):
        y.requires_grad = False
    x.requires_grad = False
    assert not x.requires_grad
    assert not (x * 2).requires_grad


def test_leaves_are_the_tensors_that_no_recorded_op_made() -> None:
    x = leaf([1.0])
    assert x.is_leaf
    assert not (x * 2).is_leaf
    assert (x * 2).detach().is_leaf
    assert (minigen.ones(1) * 2).is_leaf
    with minigen.no_grad():
        assert (x * 2).is_leaf


# --- leaving the graph --------------------------------------------------------------------------


def test_detach_shares_memory_and_cuts_the_graph() -> None:
    x = leaf([1.0, 2.0])
    y = x.detach()
    assert np.shares_memory(x.array, y.array)
    assert not y.requires_grad
    (x * y).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [1, 2])


def test_numpy_is_a_copy_of_its_own() -> None:
    x = leaf([1.0, 2.0])
    array = x.numpy()
    array[0] = 9
    assert x.tolist() == [1, 2]
    assert array.dtype == np.float32


def test_item_is_a_python_number_of_one_element() -> None:
    assert type(minigen.tensor(2).item()) is int
    assert type(minigen.tensor([[2.5]]).item()) is float
    assert type(minigen.tensor(True).item()) is bool
    for x in (minigen.ones(2), minigen.zeros(0)):
        with pytest.raises(ValueError, match=rf"a tensor of shape \({x.size},\) is not one number"):
            x.item()


def test_conversion_to_python_numbers() -> None:
    x = leaf(2.5)
    assert float(x) == 2.5
    assert int(x) == 2
    assert bool(x)
    assert not bool(minigen.tensor([[0.0]]))
    assert f"{x:.3f}" == "2.500"
    assert minigen.tensor([1.5, 2.5]).tolist() == [1.5, 2.5]


def test_the_truth_of_several_elements_is_ambiguous() -> None:
    x = minigen.tensor([1.0, 1.0])
    for ask in (bool, float, int):
        with pytest.raises(ValueError, match=r"shape \(2,\)"):
            ask(x)
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        assert x == x.clone()


def test_integer_tensors_serve_as_indices_of_sequences() -> None:
    i = minigen.tensor(2)
    assert [10, 20, 30][i] == 30
    assert list(range(i)) == [0, 1]
    assert np.arange(5)[i] == 2
    for no_index in (minigen.tensor(1.0), minigen.tensor(True)):
        with pytest.raises(TypeError, match="no index"):
            _ = [10, 20][no_index]


def test_len_and_iteration_run_over_the_first_axis() -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    assert len(x) == 2
    rows = list(x)
    assert [row.tolist() for row in rows] == [[1, 2], [3, 4]]
    a, b = x
    (a * b).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [[3, 4], [1, 2]])
    assert list(minigen.zeros(0, 3)) == []


def test_a_tensor_without_axes_has_no_len_and_no_iteration() -> None:
    x = minigen.tensor(1.0)
    with pytest.raises(TypeError, match="without axes"):
        len(x)
    with pytest.raises(TypeError, match="without axes"):
        iter(x)


@pytest.mark.host_only("a tensor shows NumPy's memory")
def test_numpy_shows_a_tensor_outside_the_graph_without_a_copy() -> None:
    x = minigen.tensor([1.0, 2.0])
    assert np.shares_memory(np.asarray(x), x.array)
    assert not np.shares_memory(np.array(x), x.array)
    assert np.asarray(x, dtype="float64").dtype == np.float64
    with pytest.raises(ValueError, match="copy"):
        np.asarray(x, dtype="float64", copy=False)
    np.testing.assert_array_equal(np.concatenate([x, x]), [1, 2, 1, 2])


def test_numpy_refuses_a_tensor_whose_graph_it_would_cut() -> None:
    x = leaf([1.0, 2.0])
    converters: list[Any] = [np.asarray, np.array, lambda t: np.concatenate([t, t])]
    for convert in converters:
        with pytest.raises(RuntimeError, match=r"would cut the graph.*detach\(\)"):
            convert(x)


# --- identity and looks -------------------------------------------------------------------------


def test_tensors_are_hashed_by_identity() -> None:
    x, y = minigen.ones(2), minigen.ones(2)
    assert len({x, y, x}) == 2
    assert {x: "x", y: "y"}[y] == "y"
    assert hash(x) != hash(y)


@pytest.mark.host_only("elsewhere the device is shown, too")
@pytest.mark.parametrize(
    ("x", "text"),
    [
        (minigen.tensor([1.0, 2.0]), "tensor([1., 2.])"),
        (minigen.tensor([1, 2]), "tensor([1, 2])"),
        (minigen.tensor([True]), "tensor([ True])"),
        (minigen.tensor(1.5), "tensor(1.5)"),
        (minigen.tensor([1.0], dtype="float64"), "tensor([1.], dtype=float64)"),
        (leaf([1.0]), "tensor([1.], requires_grad=True)"),
        (leaf([1.0]) * 2, "tensor([2.], op=mul)"),
        (minigen.tensor([[1.0], [2.0]]), "tensor([[1.],\n        [2.]])"),
    ],
)
def test_repr_shows_values_and_what_is_not_obvious(x: Tensor, text: str) -> None:
    assert repr(x) == str(x) == f"{x}" == text


def test_augmented_assignment_changes_the_tensor_and_not_what_it_was_made_of() -> None:
    x = leaf([1.0, 2.0])
    y = held = x.clone()
    y += 1
    y *= x
    assert y is held
    assert x.tolist() == [1, 2]
    y.sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [3, 5])


@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy])
def test_a_leaf_can_be_copied(copier: Any) -> None:
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    twin = copier(x)
    assert twin is not x
    assert twin.requires_grad
    assert twin.tolist() == [1, 2]
    (twin * 3).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [2, 4])


def test_a_deep_copy_shares_no_memory() -> None:
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    twin = copy.deepcopy(x)
    assert not np.shares_memory(twin.array, x.array)
    assert x.grad is not None
    assert twin.grad is not None
    assert not np.shares_memory(twin.grad.array, x.grad.array)


def test_a_leaf_survives_pickling() -> None:
    file = io.BytesIO()
    pickle.dump(leaf([1.0, 2.0]), file)
    file.seek(0)
    x = pickle.load(file)
    assert x.tolist() == [1, 2]
    assert x.requires_grad
    (x * 2).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [2, 2])


@pytest.mark.parametrize("keep", [copy.deepcopy, pickle.dumps])
def test_a_result_inside_a_graph_says_to_detach_it_before_it_is_copied_or_pickled(
    keep: Any,
) -> None:
    with pytest.raises((TypeError, RuntimeError), match="detach"):
        keep(leaf([1.0, 2.0]) * 2)


# --- writing in place ----------------------------------------------------------------------------


def test_elements_can_be_written_outside_the_graph() -> None:
    x = minigen.zeros(2, 3)
    x[0] = 1
    x[:, 1] = minigen.tensor([5.0, 6.0])
    x[minigen.tensor([1]), minigen.tensor([2])] = 7
    x[x == 1] = -1
    assert x.tolist() == [[-1, 5, -1], [0, 6, 7]]
    assert x.copy_(minigen.ones(3)) is x
    assert x.tolist() == [[1, 1, 1]] * 2


def test_writing_keeps_the_dtype() -> None:
    x = minigen.zeros(2)
    x[0] = np.float64(0.1)
    x.copy_(np.array([0.5, 0.25]))
    assert x.dtype == np.float32


def test_a_leaf_that_requires_a_gradient_is_written_only_under_no_grad() -> None:
    x = leaf([1.0, 2.0])
    writers: list[Any] = [lambda t: t.copy_(0.0), lambda t: t.__setitem__(0, 1.0)]
    for write in writers:
        with pytest.raises(RuntimeError, match=r"can't be written in place.*no_grad"):
            write(x)
    with minigen.no_grad():
        x[0] = 5
    assert x.tolist() == [5, 2]
    assert x.requires_grad


def test_a_value_that_requires_a_gradient_is_not_silently_cut_off_by_a_write() -> None:
    x, collected = leaf([1.0, 2.0]), minigen.zeros(2)
    collected[0] = x.sum()
    collected.sum().backward()
    assert gradient_of(x).tolist() == [1, 1]
    collected = minigen.zeros(2)
    collected.copy_(x)
    (collected * 3).sum().backward()
    assert gradient_of(x).tolist() == [4, 4]
    with pytest.raises(RuntimeError, match="gradient"):
        minigen.zeros(2).long()[0] = x.sum()
    with minigen.no_grad():
        collected[0] = x.sum() + 1
    assert collected.tolist() == [4, 2]


def test_elements_cannot_be_deleted() -> None:
    with pytest.raises((TypeError, AttributeError)):
        del minigen.ones(2)[0]  # type: ignore[attr-defined]


# --- other dtypes and devices ---------------------------------------------------------------------


def test_to_returns_the_tensor_itself_where_nothing_changes() -> None:
    x = leaf([1.0])
    assert x.to("float32") is x
    assert x.to(x.device) is x
    assert x.to(np.dtype("float32")) is x


def test_gradients_flow_back_through_a_conversion_in_the_leafs_dtype() -> None:
    x = leaf([1.0, 2.0])
    y = x.to("float64")
    assert y.dtype == np.float64
    (y * y).sum().backward()
    assert gradient_of(x).dtype == np.float32
    np.testing.assert_array_equal(gradient_of(x), [2, 4])
    for convert in (Tensor.float, Tensor.double, lambda t: t.astype("float16")):
        assert convert(x).requires_grad


def test_gradients_of_gradients_flow_through_conversions() -> None:
    x = leaf([1.0, 2.0])
    (first,) = minigen.grad((x.to("float64") ** 3).sum(), x, create_graph=True)
    assert first is not None
    assert first.dtype == np.float32
    (second,) = minigen.grad(first.sum(), x)
    assert second is not None
    np.testing.assert_array_equal(second.numpy(), [6, 12])


@pytest.mark.parametrize("dtype", ["int64", "int8", "uint8", "bool"])
def test_a_conversion_to_integers_leaves_the_graph(dtype: str) -> None:
    x = leaf([1.0, 2.0])
    y = x.to(dtype)
    assert y.dtype == np.dtype(dtype)
    assert not y.requires_grad
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        y.sum().backward()


def test_long_gives_integers() -> None:
    assert minigen.tensor([1.9, -1.9]).long().tolist() == [1, -1]


@pytest.mark.parametrize("wrong", ["gpu", "float33", object()])
def test_to_names_what_is_neither_a_dtype_nor_a_device(wrong: Any) -> None:
    with pytest.raises(TypeError, match="neither a dtype such as 'float32' nor a device"):
        minigen.ones(1).to(wrong)


def test_big_endian_arrays_count_as_the_numbers_they_hold() -> None:
    x = leaf(np.array([1.0, 2.0], ">f4"))
    (x * x).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [2, 4])
    assert (x * 2.0).dtype == np.float32


def test_zero_grad_forgets_the_gradient() -> None:
    x = leaf([1.0])
    (x * 2).sum().backward()
    x.zero_grad()
    assert x.grad is None
    (x * 3).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [3])


def test_subclasses_keep_working_as_leaves() -> None:
    class Weight(Tensor):
        __slots__ = ("name",)

    w = Weight(np.ones(2, np.float32), requires_grad=True)
    (w * 2).sum().backward()
    np.testing.assert_array_equal(gradient_of(w), [2, 2])
    assert type(w * 2) is Tensor
