"""What else has to hold: an epoch costs its steps, imports are quick, memory does not grow."""

from __future__ import annotations

import subprocess
import sys
from time import perf_counter

from benchmarks.contender import Worker
from benchmarks.contest import MINIGEN
from benchmarks.machine import worker_environment

EPOCH_LIMIT = 1.1
"""How many times the sum of its steps an epoch may take."""

IMPORT_LIMIT = 0.15
"""How many seconds ``import minigen`` may take beyond ``import numpy``."""

GROWTH_LIMIT = 2**20
"""How many bytes of memory a process may gain while it trains on."""

GROWTH_WARM_UP = 500
"""How many steps it may take until the allocator has what it needs."""

_IMPORT = """
import numpy
from time import perf_counter
start = perf_counter()
import minigen
print(perf_counter() - start)
"""


def time_epoch(dataset: str, examples: int | None) -> dict[str, float]:
    """Train the dense VAE of W1 for an epoch, as the README does.

    Called in a worker.

    Parameters
    ----------
    dataset : str
        The name of a data set of images, whose batches are drawn, shuffled, inside the epoch.
    examples : int, optional
        How many of its images make an epoch; all of them by default.

    Returns
    -------
    dict
        ``"epoch"`` and ``"steps"``: the seconds of the epoch, and of its steps alone, from the loss
        to the optimiser's step; ``"count"``: the number of steps.
    """
    from minigen import data, models, optim

    digits = data.load(dataset)
    if not isinstance(digits, data.Dataset):
        raise TypeError(f"time_epoch: {dataset!r} holds no images")
    images = digits.scaled()[:examples]
    model = models.VAE(digits.image_shape)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    in_steps, count = 0.0, 0
    begin = perf_counter()
    for (batch,) in data.Batches((images,), 128, shuffle=True):
        start = perf_counter()
        loss = model.loss(batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        in_steps += perf_counter() - start
        count += 1
    return {"epoch": perf_counter() - begin, "steps": in_steps, "count": count}


def time_epochs(dataset: str, examples: int | None, epochs: int, threads: int) -> list[float]:
    """Return how many times the sum of its steps each of several epochs took."""
    with Worker(MINIGEN, threads) as worker:
        worker.call("epoch", dataset=dataset, examples=1280)  # warms up
        times = [worker.call("epoch", dataset=dataset, examples=examples) for _ in range(epochs)]
    return [found["epoch"] / found["steps"] for found in times]


def time_imports(processes: int) -> list[float]:
    """Return the seconds of ``import minigen`` after ``import numpy``, in fresh processes.

    One more goes first, so that the compiled modules lie ready.
    """
    environment = worker_environment(1, tuned_malloc=False)

    def once() -> float:
        command = [sys.executable, "-c", _IMPORT]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return float(done.stdout)

    return [once() for _ in range(processes + 1)][1:]


def measure_growth(workload: str, steps: int, every: int, threads: int) -> dict[int, int]:
    """Train with minigen; return the bytes that the process held after so many steps.

    Raises
    ------
    OSError
        If the system does not tell how much memory a process holds.
    """
    held: dict[int, int] = {}
    with Worker(MINIGEN, threads) as worker:
        worker.call("prepare_workload", name=workload, weights=None)
        for done in range(every, steps + 1, every):
            worker.call("run", steps=every - 1)  # and one that is not timed
            found = worker.call("memory")
            if "resident" not in found:
                raise OSError("measure_growth: /proc/self/status is needed, which Linux has")
            held[done] = found["resident"]
    return held


def growth(held: dict[int, int], warm_up: int = GROWTH_WARM_UP) -> int:
    """Return how many bytes were gained from the first measurement after `warm_up` steps on.

    Examples
    --------
    >>> growth({250: 10, 500: 40, 750: 41, 1000: 43})
    3
    """
    later = [size for done, size in held.items() if done >= warm_up]
    return later[-1] - later[0]
