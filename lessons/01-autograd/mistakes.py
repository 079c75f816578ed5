"""Wrong answers to the exercises of lesson 01, and what the check says of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.mistake import mistake


@mistake("sigmoid_rule", "without the cotangent: multiply by g")
def no_cotangent(g: Any, out: Any, x: Any) -> Any:
    return (out * (1 - out),)


@mistake("sigmoid_rule", "the slope y (1 - y) is in terms of the output")
def input_for_output(g: Any, out: Any, x: Any) -> Any:
    return (g * x * (1 - x),)


@mistake("sigmoid_rule", "a factor of the slope is missing")
def one_factor(g: Any, out: Any, x: Any) -> Any:
    return (g * out,)


@mistake("sigmoid_rule", "d loss / d x: the sign is flipped everywhere")
def sign_flipped(g: Any, out: Any, x: Any) -> Any:
    return (g * out * (out - 1),)


@mistake(
    "sigmoid_rule", "returns one ndarray; expected a tuple with the cotangent of each of the 1"
)
def no_tuple(g: Any, out: Any, x: Any) -> Any:
    return g * out * (1 - out)


@mistake("sigmoid_rule", "d loss / d x: the gradient has shape")
def summed(g: Any, out: Any, x: Any) -> Any:
    return ((g * out * (1 - out)).sum(0),)


@mistake("unbroadcast", "only the axes added at the left are summed")
def added_axes_only(g: Any, shape: tuple[int, ...]) -> Any:
    return g.sum(axis=tuple(range(g.ndim - len(shape))))


@mistake("unbroadcast", "sum it with keepdims=True")
def length_one_lost(g: Any, shape: tuple[int, ...]) -> Any:
    added = g.ndim - len(shape)
    stretched = [added + axis for axis, length in enumerate(shape) if length == 1]
    return g.sum(axis=(*range(added), *stretched))


@mistake("unbroadcast", "the mean over the places")
def mean(g: Any, shape: tuple[int, ...]) -> Any:
    added = g.ndim - len(shape)
    stretched = [added + axis for axis, length in enumerate(shape) if length == 1]
    return g.mean(axis=(*range(added), *stretched)).reshape(shape)


@mistake("unbroadcast", "is None: is the return missing?")
def no_return(g: Any, shape: tuple[int, ...]) -> Any:
    g.sum()


@mistake("walk_back", "one cotangent overwrites the other: add them up")
def overwritten(program: Any) -> Any:
    cotangents = [0.0] * (len(program) - 1) + [1.0]
    for position in reversed(range(len(program))):
        parents, rule = program[position]
        for parent, cotangent in zip(
            parents, rule(cotangents[position]) if rule else (), strict=False
        ):
            cotangents[parent] = cotangent
    return cotangents


@mistake("walk_back", "begin at the loss")
def forwards(program: Any) -> Any:
    cotangents = [0.0] * (len(program) - 1) + [1.0]
    for position, (parents, rule) in enumerate(program):
        for parent, cotangent in zip(
            parents, rule(cotangents[position]) if rule else (), strict=False
        ):
            cotangents[parent] += cotangent
    return cotangents


@mistake("walk_back", "where an op takes one value twice")
def each_parent_once(program: Any) -> Any:
    cotangents = [0.0] * (len(program) - 1) + [1.0]
    for position in reversed(range(len(program))):
        parents, rule = program[position]
        if rule:
            for parent, cotangent in dict(
                zip(parents, rule(cotangents[position]), strict=True)
            ).items():
                cotangents[parent] += cotangent
    return cotangents


@mistake("walk_back", "zero everywhere")
def no_seed(program: Any) -> Any:
    return [0.0] * len(program)


@mistake("descend", "call zero_grad before each backward")
def gradients_pile_up(loss: Any, parameters: Any, rate: float, steps: int) -> Any:
    losses = []
    for _ in range(steps):
        value = loss()
        value.backward()
        for parameter in parameters:
            parameter.data = parameter.data - rate * parameter.grad.data
        losses.append(value.item())
    return losses


@mistake("descend", "the steps go uphill")
def uphill(loss: Any, parameters: Any, rate: float, steps: int) -> Any:
    losses = []
    for _ in range(steps):
        for parameter in parameters:
            parameter.zero_grad()
        value = loss()
        value.backward()
        for parameter in parameters:
            parameter.data = parameter.data + rate * parameter.grad.data
        losses.append(value.item())
    return losses


@mistake("descend", "it has not moved: assign to parameter.data")
def name_bound(loss: Any, parameters: Any, rate: float, steps: int) -> Any:
    for _ in range(steps):
        loss().backward()
        for parameter in parameters:
            parameter = parameter - rate * parameter.grad  # noqa: PLW2901 - the mistake
    return [0.0] * steps


@mistake("descend", "call zero_grad before backward, not after the step")
def cleared_too_late(loss: Any, parameters: Any, rate: float, steps: int) -> Any:
    losses = []
    for _ in range(steps):
        value = loss()
        value.backward()
        for parameter in parameters:
            parameter.data = parameter.data - rate * parameter.grad.data
            parameter.zero_grad()
        losses.append(value.item())
    return losses


@mistake("descend", "those after each step, where those before it are asked for")
def losses_after(loss: Any, parameters: Any, rate: float, steps: int) -> Any:
    losses = []
    for _ in range(steps):
        for parameter in parameters:
            parameter.zero_grad()
        loss().backward()
        for parameter in parameters:
            parameter.data = parameter.data - rate * parameter.grad.data
        losses.append(loss().item())
    return losses


@mistake("descend", "[0] is nan")
def not_finite(loss: Any, parameters: Any, rate: float, steps: int) -> Any:
    for parameter in parameters:
        parameter.data = np.full_like(parameter.data, np.nan)
    return [0.0] * steps
