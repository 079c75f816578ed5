"""Functions of one array, and activation functions."""

from __future__ import annotations

from ..draws import Draw
from ..torch_reference import torch
from .case import Case, Sample, alike


def reals(draw: Draw) -> Sample:
    return Sample(draw.reals(draw.shape()))


def positives(draw: Draw) -> Sample:
    return Sample(draw.positives(draw.shape()))


def grid(draw: Draw) -> Sample:
    """Whole numbers: kinks at 0 are met."""
    return Sample(draw.grid(draw.shape()))


def integers(draw: Draw) -> Sample:
    return Sample(draw.integers(draw.shape(), -3, 3))


def large(draw: Draw) -> Sample:
    return Sample(draw.uniform(draw.shape(), -50.0, 50.0))


def with_axis(draw: Draw) -> Sample:
    shape = draw.shape(least=1)
    return Sample(draw.reals(shape), axis=draw.axis(len(shape)))


CASES = (
    Case("abs", reals),
    Case("abs", grid, variant="at 0"),
    alike("abs", reals, abs, "by the built-in function"),
    Case("clone", reals),
    Case("cos", reals),
    Case("exp", reals),
    Case("exp", integers, variant="of integers"),
    Case("log", positives),
    Case("neg", reals),
    alike("neg", reals, lambda x: -x, "by the operator"),
    Case("sign", grid, lambda x: torch.sign(x).detach()),
    Case("sin", reals),
    Case("sqrt", positives),
    Case("relu", reals),
    Case("relu", grid, variant="at 0"),
    Case(
        "leaky_relu",
        lambda draw: Sample(draw.reals(draw.shape()), negative_slope=draw.choice([0.01, 0.3, 1.7])),
    ),
    Case("leaky_relu", grid, variant="at 0"),
    Case(
        "elu",
        lambda draw: Sample(draw.reals(draw.shape()), alpha=draw.choice([1.0, 0.4, 2.5])),
    ),
    Case("elu", grid, variant="at 0", order=1),
    Case("sigmoid", reals),
    Case("sigmoid", large, variant="of large numbers"),
    Case("tanh", reals),
    Case("tanh", large, variant="of large numbers"),
    Case(
        "softplus",
        reals,
        # PyTorch's softplus is linear above a threshold; ours is exact everywhere.
        lambda x: torch.nn.functional.softplus(x, threshold=1000.0),
    ),
    Case("softmax", with_axis, lambda x, axis: torch.softmax(x, dim=axis)),
    Case("log_softmax", with_axis, lambda x, axis: torch.log_softmax(x, dim=axis)),
)
