"""Cases of reductions, and of elements picked by their places."""

from __future__ import annotations

import numpy as np

from minigen import functional as F
from minigen.catalogue.case import constant, distinct, normal, op_case

_ZEROS = constant(np.zeros((3, 4)))

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
