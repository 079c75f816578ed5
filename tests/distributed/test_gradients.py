"""A distributed optimiser, a scattered data set: the loop of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import models, nn, optim
from minigen.distributed import (
    ALONE,
    Communicator,
    DistributedOptimizer,
    Processes,
    broadcast_parameters,
    run_workers,
    scatter_dataset,
)
from minigen.engine.random import Generator

IMAGES = Generator(3).uniform((21, 1, 8, 8))


def loop(world: Communicator) -> Any:
    """Train on uneven batches, 8, 8 and 5 of them."""
    options: dict[str, Any] = {"channels": (4,), "hidden": (6,), "latent": 2, "batch_norm": True}
    model = models.ConvVAE((1, 8, 8), generator=Generator(0), **options)
    optimizer = DistributedOptimizer(optim.SGD(model.parameters(), lr=0.01), world)
    noise = Generator(1)
    for start in range(0, 21, 8):
        batch = IMAGES[start : start + 8]
        with world.shard(len(batch)) as shard:
            optimizer.zero_grad()
            shard.backward(model.loss(batch[shard.rows], generator=noise))
            optimizer.step()
    return {name: tensor.numpy() for name, tensor in model.state_dict().items()}


@pytest.mark.parametrize("workers", [2, 3, 4])
def test_a_loop_of_ones_own_learns_what_one_process_learns(workers: int) -> None:
    alone, together = loop(ALONE), run_workers(loop, workers, Processes())
    for name, array in alone.items():
        np.testing.assert_allclose(together[name], array, rtol=2e-4, atol=2e-6, err_msg=name)


def test_a_step_outside_of_a_shard_is_refused() -> None:
    def work(world: Communicator) -> None:
        layer = nn.Dense(2, 1)
        layer(minigen.ones(1, 2)).sum().backward()
        DistributedOptimizer(optim.SGD(layer.parameters(), lr=0.1), world).step()

    with pytest.raises(RuntimeError, match="no shard of its communicator is open"):
        run_workers(work, 2, Processes())


def test_the_optimiser_has_what_the_one_inside_has() -> None:
    layer = nn.Dense(2, 1)
    optimizer = DistributedOptimizer(optim.SGD(layer.parameters(), lr=0.1), ALONE)
    assert optimizer.param_groups[0]["lr"] == 0.1


def test_parameters_become_the_roots() -> None:
    def work(world: Communicator) -> Any:
        layer = nn.Dense(2, 1, generator=Generator(world.rank))
        broadcast_parameters(layer, world)
        return world.gather(layer.weight.tolist())

    assert len({str(each) for each in run_workers(work, 3, Processes())}) == 1


def test_a_data_set_is_scattered_whole() -> None:
    def work(world: Communicator) -> Any:
        part = scatter_dataset(np.arange(7) if world.is_root else None, world)
        return world.concatenate(part).tolist()

    assert run_workers(work, 3, Processes()) == list(range(7))
