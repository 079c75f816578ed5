"""Pooling, upsampling, and the ops on windows that they are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..draws import Draw
from ..torch_reference import folded, torch, unfolded
from .case import Case, Sample
from .convolution import as_option, pair


def pooled(draw: Draw) -> Sample:
    """Draw images, with ties, and windows of which every one sees some of the image."""
    kernel = pair(draw, 1, 3)
    padding = draw.integer(0, kernel[0] // 2), draw.integer(0, kernel[1] // 2)
    height, width = (
        max(1, k - 2 * p) + draw.integer(0, 4) for k, p in zip(kernel, padding, strict=True)
    )
    batch, channels = draw.shape(2)
    shape = (batch, channels, height, width)
    return Sample(
        draw.grid(shape) if draw.flag() else draw.reals(shape),
        kernel_size=as_option(draw, kernel),
        stride=draw.choice([None, pair(draw, 1, 3)]),
        padding=as_option(draw, padding),
    )


def averaged(draw: Draw) -> Sample:
    sample = pooled(draw)
    return Sample(*sample.inputs, **sample.options, count_include_pad=draw.flag())


def rounded_up(draw: Draw) -> Sample:
    """Draw images, or one, and windows that may reach over the end."""
    sample = pooled(draw)
    (x,) = sample.inputs
    return Sample(x[0] if draw.flag() else x, **sample.options, ceil_mode=True)


def rounded_up_and_dilated(draw: Draw) -> Sample:
    """Draw so, with a dilation that leaves room for one window on the image."""
    sample = rounded_up(draw)
    (x,) = sample.inputs
    padded = np.pad(x, [(0, 0)] * (x.ndim - 2) + [(2, 2), (2, 2)], "symmetric")
    return Sample(padded, **sample.options, dilation=draw.integer(1, 2))


def rounded_up_averages(draw: Draw) -> Sample:
    sample = rounded_up(draw)
    return Sample(*sample.inputs, **sample.options, count_include_pad=draw.flag())


def images(draw: Draw) -> Sample:
    return Sample(draw.reals(draw.shape(4)), output_size=draw.choice([1, (1, 1)]))


def covered(draw: Draw) -> Sample:
    """Draw images, or one, and a size of which a part may be left to them."""
    size: Any = draw.choice([draw.integer(1, 6), (draw.integer(1, 6), None), pair(draw, 1, 6)])
    return Sample(draw.reals(draw.shape(draw.integer(3, 4))), output_size=size)


def resized(draw: Draw) -> Sample:
    """Draw images, a new size or a factor, and how it is filled."""
    by_size = draw.flag()
    mode = draw.choice(["nearest", "bilinear", "bicubic"])
    return Sample(
        draw.reals(draw.shape(4)),
        size=as_option(draw, pair(draw, 1, 9)) if by_size else None,
        scale_factor=None if by_size else draw.choice([1.0, 2.0, (1.5, 3.0), (2.5, 1.25)]),
        mode=mode,
        align_corners=None if mode == "nearest" else draw.choice([None, False, True]),
    )


def enlarged(draw: Draw) -> Sample:
    return Sample(draw.reals(draw.shape(4)), scale_factor=as_option(draw, pair(draw, 1, 3)))


def on_windows(draw: Draw, spread: bool = False, chosen: bool = False) -> Sample:
    """Draw images, or a number for each window of images; where wanted, a tap of each too."""
    kernel, stride, padding = pair(draw, 1, 3), pair(draw, 1, 3), pair(draw, 0, 2)
    height, width = (
        max(1, k - 2 * p) + draw.integer(0, 4) for k, p in zip(kernel, padding, strict=True)
    )
    rows, columns = (
        (n + 2 * p - k) // s + 1
        for n, k, s, p in zip((height, width), kernel, stride, padding, strict=True)
    )
    batch, channels = draw.shape(2)
    options: dict[str, Any] = {"kernel_size": kernel, "stride": stride, "padding": padding}
    numbers = (batch, channels, rows, columns)
    if chosen:
        options["choice"] = draw.integers(numbers, 0, kernel[0] * kernel[1] - 1)
    if spread:
        return Sample(draw.reals(numbers), size=(height, width), **options)
    return Sample(draw.reals((batch, channels, height, width)), **options)


def to_pick(draw: Draw) -> Sample:
    return on_windows(draw, chosen=True)


def to_spread(draw: Draw) -> Sample:
    return on_windows(draw, spread=True)


def to_put(draw: Draw) -> Sample:
    return on_windows(draw, spread=True, chosen=True)


def upsample(x: Any, scale_factor: Any) -> Any:
    factors = (scale_factor, scale_factor) if isinstance(scale_factor, int) else scale_factor
    return torch.nn.functional.interpolate(x, scale_factor=tuple(map(float, factors)))


def window_sum(x: Any, kernel_size: Any, stride: Any, padding: Any) -> Any:
    sums = unfolded(x, kernel_size, stride, padding).sum(2)
    rows, columns = (
        (n + 2 * p - k) // s + 1
        for n, k, s, p in zip(x.shape[2:], kernel_size, stride, padding, strict=True)
    )
    return sums.reshape(*x.shape[:2], rows, columns)


def window_pick(x: Any, choice: Any, kernel_size: Any, stride: Any, padding: Any) -> Any:
    columns = unfolded(x, kernel_size, stride, padding)
    return columns.gather(2, choice.flatten(2).unsqueeze(2)).reshape(choice.shape)


def window_spread(g: Any, size: Any, kernel_size: Any, stride: Any, padding: Any) -> Any:
    taps = kernel_size[0] * kernel_size[1]
    columns = g.flatten(2).unsqueeze(2).expand(-1, -1, taps, -1)
    return folded(columns, size, kernel_size, stride, padding)


def window_put(g: Any, choice: Any, size: Any, kernel_size: Any, stride: Any, padding: Any) -> Any:
    taps = kernel_size[0] * kernel_size[1]
    numbers = g.flatten(2).unsqueeze(2)
    zeros = torch.zeros(*g.shape[:2], taps, numbers.shape[-1], dtype=g.dtype)
    columns = zeros.scatter(2, choice.flatten(2).unsqueeze(2), numbers)
    return folded(columns, size, kernel_size, stride, padding)


CASES = (
    Case("max_pool2d", pooled),
    Case("avg_pool2d", averaged),
    Case("adaptive_avg_pool2d", images),
    Case("max_pool2d", rounded_up_and_dilated, variant="rounded up, dilated, one image"),
    Case("avg_pool2d", rounded_up_averages, variant="rounded up, one image"),
    Case("adaptive_avg_pool2d", covered, variant="windows, one image"),
    Case("interpolate", resized),
    Case("upsample", enlarged, upsample),
    Case("window_sum", on_windows, window_sum),
    Case("window_spread", to_spread, window_spread),
    Case("window_pick", to_pick, window_pick),
    Case("window_put", to_put, window_put),
)
