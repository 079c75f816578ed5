"""The workloads on a GPU: minigen, PyTorch, and PyTorch with a step captured as a CUDA graph."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.contender import Contender, Worker
from benchmarks.contest import check_agreement, initial_weights
from benchmarks.libraries import ON_A_CARD, is_installed
from benchmarks.workloads import WORKLOADS
from minigen import __version__
from minigen.engine.backend import DeviceError, cupy

LEAST_STEPS = 50
"""How many steps a median is taken over, at least."""

MEGABYTE = 10**6

HEAD = ("workload", "", "ms a step", "to PyTorch eager", "launches a step", "peak, MB")

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
    launches : float, optional
        Kernels, or graphs of them, a step.
    memory : int
        Bytes of the card that the process took, beyond its libraries' own.
    """

    figures: dict[str, float]
    milliseconds: list[float]
    launches: float | None
    memory: int

    @property
    def median(self) -> float:
        """The milliseconds of a step."""
        return statistics.median(self.milliseconds)


def measure_workload(
    name: str, steps: int, warm_up: int, threads: int
) -> dict[Contender, Measurement]:
    """Let each contender train a workload from the same weights, alone on the card.

    Raises
    ------
    DisagreementError
        If their first losses or gradients are not the same.
    WorkerError
        If a process failed.
    """
    measured = {}
    with initial_weights(name) as weights:
        for who in map(Contender, ON_A_CARD):
            with Worker(who, threads) as worker:
                found = worker.call(
                    "run_on_card", name=name, weights=weights, steps=steps, warm_up=warm_up
                )
            measured[who] = Measurement(**found)
    check_agreement(name, {who.label: each.figures for who, each in measured.items()})
    return measured


def table(measured: dict[str, dict[Contender, Measurement]]) -> str:
    """Return the table as Markdown, by workload and contender; a workload may be missing.

    Examples
    --------
    >>> print(table({}).splitlines()[-1])
    | W4 | PyTorch, CUDA graphs | not yet measured | | | |
    """
    rows = [HEAD, ("---",) * len(HEAD)]
    for name in MEASURED:
        found = measured.get(name)
        for who in map(Contender, ON_A_CARD):
            cells = (NOT_MEASURED, "", "", "") if found is None else _cells(found, who)
            rows.append((name, who.label, *cells))
    return "\n".join(_row(cells) for cells in rows)


def _row(cells: Sequence[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def _cells(found: dict[Contender, Measurement], who: Contender) -> tuple[str, str, str, str]:
    one, eager = found[who], found[Contender("torch")]
    return (
        f"{one.median:.3f}",
        f"{one.median / eager.median:.2f}",
        "" if one.launches is None else f"{one.launches:.0f}",
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
