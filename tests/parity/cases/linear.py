"""Matrix products."""

from __future__ import annotations

import operator

from minigen import functional

from ..draws import Draw
from ..torch_reference import torch
from .case import Case, Sample, alike


def matrices(draw: Draw) -> Sample:
    return batches(draw, axes=0)


def batches(draw: Draw, axes: int | None = None) -> Sample:
    """Draw matrices whose leading axes broadcast."""
    rows, inner, columns = draw.shape(3)
    lead = draw.shape(axes, least=1) if axes is None else ()
    return Sample(
        draw.reals((*draw.broadcastable(lead), rows, inner)),
        draw.reals((*draw.broadcastable(lead), inner, columns)),
    )


def vectors(draw: Draw) -> Sample:
    """Draw a vector on the left, on the right or on both sides of a product."""
    inner = draw.length()
    matrix = (*draw.shape(), inner)
    side = draw.choice(["left", "right", "both"])
    if side == "both":
        return Sample(draw.reals((inner,)), draw.reals((inner,)))
    if side == "right":
        return Sample(draw.reals((*matrix[:-1], draw.length(), inner)), draw.reals((inner,)))
    return Sample(draw.reals((inner,)), draw.reals((*matrix, draw.length())))


def affine(draw: Draw) -> Sample:
    features_in, features_out = draw.shape(2)
    return Sample(
        draw.reals((*draw.shape(), features_in)),
        draw.reals((features_out, features_in)),
        draw.reals((features_out,)),
    )


def without_bias(draw: Draw) -> Sample:
    x, weight, _ = affine(draw).inputs
    return Sample(x, weight)


def points(draw: Draw) -> Sample:
    """Draw two sets of points on a small grid: some are one."""
    first, second, features = draw.shape(3)
    return Sample(draw.grid((2, first, features)), draw.grid((second, features)))


CASES = (
    Case("matmul", matrices, variant="matrices"),
    Case("matmul", vectors, variant="vectors"),
    Case("matmul", batches, variant="batches"),
    alike("matmul", batches, operator.matmul, "by the operator"),
    Case("linear", affine),
    Case("linear", without_bias, variant="without bias"),
    Case(
        "linear",
        affine,
        variant="bias by name",
        ours=lambda x, weight, bias: functional.linear(x, weight, bias=bias),
    ),
    # PyTorch differentiates cdist once.
    Case("cdist", points, torch.cdist, order=1, trials=8),
    Case(
        "cdist",
        points,
        lambda x1, x2: torch.cdist(x1, x2, 1.0),
        "p is 1",
        lambda x1, x2: functional.cdist(x1, x2, 1),
        order=1,
        trials=8,
    ),
)
