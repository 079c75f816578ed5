"""Cases of normalisation, convolutions and pooling."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen.catalogue.case import constant, distinct, normal, op_case, probability

_PICKS = np.array([0, 2, 2, 1])
_MEANS, _VARIANCES = np.linspace(-1, 1, 3), np.linspace(1, 2, 3)

_BATCH_NORM: dict[str, Any] = {"running_mean": None, "running_var": None, "training": True}
_BY_BATCH = "F.batch_norm(x, None, None, weight, bias, training=True)"

NORMALIZATION = [
    op_case(
        "standardize",
        normal(3, 2, 4),
        axis=(0, 2),
        torch="(x - x.mean(axis, keepdim=True)) "
        "/ torch.sqrt(x.var(axis, keepdim=True, correction=0) + 1e-5)",
    ),
    op_case("normalize_channels", normal(3, 2, 4), normal(2), normal(2), torch=_BY_BATCH),
    op_case(
        "layer_norm",
        normal(3, 4),
        normal(4),
        normal(4),
        normalized_shape=4,
        torch="F.layer_norm(x, (normalized_shape,), weight, bias)",
    ),
    op_case(
        "batch_norm",
        normal(4, 3),
        normal(3),
        normal(3),
        **_BATCH_NORM,
        torch=_BY_BATCH,
        note="training",
    ),
    op_case(
        "batch_norm",
        normal(4, 3),
        normal(3),
        normal(3),
        running_mean=_MEANS,
        running_var=_VARIANCES,
        torch="F.batch_norm(x, running_mean, running_var, weight, bias)",
        note="evaluation",
    ),
    op_case(
        "batch_norm",
        normal(2, 2, 3, 2),
        normal(2),
        normal(2),
        **_BATCH_NORM,
        torch=_BY_BATCH,
        note="images, training",
    ),
    op_case(
        "rms_norm",
        normal(3, 4),
        normal(4),
        normalized_shape=(4,),
        eps=0.1,
        torch="F.rms_norm(x, normalized_shape, weight, eps)",
    ),
    op_case(
        "instance_norm",
        normal(2, 2, 3, 2),
        normal(2),
        normal(2),
        torch="F.instance_norm(x, weight=weight, bias=bias)",
    ),
    op_case(
        "group_norm",
        normal(2, 4, 3),
        normal(4),
        normal(4),
        num_groups=2,
        torch="F.group_norm(x, num_groups, weight, bias)",
    ),
]

_IMAGES = normal(2, 2, 5, 4)
_NUMBERS = normal(1, 2, 2, 3)
_CHOICE = np.array([[[[0, 3, 1], [5, 4, 2]], [[2, 2, 0], [1, 5, 3]]]])

CONVOLUTION = [
    op_case("conv2d", _IMAGES, normal(3, 2, 3, 2), normal(3)),
    op_case(
        "conv2d",
        _IMAGES,
        normal(2, 2, 2, 3),
        normal(2),
        stride=(2, 3),
        padding=(1, 2),
        note="stride, padding, rows left over",
    ),
    op_case(
        "conv2d",
        normal(2, 4, 4, 5),
        normal(2, 2, 2, 2),
        normal(2),
        stride=(1, 2),
        padding=1,
        dilation=(2, 3),
        groups=2,
        note="dilation, groups",
    ),
    op_case(
        "conv2d", normal(2, 3, 4), normal(2, 2, 3, 2), padding="same", note="one image, same size"
    ),
    op_case("conv_transpose2d", normal(2, 2, 2, 3), normal(2, 3, 3, 2), normal(3)),
    op_case(
        "conv_transpose2d",
        normal(2, 2, 2, 3),
        normal(2, 2, 3, 2),
        normal(2),
        stride=(2, 3),
        padding=(1, 0),
        output_padding=(1, 2),
        note="stride, padding, output padding",
    ),
    op_case(
        "conv_transpose2d",
        normal(2, 4, 2, 3),
        normal(4, 1, 2, 2),
        normal(2),
        stride=(1, 2),
        padding=1,
        groups=2,
        dilation=(3, 2),
        note="dilation, groups",
    ),
    op_case(
        "conv2d_weight",
        _IMAGES,
        normal(2, 3, 3, 3),
        kernel_size=(3, 2),
        stride=2,
        padding=1,
        torch="torch.nn.grad.conv2d_weight("
        "x, (g.shape[1], x.shape[1], *kernel_size), g, stride, padding)",
        note="stride, padding",
    ),
    op_case(
        "conv2d_weight",
        normal(2, 4, 4, 5),
        normal(2, 2, 2, 4),
        kernel_size=(2, 2),
        dilation=(2, 1),
        groups=2,
        torch="torch.nn.grad.conv2d_weight(x, (g.shape[1], x.shape[1] // groups, *kernel_size), g, "
        "dilation=dilation, groups=groups)",
        note="dilation, groups",
    ),
    op_case(
        "embedding",
        normal(3, 2),
        indices=_PICKS,
        torch="F.embedding(indices, weight)",
        note="repeats",
    ),
]

_WINDOWS: dict[str, Any] = {"kernel_size": (3, 2), "stride": 2}

_GAUSSIAN = (
    "torch.softmax(torch.tensor([2, 1, 2, 1, 0, 1, 2, 1, 2]).to(x) / (-2 * sigma**2), 0)"
    ".reshape(1, 1, 3, 3)"
)
_SSIM = (
    "((2 * mean(x) * mean(target) + 1e-4) / (mean(x) ** 2 + mean(target) ** 2 + 1e-4)"
    " * (2 * (mean(x * target) - mean(x) * mean(target)) + 9e-4)"
    " / (mean(x**2) - mean(x) ** 2 + mean(target**2) - mean(target) ** 2 + 9e-4)).mean((1, 2, 3))"
)

POOLING = [
    op_case(
        "max_pool2d", distinct(2, 2, 4, 5), kernel_size=2, kinks=constant(np.zeros((2, 2, 4, 5)))
    ),
    op_case(
        "max_pool2d",
        distinct(1, 2, 4, 3),
        kernel_size=(3, 2),
        stride=(2, 1),
        padding=1,
        note="windows that overlap, padding",
    ),
    op_case(
        "max_pool2d",
        distinct(1, 1, 5, 6),
        kernel_size=2,
        stride=(2, 3),
        padding=1,
        dilation=(3, 1),
        ceil_mode=True,
        note="dilation, rounded up",
    ),
    op_case("avg_pool2d", _IMAGES, kernel_size=2),
    op_case(
        "avg_pool2d",
        _IMAGES,
        kernel_size=(3, 2),
        stride=(2, 1),
        padding=1,
        count_include_pad=False,
        note="windows that overlap, padding not counted",
    ),
    op_case(
        "avg_pool2d",
        normal(2, 5, 4),
        kernel_size=(3, 2),
        stride=(3, 2),
        padding=(1, 1),
        ceil_mode=True,
        note="one image, rounded up",
    ),
    op_case("unfold", _IMAGES, kernel_size=(3, 2), dilation=(1, 2), padding=1, stride=(2, 1)),
    op_case(
        "fold",
        normal(2, 12, 8),
        output_size=(5, 4),
        kernel_size=(3, 2),
        dilation=(1, 2),
        padding=1,
        stride=(3, 1),
    ),
    op_case("adaptive_avg_pool2d", _IMAGES, output_size=1),
    op_case("adaptive_avg_pool2d", _IMAGES, output_size=(3, 2), note="windows"),
    op_case(
        "upsample",
        normal(2, 2, 2, 2),
        scale_factor=(2, 3),
        torch="F.interpolate(x, scale_factor=tuple(map(float, scale_factor)))",
    ),
    op_case("interpolate", normal(2, 1, 3, 4), size=(5, 3)),
    op_case(
        "interpolate",
        normal(2, 1, 3, 4),
        size=(5, 3),
        mode="bilinear",
        align_corners=False,
        note="bilinear",
    ),
    op_case(
        "interpolate",
        normal(2, 1, 3, 4),
        scale_factor=(1.5, 0.75),
        mode="bilinear",
        align_corners=True,
        note="bilinear, corners kept",
    ),
    op_case(
        "interpolate",
        normal(2, 1, 3, 4),
        size=(5, 3),
        mode="bicubic",
        align_corners=False,
        note="bicubic",
    ),
    op_case(
        "gaussian_blur",
        normal(2, 1, 3, 4),
        sigma=0.8,
        kernel_size=3,
        torch=f"F.conv2d(F.pad(x, (1, 1, 1, 1), mode='reflect'), {_GAUSSIAN})",
    ),
    op_case(
        "ssim",
        probability(2, 1, 3, 4),
        probability(2, 1, 3, 4),
        sigma=0.8,
        kernel_size=3,
        torch=f"(lambda mean, x, target: {_SSIM})"
        f"(lambda images, window={_GAUSSIAN}: F.conv2d(images, window), x, target)",
    ),
    op_case(
        "window_sum",
        _IMAGES,
        **_WINDOWS,
        padding=1,
        torch="F.avg_pool2d(x, kernel_size, stride, padding, divisor_override=1)",
    ),
    op_case(
        "window_spread",
        _NUMBERS,
        size=(5, 4),
        **_WINDOWS,
        padding=(0, 1),
        torch="F.fold(g.flatten(2).repeat_interleave(6, 1), size, kernel_size, 1, padding, stride)",
    ),
    op_case(
        "window_pick",
        normal(1, 2, 5, 4),
        choice=_CHOICE,
        **_WINDOWS,
        padding=(0, 1),
        torch="F.unfold(x, kernel_size, 1, padding, stride).unflatten(1, (2, 6))"
        ".gather(2, choice.flatten(2).unsqueeze(2)).reshape(choice.shape)",
    ),
    op_case(
        "window_put",
        _NUMBERS,
        choice=_CHOICE,
        size=(5, 4),
        **_WINDOWS,
        padding=(0, 1),
        torch="F.fold(torch.zeros(1, 2, 6, 6, dtype=g.dtype)"
        ".scatter(2, choice.flatten(2).unsqueeze(2), g.flatten(2).unsqueeze(2))"
        ".flatten(1, 2), size, kernel_size, 1, padding, stride)",
    ),
]
