r"""What more processes give: measured on one rank and on two, and predicted for more machines.

The model of a training step on n machines, of a batch of B rows:

.. math:: T(n) = C(B / n) + m\,\lceil \log_2 n \rceil\,\alpha + 2\,\frac{n - 1}{n}\,\frac{V}{\beta}

with C(b) the time of a step on b rows alone, measured; m exchanges a step of V bytes in all,
counted; a latency :math:`\alpha` and a bandwidth :math:`\beta`, measured between two ranks here or
given for another network. An exchange takes :math:`\lceil \log_2 n \rceil` messages one after the
other, and a sum over n moves each byte twice, once to be added and once as the result. Thakur,
Rabenseifner, Gropp (2005), "Optimization of collective communication operations in MPICH".

Two ranks on one machine share its memory, its last cache and its clock, which two machines do not.
So what is compared with two ranks is the model with another C: the time of a step on B / 2 rows
while a second process computes another one beside it, and neither sends anything.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.machine import worker_environment
from benchmarks.workloads import WORKLOADS
from minigen import models, optim
from minigen.distributed import (
    ALONE,
    Communicator,
    DistributedError,
    average_gradients,
    average_terms_of,
    create_communicator,
)
from minigen.engine.random import Generator
from minigen.files import write_atomically

SIZES: Final = WORKLOADS["W3"]
"""The workload whose sizes the model has: a DCGAN with batch norm in both networks."""

WARM_UP: Final = 3
MACHINES: Final = (1, 2, 4, 8, 16, 32, 64)
LONG: Final = 2**22
"""Numbers in the message that bandwidth is measured with: 16 MiB."""

TOLERANCE: Final = 0.25
"""By what share the prediction for two ranks may be off before the model is called wrong."""


@dataclass(frozen=True)
class Network:
    """Seconds that a message takes, and bytes a second of a long one."""

    latency: float
    bandwidth: float


@dataclass(frozen=True)
class Step:
    """A training step as it was measured: its seconds, exchanges, and the bytes of these.

    `ranks` share the batch, or take one each if they are `apart`.
    """

    ranks: int
    threads: int
    batch: int
    seconds: float
    exchanges: int
    bytes: int
    apart: bool = False


def predict(shard_seconds: float, machines: int, step: Step, network: Network) -> float:
    """Return the seconds of a step on so many machines.

    Parameters
    ----------
    shard_seconds : float
        The time of a step on one machine's rows alone.
    machines : int
        How many share the batch.
    step : Step
        Its exchanges are counted.
    network : Network
        What lies between the machines.

    Examples
    --------
    >>> step = Step(2, 1, 128, 0.0, exchanges=10, bytes=4000)
    >>> round(predict(1.0, 4, step, Network(latency=0.01, bandwidth=1e4)), 3)
    1.8
    """
    if machines == 1:
        return shard_seconds
    messages = step.exchanges * math.ceil(math.log2(machines))
    moved = 2 * (machines - 1) / machines * step.bytes
    return shard_seconds + messages * network.latency + moved / network.bandwidth


def scale(
    alone: Mapping[int, Step], together: Step, network: Network, batch: int
) -> dict[int, float]:
    """Return the seconds of a step by the number of machines, from steps of their shards alone.

    Parameters
    ----------
    alone : mapping of int to Step
        Steps of one rank, by the rows of their batches.
    together : Step
        A step of two ranks, whose exchanges are counted.
    network : Network
        What lies between the machines.
    batch : int
        The rows of the whole batch.
    """
    return {
        machines: predict(alone[batch // machines].seconds, machines, together, network)
        for machines in MACHINES
        if batch // machines in alone
    }


def table(seconds: Mapping[int, float]) -> str:
    """Return a Markdown table of steps by the number of machines, with speed-up and efficiency.

    Examples
    --------
    >>> print(table({1: 0.1, 2: 0.06}))
    | machines | ms a step | speed-up | efficiency |
    | ---: | ---: | ---: | ---: |
    | 1 | 100.0 | 1.00 | 100% |
    | 2 | 60.0 | 1.67 | 83% |
    """
    lines = ["| machines | ms a step | speed-up | efficiency |", "| ---: | ---: | ---: | ---: |"]
    for machines, each in seconds.items():
        gain = seconds[1] / each
        share = gain / machines
        lines.append(f"| {machines} | {1e3 * each:.1f} | {gain:.2f} | {share:.0%} |")
    return "\n".join(lines)


def draw(file: Path, measured: Sequence[Step], predicted: Mapping[int, float]) -> None:
    """Draw the speed-up against the machines, and what was measured."""
    from matplotlib.figure import Figure

    from minigen.viz.style import COLOURS, DPI, save_figure

    figure = Figure(figsize=(5.2, 3.6), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    machines = list(predicted)
    gains = [predicted[1] / predicted[n] for n in machines]
    axes.plot(machines, machines, ":", color=COLOURS[2], label="linear")
    axes.plot(machines, gains, "-o", color=COLOURS[0], markersize=3.5, label="predicted")
    ranks = [step.ranks for step in measured]
    found = [predicted[1] / step.seconds for step in measured]
    axes.plot(ranks, found, "x", color=COLOURS[1], label="measured here")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set(xlabel="machines", ylabel="speed-up", title=SIZES.title)
    axes.legend(frameon=False)
    save_figure(figure, file)


def write_json(
    file: Path, measured: Sequence[Step], network: Network, predicted: Mapping[int, float]
) -> None:
    """Write what was measured, and what follows from it, to a file."""
    found = {
        "measured": [asdict(step) for step in measured],
        "network": asdict(network),
        "predicted": {str(machines): seconds for machines, seconds in predicted.items()},
    }
    write_atomically(file, (json.dumps(found, indent=2) + "\n").encode())


# ---------------------------------------------------------------------------------- measuring


def measure(
    ranks: int, batch: int, steps: int, threads: int = 1, *, apart: bool = False
) -> tuple[Step, Network]:
    """Time steps in processes of their own, and messages if there is more than one rank.

    Ranks that are `apart` compute at the same time, each a whole batch, and share nothing else.

    Raises
    ------
    DistributedError
        If the processes fail, for instance as there is no ``mpiexec``.
    """
    numbers = map(str, (batch, steps, threads, int(apart)))
    program = [sys.executable, "-m", "benchmarks.scaling", *numbers]
    launch = [] if ranks == 1 else [mpiexec(), "-n", str(ranks)]
    ended = subprocess.run(
        [*launch, *program],
        env=worker_environment(threads, tuned_malloc=False),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise DistributedError(f"{ranks} ranks could not be timed: {ended.stderr.strip()}")
    found = json.loads(ended.stdout.splitlines()[-1])
    return Step(**found["step"]), Network(**found["network"])


def mpiexec() -> str:
    """Return where ``mpiexec`` is: beside this Python, as a wheel of MPICH has it, or on the path.

    Raises
    ------
    DistributedError
        If it is nowhere.
    """
    beside = Path(sys.executable).parent / "mpiexec"
    found = str(beside) if beside.exists() else shutil.which("mpiexec")
    if found is None:
        raise DistributedError(
            "there is no mpiexec: python -m pip install 'minigen-numpy[distributed]'"
        )
    return found


class _Counting:
    """Counts a worker's exchanges and their bytes."""

    def __init__(self, world: Communicator) -> None:
        self.exchanges = self.bytes = 0
        self._meet, world._meet = world._meet, self

    def __call__(self, kind: str, value: Any) -> Any:
        self.exchanges += 1
        self.bytes += getattr(value, "nbytes", 0)
        return self._meet(kind, value)


def time_steps(
    world: Communicator, batch: int, steps: int, threads: int, *, apart: bool = False
) -> Step:
    """Time training steps of a DCGAN; return the median of the slowest worker.

    Workers share each batch, or begin together and take one each if they are `apart`.

    Examples
    --------
    >>> step = time_steps(create_communicator(), batch=4, steps=1, threads=1)
    >>> step.ranks, step.batch, step.seconds > 0
    (1, 4, True)
    """
    model = models.DCGAN(
        SIZES.image_shape,
        channels=(64, 128),
        latent=SIZES.latent,
        batch_norm=True,
        r1=0.0,
        average=0.0,
        generator=Generator(0),
    )
    sides = model.sides()
    optimizers = {name: optim.Adam(side.parameters(), lr=2e-4) for name, side in sides.items()}
    images, noise = Generator(1).uniform((batch, *SIZES.image_shape)), Generator(2)
    counting, sharing = _Counting(world), ALONE if apart else world
    seconds = []
    for number in range(WARM_UP + steps):
        if number == WARM_UP:
            counting.exchanges = counting.bytes = 0
        world.gather(None)  # all begin together
        start = time.perf_counter()
        with sharing.shard(batch) as shard:
            for name, side in sides.items():
                terms = model.side_terms(name, images[shard.rows], generator=noise)
                average_terms_of(terms, shard)
                optimizers[name].zero_grad()
                shard.backward(next(iter(terms.values())))
                average_gradients(side.parameters(), shard)
                optimizers[name].step()
        seconds.append(time.perf_counter() - start)
    exchanges = counting.exchanges // steps - 1  # the one at the beginning is no part of a step
    moved = counting.bytes // steps
    slowest = max(world.gather(float(np.median(seconds[WARM_UP:]))))
    return Step(world.size, threads, batch, slowest, max(exchanges, 0), moved, apart)


def time_network(world: Communicator) -> Network:
    """Time short sums and long ones between the ranks; alone there is nothing between."""
    if world.size == 1:
        return Network(0.0, math.inf)
    short, long = np.zeros(8, np.float32), np.zeros(LONG, np.float32)
    latency = _median_seconds(world, short, 200) / math.ceil(math.log2(world.size))
    share = 2 * (world.size - 1) / world.size
    return Network(latency, share * long.nbytes / _median_seconds(world, long, 10))


def _median_seconds(world: Communicator, array: Any, times: int) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        world.sum(array)
        found.append(time.perf_counter() - start)
    return float(np.median(found))


def main(arguments: Sequence[str]) -> None:
    """Measure in this process, one of ``mpiexec``'s or alone; the root prints JSON."""
    batch, steps, threads, apart = map(int, arguments)
    world = create_communicator()
    step = time_steps(world, batch, steps, threads, apart=bool(apart))
    network = time_network(world)
    if world.is_root:
        between = {**asdict(network), "bandwidth": min(network.bandwidth, 1e18)}
        sys.stdout.write(json.dumps({"step": asdict(step), "network": between}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
