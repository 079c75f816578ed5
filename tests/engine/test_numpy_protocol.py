"""NumPy's functions of a tensor: values where no gradient is lost, helpful words elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import Tensor
from tests.numeric import leaf


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            np.exp,
            r"np\.exp of a tensor: NumPy knows no gradients; use F\.exp\(\.\.\.\) or x\.exp\(\)",
        ),
        (np.absolute, r"np\.absolute of a tensor: .*use F\.abs\(\.\.\.\) or x\.abs\(\)"),
        (lambda x: np.add(x, 1), r"np\.add of a tensor: .*use F\.add\(\.\.\.\) or x\.add\(\)"),
        (lambda x: np.maximum(x, x), r"np\.maximum of a tensor: .*use F\.maximum"),
        (np.mean, r"np\.mean of a tensor: .*use F\.mean\(\.\.\.\) or x\.mean\(\)"),
        (np.max, r"np\.max of a tensor: .*use F\.max"),
        (np.std, r"np\.std of a tensor: .*use F\.std"),
        (np.arctan, r"np\.arctan of a tensor: .*use np\.arctan\(x\.detach\(\)\.numpy\(\)\)"),
        (np.add.reduce, r"np\.add\.reduce of a tensor: .*np\.add\.reduce\(x\.detach"),
    ],
)
@pytest.mark.parametrize("requires_grad", [False, True])
def test_a_numpy_function_is_refused_with_what_to_use_in_its_place(
    function: Callable[[Any], Any], message: str, requires_grad: bool
) -> None:
    x = minigen.ones(3, requires_grad=requires_grad)
    with pytest.raises(TypeError, match=message):
        function(x)


def test_a_tensor_is_not_computed_into_a_numpy_array() -> None:
    total = np.zeros(2)
    with pytest.raises(TypeError, match="can't be computed into a NumPy array"):
        total += minigen.ones(2)
    assert total.tolist() == [0, 0]


@pytest.mark.host_only("a NumPy array meets a tensor")
def test_an_operator_with_an_array_on_the_left_is_the_tensors() -> None:
    x, array = leaf([1.0, 2.0]), np.array([3.0, 4.0])
    for y in (array + x, np.float64(2) * x, array**x, array @ x, np.multiply(array, x)):
        assert isinstance(y, Tensor)
        assert y.requires_grad
    assert (array > x).tolist() == [True, True]
    with pytest.raises(TypeError, match="bitwise_xor"):
        array ^ x


@pytest.mark.host_only("NumPy is given a tensor")
def test_functions_of_values_take_a_tensor_that_carries_no_gradient() -> None:
    x = minigen.tensor([1.0, 2.0])
    assert np.allclose(x, [1, 2])
    assert np.array_equal(x, x)
    assert np.shape(x) == (2,)
    assert np.argmax(x) == 1
    assert np.concatenate([x, x]).tolist() == [1, 2, 1, 2]
    with pytest.raises(RuntimeError, match=r"would cut the graph.*detach\(\)"):
        np.concatenate([leaf([1.0])])


def test_cupy_which_asks_the_tensor_is_told_to_leave_operators_to_it() -> None:
    assert minigen.ones(1).__array_ufunc__ is None
