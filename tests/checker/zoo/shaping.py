"""Wrong rules of ops that move elements: their adjoints move them back, and add where they meet."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.checker.report import FailureKind
from minigen.engine.backend import Array
from minigen.engine.op import Cotangents
from minigen.ops import shaping
from tests.checker.zoo.specimen import normal, wrong_rule


@wrong_rule(
    shaping.permute, normal(3, 3, 3), diagnosis="axes in the order (2, 0, 1)", dims=(1, 2, 0)
)
def permute_not_inverted(g: Array, _out: Array, _x: Array, *, dims: tuple[int, ...]) -> Cotangents:
    """Permute the axes once more the same way, where they must go back."""
    return (shaping.permute(g, dims),)


@wrong_rule(shaping.transpose, normal(3, 3), diagnosis="transposed", dim0=0, dim1=1)
def transpose_not_undone(g: Array, _out: Array, _x: Array, **_options: Any) -> Cotangents:
    """Return the cotangent as it came, which a square matrix does not notice."""
    return (g * 1.0,)


@wrong_rule(
    shaping.transpose,
    normal(2, 3),
    expected=FailureKind.WRONG_SHAPE,
    diagnosis="its transpose is right",
    dim0=0,
    dim1=1,
)
def transpose_not_undone_oblong(g: Array, _out: Array, _x: Array, **_options: Any) -> Cotangents:
    """Return the cotangent of an oblong matrix as it came."""
    return (g * 1.0,)


@wrong_rule(shaping.reshape, normal(2, 6), shape=(3, 4))
def reshape_in_column_order(g: Array, _out: Array, x: Array, **_options: Any) -> Cotangents:
    """Put the elements back column by column, where they were taken row by row."""
    return (g.reshape(x.shape, order="F"),)


@wrong_rule(
    shaping.flatten, normal(2, 6), expected=FailureKind.WRONG_SHAPE, diagnosis="not given the input"
)
def flatten_stays_flat(g: Array, _out: Array, _x: Array, **_options: Any) -> Cotangents:
    """Return the gradient flat."""
    return (g * 1.0,)


_REPEATED = np.array([0, 2, 2, 1, 2])


@wrong_rule(shaping.getitem, normal(4), index=_REPEATED)
def getitem_overwrites(g: Array, _out: Array, x: Array, *, index: Any) -> Cotangents:
    """Write with = where += is meant: an element picked three times keeps one cotangent."""
    gradient = np.zeros(x.shape)
    gradient[index] = g
    return (gradient,)


@wrong_rule(shaping.getitem, normal(6), diagnosis="shifted by one", index=slice(1, 5))
def getitem_off_by_one(g: Array, _out: Array, x: Array, **_options: Any) -> Cotangents:
    """Put the gradient of a slice back one place too far."""
    gradient = np.zeros(x.shape)
    gradient[2:6] = g
    return (gradient,)


@wrong_rule(
    shaping.concatenate,
    normal(2, 3),
    normal(2, 3, seed=1),
    diagnosis="return them in the wrong order",
    axis=0,
)
def concatenate_slices_swapped(g: Array, _out: Array, *arrays: Array, axis: int) -> Cotangents:
    """Give the first input the second slice, and the second the first."""
    half = arrays[0].shape[axis]
    return g[half:] * 1.0, g[:half] * 1.0


@wrong_rule(
    shaping.pad, normal(2, 3), expected=FailureKind.WRONG_SHAPE, diagnosis="(2, 5)", pad=(1, 1)
)
def pad_not_cropped(g: Array, _out: Array, _x: Array, **_options: Any) -> Cotangents:
    """Return the gradient with the padding's."""
    return (g * 1.0,)


@wrong_rule(shaping.pad, normal(2, 5), diagnosis="shifted by one along axis 1", pad=(1, 1))
def pad_cropped_at_one_side(g: Array, _out: Array, x: Array, **_options: Any) -> Cotangents:
    """Crop both pads from the end."""
    return (g[:, : x.shape[1]] * 1.0,)


@wrong_rule(shaping.broadcast_to, normal(4), diagnosis="", shape=(3, 4))
def broadcast_to_first_copy(g: Array, _out: Array, _x: Array, **_options: Any) -> Cotangents:
    """Take the cotangent of the first copy, where those of all copies add up."""
    return (g[0] * 1.0,)


def roll(x: Array) -> Array:
    """Shift the elements of a vector round by one."""
    return np.roll(x, 1)


@wrong_rule(roll, normal(5))
def roll_forwards_twice(g: Array, _out: Array, _x: Array) -> Cotangents:
    """Shift on, where the gradient must be shifted back."""
    return (np.roll(g, 1),)


def reverse(x: Array) -> Array:
    """Return a vector in reverse order."""
    return x[::-1].copy()


@wrong_rule(reverse, normal(5), diagnosis="in reverse order along axis 0")
def reverse_not_undone(g: Array, _out: Array, _x: Array) -> Cotangents:
    """Return the cotangent as it came."""
    return (g * 1.0,)


def cumulative_sum(x: Array) -> Array:
    """Return the sums of the first elements."""
    return np.cumsum(x)


@wrong_rule(cumulative_sum, normal(5), diagnosis="the Jacobian is transposed")
def cumulative_sum_forwards(g: Array, _out: Array, _x: Array) -> Cotangents:
    """Sum from the front, where the adjoint sums from the back."""
    return (np.cumsum(g),)


def differences(x: Array) -> Array:
    """Return the differences of neighbours in a vector."""
    return x[1:] - x[:-1]


@wrong_rule(differences, normal(6), diagnosis="right but for the first index along axis 0")
def differences_forget_first(g: Array, _out: Array, x: Array) -> Cotangents:
    """Forget the element at one edge."""
    gradient = np.zeros(x.shape)
    gradient[1:] += g
    gradient[1:-1] -= g[1:]
    return (gradient,)
