"""Standardisation, and layer, batch and instance norm."""

from __future__ import annotations

from typing import Any

import minigen
from minigen import functional

from ..draws import Draw, Shape
from ..torch_reference import standardize, torch
from .case import Case, Sample


def over_axes(draw: Draw) -> Sample:
    shape = draw.shape(least=1, shortest=2)
    axis = draw.axes(len(shape))
    axes = tuple(range(len(shape))) if axis is None else axis
    first = axes if isinstance(axes, int) else axes[0]
    return Sample(draw.spread(shape, first % len(shape)), axis=axes, eps=draw.choice([1e-5, 0.1]))


def examples(draw: Draw) -> tuple[Any, Shape]:
    """Draw examples, and the last axes of them that layer norm works on."""
    shape = draw.shape(least=1, shortest=2)
    normalized = shape[-draw.integer(1, len(shape)) :]
    return draw.spread(shape, len(shape) - 1), normalized


def layers(draw: Draw) -> Sample:
    x, normalized = examples(draw)
    return Sample(x, draw.reals(normalized), draw.reals(normalized), normalized_shape=normalized)


def plain_layers(draw: Draw) -> Sample:
    x, normalized = examples(draw)
    return Sample(x, normalized_shape=normalized, eps=draw.choice([1e-5, 0.1]))


def channels(draw: Draw) -> Sample:
    """Draw a batch (N, C, ...), scales and shifts, and running statistics."""
    shape = (draw.length(2), *draw.shape(least=1))
    count = shape[1:2]
    return Sample(
        draw.spread(shape, 0),
        draw.reals(count),
        draw.reals(count),
        running_mean=draw.reals(count),
        running_var=draw.positives(count),
        momentum=draw.choice([0.1, 0.7]),
        eps=draw.choice([1e-5, 0.1]),
    )


def channels_alone(draw: Draw) -> Sample:
    """Draw a batch (N, C, ...), scales and shifts."""
    shape = (draw.length(2), *draw.shape(least=1))
    count = shape[1:2]
    x = draw.spread(shape, 0)
    return Sample(x, draw.reals(count), draw.reals(count), eps=draw.choice([1e-5, 0.1]))


def plain_channels(draw: Draw) -> Sample:
    return Sample(draw.spread((draw.length(2), *draw.shape(least=1)), 0))


def instances(draw: Draw) -> Sample:
    """Draw images (N, C, H, W), of two pixels or more, and scales and shifts."""
    shape = (*draw.shape(3), draw.length(2))
    return Sample(
        draw.spread(shape, 3),
        draw.reals(shape[1:2]),
        draw.reals(shape[1:2]),
        eps=draw.choice([1e-5, 0.1]),
    )


def plain_instances(draw: Draw) -> Sample:
    return Sample(draw.spread((*draw.shape(3), draw.length(2)), 3))


def batch_norm(training: bool) -> Any:
    """Return the normalised batch and the running statistics after it."""

    def normalize(x: Any, weight: Any, bias: Any, **options: Any) -> Any:
        mean, var = (minigen.tensor(options.pop(f"running_{kind}")) for kind in ("mean", "var"))
        y = functional.batch_norm(x, mean, var, weight, bias, training=training, **options)
        return y, mean, var

    return normalize


def torch_batch_norm(training: bool) -> Any:
    def normalize(x: Any, weight: Any, bias: Any, **options: Any) -> Any:
        mean, var = (options.pop(f"running_{kind}").clone() for kind in ("mean", "var"))
        y = torch.nn.functional.batch_norm(x, mean, var, weight, bias, training=training, **options)
        return y, mean, var

    return normalize


CASES = (
    Case("standardize", over_axes, standardize),
    Case(
        "layer_norm",
        layers,
        lambda x, w, b, normalized_shape: torch.nn.functional.layer_norm(x, normalized_shape, w, b),
        ours=lambda x, w, b, normalized_shape: functional.layer_norm(x, normalized_shape, w, b),
    ),
    Case("layer_norm", plain_layers, variant="without weight and bias"),
    Case("batch_norm", channels, torch_batch_norm(True), "training", batch_norm(True)),
    Case("batch_norm", channels, torch_batch_norm(False), "evaluation", batch_norm(False)),
    Case(
        "batch_norm",
        plain_channels,
        lambda x: torch.nn.functional.batch_norm(x, None, None, training=True),
        "without statistics, weight and bias",
        lambda x: functional.batch_norm(x, training=True),
    ),
    Case(
        "normalize_channels",
        channels_alone,
        lambda x, w, b, eps: torch.nn.functional.batch_norm(x, None, None, w, b, True, eps=eps),
    ),
    Case(
        "instance_norm",
        instances,
        lambda x, w, b, eps: torch.nn.functional.instance_norm(x, weight=w, bias=b, eps=eps),
        ours=lambda x, w, b, eps: functional.instance_norm(x, weight=w, bias=b, eps=eps),
    ),
    Case("instance_norm", plain_instances, variant="without weight and bias"),
)
