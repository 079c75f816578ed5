"""Cases of products of matrices, lengths, and sums of products by an equation."""

from __future__ import annotations

import math

from minigen import functional as F
from minigen.catalogue.case import distinct, normal, op_case
from minigen.engine.op import registry

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
    op_case("vdot", normal(4), normal(4)),
    op_case("inner", normal(2, 4), normal(3, 4), torch="torch.inner(a, b)"),
    op_case(
        "tensordot",
        normal(2, 3, 4),
        normal(4, 5, 3),
        dims=([1, 2], [2, 0]),
        torch="torch.tensordot(a, b, dims)",
    ),
    op_case(
        "addmm",
        *[normal(2), normal(3, 4), normal(4, 2)],
        beta=0.5,
        alpha=-2,
        torch="torch.addmm(x, mat1, mat2, beta=beta, alpha=alpha)",
    ),
    op_case(
        "baddbmm",
        *[normal(3, 1), normal(2, 3, 4), normal(2, 4, 2)],
        alpha=0.5,
        torch="torch.baddbmm(x, batch1, batch2, alpha=alpha)",
    ),
    op_case(
        "cdist", normal(2, 3, 4), normal(2, 4), torch="torch.norm(x1[:, :, None] - x2, dim=-1)"
    ),
    op_case(
        "cdist",
        distinct(3, 2),
        normal(2, 2),
        p=1,
        torch="torch.norm(x1[:, None] - x2, p, -1)",
        note="p is 1",
    ),
    op_case("pairwise_distance", normal(3, 4), normal(4), torch="F.pairwise_distance(x1, x2)"),
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
