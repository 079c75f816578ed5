"""Checks of the exercises of lesson 01, autograd."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import minigen
from minigen.course.expectations import expect, expect_array, expect_rule
from minigen.engine.random import Generator


def check_softplus_rule(answer: Callable[..., Any]) -> None:
    """Check the rule of softplus against finite differences."""
    x = Generator(1).normal((3, 4), np.float64)
    expect_rule(
        lambda x: np.log1p(np.exp(x)),
        answer,
        [x],
        mistakes={
            "d loss / d x is the slope of softplus, without the cotangent: multiply by g": (
                lambda _g, out, _x: (1 - np.exp(-out),)
            ),
            "d loss / d x is g (1 - exp(-x)): the slope 1 - exp(-y) is in terms of the output": (
                lambda g, _out, x: (g * (1 - np.exp(-x)),)
            ),
            "d loss / d x is the sigmoid of the output: that slope is in terms of the input": (
                lambda g, out, _x: (g / (1 + np.exp(-out)),)
            ),
            "d loss / d x lacks the inner derivative: that of ln(1 + e^x) is 1 / (1 + e^x), times "
            "the derivative of 1 + e^x": lambda g, out, _x: (g * np.exp(-out),),
        },
    )
    (found,) = answer(np.ones(3), np.array([0.5, 1.0, 2.0]), np.full(3, np.nan))
    expect(
        np.isfinite(found).all(),
        "the rule is right, but uses x: write the slope in terms of y alone, so that x need not be "
        "kept",
    )


def check_unbroadcast(answer: Callable[..., Any]) -> None:
    """Check sums over axes added, stretched, both, and none."""
    cases = (((5, 3, 4), (4,)), ((5, 3, 4), (3, 1)), ((5, 3, 4), (1, 3, 4)), ((3, 4), (3, 4)))
    for large, shape in (*cases, ((3, 4), ()), ((2, 3), (1, 1))):
        g = Generator(2).normal(large, np.float64)
        added = tuple(range(len(large) - len(shape)))
        stretched = tuple(
            axis
            for axis, length in enumerate(large)
            if axis in added or shape[axis - len(added)] != length
        )
        expected = g.sum(axis=stretched).reshape(shape)
        lead = g.sum(axis=added)
        expect_array(
            answer(g, shape),
            expected,
            f"unbroadcast of g {large} to {shape}",
            mistakes={
                "the mean over the places, where the chain rule has their sum": (
                    g.mean(axis=stretched).reshape(shape)
                ),
                "only the axes added at the left are summed; an axis of length 1 was repeated, "
                "too": lead,
                "right values, but an axis of length 1 is lost: sum it with keepdims=True": (
                    g.sum(axis=stretched)
                ),
            },
        )


def check_walk_back(answer: Callable[..., Any]) -> None:
    """Check a program in which paths meet, an op takes a value twice, and one value is unused."""
    a, b = 2.0, -3.0
    u = a * b
    v = u + a
    w = u * v
    program: Program = [
        ((), None),
        ((), None),
        ((0, 1), lambda g: (g * b, g * a)),  # u
        ((0,), lambda g: (7 * g,)),  # is not used
        ((2, 0), lambda g: (g, g)),  # v
        ((2, 4), lambda g: (g * v, g * u)),  # w
        ((5, 5), lambda g: (g * w, g * w)),  # the loss, w w
    ]
    expect_array(
        answer(program),
        _walk(program),
        "the cotangents",
        mistakes={
            "where two paths meet, one cotangent overwrites the other: add them up": (
                _walk(program, overwrite=True)
            ),
            "the program is walked from its first value on: begin at the loss, and come to a value "
            "when all that were computed from it are done": _walk(program, forwards=True),
            "where an op takes one value twice, one of the two cotangents is lost: add both": (
                _walk(program, once=True)
            ),
        },
    )


Program = Sequence[tuple[tuple[int, ...], Callable[[float], tuple[float, ...]] | None]]


def _walk(
    program: Program, *, overwrite: bool = False, forwards: bool = False, once: bool = False
) -> list[float]:
    """Return the cotangents of a program, or what one of three mistakes makes of them."""
    cotangents = [0.0] * (len(program) - 1) + [1.0]
    order = range(len(program))
    for position in order if forwards else reversed(order):
        parents, rule = program[position]
        arrived = zip(parents, rule(cotangents[position]) if rule else (), strict=True)
        for parent, cotangent in dict(arrived).items() if once else arrived:
            cotangents[parent] = cotangent + (0.0 if overwrite else cotangents[parent])
    return cotangents


_START, _CENTRE, _CURVATURE = np.array([3.0, -2.0]), np.array([0.5, 1.0]), np.array([1.0, 3.0])
_RATE, _STEPS = 0.7, 5


def check_descend(answer: Callable[..., Any]) -> None:
    """Check five steps into a narrow valley, also from a gradient that was left over."""
    right, losses = _descent()
    w, returned = _descend(answer)
    expect_array(
        w,
        right,
        "the parameter after five steps",
        mistakes={
            "gradients of earlier steps, or of tries, were still in .grad, to which backward adds: "
            "call zero_grad before each backward": _descent(forget=True)[0],
            "the rate is never halved: where the loss is not less, the step is tried again": (
                _descent(tries=1, stay=False)[0]
            ),
            "a try starts where the last one failed; it has to start where the step began": (
                _descent(restart=False)[0]
            ),
            "the halved rate is kept for the next step, which begins with the given one": (
                _descent(keep_rate=True)[0]
            ),
            "it has not moved: assign to parameter.data, not to a name": _START,
        },
    )
    expect_array(
        returned,
        losses,
        "the list of losses",
        mistakes={
            "those after each step, where those before it are asked for": (
                _descent(steps=_STEPS + 1)[1][1:]
            ),
        },
    )
    expect_array(
        _descend(answer, left_over=10.0)[0],
        right,
        "the parameter after five steps, with something in .grad before the first: call zero_grad "
        "before backward, not after the step. It",
    )
    still = minigen.tensor(_CENTRE, requires_grad=True)
    answer(lambda: _paraboloid(still), [still], _RATE, 1)
    expect_array(still.array, _CENTRE, "the parameter, from a start where no try can succeed,")


def _paraboloid(w: Any) -> Any:
    return (_CURVATURE * (w - _CENTRE) ** 2).sum() / 2


def _descend(answer: Callable[..., Any], *, left_over: float | None = None) -> tuple[Any, Any]:
    """Run an answer on the paraboloid; return the parameter and what was returned."""
    w = minigen.tensor(_START, requires_grad=True)
    if left_over is not None:
        w.grad = minigen.tensor(np.full(2, left_over))
    returned = answer(lambda: _paraboloid(w), [w], _RATE, _STEPS)
    return w.array, returned


def _descent(
    *,
    forget: bool = False,
    tries: int = 20,
    stay: bool = True,
    restart: bool = True,
    keep_rate: bool = False,
    steps: int = _STEPS,
) -> tuple[Any, list[float]]:
    """Return where a descent arrives, and the losses; right, or with one of five mistakes."""
    w, grad, losses, rate = _START, np.zeros(2), [], _RATE
    for _ in range(steps):
        losses.append(float(_paraboloid(w)))
        grad = grad * forget + _CURVATURE * (w - _CENTRE)
        start, rate = w, rate if keep_rate else _RATE
        for _ in range(tries):
            w = (start if restart else w) - rate * grad
            if _paraboloid(w) < losses[-1]:
                break
            rate /= 2
        else:
            w = start if stay else w
    return w, losses
