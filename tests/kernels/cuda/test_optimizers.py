"""Optimisers on a card update all parameters of a group in one launch, as on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn, optim
from minigen.kernels.cuda import optimizers as kernels
from tests.kernels.cuda.helpers import drawn
from tests.strict.counters import counting

MAKERS: dict[str, Callable[[Any], optim.Optimizer]] = {
    "adam": lambda p: optim.Adam(p, lr=0.1),
    "adam, decay": lambda p: optim.Adam(p, lr=0.1, weight_decay=0.1),
    "amsgrad": lambda p: optim.Adam(p, lr=0.1, amsgrad=True),
    "adamw": lambda p: optim.AdamW(p, lr=0.1, weight_decay=0.1),
    "sgd": lambda p: optim.SGD(p, lr=0.1, weight_decay=0.1),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.1),
    "nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.1, weight_decay=0.1),
    "centred": lambda p: optim.RMSprop(p, lr=0.1, centered=True, momentum=0.9),
    "rmsprop, momentum": lambda p: optim.RMSprop(p, lr=0.1, momentum=0.9),
}

SHAPES = ((3, 4), (5,), (2, 2, 2))


def parameters(device: str, dtype: str) -> list[nn.Parameter]:
    found = [nn.Parameter(drawn(dtype, *shape, seed=i)) for i, shape in enumerate(SHAPES)]
    return [nn.Parameter(minigen.tensor(p.numpy(), device=device).array) for p in found]


def step(optimizer: optim.Optimizer, given: list[nn.Parameter], number: int) -> None:
    for seed, parameter in enumerate(given):
        gradient = drawn(str(parameter.dtype), *parameter.shape, seed=10 * number + seed)
        parameter.grad = minigen.tensor(gradient, device=parameter.device)
    optimizer.step()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", MAKERS)
def test_steps_are_those_of_the_cpu_and_one_launch(name: str, dtype: str) -> None:
    here, there = parameters("cpu", dtype), parameters("cuda", dtype)
    ours, theirs = MAKERS[name](here), MAKERS[name](there)
    for number in range(3):
        step(ours, here, number)
        step(theirs, there, number)
    for a, b in zip(here, there, strict=True):
        rtol = 1e-5 if dtype == "float32" else 1e-12
        np.testing.assert_allclose(b.numpy(), a.numpy(), rtol=rtol, atol=rtol)
    for gradient in there:
        assert gradient.grad is not None
    with counting() as counters:
        theirs.step()
    assert [launch.kind for launch in counters.launches] == ["kernel"]
    assert theirs.state[there[0]]["step"] == 4


def test_more_parameters_than_a_table_holds_take_several_launches() -> None:
    many = [nn.Parameter(minigen.ones(2, device="cuda").array) for _ in range(kernels.MOST + 1)]
    optimizer = optim.SGD(many, lr=0.5)
    for parameter in many:
        parameter.grad = minigen.ones(2, device="cuda")
    with counting() as counters:
        optimizer.step()
    assert len(counters.launches) == 2
    assert all(parameter.tolist() == [0.5, 0.5] for parameter in many)


def test_a_gradient_in_another_memory_order_is_brought_into_the_weights_order() -> None:
    parameter = nn.Parameter(minigen.zeros(2, 3, device="cuda").array)
    gradient = drawn("float32", 3, 2)
    parameter.grad = minigen.Tensor(minigen.tensor(gradient, device="cuda").array.T)
    optim.SGD([parameter], lr=1.0).step()
    np.testing.assert_array_equal(parameter.numpy(), -gradient.T)


def test_parameters_that_have_seen_other_numbers_of_steps_are_updated_one_by_one() -> None:
    first, second = (nn.Parameter(minigen.ones(2, device="cuda").array) for _ in range(2))
    optimizer = optim.Adam([first, second], lr=0.1)
    first.grad = minigen.ones(2, device="cuda")
    optimizer.step()
    second.grad = minigen.ones(2, device="cuda")
    optimizer.step()
    np.testing.assert_allclose(second.numpy(), [0.9, 0.9], rtol=1e-6)
    np.testing.assert_allclose(first.numpy(), [0.8, 0.8], rtol=1e-6)


def test_a_write_is_logged() -> None:
    weight = nn.Parameter(minigen.ones(2, device="cuda").array)
    product = (weight * weight).sum()
    weight.grad = minigen.ones(2, device="cuda")
    optim.SGD([weight], lr=0.1).step()
    with pytest.raises(RuntimeError, match="changed in place"):
        product.backward()


def test_a_gradient_of_another_shape_is_refused() -> None:
    weight = nn.Parameter(minigen.ones(2, device="cuda").array)
    weight.grad = minigen.ones(3, device="cuda")
    with pytest.raises(ValueError, match=r"SGD: a parameter of shape \(2,\) has a gradient of sha"):
        optim.SGD([weight], lr=0.1).step()
