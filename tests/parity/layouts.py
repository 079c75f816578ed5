"""The ways in which an array can lie in memory: equal values, different strides."""

from __future__ import annotations

from typing import Any

import numpy as np

from .draws import Array


def contiguous(values: Array) -> Array:
    return values.copy()


def column_major(values: Array) -> Array:
    return values.T.copy().T


def reversed_axes(values: Array) -> Array:
    """Negative strides along every axis."""
    return np.flip(np.flip(values).copy()) if values.ndim else values.copy()


def every_second(values: Array) -> Array:
    """Gaps between the elements, filled with numbers that would be noticed."""
    filler = np.nan if values.dtype.kind == "f" else 1
    buffer = np.full([2 * n for n in values.shape], filler, values.dtype)
    seconds: Any = (..., *[slice(None, None, 2)] * values.ndim)
    view: Array = buffer[seconds]
    view[...] = values
    return view


LAYOUTS = (contiguous, column_major, reversed_axes, every_second)
