"""Every comparison: the catalogue's cases, and random shapes, axes and options of ops, by family.

An op needs no case here: the catalogue's is compared.
"""

from __future__ import annotations

from minigen import catalogue

from . import (
    arithmetic,
    convolution,
    elementwise,
    linear,
    losses,
    normalization,
    pooling,
    reduction,
    selection,
    shaping,
)
from .case import Case, Sample, at_kinks, find, of

CATALOGUE: tuple[Case, ...] = (
    *map(of, catalogue.CALLS),
    *(at_kinks(case) for case in catalogue.CALLS if case.kinks is not None),
)

DRAWN: tuple[Case, ...] = (
    *elementwise.CASES,
    *arithmetic.CASES,
    *reduction.CASES,
    *selection.CASES,
    *linear.CASES,
    *shaping.CASES,
    *normalization.CASES,
    *convolution.CASES,
    *pooling.CASES,
    *losses.CASES,
)

CASES = (*CATALOGUE, *DRAWN)

KEPT = (*DRAWN, *(case for case in CATALOGUE if case.op not in {each.op for each in DRAWN}))
"""The cases whose results by PyTorch a file holds: the catalogue's where no others are drawn."""

__all__ = ["CASES", "DRAWN", "KEPT", "Case", "Sample", "find"]
