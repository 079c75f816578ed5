r"""Windows that slide over images, which convolutions and pooling share.

A window has as many elements as the kernel, k, a dilation d apart; neighbours are a stride s apart,
and the first begins p, the padding, before the image. Element a of window i, its *tap* a, thus lies
on element :math:`s i + d a - p` of the image; height and width follow the same formula, each with
its numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from types import EllipsisType
from typing import NamedTuple

import numpy as np

Pair = int | Sequence[int]
"""One number for height and width, or the two."""

Single = int | Sequence[int]
"""One number for the only axis, as it is or in a sequence."""

Padding = Pair | str
"""Zeros on each side of an image: their number, or "same" or "valid"."""

Place = tuple[EllipsisType, slice, slice]
"""An index of the last two axes."""


def pair(role: str, value: Pair, least: int) -> tuple[int, int]:
    """Return the numbers for height and width.

    Raises
    ------
    ValueError
        If they are not one or two integers, or one is less than `least`.
    """
    if type(value) is int and value >= least:  # the usual cases, and the fastest to tell
        return value, value
    if type(value) is tuple and [type(n) for n in value] == [int, int] and min(value) >= least:
        return value[0], value[1]
    numbers = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(numbers) != 2 or not all(is_integer(n) and n >= least for n in numbers):
        raise ValueError(f"{role} must be an integer of at least {least}, or two, got {value!r}")
    return int(numbers[0]), int(numbers[1])


def single(role: str, value: Single, least: int) -> int:
    """Return the number for the only axis of a signal.

    Raises
    ------
    ValueError
        If it is no integer, or less than `least`.
    """
    numbers = tuple(value) if isinstance(value, Sequence) else (value,)
    if len(numbers) != 1 or not is_integer(numbers[0]) or numbers[0] < least:
        raise ValueError(f"{role} must be an integer of at least {least}, got {value!r}")
    return int(numbers[0])


def is_integer(number: object) -> bool:
    """Tell whether it is an integer, Python's or NumPy's, and no truth value."""
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


class Windows(NamedTuple):
    """Where windows lie, each number for height and width.

    Attributes
    ----------
    kernel, stride, padding, dilation : tuple of int
        k, s, p and d.
    surplus : tuple of int
        How many more zeros stand below and on the right than above and on the left.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int] = (1, 1)
    surplus: tuple[int, int] = (0, 0)

    @classmethod
    def of(
        cls,
        kernel_size: Pair,
        stride: Pair,
        padding: Padding,
        dilation: Pair = 1,
        surplus: Pair = 0,
    ) -> Windows:
        """Read what a user gave: integers or pairs, and for the padding a word.

        Raises
        ------
        ValueError
            If it is none of these, or the padding "same" with a stride.
        """
        windows = cls(
            pair("kernel_size", kernel_size, 1),
            pair("stride", stride, 1),
            (0, 0) if isinstance(padding, str) else pair("padding", padding, 0),
            pair("dilation", dilation, 1),
            pair("surplus", surplus, 0),
        )
        return windows._padded(padding) if isinstance(padding, str) else windows

    def _padded(self, word: str) -> Windows:
        """Return these windows with the padding that a word stands for.

        Derivation: conv2d.same
        """
        if word == "valid":
            return self
        if word != "same":
            raise ValueError(
                "padding must be an integer of at least 0, or two, or 'same' or 'valid', "
                f"got {word!r}"
            )
        if self.stride != (1, 1):
            raise ValueError(
                "padding='same' keeps the size of an image, so that it needs stride 1, got stride "
                f"{self.stride}: give the padding as a number"
            )
        (height, width) = self.span
        return self._replace(
            padding=((height - 1) // 2, (width - 1) // 2),
            surplus=((height - 1) % 2, (width - 1) % 2),
        )

    @property
    def span(self) -> tuple[int, int]:
        r"""How many elements lie between a window's first and last, both counted.

        .. math:: k' = d (k - 1) + 1

        Derivation: conv2d.span
        """
        (height, width), (row, column) = self.kernel, self.dilation
        return row * (height - 1) + 1, column * (width - 1) + 1

    def _room(self, size: Sequence[int]) -> tuple[int, int]:
        """Return how far a window can move on the padded image: negative if it does not fit."""
        (tall, wide), (top, left), (below, beside) = self.span, self.padding, self.surplus
        return size[0] + 2 * top + below - tall, size[1] + 2 * left + beside - wide

    def fitting(self, size: Sequence[int]) -> tuple[int, int]:
        r"""Return how many windows fit: :math:`\lfloor (H + 2p - k') / s \rfloor + 1`.

        Raises
        ------
        ValueError
            If none does.

        Derivation: conv2d.output_size
        """
        room = self._room(size)
        if min(size) < 1 or min(room) < 0:
            raise self._too_small(size)
        return room[0] // self.stride[0] + 1, room[1] // self.stride[1] + 1

    def _too_small(self, size: Sequence[int]) -> ValueError:
        """Return the error for an image on which no window fits."""
        axis = 0 if size[0] < 1 or self._room(size)[0] < 0 else 1
        name, n, k = ("height", "width")[axis], size[axis], self.span[axis]
        p, s = self.padding[axis], self.stride[axis]
        return ValueError(
            f"the output's {name} would be floor(({name} + 2 padding - kernel) / stride) "
            f"+ 1 = floor(({n} + 2*{p} - {k}) / {s}) + 1 = {(n + 2 * p - k) // s + 1}: "
            + (f"the {name} is 0" if n < 1 else "the kernel is larger than the padded input")
            + self._spread(axis)
        )

    def _spread(self, axis: int) -> str:
        """Say how large a dilated kernel is, at the end of an error."""
        if self.dilation[axis] == 1:
            return ""
        return f"; {self.kernel[axis]} elements {self.dilation[axis]} apart span {self.span[axis]}"

    def left_over(self, size: Sequence[int]) -> tuple[int, int]:
        """Return how much of the padded image lies beyond the last window, less than a stride."""
        room = self._room(size)
        return room[0] % self.stride[0], room[1] % self.stride[1]

    def rounded_up(self, size: Sequence[int]) -> Windows:
        """Return these windows and one more, reaching over the end, where some are left over.

        One that would begin behind the image, in the padding, is not added.

        Derivation: max_pool2d.ceil_mode
        """
        below, beside = (
            0 if room + -room % s >= n + p else -room % s
            for n, p, s, room in zip(size, self.padding, self.stride, self._room(size), strict=True)
        )
        return self._replace(surplus=(below, beside))

    def extent(self, count: Sequence[int], left_over: Sequence[int]) -> tuple[int, int]:
        r"""Return the size of the image with that many windows: :math:`(n - 1) s - 2p + k' + r`.

        Raises
        ------
        ValueError
            If what is left over is no less than a stride, or the size not positive.

        Derivation: conv_transpose2d.output_size
        """
        height, width = (
            least + r for least, r in zip(self._least_extent(count), left_over, strict=True)
        )
        names = ("height", "width")
        for axis, (name, n, r, s, length) in enumerate(
            zip(names, count, left_over, self.stride, (height, width), strict=True)
        ):
            if r >= s:
                raise ValueError(
                    f"output_padding must be smaller than stride, got {r} and {s} for the {name}: "
                    f"windows {s} apart leave between 0 and {s - 1} over"
                )
            if n < 1 or length < 1:
                raise ValueError(
                    f"the output's {name} would be ({name} - 1) stride - 2 padding + kernel + "
                    f"output_padding = ({n} - 1)*{s} - 2*{self.padding[axis]} + "
                    f"{self.span[axis]} + {r} = {length}" + self._spread(axis)
                )
        return height, width

    def _least_extent(self, count: Sequence[int]) -> tuple[int, int]:
        """Return the size of the image with nothing left over, which may be no size at all."""
        height, width = (
            (n - 1) * s - 2 * p - more + span
            for n, s, p, more, span in zip(
                count, self.stride, self.padding, self.surplus, self.span, strict=True
            )
        )
        return height, width

    def reaching(self, size: Pair, count: Sequence[int]) -> tuple[int, int]:
        """Return what is left over on images of a size, given how many windows lie on them.

        Raises
        ------
        ValueError
            If so many windows lie on no image of that size.

        Derivation: conv_transpose2d.output_size
        """
        smallest = self._least_extent(count)
        wanted = pair("output_size", size, 1)
        below, beside = (n - least for n, least in zip(wanted, smallest, strict=True))
        if not (0 <= below < self.stride[0] and 0 <= beside < self.stride[1]):
            largest = tuple(n + s - 1 for n, s in zip(smallest, self.stride, strict=True))
            raise ValueError(
                f"output_size must lie between {smallest} and {largest} for an input of "
                f"{count[0]} by {count[1]} and stride {self.stride}, got {wanted}"
            )
        return below, beside

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
        (top, left), (down, right), (row, column) = self.padding, self.stride, self.dilation
        rows, window_rows = _meeting(row * tap[0] - top, down, size[0], first, first + count[0])
        columns, window_columns = _meeting(column * tap[1] - left, right, size[1], 0, count[1])
        return (..., rows, columns), (..., window_rows, window_columns)


def _meeting(offset: int, stride: int, size: int, first: int, last: int) -> tuple[slice, slice]:
    """Do so for one axis: windows `first` to `last` (excluded), on `size` elements."""
    start = max(first, -(offset // stride))  # the first window with stride * i + offset >= 0
    stop = min(last, (size - 1 - offset) // stride + 1)
    if stop <= start:
        return slice(0, 0), slice(0, 0)
    on_image = slice(start * stride + offset, (stop - 1) * stride + offset + 1, stride)
    return on_image, slice(start - first, stop - first)
