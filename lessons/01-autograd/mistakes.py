"""Wrong answers to the exercises of lesson 01, and what the check says of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.mistake import mistake


@mistake("softplus_rule", "without the cotangent: multiply by g")
def no_cotangent(g: Any, out: Any, x: Any) -> Any:
    return (1 - np.exp(-out),)


@mistake("softplus_rule", "the slope 1 - exp(-y) is in terms of the output")
def input_for_output(g: Any, out: Any, x: Any) -> Any:
    return (g * (1 - np.exp(-x)),)


@mistake("softplus_rule", "the sigmoid of the output")
def sigmoid_of_the_output(g: Any, out: Any, x: Any) -> Any:
    return (g / (1 + np.exp(-out)),)


@mistake("softplus_rule", "lacks the inner derivative")
def no_inner_derivative(g: Any, out: Any, x: Any) -> Any:
    return (g / (1 + np.exp(x)),)


@mistake("softplus_rule", "the rule is right, but uses x")
def sigmoid_of_the_input(g: Any, out: Any, x: Any) -> Any:
    return (g / (1 + np.exp(-x)),)


@mistake("softplus_rule", "d loss / d x: the sign is flipped everywhere")
def sign_flipped(g: Any, out: Any, x: Any) -> Any:
    return (g * (np.exp(-out) - 1),)


@mistake("softplus_rule", "one array of shape (3, 4); expected a tuple of one array")
def no_tuple(g: Any, out: Any, x: Any) -> Any:
    return g * (1 - np.exp(-out))


@mistake("softplus_rule", "d loss / d x: the gradient has shape")
def summed(g: Any, out: Any, x: Any) -> Any:
    return ((g * (1 - np.exp(-out))).sum(0),)


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


def descent(
    loss: Any,
    parameters: Any,
    rate: float,
    steps: int,
    *,
    forget: bool = False,
    tries: int = 20,
    stay: bool = True,
    restart: bool = True,
    keep_rate: bool = False,
    before: bool = True,
) -> Any:
    """Descend, with one of several mistakes."""
    losses, given = [], rate
    for _ in range(steps):
        for parameter in parameters:
            if not forget:
                parameter.zero_grad()
        value = loss()
        value.backward()
        starts = [parameter.data for parameter in parameters]
        rate = rate if keep_rate else given
        for _ in range(tries):
            for parameter, start in zip(parameters, starts, strict=True):
                begin = start if restart else parameter.data
                parameter.data = begin - rate * parameter.grad.data
            if loss().item() < value.item():
                break
            rate /= 2
        else:
            if stay:
                for parameter, start in zip(parameters, starts, strict=True):
                    parameter.data = start
        losses.append(value.item() if before else loss().item())
    return losses


@mistake("descend", "call zero_grad before each backward")
def gradients_pile_up(loss: Any, parameters: Any, rate: float, steps: int) -> Any:
    return descent(loss, parameters, rate, steps, forget=True)


@mistake("descend", "the rate is never halved")
def never_halved(loss: Any, parameters: Any, rate: float, steps: int) -> Any:
    return descent(loss, parameters, rate, steps, tries=1, stay=False)


@mistake("descend", "it has to start where the step began")
def from_the_failed_try(loss: Any, parameters: Any, rate: float, steps: int) -> Any:
    return descent(loss, parameters, rate, steps, restart=False)


@mistake("descend", "the halved rate is kept")
def rate_kept(loss: Any, parameters: Any, rate: float, steps: int) -> Any:
    return descent(loss, parameters, rate, steps, keep_rate=True)


@mistake("descend", "it has not moved: assign to parameter.data")
def name_bound(loss: Any, parameters: Any, rate: float, steps: int) -> Any:
    for _ in range(steps):
        loss().backward()
        for parameter in parameters:
            parameter = parameter - rate * parameter.grad  # noqa: PLW2901 - the mistake
    return [0.0] * steps


@mistake("descend", "before backward, not after the step")
def cleared_too_late(loss: Any, parameters: Any, rate: float, steps: int) -> Any:
    losses = []
    for _ in range(steps):
        losses += descent(loss, parameters, rate, 1, forget=True)
        for parameter in parameters:
            parameter.zero_grad()
    return losses


@mistake("descend", "those after each step, where those before it are asked for")
def losses_after(loss: Any, parameters: Any, rate: float, steps: int) -> Any:
    return descent(loss, parameters, rate, steps, before=False)


@mistake("descend", "from a start where no try can succeed")
def moves_on_from_the_bottom(loss: Any, parameters: Any, rate: float, steps: int) -> Any:
    losses = descent(loss, parameters, rate, steps)
    if all(not parameter.grad.data.any() for parameter in parameters):
        for parameter in parameters:
            parameter.data = parameter.data + 1.0
    return losses


@mistake("descend", "[0] is nan")
def not_finite(loss: Any, parameters: Any, rate: float, steps: int) -> Any:
    for parameter in parameters:
        parameter.data = np.full_like(parameter.array, np.nan)
    return [0.0] * steps
