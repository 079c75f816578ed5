"""Mistakes 23 to 25: gradients that are kept, checks that prove nothing, dtypes that widen."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

import minigen
from minigen import functional as F
from minigen import optim
from minigen.checker import gradcheck
from minigen.clinic.mistake import Code, Finding, Mistake
from minigen.engine.backend import Array
from minigen.engine.op import Op
from minigen.engine.random import Generator
from minigen.engine.tensor import Tensor

# ---------------------------------------------------------------------------------- accumulated, 23


def forget_the_old_gradients(optimizer: optim.SGD, loss_of: Code) -> None:
    """Call backward and step."""
    loss_of().backward()
    optimizer.step()


def clear_the_old_gradients(optimizer: optim.SGD, loss_of: Code) -> None:
    """Begin with zero_grad."""
    optimizer.zero_grad()
    loss_of().backward()
    optimizer.step()


def slope_after_three_steps(step: Code) -> Finding:
    """Take three steps on a straight line of slope 1: its gradient stays 1."""
    weight = minigen.tensor(np.array([0.0]), requires_grad=True)
    optimizer = optim.SGD([weight], lr=0.1)
    for _ in range(3):
        step(optimizer, lambda: F.sum(weight))
    assert weight.grad is not None
    slope = weight.grad.item()
    return Finding(
        {"slope in the third step": slope, "of the function": 1.0},
        "" if slope == 1 else "gradients of earlier steps are still in it",
    )


# -------------------------------------------------------------------------- a cotangent of ones, 24


def check_the_sum(function: Code, rule: Code, x: Array) -> bool:
    """Compare the gradient of the sum of the output with finite differences."""
    ones = np.ones_like(function(x))
    return bool(np.allclose(rule(ones, x), _differences(function, ones, x), atol=1e-6))


def check_along_a_random_cotangent(function: Code, rule: Code, x: Array) -> bool:
    """Weigh the output with random numbers."""
    cotangent = Generator(0).normal(x.shape, np.float64)
    return bool(np.allclose(rule(cotangent, x), _differences(function, cotangent, x), atol=1e-6))


def minigens_gradcheck(function: Code, rule: Code, x: Array) -> bool:
    """Call minigen's checker, with the function and the rule as an op."""
    op: Op[Any] = Op(function)
    op.vjp(lambda g, _out, x: (rule(g, x),))
    return bool(gradcheck(op, [x]))


def _differences(function: Code, cotangent: Array, x: Array, eps: float = 1e-6) -> Array:
    """Return central differences of the weighted sum of a function's output."""
    slopes = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        ends = []
        for sign in (1, -1):
            moved = x.copy()
            moved[index] += sign * eps
            ends.append((cotangent * function(moved)).sum())
        slopes[index] = (ends[0] - ends[1]) / (2 * eps)
    return slopes


def _softmax(x: Array) -> Any:
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def examine_the_checker(check: Code) -> Finding:
    """Give it softmax with its rule, and with a rule that always answers 0."""

    def right(g: Array, x: Array) -> Any:
        y = _softmax(x)
        return y * (g - (g * y).sum(-1, keepdims=True))

    def zero(g: Array, x: Array) -> Any:
        return 0 * x

    x = Generator(1).normal((3, 4), np.float64)
    verdicts = {name: check(_softmax, rule, x) for name, rule in (("right", right), ("0", zero))}
    measured: dict[str, float | str] = {
        f"the rule that is {name}": "passes" if passed else "fails"
        for name, passed in verdicts.items()
    }
    works = verdicts["right"] and not verdicts["0"]
    return Finding(measured, "" if works else "a rule that is always 0 passes")


# --------------------------------------------------------------------------------------- dtypes, 25


def scale_by_a_numpy_number(x: Tensor) -> Any:
    """Multiply an array by what np.sqrt returns: a float64."""
    return x.numpy() * np.sqrt(0.5)


def scale_by_a_python_number(x: Tensor) -> Any:
    """Make it a number of Python's, which has no dtype of its own."""
    return x.numpy() * float(np.sqrt(0.5))


def minigens_scaling(x: Tensor) -> Any:
    """Multiply a tensor by it."""
    return x * np.sqrt(0.5)


def dtype_of_the_product(scale: Code) -> Finding:
    """Look at the dtype of what was float32."""
    dtype = str(scale(minigen.ones(3)).dtype)
    return Finding(
        {"float32 times a number is": dtype},
        "" if dtype == "float32" else "everything after it takes twice the memory and time",
    )


MISTAKES: Final = (
    Mistake(
        23,
        "zero_grad forgotten",
        wrong=forget_the_old_gradients,
        right=clear_the_old_gradients,
        minigen=clear_the_old_gradients,
        check=slope_after_three_steps,
        symptom="Steps grow as with a momentum of 1; the loss swings wider and wider.",
        cure="zero_grad before backward. minigen frees a graph that was used, and says so when it "
        "is used twice; only leaves keep gradients.",
        lesson="01",
    ),
    Mistake(
        24,
        "A gradient check that sums the output",
        wrong=check_the_sum,
        right=check_along_a_random_cotangent,
        minigen=minigens_gradcheck,
        check=examine_the_checker,
        symptom="Every rule of softmax passes, and of batch norm, for their outputs sum to a "
        "constant. So with one direction that is always the same.",
        cure="Random cotangents, and a check that fails when the gradient is replaced by 0.",
        lesson="02",
        derivation="gradcheck.random_cotangent",
    ),
    Mistake(
        25,
        "float32 widened to float64 by a number",
        wrong=scale_by_a_numpy_number,
        right=scale_by_a_python_number,
        minigen=minigens_scaling,
        check=dtype_of_the_product,
        symptom="Twice the memory, half the speed, from one line in a loss.",
        cure="Numbers of Python's, or of the array's dtype. Assert the dtype of the loss.",
        lesson="01",
    ),
)
