"""Starts programs under ``mpiexec``, with a time limit that ends hung ones."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """How a program ended: its exit status, and what it wrote."""

    status: int
    output: str
    errors: str


def launcher() -> str | None:
    """Return where ``mpiexec`` is: beside this Python, or on the path."""
    beside = Path(sys.executable).parent / "mpiexec"
    return str(beside) if beside.exists() else shutil.which("mpiexec")


needs_mpi = pytest.mark.skipif(
    importlib.util.find_spec("mpi4py") is None or launcher() is None,
    reason="needs the extra `distributed`: mpi4py and mpiexec",
)


def mpiexec(ranks: int, *arguments: str, limit: float = 240) -> Ended:
    """Run ``python arguments`` on so many ranks; end all of them after `limit` seconds."""
    program = launcher()
    assert program is not None
    command = [program, "-n", str(ranks), sys.executable, "-W", "ignore", *arguments]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, errors = process.communicate()
            pytest.fail(f"{ranks} ranks still ran after {limit:g} s: {output}{errors}")
    return Ended(process.returncode, output, errors)
