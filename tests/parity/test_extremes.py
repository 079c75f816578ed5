"""Extreme arguments in float32: finite, and equal to PyTorch's values and gradients one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from minigen import functional

from .draws import Array, Draw
from .evaluation import Library, Minigen
from .torch_reference import Torch

torch: Any = pytest.importorskip("torch")

MAGNITUDES = [0.0, 1e-30, 1e-3, 0.5, 3.0, 10.0, 16.6, 17.4, 50.0, 88.0, 89.0, 104.0, 1e3, 1e4]
LOGITS = np.array([sign * magnitude for magnitude in MAGNITUDES for sign in (1, -1)], np.float32)
ROWS = np.array(
    [
        [1e4, -1e4, 0.0],
        [-1e4, -1e4, -1e4],
        [1e4, 1e4, 9.99e3],
        [88.0, -88.0, 1e4],
        [0.0, -1e4, 1e-3],
        [-103.0, 0.0, -16.0],
    ],
    np.float32,
)

DENORMAL = 1e-37
"""From here on down float32 loses digits."""


def slopes(library: Library, function: Callable[[Any], Any], x: Array) -> tuple[Array, Array]:
    """Return the values of a function and its gradient, for random cotangents."""
    leaf = library.parameter(x)
    y = function(leaf)
    y.backward(library.parameter(Draw([0]).positives(tuple(y.shape)).astype(np.float32)).detach())
    return library.array(y), library.array(leaf.grad)


def assert_alike(
    ours: Callable[[Any], Any], theirs: Callable[[Any], Any], x: Array, least: float = 1e-6
) -> None:
    """Compare each element on its own scale; what is less than `least` may be nothing."""
    for actual, expected in zip(
        slopes(Minigen(0), ours, x), slopes(Torch(), theirs, x), strict=True
    ):
        assert actual.dtype == np.float32
        assert np.isfinite(actual).all()
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=least)


@pytest.mark.parametrize(
    ("name", "least"),
    [("sigmoid", DENORMAL), ("softplus", DENORMAL), ("tanh", DENORMAL), ("elu", 1e-6)],
)
def test_activations_of_extreme_numbers(name: str, least: float) -> None:
    ours, theirs = getattr(functional, name), getattr(torch.nn.functional, name)
    assert_alike(ours, theirs, LOGITS, least)


@pytest.mark.parametrize("target", [0.0, 1.0, 0.3])
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_binary_cross_entropy_from_extreme_logits(target: float, reduction: str) -> None:
    targets = np.full_like(LOGITS, target)
    assert_alike(
        lambda x: functional.binary_cross_entropy_with_logits(x, targets, reduction),
        lambda x: torch.nn.functional.binary_cross_entropy_with_logits(
            x, torch.from_numpy(targets), reduction=reduction
        ),
        LOGITS,
    )


@pytest.mark.parametrize(
    ("name", "least"), [("softmax", DENORMAL), ("log_softmax", 1e-6), ("logsumexp", DENORMAL)]
)
def test_softmax_family_of_extreme_logits(name: str, least: float) -> None:
    assert_alike(
        lambda x: getattr(functional, name)(x, 1),
        lambda x: getattr(torch, name)(x, 1),
        ROWS,
        least,
    )


@pytest.mark.parametrize("target", [0, 1, 2])
def test_cross_entropy_from_extreme_logits(target: int) -> None:
    targets = np.full(len(ROWS), target)
    assert_alike(
        lambda x: functional.cross_entropy(x, targets, "none"),
        lambda x: torch.nn.functional.cross_entropy(x, torch.from_numpy(targets), reduction="none"),
        ROWS,
    )


PROBABILITIES = np.array([0.0, 1.0, 1e-38, 1e-20, 1e-6, 0.5, 1 - 1e-6], np.float32)


@pytest.mark.parametrize("target", [0.0, 1.0, 0.3])
def test_binary_cross_entropy_of_certain_probabilities(target: float) -> None:
    targets = np.full_like(PROBABILITIES, target)
    assert_alike(
        lambda x: functional.binary_cross_entropy(x, targets, "none"),
        lambda x: torch.nn.functional.binary_cross_entropy(
            x, torch.from_numpy(targets), reduction="none"
        ),
        PROBABILITIES,
    )
