"""The workloads on a GPU: minigen and PyTorch, each eager and with a step captured as a graph."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.contender import Contender, Worker
from benchmarks.contest import check_agreement, initial_weights
from benchmarks.libraries import ON_A_CARD, is_installed
from benchmarks.workloads import WORKLOADS
from minigen import __version__
from minigen.engine.backend import DeviceError, cupy
from minigen.files import write_atomically

LEAST_STEPS = 50
"""How many steps a median is taken over, at least."""

MEGABYTE = 10**6

HEAD = (
    *("workload", "", "ms a step", "to PyTorch eager"),
    *("launches a step", "memory sets", "copies", "peak, MB"),
)

NOT_MEASURED = "not yet measured"


MEASURED = tuple(name for name, workload in WORKLOADS.items() if workload.period == 1)
"""The workloads whose steps are all alike: of others a median would leave out the rare ones."""


@dataclass(frozen=True)
class Measurement:
    """What a contender's steps cost on the card.

    Attributes
    ----------
    milliseconds : list of float
        A time a step.
    launches, sets, copies : float, optional
        Kernels, or graphs of them, a step; how often it sets memory, and how often it copies some.
    memory : int
        Bytes of the card that the process took, beyond its libraries' own.
    """

    figures: dict[str, float]
    milliseconds: list[float]
    launches: float | None
    sets: float | None
    copies: float | None
    memory: int

    @property
    def median(self) -> float:
        """The milliseconds of a step."""
        return statistics.median(self.milliseconds)


def measure_workload(
    name: str,
    steps: int,
    warm_up: int,
    threads: int,
    tell: Callable[[Contender, Measurement], object] = lambda *_: None,
) -> dict[Contender, Measurement]:
    """Let each contender train a workload from the same weights, alone on the card.

    What they compute is compared before anything is timed; `tell` is told each measurement at once.

    Raises
    ------
    DisagreementError
        If their first losses or gradients are not the same.
    WorkerError
        If a process failed.
    """
    measured, figures = {}, {}
    contenders = [Contender(library) for library in ON_A_CARD]
    with initial_weights(name) as weights:
        for who in contenders:
            with Worker(who, threads) as worker:
                figures[who.label] = worker.call("figures_on_card", name=name, weights=weights)
        check_agreement(name, figures)
        for who in contenders:
            with Worker(who, threads) as worker:
                found = worker.call(
                    "run_on_card", name=name, weights=weights, steps=steps, warm_up=warm_up
                )
            measured[who] = Measurement(**found)
            tell(who, measured[who])
    return measured


class Record:
    """Writes down each measurement as soon as there is one, so that a later failure loses none."""

    def __init__(self, card: str, steps: int, warm_up: int, file: Path | None) -> None:
        self._file = file
        self._contents: dict[str, Any] = {"card": card, "steps": steps, "warm_up": warm_up}

    def add(self, workload: str, who: Contender, measurement: Measurement) -> str:
        """Write a measurement to the file, if there is one; return a line that tells it."""
        found = self._contents.setdefault("workloads", {}).setdefault(workload, {})
        found[who.library] = {**asdict(measurement), "median": measurement.median}
        if self._file is not None:
            write_atomically(self._file, (json.dumps(self._contents, indent=1) + "\n").encode())
        return f"{workload}, {who.label}: {measurement.median:.3f} ms a step"


def table(measured: dict[str, dict[Contender, Measurement]]) -> str:
    """Return the table as Markdown, by workload and contender; a workload may be missing.

    Examples
    --------
    >>> print(table({}).splitlines()[-1])
    | W4 | PyTorch, CUDA graphs | not yet measured | | | | | |
    """
    rows = [HEAD, ("---",) * len(HEAD)]
    for name in MEASURED:
        found = measured.get(name)
        for who in map(Contender, ON_A_CARD):
            unknown = (NOT_MEASURED, *("",) * (len(HEAD) - 3))
            cells = unknown if found is None else _cells(found, who)
            rows.append((name, who.label, *cells))
    return "\n".join(_row(cells) for cells in rows)


def _row(cells: Sequence[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def _cells(found: dict[Contender, Measurement], who: Contender) -> tuple[str, ...]:
    one, eager = found[who], found[Contender("torch")]
    return (
        f"{one.median:.3f}",
        f"{one.median / eager.median:.2f}",
        *("" if n is None else f"{n:.0f}" for n in (one.launches, one.sets, one.copies)),
        f"{one.memory / MEGABYTE:.0f}",
    )


def find_card() -> str:
    """Return the card's name and the versions, without which a table means nothing.

    Raises
    ------
    DeviceError
        If CuPy or a GPU is missing, or PyTorch, or PyTorch has no GPU.
    """
    library = cupy()
    if not is_installed("torch"):
        raise DeviceError("benchmarks cuda compares with PyTorch: install it, built for CUDA")
    import torch

    if not torch.cuda.is_available():
        raise DeviceError(
            f"benchmarks cuda compares with PyTorch on the GPU, and torch {torch.__version__} sees "
            "none: install one built for CUDA"
        )
    card = library.cuda.runtime.getDeviceProperties(0)["name"].decode()
    return (
        f"{card}, CUDA {torch.version.cuda}, minigen {__version__}, CuPy {library.__version__}, "
        f"torch {torch.__version__}"
    )
