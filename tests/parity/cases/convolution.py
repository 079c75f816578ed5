"""Convolutions: random kernels, strides, paddings, rows left over and output paddings."""

from __future__ import annotations

from typing import Any

from ..draws import Array, Draw
from ..torch_reference import torch, unfolded
from .case import Case, Sample

Size = tuple[int, int]


def pair(draw: Draw, low: int, high: int) -> Size:
    return draw.integer(low, high), draw.integer(low, high)


def dilated(draw: Draw) -> Sample:
    """Draw a convolution with a dilation, in groups, of one image or several."""
    kernel, stride, padding = pair(draw, 1, 3), pair(draw, 1, 3), pair(draw, 0, 2)
    dilation = pair(draw, 1, 3)
    named: Any = draw.choice([None, None, "valid", "same"])
    if named:
        padding, stride = (0, 0), (1, 1) if named == "same" else stride
    size = [
        max(1, d * (k - 1) + 1 - 2 * p) + draw.integer(0, 4)
        for k, p, d in zip(kernel, padding, dilation, strict=True)
    ]
    groups, of_group_in, of_group_out = draw.integer(1, 3), draw.length(), draw.length()
    batch = draw.choice([(), (draw.length(),)])
    return Sample(
        draw.reals((*batch, groups * of_group_in, *size)),
        draw.reals((groups * of_group_out, of_group_in, *kernel)),
        draw.reals((groups * of_group_out,)),
        stride=as_option(draw, stride),
        padding=named or as_option(draw, padding),
        dilation=as_option(draw, dilation),
        groups=groups,
    )


def dilated_transposed(draw: Draw) -> Sample:
    """Draw a transposed convolution with a dilation, in groups, of one image or several."""
    kernel, stride, padding = pair(draw, 1, 3), pair(draw, 1, 3), pair(draw, 0, 2)
    dilation = pair(draw, 1, 3)
    left_over: Any = tuple(draw.integer(0, s - 1) for s in stride)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    size = [
        smallest(*numbers) + draw.integer(0, 3)
        for numbers in zip(spans, stride, padding, left_over, strict=True)
    ]
    groups, of_group_in, of_group_out = draw.integer(1, 3), draw.length(), draw.length()
    batch = draw.choice([(), (draw.length(),)])
    return Sample(
        draw.reals((*batch, groups * of_group_in, *size)),
        draw.reals((groups * of_group_in, of_group_out, *kernel)),
        draw.reals((groups * of_group_out,)),
        stride=as_option(draw, stride),
        padding=as_option(draw, padding),
        output_padding=as_option(draw, left_over),
        groups=groups,
        dilation=as_option(draw, dilation),
    )


def windows(draw: Draw) -> tuple[Size, Size, Size, Size]:
    """Draw kernel, stride, padding, and a size of images on which one window fits or more."""
    kernel, stride, padding = pair(draw, 1, 3), pair(draw, 1, 3), pair(draw, 0, 2)
    height, width = (
        max(1, k - 2 * p) + draw.integer(0, 4) for k, p in zip(kernel, padding, strict=True)
    )
    return kernel, stride, padding, (height, width)


def as_option(draw: Draw, numbers: Size) -> int | Size:
    """Give a pair of equal numbers as one number, now and then."""
    return numbers[0] if numbers[0] == numbers[1] and draw.flag() else numbers


def convolution(draw: Draw) -> Sample:
    kernel, stride, padding, size = windows(draw)
    batch, channels_in, channels_out = draw.shape(3)
    return Sample(
        draw.reals((batch, channels_in, *size)),
        draw.reals((channels_out, channels_in, *kernel)),
        draw.reals((channels_out,)),
        stride=as_option(draw, stride),
        padding=as_option(draw, padding),
    )


def without_bias(draw_all: Any) -> Any:
    def draw_two(draw: Draw) -> Sample:
        sample: Sample = draw_all(draw)
        return Sample(*sample.inputs[:2], **sample.options)

    return draw_two


def transposed(draw: Draw) -> Sample:
    kernel, stride, padding = pair(draw, 1, 3), pair(draw, 1, 3), pair(draw, 0, 2)
    left_over: Any = tuple(draw.integer(0, s - 1) for s in stride)
    height, width = (
        smallest(*numbers) + draw.integer(0, 3)
        for numbers in zip(kernel, stride, padding, left_over, strict=True)
    )
    batch, channels_in, channels_out = draw.shape(3)
    return Sample(
        draw.reals((batch, channels_in, height, width)),
        draw.reals((channels_in, channels_out, *kernel)),
        draw.reals((channels_out,)),
        stride=as_option(draw, stride),
        padding=as_option(draw, padding),
        output_padding=as_option(draw, left_over),
    )


def smallest(kernel: int, stride: int, padding: int, left_over: int) -> int:
    """Return the smallest n with (n - 1) stride - 2 padding + kernel + left_over >= 1."""
    return 1 + max(0, -((kernel + left_over - 2 * padding - 1) // stride))


def of_weight(draw: Draw) -> Sample:
    kernel, stride, padding, size = windows(draw)
    count = [
        (n + 2 * p - k) // s + 1 for n, k, s, p in zip(size, kernel, stride, padding, strict=True)
    ]
    batch, channels_in, channels_out = draw.shape(3)
    return Sample(
        draw.reals((batch, channels_in, *size)),
        draw.reals((batch, channels_out, *count)),
        kernel_size=as_option(draw, kernel),
        stride=stride,
        padding=padding,
    )


def weight_of_unfolded(x: Any, g: Any, kernel_size: Any, stride: Any, padding: Any) -> Any:
    """Compute what `conv2d_weight` does by PyTorch's columns."""
    kernel = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    columns = unfolded(x, kernel, stride, padding)
    return torch.einsum("nol,nckl->ock", g.flatten(2), columns).reshape(
        g.shape[1], x.shape[1], *kernel
    )


def lookup(draw: Draw) -> Sample:
    rows = draw.length()
    indices: Array = draw.integers(draw.shape(), 0, rows - 1)
    return Sample(indices, draw.reals((rows, draw.length())))


CASES = (
    Case("conv2d", convolution),
    Case("conv2d", without_bias(convolution), variant="without bias"),
    Case("conv_transpose2d", transposed),
    Case(
        "conv_transpose2d",
        without_bias(transposed),
        variant="without bias",
    ),
    Case("conv2d", dilated, variant="dilation, groups, padding in words, one image"),
    Case("conv_transpose2d", dilated_transposed, variant="dilation, groups, one image"),
    Case("conv2d_weight", of_weight, weight_of_unfolded),
    Case("embedding", lookup),
)
