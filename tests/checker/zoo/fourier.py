"""Wrong rules of Fourier transforms: the inverse taken for the adjoint, overlaps lost."""

from __future__ import annotations

from typing import Any

from minigen.checker.report import FailureKind
from minigen.engine.backend import Array
from minigen.engine.op import Cotangents
from minigen.ops.fourier import fourier, fourier_adjoint, frames, overlap_add
from minigen.ops.shaping import cat
from tests.checker.zoo.specimen import normal, wrong_rule


def _weighted(g: Array, *weights: float) -> Any:
    """Multiply each frequency by a number."""
    return cat([g[..., k : k + 1, :] * weight for k, weight in enumerate(weights)], -2)


@wrong_rule(fourier, normal(2, 6))
def fourier_inverse_for_adjoint(g: Array, _out: Array, _x: Array) -> Cotangents:
    """Transform cotangents back by the inverse, which divides by N and counts partners."""
    return (fourier_adjoint(_weighted(g, 1 / 6, 2 / 6, 2 / 6, 1 / 6), 6),)


@wrong_rule(fourier, normal(2, 6))
def fourier_partners_counted(g: Array, _out: Array, _x: Array) -> Cotangents:
    """Count the frequencies that were left out as well: twice as much from the inner ones."""
    return (fourier_adjoint(_weighted(g, 1, 2, 2, 1), 6),)


@wrong_rule(fourier, normal(2, 6))
def fourier_sines_with_the_other_sign(g: Array, _out: Array, _x: Array) -> Cotangents:
    """Forget the conjugate: add the sines, where the transform took them away."""
    return (fourier_adjoint(cat([g[..., :1], -g[..., 1:]], -1), 6),)


@wrong_rule(frames, normal(2, 8), size=4, hop=2)
def frames_averaged_where_they_overlap(
    g: Array, _out: Array, x: Array, *, size: int, hop: int
) -> Cotangents:
    """Average the frames that overlap, as a signal is made again of them, and not add them."""
    counts = overlap_add(g * 0 + 1, x.shape[-1], hop)
    del size
    return (overlap_add(g, x.shape[-1], hop) / counts,)


@wrong_rule(frames, normal(2, 9), size=4, hop=2, expected=FailureKind.WRONG_SHAPE)
def frames_left_over_lost(g: Array, _out: Array, _x: Array, *, size: int, hop: int) -> Cotangents:
    """Forget the elements behind the last frame: the gradient comes back short."""
    return (overlap_add(g, (g.shape[-2] - 1) * hop + size, hop),)
