"""Derivatives by finite differences, for the engine's tests, and ops that watch the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

import minigen
from minigen import Tensor
from minigen.engine.backend import CPU

Floats = npt.NDArray[np.float64]
Function = Callable[..., Any]


def draw(*shape: int, seed: int = 0, low: float = -1.0, high: float = 1.0) -> Floats:
    """Return float64 numbers drawn uniformly from [low, high)."""
    return np.random.default_rng([seed, *shape]).uniform(low, high, shape)


def leaf(data: Any, dtype: npt.DTypeLike | None = None) -> Tensor:
    """Return a tensor that requires a gradient."""
    return minigen.tensor(data, dtype=dtype, requires_grad=True)


def gradient_of(x: Tensor) -> npt.NDArray[Any]:
    """Return the gradient that `backward` left in `x`."""
    assert x.grad is not None
    return x.grad.numpy()


def slopes(y: Any, *inputs: Tensor) -> list[Tensor]:
    """Return the gradients of the sum of y, all of which there are."""
    return [found for found in minigen.grad(y.sum(), inputs) if found is not None]


def gradients(
    function: Function, arrays: Sequence[npt.NDArray[Any]], cotangent: Any, *, create_graph: bool
) -> list[Tensor]:
    """Return the gradient of <cotangent, function(arrays)> with respect to each float array."""
    inputs = [minigen.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    wanted = [x for x in inputs if x.requires_grad]
    found = minigen.grad(function(*inputs), wanted, cotangent, create_graph=create_graph)
    assert all(g is not None for g in found)
    return [g for g in found if g is not None]


Scalar = Callable[[list[Floats]], float]

STEP = 1e-6


def differences(scalar: Scalar, arrays: Sequence[Floats], position: int) -> Floats:
    """Return the derivatives of a scalar function with respect to each element of one array."""
    slope = np.zeros(arrays[position].shape)
    for index in np.ndindex(*slope.shape):
        direction = np.zeros_like(slope)
        direction[index] = 1.0
        slope[index] = derivative(scalar, arrays, position, direction)
    return slope


def derivative(scalar: Scalar, arrays: Sequence[Floats], position: int, direction: Floats) -> float:
    """Return the derivative of a scalar function along a direction in one array."""
    values = []
    for sign in (1, -1):
        moved = [a.copy() for a in arrays]
        moved[position] += sign * STEP * direction
        values.append(scalar(moved))
    return (values[0] - values[1]) / (2 * STEP)


def assert_slope(
    gradient: Floats,
    scalar: Scalar,
    arrays: Sequence[Floats],
    position: int,
    rtol: float,
    atol: float,
) -> None:
    """Compare the gradient by one array with differences, element by element.

    On a device it is compared along one random direction: the rules are those of the host, and
    what differs there shows along a direction, too.
    """
    assert gradient.shape == arrays[position].shape
    if minigen.zeros(()).device == CPU:
        expected: Any = differences(scalar, arrays, position)
        actual: Any = gradient
    else:
        direction = draw(*gradient.shape, seed=position)
        expected = derivative(scalar, arrays, position, direction)
        actual = (gradient * direction).sum()
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol)


def assert_gradients(function: Function, *arrays: npt.NDArray[Any], order: int = 2) -> None:
    """Compare the gradients of `function`, and their own gradients, with central differences.

    The arrays are float64; those of another kind are constants. Cotangents are random.
    """
    floats = [i for i, a in enumerate(arrays) if a.dtype.kind == "f"]
    out = np.asarray(function(*[minigen.tensor(a) for a in arrays]).numpy())
    cotangent = draw(*out.shape, seed=1, low=0.5, high=1.5)

    def value(moved: list[Floats]) -> float:
        result = function(*[minigen.tensor(a) for a in moved])
        return float((cotangent * result.numpy()).sum())

    first = gradients(function, arrays, cotangent, create_graph=False)
    for position, gradient in zip(floats, first, strict=True):
        assert_slope(gradient.numpy(), value, arrays, position, rtol=1e-6, atol=1e-8)
    if order == 1:
        return

    weights = [draw(*arrays[i].shape, seed=2 + i) for i in floats]

    def slope(moved: list[Floats]) -> float:
        found = gradients(function, moved, cotangent, create_graph=False)
        return sum(float((w * g.numpy()).sum()) for w, g in zip(weights, found, strict=True))

    inputs = [minigen.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    wanted = [x for x in inputs if x.requires_grad]
    recorded = minigen.grad(function(*inputs), wanted, cotangent, create_graph=True)
    total: Any = 0.0
    for gradient, again, weight in zip(first, recorded, weights, strict=True):
        assert again is not None
        np.testing.assert_allclose(again.numpy(), gradient.numpy(), rtol=1e-12, atol=1e-14)
        total = total + (again * weight).sum()
    if not total.requires_grad:  # every gradient is constant
        second: tuple[Tensor | None, ...] = (None,) * len(wanted)
    else:
        second = minigen.grad(total, wanted, allow_unused=True)
    for position, found in zip(floats, second, strict=True):
        actual = np.zeros(arrays[position].shape) if found is None else found.numpy()
        assert_slope(actual, slope, arrays, position, rtol=1e-5, atol=1e-7)


def counting_op() -> tuple[Any, dict[str, int]]:
    """Return an op y = a b whose rule counts its own calls and each cotangent it computes."""
    counts = {"rule": 0, "a": 0, "b": 0}

    @minigen.op
    def product(a: Any, b: Any) -> Any:
        return a * b

    @product.vjp
    def product_vjp(g: Any, _out: Any, a: Any, b: Any) -> Any:
        counts["rule"] += 1

        def grad_a() -> Any:
            counts["a"] += 1
            return g * b

        def grad_b() -> Any:
            counts["b"] += 1
            return g * a

        return grad_a, grad_b

    return product, counts


def spying_op() -> tuple[Any, list[Any]]:
    """Return an identity op that keeps every cotangent its rule is handed."""
    seen: list[Any] = []

    @minigen.op
    def spied(x: Any) -> Any:
        return x.copy()

    @spied.vjp
    def spied_vjp(g: Any, _out: Any, _x: Any) -> Any:
        seen.append(g)
        return (g,)

    return spied, seen
