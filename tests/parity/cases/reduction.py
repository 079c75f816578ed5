"""Reductions over all axes, one, or several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..draws import Array, Draw, Shape
from ..torch_reference import over_axes, torch
from .case import Case, Sample, alike


def over(numbers: Callable[[Draw, Shape], Array], least: int = 0) -> Callable[[Draw], Sample]:
    """Draw an array, axes of it, and whether to keep them."""

    def draw_reduction(draw: Draw) -> Sample:
        shape = draw.shape(least=least)
        x = numbers(draw, shape)
        return Sample(x, axis=draw.axes(len(shape)), keepdims=draw.flag())

    return draw_reduction


def over_several_elements(draw: Draw) -> Sample:
    """Draw what a variance needs: at least two elements, not all equal, go into each result."""
    shape = draw.shape(least=1, shortest=2)
    axis = draw.axes(len(shape))
    first = 0 if axis is None else (axis if isinstance(axis, int) else axis[0])
    return Sample(
        draw.spread(shape, first % len(shape)),
        axis=axis,
        keepdims=draw.flag(),
        correction=draw.choice([0, 1, 0.5]),
    )


def over_one_axis(numbers: Callable[[Draw, Shape], Array]) -> Callable[[Draw], Sample]:
    """Draw an array and one axis of it, or none."""

    def draw_reduction(draw: Draw) -> Sample:
        shape = draw.shape(least=1)
        axis = draw.choice([None, draw.axis(len(shape))])
        return Sample(numbers(draw, shape), axis=axis, keepdims=draw.flag())

    return draw_reduction


def named_as_in_torch(draw: Draw) -> Sample:
    shape = draw.shape(least=1)
    return Sample(draw.reals(shape), dim=draw.axis(len(shape)), keepdim=draw.flag())


def defaults(draw: Draw) -> Sample:
    return Sample(draw.reals(draw.shape(least=1, shortest=2)))


def integers(draw: Draw, shape: Shape) -> Array:
    return draw.integers(shape, -3, 3)


def large(draw: Draw, shape: Shape) -> Array:
    return draw.uniform(shape, -500.0, 500.0)


REALS, GRID, BOOLEANS = Draw.reals, Draw.grid, Draw.booleans


def position(function: Any) -> Any:
    return lambda x, axis, keepdims: function(x, dim=axis, keepdim=keepdims)


CASES = (
    Case("sum", over(REALS), over_axes(torch.sum)),
    Case("sum", over(integers), over_axes(torch.sum), "of integers"),
    Case("sum", over(BOOLEANS), over_axes(torch.sum), "of Booleans"),
    alike(
        "sum",
        named_as_in_torch,
        lambda x, dim, keepdim: x.sum(dim=dim, keepdim=keepdim),
        "the method",
    ),
    Case("mean", over(REALS), over_axes(torch.mean)),
    alike("mean", defaults, lambda x: x.mean(), "the method"),
    Case("var", over_several_elements, over_axes(torch.var)),
    alike("var", defaults, lambda x: x.var(), "the method"),
    Case("std", over_several_elements, over_axes(torch.std)),
    alike("std", defaults, lambda x: x.std(), "the method"),
    Case("amax", over(REALS), over_axes(torch.amax)),
    Case("amax", over(GRID), over_axes(torch.amax), "with ties"),
    alike("amax", defaults, lambda x: x.amax(-1), "the method"),
    Case("amin", over(REALS), over_axes(torch.amin)),
    Case("amin", over(GRID), over_axes(torch.amin), "with ties"),
    alike("amin", defaults, lambda x: x.amin(-1), "the method"),
    Case("argmax", over_one_axis(REALS), position(torch.argmax)),
    Case("argmin", over_one_axis(REALS), position(torch.argmin)),
    Case("all", over(BOOLEANS), over_axes(torch.all)),
    Case("any", over(BOOLEANS), over_axes(torch.any)),
    Case("logsumexp", over(REALS), over_axes(torch.logsumexp)),
    Case("logsumexp", over(large), over_axes(torch.logsumexp), "of large numbers"),
)
