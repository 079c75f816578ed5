"""``minigen info``: versions, devices, data sets."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
from collections.abc import Iterator

import click

_PACKAGES = (
    "numpy",
    "numba",
    "matplotlib",
    "safetensors",
    "tqdm",
    "pooch",
    "click",
    "rich",
    "jupyterlab",
    "mpi4py",
)


@click.command()
def info() -> None:
    """Show versions, devices, and which data sets are at hand."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for row in (*_versions(), *_devices(), *_data_sets()):
        table.add_row(*row)
    Console(markup=False, highlight=False).print(table)


def _versions() -> Iterator[tuple[str, str]]:
    from minigen._version import __version__

    yield "minigen", __version__
    yield "python", platform.python_version()
    for package in _PACKAGES:
        try:
            yield package, importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            yield package, "not installed"


def _devices() -> Iterator[tuple[str, str]]:
    from minigen.engine.backend import DeviceError, cupy

    yield "cpu", f"{os.cpu_count()} cores, {platform.machine()}"
    yield "kernels", _kernels()
    yield "mpi", _mpi()
    yield "memory", _memory()
    try:
        library = cupy()
    except DeviceError as error:
        yield "cuda", str(error)
        return
    for number in range(library.cuda.runtime.getDeviceCount()):
        properties = library.cuda.runtime.getDeviceProperties(number)
        memory = properties["totalGlobalMem"] / 2**30
        name = properties["name"].decode()
        yield f"cuda:{number}", f"{name}, {memory:.0f} GiB, CuPy {library.__version__}"


def _mpi() -> str:
    """Say which MPI library there is, and among how many processes this one runs."""
    from minigen.distributed import DistributedError, load_mpi

    if importlib.util.find_spec("mpi4py") is None:
        return "not installed: training with mpiexec needs the extra `distributed`"
    try:
        mpi = load_mpi()
    except DistributedError as error:
        return str(error)
    name = mpi.Get_library_version().splitlines()[0].strip("\0 ")
    return f"{' '.join(name.split())}, {mpi.COMM_WORLD.Get_size()} of its processes"


def _kernels() -> str:
    """Say which versions of the ops compute on the CPU."""
    from minigen.engine import choice
    from minigen.kernels.compiled.compilation import in_use

    if in_use():
        return "compiled by Numba"
    return "none: the readable ops" if choice.kernels() == choice.READABLE else "NumPy's"


def _memory() -> str:
    """Say what becomes of the memory of freed arrays."""
    from minigen.engine.allocator import IDLE_SECONDS, MOST_KEPT, keeps_freed_memory

    if not keeps_freed_memory():
        return "of freed arrays: left to the system's allocator"
    return (
        f"of freed arrays: kept for the next training step, {MOST_KEPT / 2**30:.0f} GiB at most, "
        f"for {IDLE_SECONDS:.0f} s"
    )


def _data_sets() -> Iterator[tuple[str, str]]:
    from minigen.data import available

    for name, state in available().items():
        yield name, f"{state.folder} ({state.note})" if state.found else state.note
