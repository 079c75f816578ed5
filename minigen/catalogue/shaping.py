"""Cases of shapes, copies and other orders."""

from __future__ import annotations

import numpy as np

from minigen import functional as F
from minigen.catalogue.case import normal, op_case

_PICKS = np.array([0, 2, 2, 1])

SHAPING = [
    op_case("clone", normal(3, 4)),
    op_case("astype", normal(3, 4), dtype=np.float64, torch="x.to(torch.float64)"),
    op_case("to_device", normal(3, 4), device="cpu", torch="x.to(device)"),
    op_case("broadcast_to", normal(3, 1), shape=(2, 3, 4), torch="torch.broadcast_to(x, shape)"),
    op_case("sum_to_size", normal(2, 3, 4), shape=(3, 1), torch="x.sum_to_size(shape)"),
    op_case("reshape", normal(3, 4), shape=(2, -1)),
    op_case("permute", normal(2, 3, 4), dims=(2, 0, 1)),
    op_case("transpose", normal(2, 3, 4), dim0=0, dim1=-1),
    op_case("squeeze", normal(3, 1, 4), axis=1, torch="torch.squeeze(x, dim=axis)"),
    op_case("unsqueeze", normal(3, 4), axis=-1, torch="torch.unsqueeze(x, dim=axis)"),
    op_case("flatten", normal(2, 3, 2), start_dim=1),
    op_case("t", normal(3, 4)),
    op_case("tril", normal(2, 3, 4), diagonal=1),
    op_case("triu", normal(3, 4), diagonal=-1),
    op_case("diagonal", normal(2, 3, 4), offset=1, dim1=-1, dim2=0),
    op_case("diag", normal(3), note="a matrix of a vector"),
    op_case("diag", normal(3, 4), diagonal=-1, note="of a matrix"),
    op_case("trace", normal(3, 4)),
    op_case("ravel", normal(3, 4)),
    op_case("tile", normal(2, 3), op=lambda x: F.tile(x, 2), torch="x.tile(2)"),
    op_case(
        "meshgrid",
        normal(2),
        normal(3),
        op=lambda a, b: F.stack(F.meshgrid(a, b, indexing="xy")),
        torch="torch.stack(torch.meshgrid(a, b, indexing='xy'))",
    ),
    op_case(
        "cartesian_prod",
        normal(2),
        normal(3),
        op=lambda a, b: F.cartesian_prod([a, b]),
        torch="torch.cartesian_prod(a, b)",
    ),
    op_case("fliplr", normal(2, 3)),
    op_case("flipud", normal(2, 3)),
    op_case("flip", normal(2, 3), op=lambda x: F.flip(x, 0, -1), torch="x.flip(0, -1)"),
    op_case("pixel_shuffle", normal(2, 4, 2, 3), upscale_factor=2),
    op_case("pixel_unshuffle", normal(2, 1, 4, 6), downscale_factor=2),
    op_case("roll", normal(3, 4), shifts=(1, -2), dims=(0, 1)),
    op_case("movedim", normal(2, 3, 4), source=(0, 2), destination=(1, 0)),
    op_case("swapaxes", normal(2, 3, 4), axis0=0, axis1=-1),
    op_case("unflatten", normal(2, 6), axis=1, sizes=(2, -1), torch="x.unflatten(axis, sizes)"),
    op_case(
        "repeat_interleave",
        normal(2, 3),
        repeats=2,
        axis=1,
        torch="x.repeat_interleave(repeats, axis)",
    ),
    op_case("repeat", normal(2, 3), op=lambda x: F.repeat(x, 2, 1, 3), torch="x.repeat(2, 1, 3)"),
    op_case(
        "split",
        normal(3, 5),
        op=lambda x: F.split(x, [1, 3, 1], dim=1)[1],
        torch="torch.split(x, [1, 3, 1], dim=1)[1]",
    ),
    op_case(
        "chunk",
        normal(5, 3),
        op=lambda x: F.chunk(x, 2)[1],
        torch="torch.chunk(x, 2)[1]",
    ),
    op_case(
        "tensor_split",
        normal(5, 2),
        op=lambda x: F.tensor_split(x, 3)[1],
        torch="torch.tensor_split(x, 3)[1]",
    ),
    op_case("select", normal(2, 3), axis=1, index=-1, torch="x.select(axis, index)"),
    op_case("unbind", normal(3, 4), op=lambda x: F.unbind(x, 1)[2], torch="torch.unbind(x, 1)[2]"),
    op_case(
        "narrow", normal(2, 5), axis=1, start=1, length=3, torch="x.narrow(axis, start, length)"
    ),
    op_case(
        "index_select", normal(3, 2), axis=0, index=_PICKS, torch="x.index_select(axis, index)"
    ),
    op_case(
        "getitem",
        normal(3, 4),
        index=(slice(1, None), slice(None, None, -2)),
        torch="x.flip(1)[1:, ::2]",
        note="slices",
    ),
    op_case("getitem", normal(3, 4), index=_PICKS, torch="x[index]", note="an array with repeats"),
    op_case(
        "put",
        normal(4, 2),
        index=_PICKS,
        shape=(3, 2),
        torch="torch.zeros(shape, dtype=x.dtype).index_put((index,), x, accumulate=True)",
        note="an array with repeats",
    ),
    op_case(
        "concatenate",
        normal(3, 2),
        normal(3, 1),
        op=lambda a, b: F.concatenate(a, b, axis=1),
        torch="torch.cat([a, b], 1)",
    ),
    op_case(
        "cat",
        normal(1, 3),
        normal(2, 3),
        op=lambda a, b: F.cat([a, b]),
        torch="torch.cat([a, b])",
    ),
    op_case(
        "hstack",
        normal(3, 1),
        normal(3, 2),
        op=lambda a, b: F.hstack([a, b]),
        torch="torch.hstack([a, b])",
    ),
    op_case(
        "vstack",
        normal(3),
        normal(2, 3),
        op=lambda a, b: F.vstack([a, b]),
        torch="torch.vstack([a, b])",
    ),
    op_case(
        "stack",
        normal(2, 3),
        normal(2, 3),
        op=lambda a, b: F.stack([a, b], axis=1),
        torch="torch.stack([a, b], 1)",
    ),
    op_case("pad", normal(3, 4), pad=(1, 2, 0, 1), value=0.5),
    *(
        op_case("pad", normal(2, 3, 4), pad=(1, 3, 2, 0), mode=mode, note=mode)
        for mode in ("reflect", "replicate", "circular")
    ),
]
