"""The stand-in flushes what a card flushes, and the library does without those numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import functional as F
from tests.strict.library import Library
from tests.strict.subnormal import SMALLEST, flushed

BELOW = np.float32(1e-40)


def test_results_below_the_smallest_normal_number_are_zeros_of_their_sign() -> None:
    given = np.array([BELOW, -BELOW, SMALLEST, -0.0, np.nan, np.inf], np.float32)
    found = flushed(given)
    np.testing.assert_array_equal(found, [0, 0, SMALLEST, 0, np.nan, np.inf])
    assert np.signbit(found).tolist()[:4] == [False, True, False, True]
    assert given[0] == BELOW


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_other_floats_keep_theirs(dtype: str) -> None:
    smallest = np.nextafter(np.zeros(1, dtype), np.ones(1, dtype))
    assert flushed(smallest)[0] != 0


@pytest.mark.parametrize(
    "compute",
    [
        lambda xp, x: xp.exp(x * 0 - 100),
        lambda xp, x: x * 0.5,
        lambda xp, x: x + 0,
        lambda xp, x: x.sum(),
        lambda xp, x: xp.maximum(x, 0),
        lambda xp, x: x > 0,
        lambda xp, x: x.astype(np.float64).astype(np.float32),
        lambda xp, x: xp.add(x, x, out=xp.empty_like(x)),
    ],
)
def test_arithmetic_reads_and_makes_zeros(compute: Callable[..., Any], cupy: Library) -> None:
    x = cupy.asarray(np.array([BELOW]))
    assert not compute(cupy, x).get().any()
    assert compute(np, np.array([BELOW])).any()


@pytest.mark.parametrize(
    "move",
    [
        lambda xp, x: x.copy(),
        lambda xp, x: x[::1].reshape(1, 1),
        lambda xp, x: xp.where(xp.isfinite(x), x, 1),
        lambda xp, x: xp.concatenate([x, x]),
        lambda xp, x: x.reshape(1, 1) @ xp.ones((1, 1), np.float32),
    ],
)
def test_copies_choices_and_products_keep_them(move: Callable[..., Any], cupy: Library) -> None:
    assert move(cupy, cupy.asarray(np.array([BELOW]))).get().all()


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_the_gradient_of_cross_entropy_by_its_target_is_finite_at_the_ends(device: str) -> None:
    probability = minigen.tensor([[0.0, 1.0, 0.5]], device=device)
    target = minigen.tensor([[0.5, 0.5, 0.5]], device=device, requires_grad=True)
    F.binary_cross_entropy(probability, target).backward()
    assert target.grad is not None
    np.testing.assert_array_equal(target.grad.numpy(), [[100, -100, 0]])


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_so_is_its_gradient_by_the_probability_and_that_once_more(device: str) -> None:
    probability = minigen.tensor([[0.0, 1.0, 0.5]], device=device, requires_grad=True)
    target = minigen.tensor([[0.5, 0.5, 0.5]], device=device, requires_grad=True)
    loss = F.binary_cross_entropy(probability, target)
    (by_target,) = minigen.grad(loss, target, create_graph=True)
    assert by_target is not None
    by_target.sum().backward()
    assert probability.grad is not None
    np.testing.assert_array_equal(probability.grad.numpy(), [[-1, -1, -4]])
