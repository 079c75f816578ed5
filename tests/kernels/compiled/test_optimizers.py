"""Compiled updates change weights and moments as the optimisers' own text does, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import minigen
from minigen import nn, optim
from minigen.engine import choice
from minigen.kernels.compiled import optimizers as compiled
from minigen.kernels.compiled.compilation import LEAST

from .helpers import numbers, seeds

pytestmark = pytest.mark.host_only("kernels for NumPy's arrays")

CASES: list[tuple[Any, dict[str, Any]]] = [
    (optim.SGD, {}),
    (optim.SGD, {"weight_decay": 0.1}),
    (optim.SGD, {"weight_decay": 1.0}),
    (optim.SGD, {"momentum": 0.9, "dampening": 0.3}),
    (optim.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    (optim.RMSprop, {}),
    (optim.RMSprop, {"centered": True}),
    (optim.RMSprop, {"momentum": 0.9, "eps": 1e-3}),
    (optim.RMSprop, {"centered": True, "momentum": 0.9, "weight_decay": 0.1}),
    (optim.RMSprop, {"weight_decay": 1.0}),
    (optim.Adam, {}),
    (optim.Adam, {"betas": (0.5, 0.99), "weight_decay": 0.1}),
    (optim.Adam, {"weight_decay": 1.0}),
    (optim.Adam, {"amsgrad": True}),
    (optim.AdamW, {}),
    (optim.AdamW, {"amsgrad": True, "eps": 1e-3}),
]


def after_steps(kernels: str, case: tuple[Any, dict[str, Any]], dtype: str, seed: int) -> list[Any]:
    """Take three steps, with gradients of very different sizes; return weights and moments."""
    with choice.using(kernels):
        shapes = [(70, 60), (5,), ()]
        parameters = [nn.Parameter(minigen.tensor(numbers(s, dtype, seed))) for s in shapes]
        optimizer = case[0](parameters, lr=0.1, **case[1])
        for step in range(3):
            for p in parameters:
                scale = 10.0 ** numbers(p.shape, dtype, seed + 1) if p.shape else 1.0
                p.grad = minigen.tensor(numbers(p.shape, dtype, seed + 2 + step) * scale)
            optimizer.step()
    moments = [m for state in optimizer.state.values() for k, m in state.items() if k != "step"]
    return [p.array for p in parameters] + moments


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].__name__}, {case[1]}")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@settings(max_examples=2)
@given(seeds)
def test_a_step_is_that_of_numpy(case: tuple[Any, dict[str, Any]], dtype: str, seed: int) -> None:
    expected = after_steps(choice.READABLE, case, dtype, seed)
    found = after_steps(choice.COMPILED, case, dtype, seed)
    for of, by in zip(found, expected, strict=True):
        np.testing.assert_array_equal(of, by)
        assert of.dtype == by.dtype == dtype


def test_a_variance_that_rounding_makes_negative_is_0() -> None:
    gradient = numbers(5000, "float32", 0)
    found = []
    for kernels in (choice.READABLE, choice.COMPILED):
        with choice.using(kernels):
            weight = nn.Parameter(minigen.zeros(5000))
            optimizer = optim.RMSprop([weight], alpha=0.5, centered=True)
            for _ in range(60):  # of equal gradients, until the moments move no more
                weight.grad = minigen.tensor(gradient)
                optimizer.step()
        found.append(weight.array)
    np.testing.assert_array_equal(*found)
    assert np.isfinite(found[0]).all()


@pytest.mark.parametrize("imported", [True, False])
def test_small_parameters_are_served_if_numba_has_been_imported_already(
    imported: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "at_hand", lambda: imported)
    for size, served in ((1, imported), (LEAST - 1, imported), (LEAST, True)):
        weights, gradient = np.ones((2, size), "float32")
        found = compiled.sgd(
            weights,
            gradient,
            None,
            rate=0.5,
            momentum=0.0,
            dampening=0.0,
            nesterov=False,
            decay=0.0,
            first=True,
        )
        assert (found is not NotImplemented) == served
        np.testing.assert_array_equal(weights, 0.5 if served else 1.0)


def test_nan_stays_nan() -> None:
    weight = nn.Parameter(minigen.ones(5000))
    optimizer = optim.Adam([weight], amsgrad=True)
    for gradient in (np.nan, 1.0):
        weight.grad = minigen.full((5000,), gradient)
        optimizer.step()
    assert np.isnan(weight.array).all()


def test_a_subclass_whose_update_is_another_keeps_it() -> None:
    class Still(optim.SGD):
        def update(self, *arguments: Any) -> None:
            pass

    weight = nn.Parameter(minigen.ones(5000))
    weight.grad = minigen.ones(5000)
    Still([weight], lr=1.0).step()
    assert weight.array.min() == 1


def test_gradients_in_another_memory_order_are_left_to_numpy() -> None:
    weight = nn.Parameter(minigen.zeros(60, 70))
    weight.grad = minigen.tensor(numbers((70, 60), "float32", 0)).T
    expected = -weight.grad.array
    optim.SGD([weight], lr=1.0).step()
    np.testing.assert_array_equal(weight.array, expected)
