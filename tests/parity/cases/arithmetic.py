"""Arithmetic with broadcasting, comparisons and Booleans."""

from __future__ import annotations

import operator
from collections.abc import Callable

from minigen import functional

from ..draws import Array, Draw, Shape
from ..torch_reference import torch
from .case import Case, Sample, alike

Numbers = Callable[[Draw, Shape], Array]


def pair(first: Numbers, second: Numbers | None = None) -> Callable[[Draw], Sample]:
    """Draw two arrays that broadcast with each other."""

    def draw_pair(draw: Draw) -> Sample:
        one, other = draw.pair()
        return Sample(first(draw, one), (second or first)(draw, other))

    return draw_pair


def with_number(numbers: Numbers, choices: list[float]) -> Callable[[Draw], Sample]:
    """Draw an array, and a number as an option."""
    return lambda draw: Sample(numbers(draw, draw.shape()), number=draw.choice(choices))


def with_array(numbers: Numbers, other: Numbers) -> Callable[[Draw], Sample]:
    """Draw an array that becomes a tensor, and one that stays an array."""

    def draw_both(draw: Draw) -> Sample:
        one, two = draw.pair()
        return Sample(numbers(draw, one), array=other(draw, two))

    return draw_both


def small_integers(draw: Draw, shape: Shape) -> Array:
    return draw.integers(shape, -3, 3)


def whole_numbers(draw: Draw, shape: Shape) -> Array:
    return draw.integers(shape, 0, 3).astype("float64")


def chosen(draw: Draw) -> Sample:
    """Draw a condition and two arrays; all three broadcast."""
    shape = draw.shape()
    one, other = (draw.reals(draw.broadcastable(shape)) for _ in range(2))
    return Sample(one, other, condition=draw.booleans(draw.broadcastable(shape)))


def limits(draw: Draw) -> Sample:
    low, high = draw.choice([(-0.5, None), (None, 0.7), (-0.5, 0.7)])
    return Sample(draw.reals(draw.shape()), min=low, max=high)


def limits_met(draw: Draw) -> Sample:
    """Limits that elements are equal to."""
    return Sample(draw.grid(draw.shape()), min=-1.0, max=1.0)


def limits_in_arrays(draw: Draw) -> Sample:
    shape = draw.shape()
    low, width = draw.reals(draw.broadcastable(shape)), draw.positives(draw.broadcastable(shape))
    return Sample(draw.reals(shape), min=low, max=low + width)


REALS, GRID, BOOLEANS = Draw.reals, Draw.grid, Draw.booleans
NUMBERS = [2, -1.5]

FOUR_RULES = (
    Case("add", pair(REALS)),
    alike("add", pair(REALS), operator.add, "by the operator"),
    alike("add", with_number(REALS, NUMBERS), lambda x, number: number + x, "to a number"),
    alike("add", with_array(REALS, REALS), lambda x, array: array + x, "to an array"),
    alike("add", with_array(REALS, small_integers), lambda x, array: x + array, "of integers"),
    Case("sub", pair(REALS)),
    alike("sub", pair(REALS), operator.sub, "by the operator"),
    alike("sub", with_number(REALS, NUMBERS), lambda x, number: number - x, "from a number"),
    alike("sub", with_array(REALS, REALS), lambda x, array: array - x, "from an array"),
    Case("mul", pair(REALS)),
    alike("mul", pair(REALS), operator.mul, "by the operator"),
    alike("mul", with_number(REALS, NUMBERS), lambda x, number: number * x, "by a number"),
    Case("mul", pair(REALS, small_integers), variant="by integers"),
    Case("mul", pair(small_integers), variant="of integers"),
    Case("div", pair(REALS, Draw.nonzeros)),
    alike("div", pair(REALS, Draw.nonzeros), operator.truediv, "by the operator"),
    alike("div", with_number(REALS, NUMBERS), lambda x, number: x / number, "by a number"),
    alike("div", with_number(Draw.nonzeros, NUMBERS), lambda x, number: number / x, "of a number"),
    Case(
        "div",
        pair(small_integers, lambda draw, shape: draw.integers(shape, 1, 5)),
        variant="of integers",
    ),
)

POWERS = (
    Case("pow", pair(Draw.positives, REALS)),
    alike(
        "pow",
        with_number(Draw.positives, [0.5, -0.5, 2.5]),
        lambda x, number: x**number,
        "fractional",
    ),
    alike(
        "pow",
        with_number(Draw.nonzeros, [-2, -1, 0, 1, 2, 3]),
        lambda x, number: x**number,
        "whole",
    ),
    alike("pow", with_number(GRID, [0, 1, 2, 3]), lambda x, number: x**number, "of 0"),
    alike(
        "pow",
        with_array(Draw.nonzeros, small_integers),
        lambda x, array: x**array,
        "whole, an array",
    ),
    Case(
        "pow",
        pair(whole_numbers),
        variant="of 0, an array",
        order=1,  # PyTorch's second derivative of 0 to the power 1 is NaN
    ),
    alike("pow", with_number(REALS, [2, 0.7]), lambda x, number: number**x, "of a number"),
)

CHOICES = (
    Case("maximum", pair(REALS)),
    Case("maximum", pair(GRID), variant="with ties"),
    Case(
        "maximum",
        with_number(REALS, NUMBERS),
        lambda x, number: torch.clamp(x, min=number),
        "with a number",
        lambda x, number: x.maximum(number),
    ),
    Case("minimum", pair(REALS)),
    Case("minimum", pair(GRID), variant="with ties"),
    Case(
        "where",
        chosen,
        lambda a, b, condition: torch.where(condition, a, b),
        ours=lambda a, b, condition: functional.where(condition, a, b),
    ),
    Case(
        "where",
        lambda draw: Sample(draw.reals(shape := draw.shape()), condition=draw.booleans(shape)),
        lambda x, condition: torch.where(condition, x, 0.5),
        "with a number",
        lambda x, condition: functional.where(condition, x, 0.5),
    ),
    Case("clip", limits, torch.clamp),
    Case("clip", limits_met, torch.clamp, "at the limits"),
    Case("clip", limits_in_arrays, torch.clamp, "limits in arrays"),
)

COMPARISONS = tuple(
    case
    for op, by_operator in (
        ("eq", operator.eq),
        ("ne", operator.ne),
        ("lt", operator.lt),
        ("le", operator.le),
        ("gt", operator.gt),
        ("ge", operator.ge),
    )
    for case in (
        Case(op, pair(GRID), getattr(torch, op)),
        alike(op, pair(GRID), by_operator, "by the operator"),
        alike(
            op,
            with_number(GRID, [1, -0.0]),
            lambda x, number, f=by_operator: f(x, number),
            "with a number",
        ),
    )
)

LOGIC = (
    Case("logical_and", pair(BOOLEANS)),
    alike("logical_and", pair(BOOLEANS), operator.and_, "by the operator"),
    Case("logical_or", pair(BOOLEANS)),
    alike("logical_or", pair(BOOLEANS), operator.or_, "by the operator"),
    Case("logical_not", lambda draw: Sample(draw.booleans(draw.shape())), torch.logical_not),
    alike(
        "logical_not",
        lambda draw: Sample(draw.booleans(draw.shape())),
        operator.invert,
        "by the operator",
    ),
)

CASES = (*FOUR_RULES, *POWERS, *CHOICES, *COMPARISONS, *LOGIC)
