"""Extremes with their places, orders, elements at indices, and Einstein's sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigen import functional

from ..draws import Draw
from ..torch_reference import torch
from .case import Case, Sample, alike


def along_an_axis(draw: Draw) -> Sample:
    shape = draw.shape(least=1)
    return Sample(draw.reals(shape), dim=draw.axis(len(shape)))


def with_ties(draw: Draw) -> Sample:
    shape = draw.shape(least=1)
    return Sample(draw.grid(shape), dim=draw.axis(len(shape)), keepdim=draw.flag())


def in_either_order(draw: Draw) -> Sample:
    shape = draw.shape(least=1)
    return Sample(draw.reals(shape), dim=draw.axis(len(shape)), descending=draw.flag())


def a_few(draw: Draw) -> Sample:
    shape = draw.shape(least=1)
    dim = draw.axis(len(shape))
    k = draw.integer(1, shape[dim])
    return Sample(draw.reals(shape), k=k, dim=dim, largest=draw.flag())


def indices(draw: Draw, sources: int) -> Sample:
    """Draw arrays, and an index that is no longer along any axis but its own."""
    shape = draw.shape(least=1)
    dim = draw.axis(len(shape))
    lengths = [draw.integer(1, n) for n in shape]
    lengths[dim] = draw.integer(1, 5)
    index = draw.integers(tuple(lengths), 0, shape[dim] - 1)
    more = [draw.reals(tuple(n + draw.integer(0, 1) for n in lengths)) for _ in range(sources)]
    return Sample(draw.reals(shape), *more, dim=dim, index=index)


def equation(draw: Draw) -> Sample:
    """Draw two or three operands with letters from four, and a result of some of them."""
    length = dict(zip("abcd", (draw.integer(1, 3) for _ in range(4)), strict=True))
    terms = [
        "".join(draw.choice("abcd") for _ in range(draw.integer(0, 3)))
        for _ in range(draw.integer(2, 3))
    ]
    present = sorted({*"".join(terms)})
    order = draw.order(len(present))[: draw.integer(0, len(present))]
    result = "".join(present[i] for i in order)
    operands = [draw.reals(tuple(length[c] for c in term)) for term in terms]
    return Sample(*operands, equation=f"{','.join(terms)}->{result}")


def pair(name: str) -> Any:
    """Return a method whose result is values and indices, as a tuple."""
    return lambda x, **options: tuple(getattr(x, name)(**options))


CASES = (
    alike("max", along_an_axis, pair("max"), "with indices"),
    alike("max", with_ties, lambda x, **o: x.max(**o).values, "with ties"),
    alike("min", along_an_axis, pair("min"), "with indices"),
    alike("min", with_ties, lambda x, **o: x.min(**o).values, "with ties"),
    alike("sort", in_either_order, pair("sort"), "with indices"),
    alike("argsort", in_either_order, lambda x, **o: x.argsort(**o), "the method"),
    alike("topk", a_few, pair("topk"), "with indices"),
    alike("cumsum", along_an_axis, lambda x, dim: x.cumsum(dim=dim), "the method"),
    Case("gather", lambda draw: indices(draw, 0), torch.gather, "any shapes"),
    Case(
        "scatter_add",
        lambda draw: indices(draw, 1),
        lambda x, src, dim, index: torch.scatter_add(
            x, dim, index, src[tuple(slice(n) for n in index.shape)]
        ),
        "any shapes",
        lambda x, src, dim, index: functional.scatter_add(x, dim, index, src),
    ),
    Case(
        "einsum",
        equation,
        lambda *operands, equation: torch.einsum(equation, *operands),
        "any equation",
        lambda *operands, equation: functional.einsum(equation, *operands),
    ),
    Case(
        "where",
        lambda draw: Sample(np.asarray(draw.booleans(draw.shape(least=1)))),
        torch.where,
        "of a condition alone",
        functional.where,
    ),
)
