"""The operators and methods of `Tensor` are calls of the ops."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest

import minigen
import minigen.functional as F
from minigen import Tensor
from tests.numeric import draw, gradient_of, leaf

METHODS: dict[str, tuple[Any, ...]] = {
    "add": (2,),
    "sub": (2,),
    "mul": (2,),
    "div": (2,),
    "neg": (),
    "square": (),
    "reciprocal": (),
    "rsqrt": (),
    "floor": (),
    "ceil": (),
    "round": (),
    "isnan": (),
    "isinf": (),
    "isfinite": (),
    "lerp": (2.0, 0.5),
    "log1p": (),
    "masked_fill": (np.array([True, False, True]), 0.5),
    "eq": (0.6,),
    "ne": (0.6,),
    "lt": (0.6,),
    "le": (0.6,),
    "gt": (0.6,),
    "ge": (0.6,),
    "mm": (np.ones((3, 2)),),
    "norm": (2, 1),
    "t": (),
    "tril": (1,),
    "triu": (1,),
    "repeat": (2, 3),
    "repeat_interleave": (2, 1),
    "narrow": (1, 1, 2),
    "index_select": (1, np.array([2, 0])),
    "flip": (0, 1),
    "roll": (1, 0),
    "movedim": (0, 1),
    "moveaxis": (0, 1),
    "swapaxes": (0, 1),
    "unflatten": (1, (3, 1)),
    "exp": (),
    "log": (),
    "sqrt": (),
    "abs": (),
    "sign": (),
    "sin": (),
    "cos": (),
    "pow": (2,),
    "clip": (0.5, 0.8),
    "clamp": (0.5, 0.8),
    "maximum": (0.6,),
    "minimum": (0.6,),
    "relu": (),
    "sigmoid": (),
    "tanh": (),
    "softmax": (0,),
    "log_softmax": (0,),
    "matmul": (np.ones((3, 2)),),
    "sum": (1,),
    "mean": (1,),
    "var": (1,),
    "std": (1,),
    "max": (),
    "min": (),
    "amax": (1,),
    "amin": (1,),
    "argmax": (1,),
    "argsort": (1,),
    "cumsum": (1,),
    "gather": (1, np.zeros((2, 2), int)),
    "scatter_add": (1, np.zeros((2, 1), int), np.ones((2, 1))),
    "nonzero": (),
    "argmin": (1,),
    "all": (1,),
    "any": (1,),
    "logsumexp": (1,),
    "transpose": (0, 1),
    "squeeze": (),
    "unsqueeze": (1,),
    "flatten": (),
    "clone": (),
    "astype": ("float64",),
    "reshape": ((3, 2),),
    "permute": ((1, 0),),
    "broadcast_to": ((2, 2, 3),),
}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_the_function_of_its_name(name: str) -> None:
    x = minigen.tensor(draw(2, 3, low=0.2))
    method, function = getattr(x, name), getattr(F, name)
    result = method(*METHODS[name])
    assert isinstance(result, Tensor)
    np.testing.assert_array_equal(result.numpy(), function(x, *METHODS[name]).numpy())


def test_every_method_of_the_class_is_a_method_of_the_tensor() -> None:
    for name in vars(Tensor):
        assert hasattr(Tensor, name)


@pytest.mark.parametrize(("name", "argument"), [("split", 2), ("chunk", 2), ("unbind", 0)])
def test_a_method_that_divides_gives_the_pieces_of_the_function(name: str, argument: int) -> None:
    x = minigen.tensor(draw(3, 2))
    pieces, wanted = getattr(x, name)(argument), getattr(F, name)(x, argument)
    assert [piece.tolist() for piece in pieces] == [piece.tolist() for piece in wanted]


def test_a_tensor_takes_shape_and_dtype_of_another() -> None:
    x, other = leaf([[1.0], [2.0]]), minigen.zeros(2, 3, dtype="float32")
    assert x.expand_as(other).tolist() == [[1.0] * 3, [2.0] * 3]
    assert x.type_as(other).dtype == np.float32


def test_contiguous_is_the_tensor_itself_or_a_copy_row_by_row() -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    assert x.contiguous() is x
    assert not x.T.is_contiguous()
    held = x.T.contiguous()
    assert held.is_contiguous()
    held[0].sum().backward()
    assert gradient_of(x).tolist() == [[1, 0], [1, 0]]


def test_a_clone_is_held_as_the_tensor_is() -> None:
    x = minigen.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    for held in (x, x.T, x.reshape(3, 2).T):
        assert held.clone().array.strides == held.array.strides
        assert held.clone().tolist() == held.tolist()


def test_a_gradient_is_held_as_its_rule_made_it() -> None:
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    (x.T * minigen.ones(2, 2)).sum().backward()
    assert x.grad is not None
    assert not x.grad.array.flags.c_contiguous
    assert not np.shares_memory(x.grad.array, x.array)


def test_conversions_by_name() -> None:
    x = minigen.tensor([1.5], dtype="float64")
    assert x.half().dtype == np.float16
    assert x.int().dtype == np.int32
    assert x.bool().tolist() == [True]
    assert x.float().dtype == np.float32
    assert x.double().dtype == np.float64
    assert x.long().dtype == np.int64


@pytest.mark.parametrize(
    "name",
    ["add", "sub", "mul", "truediv", "pow", "matmul", "and", "or"],
)
def test_reflected_operators_keep_the_order_of_their_operands(name: str) -> None:
    left, right = np.array([1.0, 4.0]), np.array([2.0, 3.0])
    if name in {"and", "or"}:
        left, right = left > 2, right > 2
    expected = getattr(left, f"__{name}__")(right)
    result = getattr(Tensor, f"__r{name}__")(minigen.tensor(right), left)
    np.testing.assert_array_equal(result.numpy(), expected)


def test_numpy_arrays_leave_the_operation_to_the_tensor() -> None:
    x = leaf([1.0, 2.0])
    array: Any = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
    for y in (array + x, array - x, array * x, array / x, array**x, array @ x):
        assert isinstance(y, Tensor)
        assert y.requires_grad
    for z in (array == x, array < x, array >= x, array != x):
        assert isinstance(z, Tensor)
        assert z.shape == (2, 2)
    (array * x).sum().backward()
    np.testing.assert_array_equal(gradient_of(x), [4, 6])


def test_numpy_scalars_leave_the_operation_to_the_tensor() -> None:
    x = leaf([1.0, 2.0])
    scalars: list[Any] = [np.float64(2), np.float32(2), np.int64(2)]
    for scalar in scalars:
        for y in (scalar + x, scalar - x, scalar * x, scalar / x, scalar**x):
            assert isinstance(y, Tensor)
            assert y.dtype == np.float32
        assert (scalar > x).tolist() == [True, False]


def test_an_array_updated_in_place_by_a_tensor_becomes_a_tensor_or_is_refused() -> None:
    array: Any = np.ones(2)
    try:
        array += leaf([1.0, 2.0])
    except TypeError:
        return
    assert isinstance(array, Tensor)
    assert array.requires_grad


def test_size_is_numpys_number_and_pytorchs_method() -> None:
    x = minigen.zeros(2, 3, 4)
    assert x.size == x.numel() == 24
    assert json.dumps(x.size) == repr(x.size) == "24"
    assert x.size() == x.shape
    assert (x.size(0), x.size(dim=-1)) == (2, 4)
    assert x.dim() == x.ndim == 3
    again = pickle.loads(pickle.dumps(x.size))
    assert (again, again(1)) == (24, 3)
    with pytest.raises(IndexError, match="size: axis 3 is out of range for 3 axes"):
        x.size(3)


def test_expand_keeps_the_lengths_that_are_minus_1() -> None:
    x = leaf([[1.0], [2.0]])
    assert x.expand(-1, 3).tolist() == [[1.0] * 3, [2.0] * 3]
    assert x.expand((4, -1, -1)).shape == (4, 2, 1)
    x.expand(5, 2, -1).sum().backward()
    assert gradient_of(x).tolist() == [[5.0], [5.0]]
    for lengths in ((-1, 2, 1), (2,)):
        with pytest.raises(ValueError, match=r"expand: a length for each axis of \(2, 1\)"):
            x.expand(lengths)


def test_in_asks_for_an_element() -> None:
    x = minigen.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert 3 in x
    assert 5 not in x
    assert x[0] in x


def test_view_as_takes_the_shape_of_another() -> None:
    assert minigen.arange(6).view_as(np.zeros((2, 3))).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_the_layout_in_memory_is_told_in_elements() -> None:
    x = minigen.zeros(2, 3, 4, dtype="float64")
    assert (x.nelement(), x.element_size()) == (24, 8)
    assert (x.stride(), x.stride(-1), x.T.stride()) == ((12, 4, 1), 1, (1, 4, 12))
    assert x.type("int64").dtype == np.int64


def test_device_and_dtype_are_changed_at_once_or_by_name() -> None:
    x = minigen.ones(2)
    for moved in (
        x.to(x.device, "float64"),
        x.to(dtype="float64"),
        x.to("float64", device=x.device),
    ):
        assert moved.dtype == np.float64
        assert moved.device == x.device
    assert x.to(device=x.device) is x
    layer = minigen.nn.Dense(2, 1).to(x.device, "float64")
    assert layer.weight.dtype == np.float64
    assert layer.weight.device == x.device
    assert layer.to(dtype="float32").weight.dtype == np.float32
