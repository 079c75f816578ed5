"""Losses that ask for a margin."""

from __future__ import annotations

import numpy as np
import pytest

import minigen
import minigen.functional as F


def points(*places: float) -> minigen.Tensor:
    return minigen.tensor([[place, 0.0] for place in places])


def test_a_triplet_costs_what_the_margin_lacks() -> None:
    anchor, near, far = points(0.0, 0.0), points(1.0, 1.0), points(1.5, 9.0)
    loss = F.triplet_margin_loss(anchor, near, far, margin=2.0, reduction="none")
    np.testing.assert_allclose(loss.array, [1.5, 0.0], atol=1e-5)
    assert F.triplet_margin_loss(anchor, near, far, 2.0).item() == pytest.approx(0.75, abs=1e-5)


def test_with_swap_the_nearer_of_both_distances_counts() -> None:
    anchor, near, far = points(0.0), points(1.0), points(1.5)
    loss = F.triplet_margin_loss(anchor, near, far, swap=True)
    assert loss.item() == pytest.approx(1 - 0.5 + 1, abs=1e-5)


def test_ranks_and_hinges_follow_the_sign_of_the_target() -> None:
    x, sides = minigen.tensor([0.5, 0.5, 3.0]), minigen.tensor([1.0, -1.0, -1.0])
    ranked = F.margin_ranking_loss(x, minigen.zeros(3), sides, margin=0.25, reduction="none")
    assert ranked.tolist() == [0.0, 0.75, 3.25]
    assert F.hinge_embedding_loss(x, sides, reduction="none").tolist() == [0.5, 0.5, 0.0]


def test_other_shapes_and_margins_are_refused() -> None:
    with pytest.raises(ValueError, match="triplet_margin_loss: one shape"):
        F.triplet_margin_loss(points(0.0), points(0.0), points(0.0, 1.0))
    with pytest.raises(ValueError, match="triplet_margin_loss: a positive margin"):
        F.triplet_margin_loss(points(0.0), points(0.0), points(1.0), margin=0.0)
