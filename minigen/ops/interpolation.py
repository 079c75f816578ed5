r"""Images of another size: `interpolate`, and `upsample` by whole factors.

Height and width are resized one after the other, by the same rule. A new row lies at some place
among the old ones, counted in old rows, as PyTorch has it:

.. math:: u_i = i\, \frac{H}{H'}, \qquad
          u_i = \left(i + \tfrac12\right) \frac{H}{H'} - \tfrac12, \qquad
          u_i = i\, \frac{H - 1}{H' - 1}

The first is that of the *nearest* row, which is the one at or before it. The others have weights
that depend on the distance: *bilinear* is a mean of the two rows beside the place, *bicubic* a sum
of the four around it. The two places differ in what is kept. Either pixels are squares, and old and
new ones cover the same image; or, with `align_corners`, they are points, and the first and last
stay where they were.

All of these are linear in the image. The gradient hands each cotangent back to the rows that it was
made of, with the same weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np

from minigen.engine.backend import Array, array_of, floating, namespace
from minigen.ops.pooling import window_spread
from minigen.ops.shaping import getitem
from minigen.ops.windows import Pair, is_integer, pair

__all__ = ["interpolate", "upsample"]

Factor = float | Sequence[float]
"""How many times larger, for height and width."""

Real = float | Fraction

MODES: Final = ("nearest", "bilinear", "bicubic")

STEEPNESS: Final = -0.75
"""The slope a of the cubic weights at a distance of 1: PyTorch's; Keys (1981) proposes -1/2."""


def interpolate(
    x: Array,
    size: Pair | None = None,
    scale_factor: Factor | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Array:
    r"""Resize images.

    Parameters
    ----------
    x : Tensor or array, shape (N, C, H, W)
        Images.
    size : int or pair of int, optional
        The new size (H', W').
    scale_factor : number or pair of numbers, optional
        How many times larger the new size is, rounded down; in place of `size`. Places are reckoned
        with the factor itself in the place of H' / H, unless the size stays, or doubles.
    mode : {"nearest", "bilinear", "bicubic"}
        Whether a new pixel is the nearest old one, a mean of the four around it, or a sum of the
        sixteen around it, which is sharper and may go beyond their range.
    align_corners : bool, optional
        With "bilinear" and "bicubic": whether the corners' pixels stay where they were (True), or
        the image's edges (False, the default).

    Returns
    -------
    Tensor or array, shape (N, C, H', W')

    Raises
    ------
    ValueError
        If not one of `size` and `scale_factor` is given, or it is no size; if `mode` is another, or
        `align_corners` is given with "nearest"; if x holds no images.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> edge = minigen.tensor([[[[0.0, 4.0]]]])
    >>> F.interpolate(edge, size=(1, 4)).tolist()
    [[[[0.0, 0.0, 4.0, 4.0]]]]
    >>> F.interpolate(edge, size=(1, 4), mode="bilinear").tolist()
    [[[[0.0, 1.0, 3.0, 4.0]]]]
    >>> F.interpolate(edge, size=(1, 5), mode="bilinear", align_corners=True).tolist()
    [[[[0.0, 1.0, 2.0, 3.0, 4.0]]]]
    >>> F.interpolate(edge, size=(1, 4), mode="bicubic").tolist()
    [[[[-0.421875, 0.90625, 3.09375, 4.421875]]]]

    References
    ----------
    Keys (1981), *Cubic convolution interpolation for digital image processing*, IEEE Transactions
    on Acoustics, Speech, and Signal Processing 29(6).

    Derivation: interpolate.nearest, interpolate.bilinear, interpolate.bicubic,
    interpolate.grad_input
    """
    check_resizing(size, scale_factor, mode, align_corners)
    old = _image_size(x, "interpolate")
    new, factors = _new_size(old, size, scale_factor)
    if min(*old, *new) < 1:
        raise ValueError(
            f"interpolate: images of {old[0]} by {old[1]} would become {new[0]} by {new[1]}"
        )
    down, right = map(int, factors)
    if mode == "nearest" and factors[0] == down and factors[1] == right:
        return upsample(x, (down, right))
    for axis, length, count, factor in zip((-2, -1), old, new, factors, strict=True):
        if mode == "nearest" or count == length:
            exact = Fraction(count, length)  # whatever the factor, as in PyTorch
            ratio = exact if count in (length, 2 * length) else factor
            x = _rows(x, axis, [_nearest(i, length, ratio) for i in range(count)])
        else:
            places = [_place(i, length, count, factor, align_corners) for i in range(count)]
            between = _between_two_rows if mode == "bilinear" else _between_four_rows
            x = between(floating(x), axis, places)
    return x


def check_resizing(
    size: Pair | None, scale_factor: Factor | None, mode: str, align_corners: bool | None
) -> None:
    """Refuse options of `interpolate` that mean nothing, or do not go together."""
    if mode not in MODES:
        raise ValueError(
            f"interpolate: mode must be 'nearest', 'bilinear' or 'bicubic', got {mode!r}"
        )
    if (size is None) == (scale_factor is None):
        raise ValueError(
            "interpolate: either size or scale_factor must be given, and not both, got "
            f"size={size!r} and scale_factor={scale_factor!r}"
        )
    if size is None:
        _factors(scale_factor)
    else:
        pair("interpolate: size", size, 1)
    if align_corners is not None and mode == "nearest":
        raise ValueError(
            "interpolate: align_corners says where modes 'bilinear' and 'bicubic' take their "
            "weights, and mode 'nearest' has none: leave it out"
        )


def _new_size(
    old: tuple[int, int], size: Pair | None, scale_factor: Factor | None
) -> tuple[tuple[int, int], tuple[Real, Real]]:
    """Return the new size, and the factors by which places are reckoned: exact ones, of sizes."""
    if size is None:
        down, right = _factors(scale_factor)
        return (int(old[0] * down), int(old[1] * right)), (down, right)
    height, width = pair("interpolate: size", size, 1)
    return (height, width), (Fraction(height, max(1, old[0])), Fraction(width, max(1, old[1])))


def _factors(scale_factor: Factor | None) -> tuple[float, float]:
    """Return the factors for height and width, if they are positive numbers."""
    factors: tuple[Any, ...] = (
        tuple(scale_factor) if isinstance(scale_factor, Sequence) else (scale_factor,) * 2
    )
    if len(factors) != 2 or not all(_is_factor(factor) for factor in factors):
        raise ValueError(
            f"interpolate: scale_factor must be a positive number, or two, got {scale_factor!r}"
        )
    return float(factors[0]), float(factors[1])


def _is_factor(number: Any) -> bool:
    known = is_integer(number) or isinstance(number, float | np.floating)
    return known and 0 < number < math.inf


def _nearest(i: int, length: int, factor: Real) -> int:
    r"""Return the old row that becomes row i: :math:`\lfloor i H / H' \rfloor`, or the last.

    Derivation: interpolate.nearest
    """
    return min(math.floor(i / factor), length - 1)


def _place(i: int, length: int, count: int, factor: Real, align_corners: bool | None) -> float:
    """Return where row i lies among the old rows: half a row outside at most.

    Derivation: interpolate.bilinear
    """
    if align_corners:
        return i * (length - 1) / max(1, count - 1)
    return float((i + 0.5) / factor - 0.5)


def _rows(x: Array, axis: int, rows: Sequence[int]) -> Array:
    """Take rows of images, or columns where the axis is the last."""
    index = namespace(array_of(x)).asarray(rows)
    return getitem(x, (..., index, slice(None)) if axis == -2 else (..., index))


def _between_two_rows(x: Array, axis: int, places: Sequence[float]) -> Array:
    """Take means of the two rows beside each place, weighted by how near they are.

    Derivation: interpolate.bilinear
    """
    last = x.shape[axis] - 1
    places = [min(max(place, 0.0), last) for place in places]
    before = [math.floor(place) for place in places]
    behind = [min(row + 1, last) for row in before]
    share = _weights(x, axis, np.subtract(places, before))
    return _rows(x, axis, before) * (1 - share) + _rows(x, axis, behind) * share


def _between_four_rows(x: Array, axis: int, places: Sequence[float]) -> Array:
    """Take sums of the four rows around each place; those outside are the first or the last again.

    Derivation: interpolate.bicubic
    """
    last = x.shape[axis] - 1
    total: Array = 0
    for offset in (-1, 0, 1, 2):
        around = [math.floor(place) + offset for place in places]
        weights = [_cubic(abs(place - row)) for place, row in zip(places, around, strict=True)]
        rows = _rows(x, axis, [min(max(row, 0), last) for row in around])
        total = total + rows * _weights(x, axis, weights)
    return total


def _cubic(distance: float) -> float:
    r"""Return the weight of a row: Keys' :math:`k`, which ends at a distance of 2.

    Derivation: interpolate.bicubic
    """
    a, d = STEEPNESS, distance
    if d <= 1:
        return ((a + 2) * d - (a + 3)) * d * d + 1
    return a * (((d - 5) * d + 8) * d - 4)


def _weights(x: Array, axis: int, weights: Any) -> Array:
    """Return a weight for each row, or column, in the images' dtype and on their device."""
    column = np.reshape(weights, (-1, *(1,) * (-1 - axis)))
    return namespace(array_of(x)).asarray(column, x.dtype)


def _image_size(x: Array, name: str) -> tuple[int, int]:
    """Return height and width of images (N, C, H, W), and refuse anything else.

    One image (C, H, W) is refused, too: PyTorch takes three axes for (N, C, length).
    """
    if x.ndim != 4:
        raise ValueError(
            f"{name}: images of shape (N, C, H, W) are expected, got {tuple(x.shape)}"
            + ("; give one image as x.unsqueeze(0)" if x.ndim == 3 else "")
        )
    height, width = x.shape[2:]
    return height, width


def upsample(x: Array, scale_factor: Pair, mode: str = "nearest") -> Array:
    r"""Enlarge images: every element becomes a block of equal ones.

    .. math:: y_{n,c,i,j} = x_{n,c,\lfloor i / s \rfloor, \lfloor j / s \rfloor}

    Parameters
    ----------
    x : Tensor or array, shape (N, C, H, W)
        Images.
    scale_factor : int or pair of int
        How many times larger, s.
    mode : {"nearest"}
        The nearest element; `interpolate` has others, and other sizes.

    Returns
    -------
    Tensor or array, shape (N, C, s H, s W)

    Raises
    ------
    ValueError
        If `scale_factor` is no positive integer, or `mode` is another.

    Examples
    --------
    >>> import minigen
    >>> import minigen.functional as F
    >>> F.upsample(minigen.tensor([[[[1.0, 2.0]]]]), 2).tolist()
    [[[[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]]]

    Derivation: upsample, upsample.grad_input
    """
    if mode != "nearest":
        raise ValueError(f"upsample: mode {mode!r} is not supported, only 'nearest'")
    down, right = pair("upsample: scale_factor", scale_factor, 1)
    height, width = _image_size(x, "upsample")
    return window_spread(x, (down * height, right * width), (down, right), (down, right))
