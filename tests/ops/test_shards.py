"""Sums, means and batch norm over the shards of a batch, whose gradients are the whole batch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minigen
from minigen import nn
from minigen.distributed import ALONE, Communicator, Processes, run_workers
from minigen.ops.shards import batch_mean, shard_sum, whole_batch

X = np.random.default_rng(0).normal(2, 1, (11, 3, 2, 2))
G = np.random.default_rng(1).normal(0, 1, X.shape)


def of_workers(work: Any, workers: int = 3) -> Any:
    return run_workers(work, workers, Processes())


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_batch_norm_of_shards_is_that_of_the_whole_batch(workers: int) -> None:
    def normalise(world: Communicator) -> list[Any]:
        layer = nn.BatchNorm2d(3, dtype=np.float64)
        layer.load_state_dict({**layer.state_dict(), "weight": np.array([1.0, 2.0, -3.0])})
        assert layer.weight is not None
        assert layer.running_mean is not None
        assert layer.running_var is not None
        with world.shard(len(X)) as shard:
            x = minigen.tensor(X[shard.rows], requires_grad=True)
            y = layer(x)
            (y * y * G[shard.rows]).sum().backward()
            assert x.grad is not None
            assert layer.weight.grad is not None
            return [
                world.concatenate(y.array),
                world.concatenate(x.grad.array),
                world.sum(layer.weight.grad.array),
                layer.running_mean.numpy(),
                layer.running_var.numpy(),
            ]

    for whole, shared in zip(normalise(ALONE), of_workers(normalise, workers), strict=True):
        np.testing.assert_allclose(shared, whole, rtol=1e-11, atol=1e-13)


def test_the_second_gradient_through_batch_norm_crosses_shards_too() -> None:
    def bend(world: Communicator) -> Any:
        layer = nn.BatchNorm2d(3, dtype=np.float64)
        with world.shard(len(X)) as shard:
            x = minigen.tensor(X[shard.rows], requires_grad=True)
            weighed = (layer(x) ** 3 * G[shard.rows]).sum()
            (slope,) = minigen.grad(weighed, x, create_graph=True)
            assert slope is not None
            (second,) = minigen.grad((slope * slope).sum(), x)
            assert second is not None
            return world.concatenate(second.array)

    np.testing.assert_allclose(of_workers(bend), bend(ALONE), rtol=1e-9, atol=1e-10)


def test_a_sum_over_shards_hands_every_workers_cotangent_to_every_worker() -> None:
    def differentiate(world: Communicator) -> Any:
        with world.shard(3):
            x = minigen.tensor(np.ones(2), requires_grad=True)
            (shard_sum(x) * float(world.rank + 1)).sum().backward()
            assert x.grad is not None
            return x.grad.numpy()

    np.testing.assert_array_equal(of_workers(differentiate), [6.0, 6.0])


def test_a_mean_over_uneven_shards_is_the_batchs() -> None:
    def average(world: Communicator) -> Any:
        with world.shard(len(X)) as shard:
            return batch_mean(minigen.tensor(X[shard.rows])).numpy()

    np.testing.assert_allclose(of_workers(average), X.mean(axis=0), rtol=1e-14)


def test_the_rows_of_the_whole_batch_are_in_their_order() -> None:
    def rows(world: Communicator) -> Any:
        with world.shard(7) as shard:
            return whole_batch(np.arange(7)[shard.rows])

    np.testing.assert_array_equal(of_workers(rows), np.arange(7))


def test_one_value_a_channel_is_refused_in_the_whole_batch_alone() -> None:
    def normalise(world: Communicator) -> Any:
        with world.shard(3) as shard:
            return world.concatenate(nn.BatchNorm1d(1)(minigen.ones(len(shard), 1)).array)

    np.testing.assert_array_equal(of_workers(normalise), np.zeros((3, 1)))
