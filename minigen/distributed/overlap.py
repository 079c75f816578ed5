"""Gradients that are added up while the rest of the backward pass is computed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from minigen.engine.backend import array_of, namespace
from minigen.engine.graph import walk_back
from minigen.engine.shards import Shard
from minigen.engine.tensor import Tensor, settle

BUCKET: Final = 2**18
"""How many numbers of gradients are sent together at least, so that latencies do not add up."""


def backward_and_average(loss: Tensor, shard: Shard, parameters: Iterable[Tensor]) -> None:
    """Walk back from a loss of a shard, and make each ``.grad`` that of the batch's mean.

    It is `Shard.backward` and `average_gradients` in one, equal to these up to the order of sums.
    As soon as a few gradients are complete, those of the last layers first, their sum over all
    workers begins. What gradients the parameters had before is forgotten.

    Parameters
    ----------
    loss : Tensor, shape ()
        The mean over the shard.
    shard : Shard
        The one that is open, of several workers.
    parameters : iterable of Tensor
        Those whose gradients are wanted.
    """
    sums = _Sums(shard, parameters)
    array = loss.array
    walk_back([loss], [namespace(array).full_like(array, shard.count)], arrived=sums.add)
    sums.finish()


class _Sums:
    """Gradients that wait to be sent, and sums that have begun."""

    def __init__(self, shard: Shard, parameters: Iterable[Tensor]) -> None:
        self._shard = shard
        self._wanted = {id(parameter) for parameter in parameters}
        self._waiting: list[tuple[Tensor, Any]] = []
        self._begun: list[tuple[list[Tensor], Any]] = []

    def add(self, leaf: Tensor, cotangent: Any) -> None:
        """Take a gradient that is complete; begin a sum if there are enough of them."""
        for _, pending in self._begun:
            pending.advance()
        if id(leaf) not in self._wanted:
            return
        if self._waiting and self._waiting[0][0].dtype != leaf.dtype:
            self._begin()
        self._waiting.append((leaf, array_of(settle(leaf, cotangent))))
        if sum(array.size for _, array in self._waiting) >= BUCKET:
            self._begin()

    def finish(self) -> None:
        """Wait for all sums, and hand the gradients out."""
        self._begin()
        for leaves, pending in self._begun:
            total = pending.wait()
            total /= self._shard.whole_count
            start = 0
            for leaf in leaves:
                leaf.grad = Tensor(total[start : start + leaf.size].reshape(leaf.shape))
                start += leaf.size

    def _begin(self) -> None:
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        arrays = [array.reshape(-1) for _, array in waiting]
        assert self._shard.exchange is not None
        pending = self._shard.exchange.begin_sum(namespace(arrays[0]).concatenate(arrays))
        self._begun.append(([leaf for leaf, _ in waiting], pending))
