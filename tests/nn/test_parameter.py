"""Parameters: tensors that own their values and require gradients."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import minigen
from minigen import nn


def test_a_parameter_requires_a_gradient_and_can_be_frozen() -> None:
    assert nn.Parameter([1.0]).requires_grad
    assert not nn.Parameter([1.0], requires_grad=False).requires_grad


def test_python_floats_become_float32_and_an_array_keeps_its_dtype() -> None:
    assert nn.Parameter([1.0]).dtype == np.float32
    assert nn.Parameter(np.ones(2)).dtype == np.float64


@pytest.mark.parametrize("make", [np.asarray, minigen.Tensor])
def test_a_parameter_owns_its_values(make: type) -> None:
    source = np.ones(2, np.float32)
    parameter = nn.Parameter(make(source))
    parameter.array[0] = 5
    assert source.tolist() == [1, 1]


def test_a_parameter_of_integers_is_refused() -> None:
    with pytest.raises(TypeError, match="int64"):
        nn.Parameter(np.array([1, 2]))


def test_ops_on_a_parameter_give_plain_tensors() -> None:
    assert type(nn.Parameter([1.0]) * 2) is minigen.Tensor


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_a_copy_is_a_parameter_with_memory_of_its_own(duplicate) -> None:  # type: ignore[no-untyped-def]
    parameter = nn.Parameter([1.0, 2.0])
    (parameter * 3).sum().backward()
    copied = duplicate(parameter)
    assert isinstance(copied, nn.Parameter)
    assert copied.requires_grad
    assert copied.tolist() == [1, 2]
    assert copied.grad is not None
    assert copied.grad.tolist() == [3, 3]
    assert not np.shares_memory(copied.array, parameter.array)
