"""Every case, a family of ops a file: the one declaration that all comparisons use."""

from __future__ import annotations

from . import (
    arithmetic,
    convolution,
    elementwise,
    linear,
    losses,
    normalization,
    pooling,
    reduction,
    shaping,
)
from .case import Case, Sample, find

CASES: tuple[Case, ...] = (
    *elementwise.CASES,
    *arithmetic.CASES,
    *reduction.CASES,
    *linear.CASES,
    *shaping.CASES,
    *normalization.CASES,
    *convolution.CASES,
    *pooling.CASES,
    *losses.CASES,
)

__all__ = ["CASES", "Case", "Sample", "find"]
