"""Sums, differences, products and quotients on a card, in the memory order of their operands.

CuPy answers row by row, whatever the order of its operands: images with the batch innermost would
lose it at every sum. Here the array for the result is handed over. CuPy's function is called by its
name: its operators first ask a number by NumPy's protocol whether it would rather compute itself.
"""

from __future__ import annotations

from typing import Any

from minigen.engine.backend import Array, floating, is_array, namespace, promote
from minigen.kernels.cuda.source import is_dense
from minigen.ops.arithmetic import add, div, mul, sub
from minigen.ops.reduction import Axis, count_of, kept_shape, mean
from minigen.ops.shaping import broadcast_to, unbroadcast


@add.kernel_on_card
def add_on_card(a: Array, b: Array) -> Any:
    """Compute the op's function."""
    return in_order("add", *promote(a, b))


@sub.kernel_on_card
def sub_on_card(a: Array, b: Array) -> Any:
    """Compute the op's function."""
    return in_order("subtract", *promote(a, b))


@mul.kernel_on_card
def mul_on_card(a: Array, b: Array) -> Any:
    """Compute the op's function."""
    return in_order("multiply", *promote(a, b))


@div.kernel_on_card
def div_on_card(a: Array, b: Array) -> Any:
    """Compute the op's function."""
    return in_order("true_divide", *map(floating, promote(a, b)))


@mul.kernel_vjp_on_card
def mul_vjp_on_card(g: Array, _out: Array, a: Array, b: Array) -> Any:
    """Compute the op's rule; numbers meet arrays by a function's name here, too."""
    return (
        lambda: unbroadcast(in_order("multiply", g, b), a),
        lambda: unbroadcast(in_order("multiply", g, a), b),
    )


@div.kernel_vjp_on_card
def div_vjp_on_card(g: Array, out: Array, a: Array, b: Array) -> Any:
    """Compute the op's rule."""
    return (
        lambda: unbroadcast(in_order("true_divide", g, b), a),
        lambda: unbroadcast(in_order("true_divide", in_order("multiply", -g, out), b), b),
    )


@mean.kernel_vjp_on_card
def mean_vjp_on_card(g: Array, _out: Array, shape_of_x: Any, *, axis: Axis, keepdims: bool) -> Any:
    """Compute the op's rule."""
    del keepdims
    share = in_order("true_divide", g, count_of(shape_of_x, axis))
    return (broadcast_to(share.reshape(kept_shape(shape_of_x, axis)), shape_of_x),)


def in_order(name: str, a: Any, b: Any) -> Any:
    """Call a function of CuPy's on two arrays, or an array and a number."""
    function, shown = getattr(namespace(a, b), name), a if is_array(a) else b
    other = b if shown is a else a
    alike = not is_array(other) or (
        (other.shape, other.strides, other.dtype) == (shown.shape, shown.strides, shown.dtype)
    )
    if shown.dtype.kind != "f" or shown.flags.c_contiguous or not alike or not is_dense(shown):
        return function(a, b)
    return function(a, b, out=namespace(shown).empty_like(shown))
