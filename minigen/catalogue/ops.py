"""Cases of the ops: every differentiable op of the library is here, a test sees to it."""

from __future__ import annotations

import numpy as np

from minigen import functional as F
from minigen.catalogue.case import (
    Case,
    Draw,
    beside,
    constant,
    distinct,
    normal,
    positive,
    probability,
)
from minigen.ops import pooling


def _op(name: str, function: object, *inputs: Draw, note: str = "") -> Case:
    assert callable(function)
    return Case(name, "op", function, inputs, note)


_MASK = np.array([[1, 0, 1, 0], [0, 0, 1, 1], [1, 1, 1, 0]], bool)
_PICKS = np.array([0, 2, 2, 1])
_MEANS, _VARIANCES = np.linspace(-1, 1, 3), np.linspace(1, 2, 3)

ARITHMETIC = [
    _op("add", F.add, normal(3, 4), normal(4), note="broadcast"),
    _op("sub", F.sub, normal(3, 1), normal(2, 1, 4), note="broadcast"),
    _op("mul", F.mul, normal(3, 4), normal(3, 1), note="broadcast"),
    _op("div", F.div, normal(3, 4), positive(4), note="broadcast"),
    _op("neg", F.neg, normal(3, 4)),
    _op("pow", F.pow, positive(3, 4), normal(4), note="an array of powers"),
    _op("pow", lambda x: F.pow(x, 3), normal(3, 4), note="a number"),
    _op("maximum", F.maximum, distinct(3, 4), constant(np.linspace(-0.52, 0.53, 4))),
    _op("minimum", F.minimum, distinct(3, 4), constant(np.linspace(-0.52, 0.53, 4))),
    _op("where", lambda a, b: F.where(beside(a, _MASK), a, b), normal(3, 4), normal(4)),
    _op("clip", lambda x: F.clip(x, -0.31, 0.31), distinct(3, 4)),
]

ELEMENTWISE = [
    _op("exp", F.exp, normal(3, 4)),
    _op("log", F.log, positive(3, 4)),
    _op("sqrt", F.sqrt, positive(3, 4)),
    _op("abs", F.abs, distinct(3, 4)),
    _op("sin", F.sin, normal(3, 4)),
    _op("cos", F.cos, normal(3, 4)),
]

ACTIVATION = [
    _op("relu", F.relu, distinct(3, 4)),
    _op("leaky_relu", lambda x: F.leaky_relu(x, 0.2), distinct(3, 4)),
    _op("elu", lambda x: F.elu(x, 0.7), distinct(3, 4)),
    _op("sigmoid", F.sigmoid, normal(3, 4)),
    _op("tanh", F.tanh, normal(3, 4)),
    _op("softplus", F.softplus, normal(3, 4)),
    _op("softmax", lambda x: F.softmax(x, axis=1), normal(3, 4)),
    _op("softmax", lambda x: F.softmax(x, axis=0), normal(3, 2, 2), note="first axis"),
    _op("log_softmax", lambda x: F.log_softmax(x, axis=1), normal(3, 4)),
]

REDUCTION = [
    _op("sum", F.sum, normal(3, 4)),
    _op("sum", lambda x: F.sum(x, axis=(0, 2)), normal(2, 3, 2), note="two axes"),
    _op("mean", lambda x: F.mean(x, axis=-1, keepdims=True), normal(3, 4)),
    _op("var", lambda x: F.var(x, axis=1), normal(3, 4)),
    _op("var", lambda x: F.var(x, axis=(0, 2), correction=0), normal(2, 3, 2), note="two axes"),
    _op("std", lambda x: F.std(x, axis=0), normal(3, 4)),
    _op("max", lambda x: F.max(x, axis=1), distinct(3, 4)),
    _op("min", lambda x: F.min(x, axis=0, keepdims=True), distinct(3, 4)),
    _op("logsumexp", lambda x: F.logsumexp(x, axis=1), normal(3, 4)),
]

LINEAR = [
    _op("matmul", F.matmul, normal(3, 4), normal(4, 2)),
    _op("matmul", F.matmul, normal(2, 1, 3, 2), normal(2, 2, 3), note="batched, broadcast"),
    _op("matmul", F.matmul, normal(4), normal(2, 4, 3), note="vector on the left"),
    _op("matmul", F.matmul, normal(2, 3, 4), normal(4), note="vector on the right"),
    _op("linear", F.linear, normal(3, 4), normal(2, 4), normal(2)),
    _op("linear", F.linear, normal(2, 3, 4), normal(2, 4), note="three axes, no bias"),
]

SHAPING = [
    _op("clone", F.clone, normal(3, 4)),
    _op("astype", lambda x: F.astype(x, np.float64), normal(3, 4)),
    _op("to_device", lambda x: F.to_device(x, "cpu"), normal(3, 4)),
    _op("broadcast_to", lambda x: F.broadcast_to(x, (2, 3, 4)), normal(3, 1)),
    _op("sum_to_size", lambda x: F.sum_to_size(x, (3, 1)), normal(2, 3, 4)),
    _op("reshape", lambda x: F.reshape(x, (2, -1)), normal(3, 4)),
    _op("permute", lambda x: F.permute(x, (2, 0, 1)), normal(2, 3, 4)),
    _op("transpose", lambda x: F.transpose(x, 0, -1), normal(2, 3, 4)),
    _op("squeeze", lambda x: F.squeeze(x, 1), normal(3, 1, 4)),
    _op("unsqueeze", lambda x: F.unsqueeze(x, -1), normal(3, 4)),
    _op("flatten", lambda x: F.flatten(x, 1), normal(2, 3, 2)),
    _op("getitem", lambda x: x[1:, ::-2], normal(3, 4), note="slices"),
    _op("getitem", lambda x: x[beside(x, _PICKS)], normal(3, 4), note="an array with repeats"),
    _op(
        "put",
        lambda x: F.put(x, beside(x, _PICKS), (3, 2)),
        normal(4, 2),
        note="an array with repeats",
    ),
    _op("concatenate", lambda a, b: F.concatenate(a, b, axis=1), normal(3, 2), normal(3, 1)),
    _op("cat", lambda a, b: F.cat([a, b]), normal(1, 3), normal(2, 3)),
    _op("stack", lambda a, b: F.stack([a, b], axis=1), normal(2, 3), normal(2, 3)),
    _op("pad", lambda x: F.pad(x, (1, 2, 0, 1), value=0.5), normal(3, 4)),
]

NORMALIZATION = [
    _op("standardize", lambda x: F.standardize(x, axis=(0, 2)), normal(3, 2, 4)),
    _op("normalize_channels", F.normalize_channels, normal(3, 2, 4), normal(2), normal(2)),
    _op("layer_norm", lambda x, w, b: F.layer_norm(x, 4, w, b), normal(3, 4), normal(4), normal(4)),
    _op(
        "batch_norm",
        lambda x, w, b: F.batch_norm(x, weight=w, bias=b, training=True),
        normal(4, 3),
        normal(3),
        normal(3),
        note="training",
    ),
    _op(
        "batch_norm",
        lambda x, w, b: F.batch_norm(x, beside(x, _MEANS), beside(x, _VARIANCES), w, b),
        normal(4, 3),
        normal(3),
        normal(3),
        note="evaluation",
    ),
    _op(
        "batch_norm",
        lambda x, w, b: F.batch_norm(x, weight=w, bias=b, training=True),
        normal(2, 2, 3, 2),
        normal(2),
        normal(2),
        note="images, training",
    ),
    _op(
        "instance_norm",
        lambda x, w, b: F.instance_norm(x, weight=w, bias=b),
        normal(2, 2, 3, 2),
        normal(2),
        normal(2),
    ),
]

_IMAGES = normal(2, 2, 5, 4)
_NUMBERS = normal(1, 2, 2, 3)
_CHOICE = np.array([[[[0, 3, 1], [5, 4, 2]], [[2, 2, 0], [1, 5, 3]]]])

CONVOLUTION = [
    _op("conv2d", F.conv2d, _IMAGES, normal(3, 2, 3, 2), normal(3)),
    _op(
        "conv2d",
        lambda x, w, b: F.conv2d(x, w, b, (2, 3), (1, 2)),
        _IMAGES,
        normal(2, 2, 2, 3),
        normal(2),
        note="stride, padding, rows left over",
    ),
    _op("conv_transpose2d", F.conv_transpose2d, normal(2, 2, 2, 3), normal(2, 3, 3, 2), normal(3)),
    _op(
        "conv_transpose2d",
        lambda x, w, b: F.conv_transpose2d(x, w, b, (2, 3), (1, 0), (1, 2)),
        normal(2, 2, 2, 3),
        normal(2, 2, 3, 2),
        normal(2),
        note="stride, padding, output padding",
    ),
    _op(
        "conv2d_weight",
        lambda x, g: F.conv2d_weight(x, g, (3, 2), 2, 1),
        _IMAGES,
        normal(2, 3, 3, 3),
        note="stride, padding",
    ),
    _op(
        "embedding",
        lambda weight: F.embedding(beside(weight, _PICKS), weight),
        normal(3, 2),
        note="repeats",
    ),
]

POOLING = [
    _op("max_pool2d", lambda x: F.max_pool2d(x, 2), distinct(2, 2, 4, 5)),
    _op(
        "max_pool2d",
        lambda x: F.max_pool2d(x, (3, 2), (2, 1), 1),
        distinct(1, 2, 4, 3),
        note="windows that overlap, padding",
    ),
    _op("avg_pool2d", lambda x: F.avg_pool2d(x, 2), _IMAGES),
    _op(
        "avg_pool2d",
        lambda x: F.avg_pool2d(x, (3, 2), (2, 1), 1, count_include_pad=False),
        _IMAGES,
        note="windows that overlap, padding not counted",
    ),
    _op("adaptive_avg_pool2d", lambda x: F.adaptive_avg_pool2d(x, 1), _IMAGES),
    _op("upsample", lambda x: F.upsample(x, (2, 3)), normal(2, 2, 2, 2)),
    _op("window_sum", lambda x: pooling.window_sum(x, (3, 2), 2, 1), _IMAGES),
    _op("window_spread", lambda g: pooling.window_spread(g, (5, 4), (3, 2), 2, (0, 1)), _NUMBERS),
    _op(
        "window_pick",
        lambda x: pooling.window_pick(x, beside(x, _CHOICE), (3, 2), 2, (0, 1)),
        normal(1, 2, 5, 4),
    ),
    _op(
        "window_put",
        lambda g: pooling.window_put(g, beside(g, _CHOICE), (5, 4), (3, 2), 2, (0, 1)),
        _NUMBERS,
    ),
]

STOCHASTIC = [
    _op(
        "reparameterize",
        lambda mu, logvar, noise: F.reparameterize(mu, logvar, noise=noise),
        normal(3, 2),
        normal(3, 2),
        normal(3, 2),
    ),
    _op("dropout", lambda x: F.dropout(x, 0.4, mask=beside(x, _MASK * 1.0)), normal(3, 4)),
    _op("log_normal", F.log_normal, normal(3, 2), normal(3, 2), normal(3, 2)),
]

LOSSES = [
    Case("mse_loss", "loss", F.mse_loss, [normal(3, 4), normal(3, 4)]),
    Case(
        "binary_cross_entropy",
        "loss",
        F.binary_cross_entropy,
        [probability(3, 4), probability(3, 4)],
    ),
    Case(
        "binary_cross_entropy_with_logits",
        "loss",
        F.binary_cross_entropy_with_logits,
        [distinct(3, 4), probability(3, 4)],
    ),
    Case(
        "cross_entropy",
        "loss",
        lambda logits: F.cross_entropy(logits, beside(logits, [1, 0, 3])),
        [normal(3, 4)],
        "classes",
    ),
    Case(
        "cross_entropy",
        "loss",
        F.cross_entropy,
        [normal(3, 4), probability(3, 4)],
        "probabilities",
    ),
    Case("gaussian_nll", "loss", F.gaussian_nll, [normal(3, 4), normal(3, 4), normal(3, 4)]),
    Case("kl_standard_normal", "loss", F.kl_standard_normal, [normal(3, 4), normal(3, 4)]),
    Case("kl_gaussian", "loss", F.kl_gaussian, [normal(3, 2)] * 4),
]

OPS = [
    *ARITHMETIC,
    *ELEMENTWISE,
    *ACTIVATION,
    *REDUCTION,
    *LINEAR,
    *SHAPING,
    *NORMALIZATION,
    *CONVOLUTION,
    *POOLING,
    *STOCHASTIC,
]
