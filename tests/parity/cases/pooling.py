"""Pooling, upsampling, and the ops on windows that they are made of."""

from __future__ import annotations

from typing import Any

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


def images(draw: Draw) -> Sample:
    return Sample(draw.reals(draw.shape(4)), output_size=draw.choice([1, (1, 1)]))


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
    Case("upsample", enlarged, upsample),
    Case("window_sum", on_windows, window_sum),
    Case("window_spread", to_spread, window_spread),
    Case("window_pick", to_pick, window_pick),
    Case("window_put", to_put, window_put),
)
