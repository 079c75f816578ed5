r"""Sums, means and extremes over axes: all, one, or a tuple of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minigen.engine.backend import Array, floating, namespace
from minigen.engine.op import Cotangents, composed, op
from minigen.engine.summation import blocked_mean, blocked_sum
from minigen.ops.arithmetic import exp, where
from minigen.ops.shaping import as_shape, axis_index, broadcast_to, getitem, reshape

__all__ = [
    "all", "amax", "amin", "aminmax", "any", "argmax", "argmin", "cumsum", "logsumexp", "mean",
    "std", "std_mean", "sum", "var", "var_mean",
]  # fmt: skip

Axis = int | Sequence[int] | None


def reduced_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Return the axes that `axis` names, counted from the front."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(axis_index(a, ndim) for a in as_shape(axis))


def kept_shape(shape: Sequence[int], axis: Axis) -> tuple[int, ...]:
    """Return the shape that a reduction with ``keepdims=True`` gives."""
    axes = reduced_axes(axis, len(shape))
    return tuple(1 if a in axes else n for a, n in enumerate(shape))


def count_of(shape: Sequence[int], axis: Axis) -> int:
    """Return how many elements go into one result."""
    return math.prod(shape[a] for a in reduced_axes(axis, len(shape)))


def _as_axis(axis: Axis) -> int | tuple[int, ...] | None:
    return tuple(axis) if isinstance(axis, Sequence) else axis


@op
def sum(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    r"""Sum over axes; of integers, those without sign too, in int64.

    Derivation: sum
    """
    if x.dtype.kind == "u":
        return x.sum(_as_axis(axis), np.int64, keepdims=keepdims)
    return blocked_sum(x, _as_axis(axis), keepdims)


@sum.vjp
def sum_vjp(g: Array, _out: Array, shape_of_x: Any, *, axis: Axis, keepdims: bool) -> Cotangents:
    r""":math:`\bar x_i = g`: every summand gets the whole cotangent."""
    return (broadcast_to(reshape(g, kept_shape(shape_of_x, axis)), shape_of_x),)


@op
def mean(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    r"""Mean over axes.

    Derivation: mean
    """
    return blocked_mean(floating(x), _as_axis(axis), keepdims)


@mean.vjp
def mean_vjp(g: Array, _out: Array, shape_of_x: Any, *, axis: Axis, keepdims: bool) -> Cotangents:
    r""":math:`\bar x_i = g / n`."""
    share = reshape(g, kept_shape(shape_of_x, axis)) / count_of(shape_of_x, axis)
    return (broadcast_to(share, shape_of_x),)


@op
def var(x: Array, axis: Axis = None, keepdims: bool = False, correction: float = 1) -> Array:
    r"""Variance over axes: :math:`\sum_i (x_i - \bar x)^2 / (n - c)`.

    The correction c is 1, Bessel's, by default, as in PyTorch; 0 gives NumPy's variance, which the
    normalisations use. `minigen.kernels.normalization` has a faster version for channels.

    Derivation: var, var.unbiased
    """
    x = floating(x)
    degrees = _degrees(x.shape, axis, correction)
    axes = _as_axis(axis)
    deviation = x - blocked_mean(x, axes, keepdims=True)
    rest = blocked_sum(deviation, axes, keepdims)  # not 0: the mean was rounded
    deviation *= deviation
    squares = blocked_sum(deviation, axes, keepdims)
    squares = squares - rest * rest / count_of(x.shape, axis)
    return namespace(x).maximum(squares, 0) / degrees


@var.vjp
def var_vjp(
    g: Array, _out: Array, x: Array, *, axis: Axis, keepdims: bool, correction: float
) -> Cotangents:
    r""":math:`\bar x_i = 2 g (x_i - \bar x) / (n - c)`; the mean's own part sums to zero.

    Derivation: var.grad
    """
    share = reshape(g, kept_shape(x.shape, axis)) * (2 / _degrees(x.shape, axis, correction))
    return (share * (x - mean(x, axis, keepdims=True)),)


def _degrees(shape: Sequence[int], axis: Axis, correction: float) -> float:
    """Return the divisor of a variance: NaN for no elements, of which PyTorch makes NaN, too."""
    count = count_of(shape, axis)
    if count and count <= correction:
        raise ValueError(
            f"a variance with correction {correction:g} needs more than {correction:g} elements "
            f"along axis {axis}; correction=0 is defined for one"
        )
    return count - correction if count else math.nan


@op
def std(x: Array, axis: Axis = None, keepdims: bool = False, correction: float = 1) -> Array:
    """Standard deviation over axes, the square root of the variance; see `var`.

    Derivation: std
    """
    return namespace(x).sqrt(var.compute(x, axis=axis, keepdims=keepdims, correction=correction))


@std.vjp
def std_vjp(
    g: Array, out: Array, x: Array, *, axis: Axis, keepdims: bool, correction: float
) -> Cotangents:
    r""":math:`\bar x_i = g (x_i - \bar x) / ((n - c)\,y)`; 0 where all elements are equal.

    Derivation: std.grad
    """
    equal = out == 0
    slope = where(equal, 0.0, g / (out + equal))  # not 0 / 0
    share = reshape(slope, kept_shape(x.shape, axis)) / _degrees(x.shape, axis, correction)
    return (share * (x - mean(x, axis, keepdims=True)),)


@op
def amax(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    r"""Largest element over axes; `minigen.functional.max` tells where it is, too.

    Derivation: max
    """
    return x.max(_as_axis(axis), keepdims=keepdims)


@op
def amin(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    r"""Smallest element over axes; `minigen.functional.min` tells where it is, too.

    Derivation: min
    """
    return x.min(_as_axis(axis), keepdims=keepdims)


@amax.vjp
@amin.vjp
def extreme_vjp(g: Array, out: Array, x: Array, *, axis: Axis, keepdims: bool) -> Cotangents:
    """The cotangent goes to the extreme element; where several are equal, in equal shares.

    Derivation: max, min
    """
    kept = kept_shape(x.shape, axis)
    chosen = (x == reshape(out, kept)).astype(x.dtype)
    return (reshape(g, kept) * chosen / sum(chosen, axis, keepdims=True),)


@op(differentiable=False)
def argmax(x: Array, axis: int | None = None, keepdims: bool = False) -> Array:
    """Position of the largest element; over all elements, in row-major order, without an axis."""
    return x.argmax(axis, keepdims=keepdims)


@op(differentiable=False)
def argmin(x: Array, axis: int | None = None, keepdims: bool = False) -> Array:
    """Position of the smallest element; over all elements, in row-major order, without an axis."""
    return x.argmin(axis, keepdims=keepdims)


@op
def cumsum(x: Array, axis: int) -> Array:
    r"""Running sum along an axis: :math:`y_i = \sum_{j \le i} x_j`; of integers in int64.

    Of float32 it is summed in float64 and rounded once, so that its error does not run, too.

    Derivation: cumsum
    """
    axis = axis_index(axis, x.ndim)
    if x.dtype.kind == "f":
        return x.cumsum(axis, dtype=np.float64).astype(x.dtype, copy=False)
    return x.cumsum(axis, dtype=np.int64)


@cumsum.vjp
def cumsum_vjp(g: Array, _out: Array, _x: Array, *, axis: int) -> Cotangents:
    r""":math:`\bar x_j = \sum_{i \ge j} g_i`: the running sum from the other end.

    Derivation: cumsum.grad
    """
    backwards = (*(slice(None),) * axis_index(axis, g.ndim), slice(None, None, -1))
    return (getitem(cumsum(getitem(g, backwards), axis), backwards),)


@op(differentiable=False)
def all(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """Whether every element is true."""
    return x.all(_as_axis(axis), keepdims=keepdims)


@op(differentiable=False)
def any(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """Whether some element is true."""
    return x.any(_as_axis(axis), keepdims=keepdims)


@op
def logsumexp(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    r"""Logarithm of a sum of exponentials, without overflow: :math:`\ln \sum_i e^{x_i}`.

    Computed as :math:`m + \ln \sum_i e^{x_i - m}` with :math:`m = \max_i x_i`; of
    nothing it is minus infinity.

    Derivation: logsumexp
    """
    x = floating(x)
    xp = namespace(x)
    if not x.size:
        shape = kept_shape(x.shape, axis) if keepdims else _dropped_shape(x.shape, axis)
        return xp.full(shape, -math.inf, x.dtype)
    largest = x.max(_as_axis(axis), keepdims=True)
    shift = xp.where(xp.isfinite(largest), largest, 0.0)
    with np.errstate(divide="ignore"):  # ln 0 = -inf is right where all x are
        out = xp.log(blocked_sum(xp.exp(x - shift), _as_axis(axis), keepdims=True)) + shift
    return out if keepdims else out.reshape(_dropped_shape(x.shape, axis))


@logsumexp.vjp
def logsumexp_vjp(g: Array, out: Array, x: Array, *, axis: Axis, keepdims: bool) -> Cotangents:
    r""":math:`\bar x_i = g\,e^{x_i - y}`, the softmax; 0 where all x are minus infinity.

    Derivation: logsumexp.grad
    """
    kept = kept_shape(x.shape, axis)
    out = reshape(out, kept)
    return (reshape(g, kept) * exp(x - where(out == -math.inf, 0.0, out)),)


def _dropped_shape(shape: Sequence[int], axis: Axis) -> tuple[int, ...]:
    axes = reduced_axes(axis, len(shape))
    return tuple(n for a, n in enumerate(shape) if a not in axes)


# ------------------------------------------------------------------------------------ two at once


class Extremes(NamedTuple):
    """What `aminmax` returns."""

    min: Any
    max: Any


@composed
def aminmax(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Extremes:
    """Return the smallest and the largest element over axes; see `amin` and `amax`.

    Examples
    --------
    >>> import minigen
    >>> low, high = minigen.tensor([3.0, -1.0, 2.0]).aminmax()
    >>> low.item(), high.item()
    (-1.0, 3.0)
    """
    return Extremes(amin(x, axis, keepdims), amax(x, axis, keepdims))


@composed
def var_mean(
    x: Array, axis: Axis = None, keepdims: bool = False, correction: float = 1
) -> tuple[Any, Any]:
    """Return variance and mean over axes; see `var` and `mean`.

    Examples
    --------
    >>> import minigen
    >>> variance, mean = minigen.var_mean(minigen.tensor([1.0, 3.0]))
    >>> variance.item(), mean.item()
    (2.0, 2.0)
    """
    return var(x, axis, keepdims, correction), mean(x, axis, keepdims)


@composed
def std_mean(
    x: Array, axis: Axis = None, keepdims: bool = False, correction: float = 1
) -> tuple[Any, Any]:
    """Return standard deviation and mean over axes; see `std` and `mean`.

    Examples
    --------
    >>> import minigen
    >>> deviation, mean = minigen.std_mean(minigen.tensor([1.0, 3.0]), correction=0)
    >>> deviation.item(), mean.item()
    (1.0, 2.0)
    """
    return std(x, axis, keepdims, correction), mean(x, axis, keepdims)
