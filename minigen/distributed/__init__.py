"""Training on more than one process, or machine: each computes a part of every batch.

``mpiexec -n 4 minigen train ...`` needs nothing of this. A loop of one's own changes four lines:

>>> import minigen
>>> from minigen import models, optim
>>> from minigen.distributed import DistributedOptimizer, create_communicator
>>> world = create_communicator()  # 1
>>> _ = minigen.manual_seed(0)
>>> model, images = models.VAE((1, 8, 8), hidden=(32,), latent=2), minigen.rand(64, 1, 8, 8)
>>> optimizer = DistributedOptimizer(optim.Adam(model.parameters()), world)  # 2
>>> for start in range(0, 64, 32):
...     batch = images[start : start + 32]
...     with world.shard(len(batch)) as shard:  # 3
...         optimizer.zero_grad()
...         shard.backward(model.loss(batch[shard.rows]))  # 4
...         optimizer.step()

Inside ``world.shard`` noise is drawn for the whole batch, of which each worker takes its rows, and
batch norm has the statistics of the whole batch: see docs/distributed.md.
"""

from minigen.distributed.communicator import ALONE, Communicator, create_communicator
from minigen.distributed.crew import run_workers
from minigen.distributed.gradients import (
    DistributedOptimizer,
    average_gradients,
    average_terms_of,
    broadcast_parameters,
)
from minigen.distributed.overlap import backward_and_average
from minigen.distributed.processes import (
    DistributedError,
    MPIProcesses,
    Processes,
    WorkerLostError,
    launched,
    load_mpi,
)
from minigen.distributed.scattering import scatter_dataset

__all__ = [
    "ALONE",
    "Communicator",
    "DistributedError",
    "DistributedOptimizer",
    "MPIProcesses",
    "Processes",
    "WorkerLostError",
    "average_gradients",
    "average_terms_of",
    "backward_and_average",
    "broadcast_parameters",
    "create_communicator",
    "launched",
    "load_mpi",
    "run_workers",
    "scatter_dataset",
]
