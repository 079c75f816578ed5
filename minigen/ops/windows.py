r"""Windows that slide over images, which convolutions and pooling share.

A window is as large as the kernel, k; neighbours are a stride s apart, and the first begins p, the
padding, before the image. Element a of window i, its *tap* a, thus lies on element
:math:`s i + a - p` of the image; height and width follow the same formula, each with its numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from types import EllipsisType
from typing import NamedTuple

import numpy as np

Pair = int | Sequence[int]
"""One number for height and width, or the two."""

Place = tuple[EllipsisType, slice, slice]
"""An index of the last two axes."""


def pair(role: str, value: Pair, least: int) -> tuple[int, int]:
    """Return the numbers for height and width.

    Raises
    ------
    ValueError
        If they are not one or two integers, or one is less than `least`.
    """
    numbers = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(numbers) != 2 or not all(_is_integer(n) and n >= least for n in numbers):
        raise ValueError(f"{role} must be an integer of at least {least}, or two, got {value!r}")
    return int(numbers[0]), int(numbers[1])


def _is_integer(number: object) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


class Windows(NamedTuple):
    """Where windows lie: size of the kernel, stride and padding, each for height and width."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]

    @classmethod
    def of(cls, kernel_size: Pair, stride: Pair, padding: Pair) -> Windows:
        """Read what a user gave: integers or pairs."""
        return cls(
            pair("kernel_size", kernel_size, 1),
            pair("stride", stride, 1),
            pair("padding", padding, 0),
        )

    def fitting(self, size: Sequence[int]) -> tuple[int, int]:
        r"""Return how many windows fit: :math:`\lfloor (H + 2p - k) / s \rfloor + 1`.

        Raises
        ------
        ValueError
            If none does.

        Derivation: conv2d.output_size
        """
        for name, n, k, s, p in zip(("height", "width"), size, *self, strict=True):
            if n < 1 or n + 2 * p < k:
                raise ValueError(
                    f"the output's {name} would be floor(({name} + 2 padding - kernel) / stride) "
                    f"+ 1 = floor(({n} + 2*{p} - {k}) / {s}) + 1 = {(n + 2 * p - k) // s + 1}: "
                    + (
                        f"the {name} is 0"
                        if n < 1
                        else "the kernel is larger than the padded input"
                    )
                )
        rows, columns = ((n + 2 * p - k) // s + 1 for n, k, s, p in zip(size, *self, strict=True))
        return rows, columns

    def left_over(self, size: Sequence[int]) -> tuple[int, int]:
        """Return how much of the padded image lies beyond the last window, less than a stride."""
        below, beside = ((n + 2 * p - k) % s for n, k, s, p in zip(size, *self, strict=True))
        return below, beside

    def extent(self, count: Sequence[int], left_over: Sequence[int]) -> tuple[int, int]:
        r"""Return the size of the image with that many windows: :math:`(n - 1) s - 2p + k + r`.

        Raises
        ------
        ValueError
            If what is left over is no less than a stride, or the size not positive.

        Derivation: conv_transpose2d.output_size
        """
        names = ("height", "width")
        for name, n, r, k, s, p in zip(names, count, left_over, *self, strict=True):
            length = (n - 1) * s - 2 * p + k + r
            if r >= s:
                raise ValueError(
                    f"output_padding must be smaller than stride, got {r} and {s} for the {name}: "
                    f"windows {s} apart leave between 0 and {s - 1} over"
                )
            if n < 1 or length < 1:
                raise ValueError(
                    f"the output's {name} would be ({name} - 1) stride - 2 padding + kernel + "
                    f"output_padding = ({n} - 1)*{s} - 2*{p} + {k} + {r} = {length}"
                )
        height, width = (
            (n - 1) * s - 2 * p + k + r
            for n, r, k, s, p in zip(count, left_over, *self, strict=True)
        )
        return height, width

    def taps(self) -> Iterator[tuple[int, int]]:
        """Iterate over the positions (a, b) in a window, row by row."""
        height, width = self.kernel
        return itertools.product(range(height), range(width))

    def meeting(
        self, tap: tuple[int, int], size: Sequence[int], count: Sequence[int], first: int = 0
    ) -> tuple[Place, Place]:
        """Return where a tap of the windows falls on the image, and which windows these are.

        Both index the last two axes; the windows are those from row `first` on.

        Derivation: windows.meeting
        """
        (rows, window_rows), (columns, window_columns) = (
            _meeting(a, s, p, n, start, start + m)
            for a, s, p, n, m, start in zip(
                tap, self.stride, self.padding, size, count, (first, 0), strict=True
            )
        )
        return (..., rows, columns), (..., window_rows, window_columns)


def _meeting(
    tap: int, stride: int, padding: int, size: int, first: int, last: int
) -> tuple[slice, slice]:
    """Do so for one axis: windows `first` to `last` (excluded), on `size` elements."""
    offset = tap - padding
    start = max(first, -(offset // stride))  # the first window with stride * i + offset >= 0
    stop = min(last, (size - 1 - offset) // stride + 1)
    if stop <= start:
        return slice(0, 0), slice(0, 0)
    on_image = slice(start * stride + offset, (stop - 1) * stride + offset + 1, stride)
    return on_image, slice(start - first, stop - first)
