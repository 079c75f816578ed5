"""Ops that move elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen import functional

from ..draws import Draw, Shape
from ..torch_reference import convert, pick, put, torch
from .case import Case, Sample, alike


def reals(draw: Draw, **options: Any) -> Sample:
    return Sample(draw.reals(draw.shape()), **options)


# Shapes


def another_shape(draw: Draw) -> Sample:
    shape = draw.shape()
    lengths = [shape[i] for i in draw.order(len(shape))]
    if len(lengths) > 1 and draw.flag():
        lengths[:2] = [lengths[0] * lengths[1]]
    lengths.insert(draw.integer(0, len(lengths)), 1)
    if draw.flag() and 0 not in shape:  # 0 times anything is 0: then -1 could be any length
        lengths[draw.integer(0, len(lengths) - 1)] = -1
    return Sample(draw.reals(shape), shape=tuple(lengths))


def larger_shape(draw: Draw) -> Sample:
    shape = draw.shape()
    return Sample(draw.reals(draw.broadcastable(shape)), shape=shape)


def smaller_shape(draw: Draw) -> Sample:
    shape = draw.shape()
    return Sample(draw.reals(shape), shape=draw.broadcastable(shape))


def axes_in_order(draw: Draw) -> Sample:
    shape = draw.shape()
    order = draw.order(len(shape))
    dims = tuple(axis - len(shape) if draw.flag() else axis for axis in order)
    return Sample(draw.reals(shape), dims=dims)


def two_axes(draw: Draw) -> Sample:
    shape = draw.shape(least=1)
    return Sample(draw.reals(shape), dim0=draw.axis(len(shape)), dim1=draw.axis(len(shape)))


def axes_to_drop(draw: Draw) -> Sample:
    shape = tuple(draw.choice([1, 1, 3]) for _ in range(draw.integer(1, 3)))
    return Sample(draw.reals(shape), axis=draw.axes(len(shape)))


def axis_to_insert(draw: Draw) -> Sample:
    shape = draw.shape()
    return Sample(draw.reals(shape), axis=draw.axis(len(shape) + 1))


def axes_to_merge(draw: Draw) -> Sample:
    shape = draw.shape(least=1)
    start = draw.integer(0, len(shape) - 1)
    end = draw.integer(start, len(shape) - 1)
    return Sample(
        draw.reals(shape),
        start_dim=start - len(shape) if draw.flag() else start,
        end_dim=end - len(shape) if draw.flag() else end,
    )


def padding(draw: Draw) -> Sample:
    shape = draw.shape(least=1)
    pairs = draw.integer(0, len(shape))
    pad = [draw.integer(0, 2) for _ in range(2 * pairs)]
    return Sample(draw.reals(shape), pad=pad, value=draw.choice([0.0, -1.5]))


# Joining


def to_join(draw: Draw) -> Sample:
    """Draw arrays that differ in length along the axis they are joined along."""
    shape = list(draw.shape(least=1))
    axis = draw.axis(len(shape))
    arrays = []
    for _ in range(draw.integer(1, 3)):
        shape[axis] = draw.length()
        arrays.append(draw.reals(tuple(shape)))
    return Sample(*arrays, axis=axis)


def to_stack(draw: Draw) -> Sample:
    shape = draw.shape()
    arrays = [draw.reals(shape) for _ in range(draw.integer(1, 3))]
    return Sample(*arrays, axis=draw.axis(len(shape) + 1))


# Indexing


def basic_index(draw: Draw, shape: Shape) -> tuple[Any, ...]:
    """Draw integers and slices for the first axes, a new axis, and an ellipsis."""
    parts: list[Any] = [
        draw.choice([draw.axis(n), slice(draw.integer(-n, n), None), slice(None, None, 2)])
        for n in shape[: draw.integer(0, len(shape))]
    ]
    for special in (None, Ellipsis):
        if draw.flag():
            parts.insert(draw.integer(0, len(parts)), special)
    return tuple(parts)


def backward_index(draw: Draw, shape: Shape) -> tuple[Any, ...]:
    return tuple(slice(None, None, draw.choice([-1, -2])) for _ in shape)


def array_index(draw: Draw, shape: Shape) -> tuple[Any, ...]:
    """Draw arrays of positions that broadcast with each other; positions repeat."""
    common = draw.shape(axes=2)
    return tuple(
        draw.integers(draw.broadcastable(common), -n, n - 1)
        for n in shape[: draw.integer(1, len(shape))]
    )


def mixed_index(draw: Draw, shape: Shape) -> tuple[Any, ...]:
    """Draw an index whose arrays stand on both sides of a slice, or beside it."""
    first, last = (draw.integers((3,), -n, n - 1) for n in (shape[0], shape[-1]))
    return draw.choice([(first, slice(1, None), last), (slice(1, None), ..., last), (first, None)])


def boolean_index(draw: Draw, shape: Shape) -> tuple[Any, ...]:
    return (draw.booleans(shape[: draw.integer(1, len(shape))]),)


def indexed(draw_index: Any, axes: int | None = None) -> Any:
    """Draw an array and an index into it."""

    def draw_both(draw: Draw) -> Sample:
        shape = draw.shape(axes, least=1, shortest=1)
        return Sample(draw.reals(shape), index=draw_index(draw, shape))

    return draw_both


def to_put(draw_index: Any, axes: int | None = None) -> Any:
    """Draw an index into zeros of a shape, and the elements to put there."""

    def draw_both(draw: Draw) -> Sample:
        shape = draw.shape(axes, least=1, shortest=1)
        index = draw_index(draw, shape)
        return Sample(draw.reals(np.empty(shape)[index].shape), index=index, shape=shape)

    return draw_both


def rows(draw: Draw) -> Sample:
    shape = draw.shape(least=1, shortest=1)
    return Sample(draw.reals(shape), draw.integers((5,), 0, shape[0] - 1))


def with_axis(join: Any) -> Any:
    return lambda *arrays, axis: join(arrays, axis)


def named_dim(join: Any) -> Any:
    return lambda *arrays, axis: join(arrays, dim=axis)


CASES = (
    Case("reshape", another_shape),
    alike("reshape", another_shape, lambda x, shape: x.reshape(*shape), "the method"),
    Case("broadcast_to", larger_shape, lambda x, shape: torch.broadcast_to(x, size=shape)),
    alike("broadcast_to", larger_shape, lambda x, shape: x.expand(shape), "the method"),
    Case("sum_to_size", smaller_shape, lambda x, shape: x.sum_to_size(shape)),
    Case("permute", axes_in_order),
    alike("permute", axes_in_order, lambda x, dims: x.permute(dims), "the method"),
    alike("permute", lambda draw: Sample(draw.reals(draw.shape(2))), lambda x: x.T, "T"),
    Case("transpose", two_axes),
    Case(
        "squeeze",
        axes_to_drop,
        lambda x, axis: torch.squeeze(x) if axis is None else torch.squeeze(x, dim=axis),
    ),
    Case("unsqueeze", axis_to_insert),
    Case("flatten", axes_to_merge),
    Case("flatten", reals, variant="all axes"),
    Case("pad", padding),
    Case("astype", lambda draw: reals(draw, dtype="float32"), convert, "to float32"),
    Case("astype", lambda draw: reals(draw, dtype="float64"), convert, "to float64"),
    Case("astype", lambda draw: reals(draw, dtype="int64"), convert, "to integers"),
    Case(
        "to_device",
        lambda draw: reals(draw, device="cpu"),
        lambda x, device: x.to(device),
        ours=lambda x, **_: functional.to_device(x, x.device),
    ),
    Case("concatenate", to_join, with_axis(torch.cat)),
    Case("cat", to_join, with_axis(torch.cat), ours=with_axis(functional.cat)),
    Case("cat", to_join, named_dim(torch.cat), "dim", named_dim(functional.cat)),
    Case("stack", to_stack, with_axis(torch.stack), ours=with_axis(functional.stack)),
    Case("stack", to_stack, named_dim(torch.stack), "dim", named_dim(functional.stack)),
    alike("getitem", indexed(basic_index), lambda x, index: x[index], "integers and slices"),
    Case("getitem", indexed(backward_index), pick, "slices backwards"),
    alike("getitem", indexed(array_index), lambda x, index: x[index], "arrays"),
    alike("getitem", indexed(mixed_index, axes=3), lambda x, index: x[index], "arrays and slices"),
    alike("getitem", indexed(boolean_index), lambda x, index: x[index], "Booleans"),
    alike("getitem", rows, lambda x, picked: x[picked], "a tensor"),
    Case("put", to_put(basic_index), put, "integers and slices"),
    Case("put", to_put(backward_index), put, "slices backwards"),
    Case("put", to_put(array_index), put, "arrays"),
    Case("put", to_put(mixed_index, axes=3), put, "arrays and slices"),
    Case("put", to_put(boolean_index), put, "Booleans"),
)
