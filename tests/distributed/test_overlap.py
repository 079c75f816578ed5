"""Sums that begin while the backward pass goes on give the gradients that later ones give."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import minigen
from minigen import models
from minigen.distributed import (
    Communicator,
    Processes,
    average_gradients,
    backward_and_average,
    overlap,
    run_workers,
)
from minigen.engine.graph import walk_back
from minigen.engine.random import Generator

IMAGES = Generator(3).uniform((7, 1, 8, 8))


def gradients(world: Communicator, overlapping: bool) -> Any:
    options: dict[str, Any] = {"channels": (4,), "hidden": (6,), "latent": 2, "batch_norm": True}
    model = models.ConvVAE((1, 8, 8), generator=Generator(0), **options)
    with world.shard(len(IMAGES)) as shard:
        loss = model.loss(IMAGES[shard.rows], generator=Generator(1))
        if overlapping:
            backward_and_average(loss, shard, model.parameters())
        else:
            shard.backward(loss)
            average_gradients(model.parameters(), shard)
    return {name: p.grad.numpy() for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("bucket", [1, 300, 10**6])
def test_gradients_are_those_of_sums_at_the_end(
    bucket: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlap, "BUCKET", bucket)
    early, late = (
        run_workers(partial(gradients, overlapping=way), 3, Processes()) for way in (True, False)
    )
    assert list(early) == list(late)
    for name, gradient in late.items():
        np.testing.assert_array_equal(early[name], gradient, err_msg=name)


def test_a_leaf_is_told_of_once_when_nothing_will_be_added() -> None:
    x = minigen.tensor([2.0], requires_grad=True)
    y = minigen.tensor([5.0], requires_grad=True)
    told: list[tuple[Any, float]] = []
    loss = ((x * y + x).exp() * 0.0 + x * 3.0).sum()
    walk_back([loss], [np.float32(1)], arrived=lambda leaf, g: told.append((leaf, float(g[0]))))
    assert sorted((leaf is x, value) for leaf, value in told) == [(False, 0.0), (True, 3.0)]
