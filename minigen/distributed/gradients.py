r"""Gradients and weights of all workers: a distributed optimiser, weights that begin equal.

A worker's loss is the mean over its shard, :math:`L_r = \frac{1}{n_r} \sum_{i \in r} \ell_i`. What
is minimised is the mean over the batch. `Shard.backward` gives each worker the gradient of the sum
over its rows, :math:`n_r L_r`; these are added up, and divided once:

.. math:: \nabla L = \frac{1}{N} \sum_r \nabla (n_r L_r)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from minigen.distributed.communicator import Communicator
from minigen.engine.backend import namespace
from minigen.engine.shards import Shard, current_shard
from minigen.engine.tensor import Tensor
from minigen.nn.module import Module
from minigen.optim.optimizer import Optimizer


class DistributedOptimizer:
    """An optimiser whose steps go by the gradient of the whole batch.

    It has all that the optimiser has, and `step` first makes the gradients those of the batch, of
    which each worker has computed its shard's by `Shard.backward`.

    Parameters
    ----------
    optimizer : Optimizer
        One of `minigen.optim`.
    communicator : Communicator
        The workers.

    Examples
    --------
    >>> import minigen
    >>> from minigen import nn, optim
    >>> from minigen.distributed import DistributedOptimizer, create_communicator
    >>> world, layer = create_communicator(), nn.Dense(2, 1)
    >>> optimizer = DistributedOptimizer(optim.SGD(layer.parameters(), lr=0.1), world)
    >>> with world.shard(4) as shard:
    ...     shard.backward(layer(minigen.ones(4, 2)[shard.rows]).mean())
    ...     optimizer.step()
    """

    def __init__(self, optimizer: Optimizer, communicator: Communicator) -> None:
        self.optimizer = optimizer
        self.communicator = communicator

    def __getattr__(self, name: str) -> Any:
        return getattr(self.optimizer, name)

    def step(self) -> None:
        """Average the gradients over the batch of the shard that is open, and update.

        Raises
        ------
        RuntimeError
            If no shard is open: outside of ``with world.shard(...)``.
        """
        if self.communicator.size > 1:
            shard = _open_shard_of(self.communicator)
            groups = self.optimizer.param_groups
            average_gradients((p for group in groups for p in group["params"]), shard)
        self.optimizer.step()


def average_gradients(parameters: Iterable[Tensor], shard: Shard) -> None:
    """Make each ``.grad``, of a sum over the shard, that of the mean over the whole batch.

    All are sent as one array for each dtype. A parameter without a gradient is left out; it has
    none in any worker.
    """
    if shard.exchange is None:
        return
    by_dtype: dict[Any, list[Tensor]] = {}
    for parameter in parameters:
        if parameter.grad is not None:
            by_dtype.setdefault(parameter.grad.dtype, []).append(parameter)
    for alike in by_dtype.values():
        arrays = [parameter.grad.array for parameter in alike if parameter.grad is not None]
        joined = namespace(arrays[0]).concatenate([array.reshape(-1) for array in arrays])
        total = shard.exchange.sum(joined)
        total /= shard.whole_count
        start = 0
        for parameter in alike:
            part = total[start : start + parameter.size].reshape(parameter.shape)
            parameter.grad = Tensor(part)
            start += parameter.size


def average_terms_of(terms: Mapping[str, Tensor], shard: Shard) -> dict[str, Tensor]:
    """Return the means over the batch of scalars that are means over the shard."""
    if shard.exchange is None:
        return dict(terms)
    values = [term.array.reshape(()) for term in terms.values()]
    stacked = namespace(*values).stack(values)
    means = shard.exchange.sum(stacked * stacked.dtype.type(shard.count))
    means /= shard.whole_count
    return {name: Tensor(means[position]) for position, name in enumerate(terms)}


def broadcast_parameters(module: Module, communicator: Communicator) -> None:
    """Give each worker the root's parameters and buffers."""
    state = communicator.of_root(module.state_dict)
    if not communicator.is_root:
        module.load_state_dict(state)


def _open_shard_of(communicator: Communicator) -> Shard:
    shard = current_shard()
    if shard is None or shard.exchange is not communicator:
        raise RuntimeError(
            "DistributedOptimizer.step: no shard of its communicator is open, so nobody knows how "
            "much of the batch is whose: compute the loss and call step inside "
            "`with communicator.shard(len(batch)) as shard:`"
        )
    return shard
