"""What a measurement depends on: machine, versions, threads, allocator, other programs; memory."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TUNED_MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
    "MALLOC_TRIM_THRESHOLD_": str(2**30),
    "MALLOC_TOP_PAD_": str(2**26),
}
"""What minigen tells glibc's allocator when training begins, as environment variables, which any
library's process can be given: freed arrays are kept."""

KERNEL_VARIABLES = (
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "MKL_ENABLE_INSTRUCTIONS",
    "ONEDNN_MAX_CPU_ISA",
    "ATEN_CPU_CAPABILITY",
)
"""What holds a library back from the fastest instructions of the processor: workers run without."""

_THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

_LIBRARIES = ("minigen", "numpy", "torch", "dezero", "jax", "jaxlib")


def worker_environment(threads: int, *, tuned_malloc: bool) -> dict[str, str]:
    """Return the environment of a process with so many threads, and this allocator's settings.

    But for these, libraries find what a user's process has by default.
    """
    root = str(Path(__file__).parent.parent)
    left_out = {*TUNED_MALLOC, *KERNEL_VARIABLES}
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    environment |= dict.fromkeys(_THREAD_VARIABLES, str(threads))
    before = os.environ.get("PYTHONPATH")
    environment["PYTHONPATH"] = os.pathsep.join([root, before] if before else [root])
    return environment | (TUNED_MALLOC if tuned_malloc else {})


def has_glibc() -> bool:
    """Tell whether the allocator's settings mean anything here."""
    return platform.libc_ver()[0] == "glibc"


def available_cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def use_cores(count: int) -> None:
    """Keep this process, and whatever threads its libraries start, on so many cores.

    Only Linux can do it; elsewhere the libraries' own settings have to do.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def memory() -> dict[str, int]:
    """Return how many bytes of memory this process holds, and the most that it held.

    Linux tells both; of other systems the peak is known, and ``"resident"`` is left out.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return parse_status(status.read_text().splitlines())
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}


def parse_status(lines: Iterable[str]) -> dict[str, int]:
    """Read the two figures from the lines of Linux's ``/proc/self/status``.

    Examples
    --------
    >>> parse_status(["Name:  python", "VmHWM:     2048 kB", "VmRSS:     1024 kB"])
    {'peak': 2097152, 'resident': 1048576}
    """
    names = {"VmHWM": "peak", "VmRSS": "resident"}
    fields = (line.partition(":") for line in lines)
    return {names[k]: 1024 * int(v.split()[0]) for k, _, v in fields if k in names}


def describe() -> dict[str, Any]:
    """Return what there is to know about machine and software, for the JSON file."""
    return {
        "cpu": cpu_model(),
        "cores": available_cores(),
        "system": platform.platform(),
        "libc": " ".join(platform.libc_ver()).strip(),
        "versions": {"python": platform.python_version(), **versions()},
        "blas": _blas(),
    }


@dataclass(frozen=True)
class Disturbance:
    """What else a machine did during a measurement; None for what the system does not tell.

    Attributes
    ----------
    load_before, load_after : float, optional
        How many processes wanted to run, on average over the minute before; ours are among those of
        the second.
    stolen : float, optional
        The share of the cores' time that other virtual machines took.
    """

    load_before: float | None
    load_after: float | None
    stolen: float | None

    def __str__(self) -> str:
        loads = f"{_known(self.load_before, '.2f')} before, {_known(self.load_after, '.2f')} after"
        return f"load {loads}; stolen time {_known(self.stolen, '.1%')}"


@contextlib.contextmanager
def watched() -> Iterator[Callable[[], Disturbance]]:
    """Watch the machine in a block; what it yields tells of the time since the block began."""
    load, before = _load(), _ticks()

    def disturbance() -> Disturbance:
        after, stolen = _ticks(), None
        if before is not None and after is not None:
            passed = sum(after) - sum(before)
            stolen = (after[STEAL] - before[STEAL]) / passed if passed else 0.0
        return Disturbance(load, _load(), stolen)

    yield disturbance


STEAL = 7
"""Which of the columns of ``/proc/stat`` is the time that a hypervisor gave to others."""


def parse_ticks(text: str) -> list[int] | None:
    """Return what all cores did, in ticks by kind, from Linux's ``/proc/stat``.

    The two last columns, of guests, are counted among the first two already.

    Examples
    --------
    >>> parse_ticks("cpu  10 0 5 80 1 0 0 4 0 0")
    [10, 0, 5, 80, 1, 0, 0, 4]
    """
    name, *ticks = text.partition("\n")[0].split() or [""]
    if name != "cpu" or len(ticks) <= STEAL:
        return None
    return [int(each) for each in ticks[: STEAL + 1]]


def _ticks() -> list[int] | None:
    path = Path("/proc/stat")
    return parse_ticks(path.read_text()) if path.exists() else None


def _load() -> float | None:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def _known(value: float | None, form: str) -> str:
    return "unknown" if value is None else format(value, form)


def cpu_model() -> str:
    """Return the processor's name."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Return the versions of the libraries that are installed."""
    from minigen import __version__

    found = {"minigen": __version__}
    for name in _LIBRARIES[1:]:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _blas() -> str:
    """Return which library multiplies NumPy's matrices."""
    import numpy as np

    settings: Any = np.show_config(mode="dicts")
    blas = settings["Build Dependencies"]["blas"]
    return f"{blas.get('name')} {blas.get('version')}"
