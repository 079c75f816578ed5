"""Cases of reductions, and of elements picked by their places."""

from __future__ import annotations

import numpy as np

from minigen import functional as F
from minigen.catalogue.case import constant, distinct, normal, op_case

_WITH_ZEROS = np.array([[2.0, 0.0, -1.5, 0.5], [0.0, 3.0, 0.0, -0.5], [-0.7, 1.2, 2.0, 0.0]])
_ZEROS = constant(np.zeros((3, 4)))

REDUCTION = [
    op_case("sum", normal(3, 4)),
    op_case("sum", normal(2, 3, 2), axis=(0, 2), note="two axes"),
    op_case("mean", normal(3, 4), axis=-1, keepdims=True),
    op_case("var", normal(3, 4), axis=1),
    op_case("var", normal(2, 3, 2), axis=(0, 2), correction=0, note="two axes"),
    op_case("std", normal(3, 4), axis=0),
    op_case(
        "var_mean",
        normal(3, 4),
        op=lambda x: F.stack(F.var_mean(x, dim=1)),
        torch="torch.stack(torch.var_mean(x, dim=1))",
    ),
    op_case(
        "std_mean",
        normal(3, 4),
        op=lambda x: F.stack(F.std_mean(x, dim=0)),
        torch="torch.stack(torch.std_mean(x, dim=0))",
    ),
    op_case(
        "aminmax",
        distinct(3, 4),
        op=lambda x: F.stack(F.aminmax(x, dim=1)),
        torch="torch.stack(tuple(torch.aminmax(x, dim=1)))",
    ),
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
    op_case("prod", normal(3, 4)),
    op_case("prod", constant(_WITH_ZEROS), axis=1, torch="torch.prod(x, dim=axis)", note="zeros"),
    op_case(
        "prod",
        normal(2, 3, 2),
        axis=(0, 2),
        keepdims=True,
        torch="x.prod(2, keepdim=True).prod(0, keepdim=True)",
        note="two axes",
    ),
    op_case("cumprod", normal(2, 4), axis=1, torch="torch.cumprod(x, dim=axis)"),
    op_case(
        "cumprod",
        constant(_WITH_ZEROS),
        axis=1,
        torch="torch.cumprod(x, dim=axis)",
        note="zeros",
    ),
    op_case("logsumexp", normal(3, 4), axis=1, torch="torch.logsumexp(x, dim=axis)"),
]

_APART = np.array([[1, 0, 3], [2, 3, 0]])
_SLICES = np.array([1, 1, 3, 0, 1])
_MASK = np.array([1, 0, 1, 0], bool)
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
        "scatter",
        normal(3, 4),
        normal(2, 3),
        axis=1,
        index=_APART,
        torch="torch.scatter(x, axis, index, src)",
    ),
    op_case(
        "scatter",
        normal(3, 4),
        axis=1,
        index=_APART,
        value=0.5,
        torch="torch.scatter(x, axis, index, value)",
        note="a number",
    ),
    op_case(
        "index_add",
        normal(3, 4),
        normal(3, 5),
        axis=1,
        index=_SLICES,
        alpha=0.5,
        torch="torch.index_add(x, axis, index, source, alpha=alpha)",
    ),
    op_case(
        "index_copy",
        normal(3, 4),
        normal(3, 2),
        axis=1,
        index=np.array([3, 0]),
        torch="torch.index_copy(x, axis, index, source)",
    ),
    op_case(
        "index_fill",
        normal(3, 4),
        axis=1,
        index=np.array([3, 0]),
        value=0.5,
        torch="torch.index_fill(x, axis, index, value)",
    ),
    op_case(
        "take_along_dim",
        normal(3, 4),
        indices=_ALONG[:1],
        axis=1,
        torch="torch.take_along_dim(x, indices, dim=axis)",
    ),
    op_case("masked_select", normal(3, 4), mask=_MASK),
    op_case(
        "median",
        distinct(3, 4),
        op=lambda x: F.median(x, dim=1).values,
        torch="torch.median(x, dim=1).values",
        kinks=constant(np.tile([1.0, 2.0, 2.0, 3.0], (3, 1))),
    ),
    op_case(
        "median_of_all",
        distinct(3, 4),
        torch="torch.median(x)",
        kinks=constant(np.array([[1.0, 2.0, 2.0, 3.0]])),
    ),
    op_case(
        "quantile",
        distinct(3, 4),
        op=lambda x: F.quantile(x, 0.4, dim=1),
        torch="torch.quantile(x, 0.4, dim=1)",
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
