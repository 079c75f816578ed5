r"""Images of another size: `interpolate`, and `upsample` by whole factors.

Height and width are resized one after the other, by the same rule. A new row lies at some place
among the old ones, counted in old rows, as PyTorch has it:

.. math:: u_i = i\, \frac{H}{H'}, \qquad
          u_i = \left(i + \tfrac12\right) \frac{H}{H'} - \tfrac12, \qquad
          u_i = i\, \frac{H - 1}{H' - 1}

The first is that of the *nearest* row, which is the one at or before it. The others are *bilinear*:
a mean of the two rows beside the place, linear in the distance. They differ in what is kept. Either
pixels are squares, and old and new ones cover the same image; or, with `align_corners`, they are
points, and the first and last stay where they were.

All of these are linear in the image. The gradient hands each cotangent back to the rows that it was
made of, with the same weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from minigen.engine.backend import Array, array_of, floating, namespace
from minigen.ops.pooling import window_spread
from minigen.ops.shaping import getitem
from minigen.ops.windows import Pair, is_integer, pair

__all__ = ["interpolate", "upsample"]

Factor = float | Sequence[float]
"""How many times larger, for height and width."""

Real = float | Fraction

MODES = ("nearest", "bilinear")


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
    mode : {"nearest", "bilinear"}
        Whether a new pixel is the nearest old one, or a mean of the four around it.
    align_corners : bool, optional
        With "bilinear": whether the corners' pixels stay where they were (True), or the image's
        edges (False, the default).

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

    Derivation: interpolate.nearest, interpolate.bilinear, interpolate.grad_input
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
            x = _between_rows(floating(x), axis, places)
    return x


def check_resizing(
    size: Pair | None, scale_factor: Factor | None, mode: str, align_corners: bool | None
) -> None:
    """Refuse options of `interpolate` that mean nothing, or do not go together."""
    if mode not in MODES:
        raise ValueError(f"interpolate: mode must be 'nearest' or 'bilinear', got {mode!r}")
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
            "interpolate: align_corners says where mode 'bilinear' takes its weights, and mode "
            "'nearest' has none: leave it out"
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
    """Return where row i lies among the old rows, between the first and the last.

    Derivation: interpolate.bilinear
    """
    if align_corners:
        return i * (length - 1) / max(1, count - 1)
    return min(max(float((i + 0.5) / factor - 0.5), 0.0), length - 1)


def _rows(x: Array, axis: int, rows: Sequence[int]) -> Array:
    """Take rows of images, or columns where the axis is the last."""
    index = namespace(array_of(x)).asarray(rows)
    return getitem(x, (..., index, slice(None)) if axis == -2 else (..., index))


def _between_rows(x: Array, axis: int, places: Sequence[float]) -> Array:
    """Take means of the two rows beside each place, weighted by how near they are."""
    before = [math.floor(place) for place in places]
    behind = [min(row + 1, x.shape[axis] - 1) for row in before]
    share = np.subtract(places, before).reshape(-1, *(1,) * (-1 - axis))
    weights = namespace(array_of(x)).asarray(share, x.dtype)
    return _rows(x, axis, before) * (1 - weights) + _rows(x, axis, behind) * weights


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
