"""Cases of the ops and losses: every one of the library is here, a test sees to it.

What is said here once, all others read: the checker and its command, the tests of gradients and
dtypes, the comparison with PyTorch and the stand-in for CuPy.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigen import functional as F
from minigen.catalogue.case import (
    constant,
    distinct,
    normal,
    op_case,
    positive,
    probability,
    ties,
    truths,
)
from minigen.catalogue.sequences import COUNTED, SEQUENCES
from minigen.engine.op import registry

_MASK = np.array([[1, 0, 1, 0], [0, 0, 1, 1], [1, 1, 1, 0]], bool)
_PICKS = np.array([0, 2, 2, 1])
_CLASSES = np.array([1, 0, 3])
_MEANS, _VARIANCES = np.linspace(-1, 1, 3), np.linspace(1, 2, 3)
_LIMITS = np.linspace(-0.52, 0.53, 4)
_AT_LIMITS = constant(np.tile(_LIMITS, (3, 1)))
_ZEROS = constant(np.zeros((3, 4)))

ARITHMETIC = [
    op_case("add", normal(3, 4), normal(4), note="broadcast"),
    op_case("sub", normal(3, 1), normal(2, 1, 4), note="broadcast"),
    op_case("mul", normal(3, 4), normal(3, 1), note="broadcast"),
    op_case("div", normal(3, 4), positive(4), note="broadcast"),
    op_case("neg", normal(3, 4)),
    op_case("pow", positive(3, 4), normal(4), note="an array of powers"),
    op_case("pow", normal(3, 4), exponent=3, note="a number"),
    op_case("remainder", normal(3, 4), positive(4), note="broadcast"),
    op_case("maximum", distinct(3, 4), constant(_LIMITS), kinks=_AT_LIMITS),
    op_case("minimum", distinct(3, 4), constant(_LIMITS), kinks=_AT_LIMITS),
    op_case(
        "where", normal(3, 4), normal(4), condition=_MASK, torch="torch.where(condition, a, b)"
    ),
    op_case("clip", distinct(3, 4), min=-0.31, max=0.31, kinks=constant(np.full((3, 4), 0.31))),
]

ELEMENTWISE = [
    op_case("exp", normal(3, 4)),
    op_case("log", positive(3, 4)),
    op_case("log1p", positive(3, 4)),
    op_case("sqrt", positive(3, 4)),
    op_case("abs", distinct(3, 4), kinks=_ZEROS),
    op_case("sin", normal(3, 4)),
    op_case("cos", normal(3, 4)),
    op_case("square", normal(3, 4)),
    op_case("reciprocal", positive(3, 4)),
    op_case("rsqrt", positive(3, 4)),
    op_case("lerp", normal(3, 4), normal(4), probability(3, 1), torch="torch.lerp(x, end, weight)"),
    op_case("masked_fill", normal(3, 4), mask=_MASK, value=0.5, torch="x.masked_fill(mask, value)"),
]

ACTIVATION = [
    op_case("relu", distinct(3, 4), kinks=_ZEROS),
    op_case("leaky_relu", distinct(3, 4), negative_slope=0.2, kinks=_ZEROS),
    op_case("silu", normal(3, 4), torch="F.silu(x)"),
    op_case("logsigmoid", normal(3, 4), torch="F.logsigmoid(x)"),
    op_case("elu", distinct(3, 4), alpha=0.7, kinks=_ZEROS),
    op_case("sigmoid", normal(3, 4)),
    op_case("tanh", normal(3, 4)),
    op_case("softplus", normal(3, 4), torch="F.softplus(x, threshold=1000.0)"),
    *(
        op_case(
            "activated",
            distinct(3, 2, 2),
            constant(np.zeros(2)),
            activation=activation,
            negative_slope=0.2,
            torch=f"{function}(x + bias.reshape(-1, 1){slope})",
            note=activation,
            kinks=kinks,
        )
        for activation, function, slope, kinks in (
            ("relu", "F.relu", "", constant(np.zeros((3, 2, 2)))),
            (
                "leaky_relu",
                "F.leaky_relu",
                ", negative_slope",
                constant(np.zeros((3, 2, 2))),
            ),
            ("sigmoid", "torch.sigmoid", "", None),
            ("tanh", "torch.tanh", "", None),
        )
    ),
    op_case("softmax", normal(3, 4), axis=1, torch="F.softmax(x, dim=axis)"),
    op_case("softmax", normal(3, 2, 2), axis=0, torch="F.softmax(x, dim=axis)", note="first axis"),
    op_case("log_softmax", normal(3, 4), axis=1, torch="F.log_softmax(x, dim=axis)"),
]

REDUCTION = [
    op_case("sum", normal(3, 4)),
    op_case("sum", normal(2, 3, 2), axis=(0, 2), note="two axes"),
    op_case("mean", normal(3, 4), axis=-1, keepdims=True),
    op_case("var", normal(3, 4), axis=1),
    op_case("var", normal(2, 3, 2), axis=(0, 2), correction=0, note="two axes"),
    op_case("std", normal(3, 4), axis=0),
    op_case("amax", distinct(3, 4), axis=1, torch="torch.amax(x, dim=axis)", kinks=_ZEROS),
    op_case(
        "amin",
        distinct(3, 4),
        axis=0,
        keepdims=True,
        torch="torch.amin(x, dim=axis, keepdim=keepdims)",
        kinks=_ZEROS,
    ),
    op_case("cumsum", normal(3, 4), axis=0, torch="torch.cumsum(x, dim=axis)"),
    op_case("logsumexp", normal(3, 4), axis=1, torch="torch.logsumexp(x, dim=axis)"),
]

_ALONG = np.array([[1, 1, 3, 1, 0], [2, 0, 2, 3, 3]])

SELECTION = [
    op_case("gather", normal(3, 4), axis=1, index=_ALONG, torch="torch.gather(x, axis, index)"),
    op_case(
        "scatter_add",
        normal(3, 4),
        normal(2, 5),
        axis=1,
        index=_ALONG,
        torch="torch.scatter_add(x, axis, index, src)",
    ),
    op_case(
        "sort",
        distinct(3, 4),
        op=lambda x: F.sort(x, dim=0, descending=True).values,
        torch="torch.sort(x, dim=0, descending=True).values",
        kinks=_ZEROS,
    ),
    op_case(
        "topk",
        distinct(3, 4),
        op=lambda x: F.topk(x, 2).values,
        torch="torch.topk(x, 2).values",
    ),
    op_case(
        "max",
        distinct(3, 4),
        op=lambda x: F.max(x, dim=1).values,
        torch="torch.max(x, dim=1).values",
        kinks=_ZEROS,
    ),
    op_case(
        "min",
        distinct(3, 4),
        op=lambda x: F.min(x, dim=0, keepdim=True).values,
        torch="torch.min(x, dim=0, keepdim=True).values",
        kinks=_ZEROS,
    ),
]

EINSUM = [
    op_case(
        "einsum",
        normal(2, 3, 4),
        normal(2, 4, 3),
        op=lambda a, b: F.einsum("bij,bjk->bik", a, b),
        torch="torch.einsum('bij,bjk->bik', a, b)",
        note="batched matrices",
    ),
    op_case(
        "einsum",
        normal(3, 3, 2),
        op=lambda x: F.einsum("iij", x),
        torch="torch.einsum('iij', x)",
        note="a trace",
    ),
    op_case(
        "einsum",
        normal(2, 1, 3),
        normal(4, 3, 2),
        op=lambda a, b: F.einsum("...i,...ij->...j", a, b),
        torch="torch.einsum('...i,...ij->...j', a, b)",
        note="axes that broadcast",
    ),
    op_case(
        "contract",
        normal(2, 3),
        normal(4, 3, 2),
        normal(2),
        op=lambda a, b, c: registry["contract"](a, b, c, terms=("ij", "kji", "i"), result="k"),
        torch="torch.einsum('ij,kji,i->k', a, b, c)",
    ),
]

LINEAR = [
    op_case("matmul", normal(3, 4), normal(4, 2)),
    op_case("matmul", normal(2, 1, 3, 2), normal(2, 2, 3), note="batched, broadcast"),
    op_case("matmul", normal(4), normal(2, 4, 3), note="vector on the left"),
    op_case("matmul", normal(2, 3, 4), normal(4), note="vector on the right"),
    op_case("linear", normal(3, 4), normal(2, 4), normal(2)),
    op_case("linear", normal(2, 3, 4), normal(2, 4), note="three axes, no bias"),
    op_case("mm", normal(3, 4), normal(4, 2)),
    op_case("bmm", normal(2, 3, 4), normal(2, 4, 2)),
    op_case("dot", normal(4), normal(4)),
    op_case("outer", normal(2), normal(3)),
    op_case("norm", normal(3, 4), axis=1, torch="torch.norm(x, dim=axis)"),
    op_case("norm", distinct(3, 4), p=1, note="of magnitudes"),
    op_case("norm", distinct(3), p=math.inf, torch="x.norm(p)", note="the greatest magnitude"),
    op_case("normalize", normal(3, 4), axis=-1, torch="F.normalize(x, dim=axis)"),
    op_case(
        "cosine_similarity",
        normal(3, 4),
        normal(1, 4),
        torch="F.cosine_similarity(x1, x2)",
    ),
]

SHAPING = [
    op_case("clone", normal(3, 4)),
    op_case("astype", normal(3, 4), dtype=np.float64, torch="x.to(torch.float64)"),
    op_case("to_device", normal(3, 4), device="cpu", torch="x.to(device)"),
    op_case("broadcast_to", normal(3, 1), shape=(2, 3, 4), torch="torch.broadcast_to(x, shape)"),
    op_case("sum_to_size", normal(2, 3, 4), shape=(3, 1), torch="x.sum_to_size(shape)"),
    op_case("reshape", normal(3, 4), shape=(2, -1)),
    op_case("permute", normal(2, 3, 4), dims=(2, 0, 1)),
    op_case("transpose", normal(2, 3, 4), dim0=0, dim1=-1),
    op_case("squeeze", normal(3, 1, 4), axis=1, torch="torch.squeeze(x, dim=axis)"),
    op_case("unsqueeze", normal(3, 4), axis=-1, torch="torch.unsqueeze(x, dim=axis)"),
    op_case("flatten", normal(2, 3, 2), start_dim=1),
    op_case("t", normal(3, 4)),
    op_case("tril", normal(2, 3, 4), diagonal=1),
    op_case("triu", normal(3, 4), diagonal=-1),
    op_case("flip", normal(2, 3), op=lambda x: F.flip(x, 0, -1), torch="x.flip(0, -1)"),
    op_case("pixel_shuffle", normal(2, 4, 2, 3), upscale_factor=2),
    op_case("pixel_unshuffle", normal(2, 1, 4, 6), downscale_factor=2),
    op_case("roll", normal(3, 4), shifts=(1, -2), dims=(0, 1)),
    op_case("movedim", normal(2, 3, 4), source=(0, 2), destination=(1, 0)),
    op_case("swapaxes", normal(2, 3, 4), axis0=0, axis1=-1),
    op_case("unflatten", normal(2, 6), axis=1, sizes=(2, -1), torch="x.unflatten(axis, sizes)"),
    op_case(
        "repeat_interleave",
        normal(2, 3),
        repeats=2,
        axis=1,
        torch="x.repeat_interleave(repeats, axis)",
    ),
    op_case("repeat", normal(2, 3), op=lambda x: F.repeat(x, 2, 1, 3), torch="x.repeat(2, 1, 3)"),
    op_case(
        "split",
        normal(3, 5),
        op=lambda x: F.split(x, [1, 3, 1], dim=1)[1],
        torch="torch.split(x, [1, 3, 1], dim=1)[1]",
    ),
    op_case(
        "chunk",
        normal(5, 3),
        op=lambda x: F.chunk(x, 2)[1],
        torch="torch.chunk(x, 2)[1]",
    ),
    op_case("unbind", normal(3, 4), op=lambda x: F.unbind(x, 1)[2], torch="torch.unbind(x, 1)[2]"),
    op_case(
        "narrow", normal(2, 5), axis=1, start=1, length=3, torch="x.narrow(axis, start, length)"
    ),
    op_case(
        "index_select", normal(3, 2), axis=0, index=_PICKS, torch="x.index_select(axis, index)"
    ),
    op_case(
        "getitem",
        normal(3, 4),
        index=(slice(1, None), slice(None, None, -2)),
        torch="x.flip(1)[1:, ::2]",
        note="slices",
    ),
    op_case("getitem", normal(3, 4), index=_PICKS, torch="x[index]", note="an array with repeats"),
    op_case(
        "put",
        normal(4, 2),
        index=_PICKS,
        shape=(3, 2),
        torch="torch.zeros(shape, dtype=x.dtype).index_put((index,), x, accumulate=True)",
        note="an array with repeats",
    ),
    op_case(
        "concatenate",
        normal(3, 2),
        normal(3, 1),
        op=lambda a, b: F.concatenate(a, b, axis=1),
        torch="torch.cat([a, b], 1)",
    ),
    op_case(
        "cat",
        normal(1, 3),
        normal(2, 3),
        op=lambda a, b: F.cat([a, b]),
        torch="torch.cat([a, b])",
    ),
    op_case(
        "hstack",
        normal(3, 1),
        normal(3, 2),
        op=lambda a, b: F.hstack([a, b]),
        torch="torch.hstack([a, b])",
    ),
    op_case(
        "vstack",
        normal(3),
        normal(2, 3),
        op=lambda a, b: F.vstack([a, b]),
        torch="torch.vstack([a, b])",
    ),
    op_case(
        "stack",
        normal(2, 3),
        normal(2, 3),
        op=lambda a, b: F.stack([a, b], axis=1),
        torch="torch.stack([a, b], 1)",
    ),
    op_case("pad", normal(3, 4), pad=(1, 2, 0, 1), value=0.5),
    *(
        op_case("pad", normal(2, 3, 4), pad=(1, 3, 2, 0), mode=mode, note=mode)
        for mode in ("reflect", "replicate", "circular")
    ),
]

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

STOCHASTIC = [
    op_case(
        "shifted_and_scaled",
        normal(3, 2),
        normal(3, 2),
        normal(3, 2),
        torch="mu + torch.exp(0.5 * logvar) * noise",
    ),
    op_case(
        "gumbel_softmax",
        normal(3, 4),
        tau=0.7,
        noise=np.linspace(-2, 2, 12)[[5, 1, 9, 0, 11, 2, 7, 8, 3, 10, 4, 6]].reshape(3, 4),
        torch="F.softmax((logits + noise) / tau, -1)",
    ),
    op_case(
        "reparameterize",
        normal(3, 2),
        normal(3, 2),
        normal(3, 2),
        torch="mu + torch.exp(0.5 * logvar) * noise",
    ),
    op_case("dropout", normal(3, 4), p=0.4, mask=_MASK * 1.0, torch="x * mask / (1 - p)"),
    op_case(
        "log_normal",
        normal(3, 2),
        normal(3, 2),
        normal(3, 2),
        torch="torch.distributions.Normal(mu, torch.exp(0.5 * logvar)).log_prob(z)",
    ),
]

OPS = [
    *ARITHMETIC,
    *ELEMENTWISE,
    *ACTIVATION,
    *REDUCTION,
    *SELECTION,
    *EINSUM,
    *LINEAR,
    *SHAPING,
    *NORMALIZATION,
    *CONVOLUTION,
    *POOLING,
    *STOCHASTIC,
    *SEQUENCES,
]

SUMMANDS = [
    op_case(
        "huber_error",
        distinct(3, 4),
        distinct(3, 4),
        delta=0.23,
        torch="F.huber_loss(x, target, reduction='none', delta=delta)",
    ),
    op_case("squared_error", normal(3, 4), normal(3, 4), torch="(x - target) ** 2"),
    op_case(
        "logits_cross_entropy",
        distinct(3, 4),
        probability(3, 4),
        torch="F.binary_cross_entropy_with_logits(logits, target, reduction='none')",
    ),
    op_case(
        "probability_cross_entropy",
        probability(3, 4),
        probability(3, 4),
        torch="F.binary_cross_entropy(probability, target, reduction='none')",
    ),
    op_case(
        "kl_to_standard_normal",
        normal(3, 4),
        normal(3, 4),
        torch="0.5 * (mu**2 + torch.exp(logvar) - 1 - logvar)",
    ),
]
"""The ops that losses sum up; the checker meets them in the losses."""

DISCRETE = [
    *(op_case(name, ties(3, 4), ties(4)) for name in ("eq", "ne", "lt", "le", "gt", "ge")),
    *(op_case(name, truths(3, 4), truths(4)) for name in ("logical_and", "logical_or")),
    op_case("logical_not", truths(3, 4)),
    op_case("floor_divide", normal(3, 4), positive(4), torch="torch.floor_divide(a, b).detach()"),
    op_case("sign", ties(3, 4), torch="torch.sign(x).detach()"),
    *(
        op_case(name, normal(3, 4), torch=f"torch.{name}(x).detach()")
        for name in ("floor", "ceil", "round")
    ),
    *(
        op_case(name, constant(np.array([1.0, math.inf, -math.inf, math.nan])))
        for name in ("isnan", "isinf", "isfinite")
    ),
    op_case("one_hot", constant(_CLASSES), num_classes=4),
    op_case("argsort", distinct(3, 4), axis=0, torch="torch.argsort(x, dim=axis)"),
    op_case("nonzero", truths(3, 4)),
    op_case("argmax", distinct(3, 4), axis=1, torch="torch.argmax(x, dim=axis)"),
    op_case("argmin", distinct(3, 4), axis=0, torch="torch.argmin(x, dim=axis)"),
    op_case("all", truths(3, 4), axis=1, torch="torch.all(x, dim=axis)"),
    op_case("any", truths(3, 4), axis=0, torch="torch.any(x, dim=axis)"),
    *COUNTED,
]
"""The ops without gradients, of which only values can be compared."""
